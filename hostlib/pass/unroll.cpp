// SPDX-License-Identifier: BSD-2-Clause
/*
 * unroll.cpp - copies of small loops' bodies, so that what counts iterations runs once for several
 *
 * Scans (to the end of a token, down a tree, for a place to insert) mostly end after a few
 * iterations, and no one can say after how many. Whatever counts them costs a good part of a body
 * of five instructions. So the body is repeated, all its exits with it, and only the last copy
 * counts: a scan that ends before that pays nothing.
 */
#include "pass.h"

#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include "llvm/Transforms/Utils/UnrollLoop.h"

using namespace llvm;

namespace shunt {

/* Instructions of all copies together: code that grows more
 * costs more in the caches than it saves. */
static const unsigned ALL_COPIES = 96, MOST_COPIES = 8;

static bool may_unroll(const Loop *loop)
{
	const Function &f = *loop->getHeader()->getParent();

	return loop->isInnermost() && loop->getLoopLatch() && loop->isSafeToClone() &&
	       !f.hasOptSize() && !f.hasFnAttribute(Attribute::OptimizeNone) &&
	       !getBooleanLoopAttribute(loop, "llvm.loop.unroll.disable");
}

/* 0 if the loop calls something. */
static unsigned size_of(const Loop *loop)
{
	unsigned n = 0;

	for (const BasicBlock *bb : loop->blocks())
		for (const Instruction &insn : *bb) {
			if (isa<CallBase>(insn) && !isa<IntrinsicInst>(insn))
				return 0;
			n += is_work(insn);
		}
	return n;
}

/* Loops with one exit and a count known before are better cut into strips. */
static unsigned copies_of(Loop *loop, ScalarEvolution &se, const DataLayout &dl)
{
	unsigned most = se.getSmallConstantMaxTripCount(loop), size = size_of(loop),
		 n = MOST_COPIES;

	if (!size || (most && most <= 2 * MOST_COPIES) ||
	    (loop->getExitingBlock() && has_exact_count(loop, se, dl)))
		return 1;
	while (n * size > ALL_COPIES)
		n /= 2;
	return n;
}

/* b - a, if it is the same constant on every way out. */
static const SCEVConstant *distance(PHINode &a, PHINode &b, ScalarEvolution &se)
{
	const SCEVConstant *same = nullptr;

	for (unsigned i = 0; i < a.getNumIncomingValues(); i++) {
		Value *x = a.getIncomingValue(i),
		      *y = b.getIncomingValueForBlock(a.getIncomingBlock(i));
		const auto *d =
			dyn_cast<SCEVConstant>(se.getMinusSCEV(se.getSCEV(y), se.getSCEV(x)));

		if (!d || (same && d != same))
			return nullptr;
		same = d;
	}
	return same;
}

static Value *at_distance(PHINode &a, const SCEVConstant *d, Instruction *before)
{
	IRBuilder<> b(before);

	if (!a.getType()->isPointerTy())
		return b.CreateAdd(&a, d->getValue());
	Value *bytes = b.CreateBitCast(&a, b.getInt8Ty()->getPointerTo(
						   a.getType()->getPointerAddressSpace()));
	return b.CreateBitCast(b.CreateGEP(b.getInt8Ty(), bytes, d->getValue()), a.getType());
}

/* One value may be wanted where the other has overflown: without these flags that is no matter. */
static void drop_flags(const PHINode &exit, Loop *loop)
{
	auto drop = [](Value *v) {
		if (auto *insn = dyn_cast<Instruction>(v))
			insn->dropPoisonGeneratingFlags();
	};

	for (Value *v : exit.incoming_values())
		drop(v);
	for (PHINode &phi : loop->getHeader()->phis())
		if (phi.getType() == exit.getType())
			drop(phi.getIncomingValueForBlock(loop->getLoopLatch()));
}

/*
 * Often both a position and the next one are wanted after a loop. Each would be a register of its
 * own at every exit of every copy, so all but one are computed behind it.
 */
static void join_exit_values(Loop *loop, ScalarEvolution &se)
{
	SmallVector<BasicBlock *, 4> exits;

	loop->getUniqueExitBlocks(exits);
	for (BasicBlock *exit : exits) {
		SmallVector<PHINode *, 4> phis;

		for (PHINode &phi : exit->phis())
			if (se.isSCEVable(phi.getType()))
				phis.push_back(&phi);
		for (unsigned i = 0; i < phis.size(); i++)
			for (unsigned j = phis.size() - 1; j > i; j--) {
				const SCEVConstant *d = phis[i]->getType() == phis[j]->getType()
								? distance(*phis[i], *phis[j], se)
								: nullptr;

				if (!d)
					continue;
				drop_flags(*phis[i], loop);
				phis[j]->replaceAllUsesWith(
					at_distance(*phis[i], d, &*exit->getFirstInsertionPt()));
				phis[j]->eraseFromParent();
				phis.erase(phis.begin() + j);
			}
	}
}

void unroll_scans(Function &f, LoopInfo &li, DominatorTree &dt, AssumptionCache &ac,
		  TargetLibraryInfo &tli, const TargetTransformInfo &tti, Copies &copies)
{
	ScalarEvolution se(f, tli, ac, dt, li);

	for (Loop *loop : li.getLoopsInPreorder()) {
		unsigned n = may_unroll(loop) ? copies_of(loop, se, f.getParent()->getDataLayout())
					      : 1;
		UnrollLoopOptions options = {};

		if (n < 2)
			continue;
		formLCSSA(*loop, dt, &li, &se);
		join_exit_values(loop, se);
		options.Count = n;
		if (UnrollLoop(loop, options, &li, &se, &dt, &ac, &tti, nullptr, false) ==
		    LoopUnrollResult::PartiallyUnrolled)
			copies[loop->getHeader()] = n;
	}
}

} // namespace shunt
