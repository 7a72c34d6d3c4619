// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost.cpp - how long code takes, roughly
 *
 * The target's own throughput figures an instruction, and a guess for calls of what is not in this
 * file. The guess is low for the typical cost, because too many safepoints cost time, and a callee
 * of another file that is more than a small leaf begins with one of its own.
 */
#include "pass.h"

#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace shunt {

static const unsigned CALL = 5;     /* of any function: the call itself */
static const unsigned UNKNOWN = 30; /* guess of a function that isn't in this file */
static const unsigned MOST = 64;    /* of one instruction */

bool is_work(const Instruction &insn)
{
	if (isa<DbgInfoIntrinsic>(insn) || isa<PHINode>(insn) || isa<GetElementPtrInst>(insn))
		return false;
	if (const auto *call = dyn_cast<IntrinsicInst>(&insn))
		return !call->isAssumeLikeIntrinsic();
	return true;
}

static Cost of_memory_intrinsic(const MemIntrinsic &insn)
{
	const auto *len = dyn_cast<ConstantInt>(insn.getLength());
	uint64_t units = len ? len->getLimitedValue(1u << 20) / 16 + 2 : UNKNOWN;
	Cost c;

	c.typical = c.worst = units;
	return c;
}

static Cost of_call(const CallBase &call, const Callees &known)
{
	const Function *callee = call.getCalledFunction();
	auto it = known.find(callee);
	Cost c;

	if (call.isInlineAsm()) {
		c.typical = c.worst = CALL;
	} else if (callee && it != known.end()) {
		c.typical = CALL + it->second.typical;
		c.worst = CALL + it->second.stretch;
		c.open = it->second.open;
		c.entered = it->second.entry;
	} else {
		c.typical = c.worst = CALL + UNKNOWN;
		c.open = !call.doesNotReturn();
	}
	return c;
}

static Cost of_insn(const Instruction &insn, const TargetTransformInfo &tti, const Callees &known)
{
	Cost c;

	if (!is_work(insn))
		return c;
	if (const auto *mem = dyn_cast<MemIntrinsic>(&insn))
		return of_memory_intrinsic(*mem);
	if (isa<CallBase>(insn) && !isa<IntrinsicInst>(insn))
		return of_call(cast<CallBase>(insn), known);
	auto units = tti.getInstructionCost(&insn, TargetTransformInfo::TCK_RecipThroughput);
	auto value = units.getValue();
	uint64_t n = value ? std::min<uint64_t>(std::max<int64_t>(*value, 0), MOST) : MOST;

	if (isa<BranchInst>(insn))
		n = 1;
	c.typical = c.worst = n;
	return c;
}

Cost block_cost(const BasicBlock &bb, const TargetTransformInfo &tti, const Callees &known)
{
	Cost sum;

	/* A block that ends in a call of abort() or the like is not on the way of any loop. */
	for (const Instruction &insn : bb) {
		Cost c = of_insn(insn, tti, known);

		sum.typical += c.typical;
		sum.worst += c.worst;
		sum.open |= c.open;
		sum.entered |= c.entered;
	}
	if (isa<UnreachableInst>(bb.getTerminator()))
		sum = Cost();
	return sum;
}

} // namespace shunt
