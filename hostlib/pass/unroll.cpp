// SPDX-License-Identifier: BSD-2-Clause
/*
 * unroll.cpp - copies of small loops' bodies, so that what counts iterations runs once for several
 *
 * Scans (to the end of a token, down a tree, for a place to insert) mostly end after a few iterations, and no one
 * can say after how many. Whatever counts them costs a good part of a body of five instructions. So the body is
 * repeated, all its exits with it, and only the last copy counts: a scan that ends before that pays nothing.
 */
#include "pass.h"

#include "llvm/Transforms/Utils/LoopUtils.h"
#include "llvm/Transforms/Utils/UnrollLoop.h"

using namespace llvm;

namespace shunt {

/* Instructions of all copies together: code that grows more costs more in the caches than it saves. */
static const unsigned ALL_COPIES = 96, MOST_COPIES = 8;

static bool may_unroll(const Loop *loop)
{
	const Function &f = *loop->getHeader()->getParent();

	return loop->isInnermost() && loop->getLoopLatch() && loop->isSafeToClone() && !f.hasOptSize() &&
	       !f.hasFnAttribute(Attribute::OptimizeNone) &&
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
	unsigned most = se.getSmallConstantMaxTripCount(loop), size = size_of(loop), n = MOST_COPIES;

	if (!size || (most && most <= 2 * MOST_COPIES) || (loop->getExitingBlock() && has_exact_count(loop, se, dl)))
		return 1;
	while (n * size > ALL_COPIES)
		n /= 2;
	return n;
}

void unroll_scans(Function &f, LoopInfo &li, DominatorTree &dt, AssumptionCache &ac, TargetLibraryInfo &tli,
		  const TargetTransformInfo &tti, Copies &copies)
{
	ScalarEvolution se(f, tli, ac, dt, li);

	for (Loop *loop : li.getLoopsInPreorder()) {
		unsigned n = may_unroll(loop) ? copies_of(loop, se, f.getParent()->getDataLayout()) : 1;
		UnrollLoopOptions options = {};

		if (n < 2)
			continue;
		formLCSSA(*loop, dt, &li, &se);
		options.Count = n;
		if (UnrollLoop(loop, options, &li, &se, &dt, &ac, &tti, nullptr, false) == LoopUnrollResult::PartiallyUnrolled)
			copies[loop->getHeader()] = n;
	}
}

} // namespace shunt
