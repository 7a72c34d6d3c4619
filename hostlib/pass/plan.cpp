// SPDX-License-Identifier: BSD-2-Clause
/*
 * plan.cpp - which functions and loops of a file get safepoints, how often, and what that bounds
 *
 * Loops are looked at from the innermost. Each either needs none (it ends soon, or calls a function
 * that has one each time round), or passes one every so many iterations: as many as take `stride`
 * units typically, fewer if in the worst case they would take more than `bound`. Then a function
 * that calls unknown code, is part of a recursion, or is longer than `leaf`, gets one at its entry.
 * So every cycle of the program passes safepoints, but for cycles that run through code which was
 * not compiled with the pass.
 */
#include "pass.h"

#include "llvm/Analysis/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace llvm;

namespace shunt {

enum Way { NONE, LATCH, STRIPS, RULER, COUNTER };
static const char *const way_names[] = { "none", "each", "strips", "ruler", "counter" };

/* Of loops whose count is not a constant, as seen from around them: with one exit, with several. */
static const unsigned GUESSED_TRIPS = 16, GUESSED_SCAN = 4;
static const uint64_t ENDLESS = 1ull << 40;

struct Plan {
	Way way = NONE;
	BasicBlock *header = nullptr;
	SmallVector<Instruction *, 2> latches; /* their branches: these move
						* along when blocks are cut */
	Value *count = nullptr;
	PHINode *ruler = nullptr;
	unsigned shift = 0, every = 1;
	uint64_t typical = 0, stretch = 0; /* units of the whole loop; most without a safepoint */
	bool open = false;
};

class Planner {
public:
  Planner(Function &f, LoopInfo &li, ScalarEvolution &se, DominatorTree &dt,
	  const TargetTransformInfo &tti, const Limits &limits, const Callees &known,
	  const Copies &copies)
      : f(f), li(li), se(se), dt(dt), tti(tti), limits(limits), known(known), copies(copies)
  {
  }

	void plan();
	bool apply(bool at_entry);
	void report(raw_ostream &out, const Callee &made);

	Cost whole;

private:
	Cost iteration(Loop *loop);
	void plan_loop(Loop *loop);
	void choose(Loop *loop, Plan &p, const Cost &one);
	void find_irreducible();

	Function &f;
	LoopInfo &li;
	ScalarEvolution &se;
	DominatorTree &dt;
	const TargetTransformInfo &tti;
	const Limits &limits;
	const Callees &known;
	const Copies &copies;
	std::map<Loop *, Plan> plans;
	SmallVector<Loop *, 8> order;
	SmallVector<Instruction *, 2> irreducible;
};

static void add(Cost &sum, const Cost &c)
{
	sum.typical = std::min(sum.typical + c.typical, ENDLESS);
	sum.worst = std::min(sum.worst + c.worst, ENDLESS);
	sum.open |= c.open;
	sum.entered |= c.entered;
}

/* One time round. Blocks that are not always passed count half, typically. */
Cost Planner::iteration(Loop *loop)
{
	BasicBlock *latch = loop->getLoopLatch();
	Cost sum;

	for (BasicBlock *bb : loop->blocks()) {
		Cost c = block_cost(*bb, tti, known);
		bool always = latch && dt.dominates(bb, latch);

		if (li.getLoopFor(bb) != loop)
			continue;
		if (!always) {
			c.typical /= 2;
			c.entered = false;
		}
		add(sum, c);
	}
	for (Loop *sub : loop->getSubLoops()) {
		const Plan &p = plans[sub];
		Cost c;

		c.typical = p.typical;
		c.worst = p.stretch;
		c.open = p.open;
		add(sum, c);
	}
	return sum;
}

static unsigned floor_log2(uint64_t n) { return 63 - __builtin_clzll(n); }

void Planner::choose(Loop *loop, Plan &p, const Cost &one)
{
	const DataLayout &dl = f.getParent()->getDataLayout();
	/* Scans are mostly over by then, and what is around them may then pass fewer. */
	unsigned stride = copies.count(p.header) ? limits.stride / 4 : limits.stride;
	uint64_t every = std::min<uint64_t>(stride / std::max<uint64_t>(one.typical, 1),
					    limits.bound / std::max<uint64_t>(one.worst, 1));

	p.every = std::max<uint64_t>(std::min<uint64_t>(every, 4096), 1);
	if (p.every == 1 || p.latches.size() != 1 || !loop->getLoopPreheader()) {
		p.way = LATCH;
		p.every = 1;
	} else if (loop->getExitingBlock() && has_exact_count(loop, se, dl) &&
		   (p.count = expand_count(loop, se, dl))) {
		p.way = STRIPS;
	} else if ((p.ruler = find_ruler(loop, se, &p.shift))) {
		p.way = RULER;
		p.every = 1u << floor_log2(p.every);
	} else {
		p.way = COUNTER;
	}
}

void Planner::plan_loop(Loop *loop)
{
	Plan &p = plans[loop];
	Cost one = iteration(loop);
	uint64_t most = se.getSmallConstantMaxTripCount(loop);
	uint64_t guess = loop->getExitingBlock() ? GUESSED_TRIPS : GUESSED_SCAN;
	uint64_t trips = most && most < guess ? most : guess;
	SmallVector<BasicBlock *, 2> latches;

	loop->getLoopLatches(latches);
	for (BasicBlock *latch : latches)
		p.latches.push_back(latch->getTerminator());
	p.header = loop->getHeader();
	p.open = one.open;
	if (se.getSmallConstantTripCount(loop))
		trips = most;
	unsigned n = std::max(copies.lookup(p.header), 1u);
	p.typical = std::min(one.typical * trips / n, ENDLESS);
	if (most && most * one.worst <= limits.stride) {
		p.stretch = most * one.worst;
	} else if (one.entered) {
		p.stretch = one.worst;
	} else {
		choose(loop, p, one);
		p.stretch = std::min(p.every * one.worst, ENDLESS);
	}
}

/* Edges back that belong to no loop which LLVM knows: into the middle of one, by goto. */
void Planner::find_irreducible()
{
	SmallVector<std::pair<const BasicBlock *, const BasicBlock *>, 4> edges;

	FindFunctionBackedges(f, edges);
	for (auto &edge : edges) {
		Loop *loop = li.getLoopFor(edge.second);

		if (!loop || loop->getHeader() != edge.second || !loop->contains(edge.first))
			irreducible.push_back(
				const_cast<BasicBlock *>(edge.first)->getTerminator());
	}
}

void Planner::plan()
{
	auto loops = li.getLoopsInPreorder();

	find_irreducible();
	order.assign(loops.rbegin(), loops.rend());
	for (Loop *loop : order)
		plan_loop(loop);
	for (BasicBlock &bb : f)
		if (!li.getLoopFor(&bb))
			add(whole, block_cost(bb, tti, known));
	for (Loop *loop : li) {
		const Plan &p = plans[loop];
		Cost c;

		c.typical = p.typical;
		c.worst = p.stretch;
		c.open = p.open;
		add(whole, c);
	}
}

static void put_at_entry(Function &f)
{
	Instruction *at = &*f.getEntryBlock().getFirstInsertionPt();

	/* Variables on the stack must stay in the first block. */
	for (Instruction &insn : f.getEntryBlock())
		if (isa<AllocaInst>(insn))
			at = insn.getNextNode();
	put_safepoint(at);
}

/*
 * Loop strength reduction, which runs later, would compute each copy's bound before the loop: eight
 * instructions for a scan that ends at once. It does not look through a freeze, which costs
 * nothing.
 */
static void hide_steps(BasicBlock *header)
{
	SmallVector<PHINode *, 8> phis;

	for (PHINode &phi : header->phis())
		if (phi.getType()->isIntOrPtrTy())
			phis.push_back(&phi);
	for (PHINode *phi : phis) {
		auto *hidden = new FreezeInst(phi, "", &*header->getFirstInsertionPt());

		phi->replaceUsesWithIf(hidden, [&](Use &u) { return u.getUser() != hidden; });
	}
}

bool Planner::apply(bool at_entry)
{
	bool changed = at_entry || !irreducible.empty();

	for (Instruction *branch : irreducible)
		put_at_latch(branch->getParent());
	for (Loop *loop : order) {
		Plan &p = plans[loop];

		changed |= p.way != NONE;
		if (p.way == LATCH)
			for (Instruction *branch : p.latches)
				put_at_latch(branch->getParent());
		BasicBlock *latch = p.latches[0]->getParent();
		if (p.way == STRIPS)
			put_by_strips(p.header, latch, p.count, p.every);
		else if (p.way == RULER)
			put_by_ruler(latch, p.ruler, p.shift, floor_log2(p.every));
		else if (p.way == COUNTER)
			put_by_counter(p.header, latch, p.every);
		if (copies.count(p.header))
			hide_steps(p.header);
	}
	if (at_entry)
		put_at_entry(f);
	return changed;
}

void Planner::report(raw_ostream &out, const Callee &made)
{
	out << "shunt: " << f.getName() << ": entry " << (made.entry ? "yes" : "no") << ", longest "
	    << made.stretch << (made.open ? " and unknown calls" : "");
	for (Loop *loop : order) {
		const Plan &p = plans[loop];

		out << ", loop";
		if (DebugLoc at = loop->getStartLoc())
			out << " at line " << at.getLine();
		out << " " << way_names[p.way];
		if (p.way != NONE)
			out << " " << p.every;
	}
	if (!irreducible.empty())
		out << ", " << irreducible.size() << " by goto";
	out << "\n";
}

bool is_excluded(const Function &f)
{
	return f.hasFnAttribute("shunt-no-safepoint") || f.hasFnAttribute("no_safepoint") ||
	       f.hasFnAttribute(Attribute::Naked) || f.hasAvailableExternallyLinkage() ||
	       f.getCallingConv() == CallingConv::X86_INTR || f.callsFunctionThatReturnsTwice();
}

bool put_into_function(Function &f, LoopInfo &li, ScalarEvolution &se, DominatorTree &dt,
		       const TargetTransformInfo &tti, const Limits &limits, Callees &known,
		       const Copies &copies, bool in_cycle, bool report)
{
	Planner planner(f, li, se, dt, tti, limits, known, copies);
	Callee made;

	planner.plan();
	made.typical = planner.whole.typical;
	made.stretch = planner.whole.worst;
	made.open = planner.whole.open;
	/* Callers in this file know what it takes; others can only guess. */
	bool guessed = !f.hasLocalLinkage() || f.hasAddressTaken();
	made.entry = !f.doesNotReturn() && (in_cycle || made.open || made.stretch > limits.bound ||
					    (guessed && made.typical > limits.leaf));
	if (report)
		planner.report(errs(), made);
	made.open &= !made.entry; /* a cycle through that code passes here */
	known[&f] = made;
	return planner.apply(made.entry);
}

} // namespace shunt
