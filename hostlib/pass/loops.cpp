// SPDX-License-Identifier: BSD-2-Clause
/*
 * loops.cpp - four ways to pass a safepoint every so many
 * iterations, by what they cost each iteration
 *
 *   strips   nothing: a counted loop becomes a loop over strips,
 *            its exit test compares with the strip's end
 *   ruler    test and branch, no register: bits of an induction
 *            variable that are all 0 once in 2^n iterations
 *   counter  a register that counts down, and its branch
 *   latch    a safepoint each time round, for bodies that are long enough
 */
#include "pass.h"

#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace llvm;

namespace shunt {

static const unsigned HIGH_COST = 8; /* of instructions that compute a loop's count, before it */

/* The exit test of a counted loop: compares X, the induction
 * variable or its next value, with something fixed. */
struct Test {
	BranchInst *branch;
	ICmpInst *compare;
	PHINode *phi;
	Value *x;
	Instruction *next; /* X is this, or phi */
	int64_t step;      /* bytes for pointers */
};

static bool step_of(PHINode *phi, Instruction *next, const DataLayout &dl, int64_t *step)
{
	if (auto *add = dyn_cast<BinaryOperator>(next)) {
		auto *by = dyn_cast<ConstantInt>(add->getOperand(1));

		if (add->getOpcode() != Instruction::Add || add->getOperand(0) != phi || !by ||
		    by->getBitWidth() > 64)
			return false;
		*step = by->getSExtValue();
		return true;
	}
	if (auto *gep = dyn_cast<GetElementPtrInst>(next)) {
		APInt by(dl.getIndexTypeSizeInBits(gep->getType()), 0);

		if (gep->getPointerOperand() != phi || !gep->accumulateConstantOffset(dl, by))
			return false;
		*step = by.getSExtValue();
		return true;
	}
	return false;
}

static bool match_test(BasicBlock *header, BasicBlock *latch, const DataLayout &dl, Test *t)
{
	t->branch = dyn_cast<BranchInst>(latch->getTerminator());
	if (!t->branch || !t->branch->isConditional() ||
	    t->branch->getSuccessor(0) == t->branch->getSuccessor(1))
		return false;
	t->compare = dyn_cast<ICmpInst>(t->branch->getCondition());
	if (!t->compare || !t->compare->hasOneUse() || t->compare->getParent() != latch)
		return false;
	for (PHINode &phi : header->phis()) {
		auto *next = dyn_cast<Instruction>(phi.getIncomingValueForBlock(latch));

		if (!next || !(phi.getType()->isIntegerTy(32) || phi.getType()->isIntegerTy(64) ||
			       phi.getType()->isPointerTy()))
			continue;
		for (Value *op : t->compare->operands()) {
			if ((op != &phi && op != next) || !step_of(&phi, next, dl, &t->step))
				continue;
			t->phi = &phi;
			t->x = op;
			t->next = next;
			return t->step && std::abs(t->step) <= 4096;
		}
	}
	return false;
}

static const SCEV *count_of(Loop *loop, ScalarEvolution &se)
{
	BasicBlock *latch = loop->getLoopLatch();

	if (!latch || !loop->getLoopPreheader() || !loop->isLoopExiting(latch))
		return nullptr;
	const SCEV *count = se.getExitCount(loop, latch);
	return isa<SCEVCouldNotCompute>(count) || se.getTypeSizeInBits(count->getType()) > 64
		       ? nullptr
		       : count;
}

bool has_exact_count(Loop *loop, ScalarEvolution &se, const DataLayout &dl)
{
	Test t;

	return count_of(loop, se) && match_test(loop->getHeader(), loop->getLoopLatch(), dl, &t);
}

/* How often the latch goes back, as 64 bits, computed before the loop; null if that is dear. */
Value *expand_count(Loop *loop, ScalarEvolution &se, const DataLayout &dl)
{
	const SCEV *count = count_of(loop, se);
	SCEVExpander expander(se, dl, "shunt");
	Instruction *at = loop->getLoopPreheader()->getTerminator();
	TargetTransformInfo tti(dl);

	if (expander.isHighCostExpansion(count, loop, HIGH_COST, &tti, at))
		return nullptr;
#if LLVM_VERSION_MAJOR >= 16
	if (!expander.isSafeToExpandAt(count, at))
		return nullptr;
#else
	if (!isSafeToExpandAt(count, at, se))
		return nullptr;
#endif
	Type *wide = Type::getInt64Ty(at->getContext());
	return expander.expandCodeFor(se.getNoopOrZeroExtend(count, wide), wide, at);
}

/* An induction variable of which one bit changes each
 * iteration, and none below: 1 << shift is its step. */
PHINode *find_ruler(Loop *loop, ScalarEvolution &se, unsigned *shift)
{
	for (PHINode &phi : loop->getHeader()->phis()) {
		if (!se.isSCEVable(phi.getType()) || se.getTypeSizeInBits(phi.getType()) < 32)
			continue;
		const auto *rec = dyn_cast<SCEVAddRecExpr>(se.getSCEV(&phi));
		const auto *step = rec && rec->getLoop() == loop && rec->isAffine()
					   ? dyn_cast<SCEVConstant>(rec->getStepRecurrence(se))
					   : nullptr;

		if (!step)
			continue;
		APInt by = step->getAPInt().abs();
		if (by.isPowerOf2() && by.logBase2() <= 8) {
			*shift = by.logBase2();
			return &phi;
		}
	}
	return nullptr;
}

/* Where a latch may be cut: before its compare, if that is
 * its branch's alone: the two are one instruction. */
static Instruction *cut_of(BasicBlock *latch)
{
	auto *branch = dyn_cast<BranchInst>(latch->getTerminator());

	if (!branch || !branch->isConditional())
		return latch->getTerminator();
	auto *compare = dyn_cast<CmpInst>(branch->getCondition());
	if (!compare || !compare->hasOneUse() || compare->getParent() != latch)
		return branch;
	compare->moveBefore(branch);
	return compare;
}

void put_at_latch(BasicBlock *latch) { put_safepoint(cut_of(latch)); }

static void put_if(Value *now, Instruction *before, unsigned every)
{
	MDNode *rare = MDBuilder(now->getContext()).createBranchWeights(1, every);

	put_safepoint(SplitBlockAndInsertIfThen(now, before, false, rare));
}

void put_by_ruler(BasicBlock *latch, PHINode *ruler, unsigned shift, unsigned every_log2)
{
	Instruction *cut = cut_of(latch);
	IRBuilder<> b(cut);
	Type *word = ruler->getType()->isPointerTy() ? b.getInt64Ty() : ruler->getType();
	Value *next = ruler->getIncomingValueForBlock(latch);
	Value *v = ruler->getType()->isPointerTy() ? b.CreatePtrToInt(next, word) : next;
	uint64_t mask = ((1ull << every_log2) - 1) << shift;
	Value *bits = b.CreateAnd(v, ConstantInt::get(word, mask));

	put_if(b.CreateICmpEQ(bits, ConstantInt::get(word, 0)), cut, 1u << every_log2);
}

void put_by_counter(BasicBlock *header, BasicBlock *latch, unsigned every)
{
	Type *word = Type::getInt32Ty(header->getContext());
	PHINode *left = PHINode::Create(word, 2, "shunt.left", &header->front());
	Instruction *cut = cut_of(latch);
	IRBuilder<> b(cut);
	Value *next = b.CreateAdd(left, ConstantInt::getSigned(word, -1));
	Value *again = ConstantInt::get(word, every);
	BasicBlock *head = cut->getParent();

	put_if(b.CreateICmpEQ(next, ConstantInt::get(word, 0)), cut, every);
	BasicBlock *tail = cut->getParent();
	PHINode *merged = PHINode::Create(word, 2, "", &tail->front());
	for (BasicBlock *pred : predecessors(tail))
		merged->addIncoming(pred == head ? next : again, pred);
	for (BasicBlock *pred : predecessors(header))
		left->addIncoming(pred == tail ? (Value *)merged : again, pred);
}

/* The block that a strip ends in: a safepoint and on to the next, or out of the loop. */
static void close_strip(Test &t, BasicBlock *outer, BasicBlock *ends, BasicBlock *exit,
			PHINode *left, Value *this_strip)
{
	IRBuilder<> b(ends);
	BasicBlock *more =
		BasicBlock::Create(ends->getContext(), "shunt.more", ends->getParent(), ends);

	b.SetCurrentDebugLocation(t.branch->getDebugLoc());
	b.CreateCondBr(b.CreateICmpEQ(left, this_strip), exit, more);
	b.SetInsertPoint(more);
	Value *rest = b.CreateSub(b.CreateSub(left, this_strip), b.getInt64(1));
	BranchInst *back = b.CreateBr(outer);
	put_safepoint(back);
	left->addIncoming(rest, back->getParent());
}

void put_by_strips(BasicBlock *header, BasicBlock *latch, Value *count, unsigned strip)
{
	Function *f = header->getParent();
	Test t;

	if (!match_test(header, latch, f->getParent()->getDataLayout(), &t))
		return put_by_counter(header, latch, strip);
	BasicBlock *preheader = nullptr;
	for (BasicBlock *pred : predecessors(header))
		if (pred != latch)
			preheader = pred;
	BasicBlock *exit = t.branch->getSuccessor(t.branch->getSuccessor(0) == header ? 1 : 0);
	BasicBlock *outer = BasicBlock::Create(f->getContext(), "shunt.strip", f, header);
	BasicBlock *ends =
		BasicBlock::Create(f->getContext(), "shunt.ends", f, latch->getNextNode());
	IRBuilder<> b(outer);

	b.SetCurrentDebugLocation(t.branch->getDebugLoc());
	PHINode *left = b.CreatePHI(b.getInt64Ty(), 2, "shunt.left");
	left->addIncoming(count, preheader);

	/* The loop over strips carries all values that the loop carries. */
	SmallVector<std::pair<PHINode *, Value *>, 8> carried;
	PHINode *begin = nullptr;
	for (PHINode &phi : header->phis()) {
		PHINode *copy = b.CreatePHI(phi.getType(), 2);

		copy->addIncoming(phi.getIncomingValueForBlock(preheader), preheader);
		carried.push_back({ copy, phi.getIncomingValueForBlock(latch) });
		phi.setIncomingValueForBlock(preheader, copy);
		phi.replaceIncomingBlockWith(preheader, outer);
		if (&phi == t.phi)
			begin = copy;
	}
	Value *most = b.getInt64(strip - 1);
	Value *n = b.CreateSelect(b.CreateICmpULT(left, most), left, most);
	Type *type = begin->getType();
	Value *end;
	Value *steps = b.CreateMul(n, b.getInt64(t.step));

	if (t.x != t.phi)
		steps = b.CreateAdd(steps, b.getInt64(t.step));
	if (type->isPointerTy())
		end = b.CreateBitCast(b.CreateGEP(b.getInt8Ty(),
						  b.CreateBitCast(begin,
								  b.getInt8Ty()->getPointerTo()),
						  steps),
				      type);
	else
		end = b.CreateAdd(begin, b.CreateTrunc(steps, type));
	b.CreateBr(header);
	preheader->getTerminator()->replaceSuccessorWith(header, outer);

	/* X takes each value once in a strip, so it can be compared for equality. */
	b.SetInsertPoint(t.branch);
	b.SetCurrentDebugLocation(t.compare->getDebugLoc());
	Value *again = b.CreateICmpNE(t.x, end);
	BranchInst *branch = b.CreateCondBr(again, header, ends);
	branch->copyMetadata(*t.branch, { LLVMContext::MD_dbg, LLVMContext::MD_loop });
	exit->replacePhiUsesWith(latch, ends);
	close_strip(t, outer, ends, exit, left, n);
	BasicBlock *back = left->getIncomingBlock(1);
	for (auto &pair : carried)
		pair.first->addIncoming(pair.second, back);
	t.branch->eraseFromParent();
	t.compare->eraseFromParent();
}

} // namespace shunt
