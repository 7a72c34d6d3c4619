// SPDX-License-Identifier: BSD-2-Clause
/*
 * plugin.cpp - the pass as clang loads it: first the attributes, last the safepoints
 *
 * Functions marked with SHUNT_NO_SAFEPOINTS are kept from being inlined before anything else runs;
 * the safepoints come after all optimisation, vectorisation above all, so that they are not in its
 * way.
 */
#include "pass.h"

#include "llvm/ADT/SCCIterator.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/CallGraph.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"

#include <cstdlib>
#include <set>

using namespace llvm;

namespace {

/* From shunt-cc by the environment: -mllvm would reach
 * clang's assembler too, which has no plugins. */
unsigned setting(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);
	unsigned long n = text ? strtoul(text, nullptr, 10) : 0;

	return n > 0 && n <= 1000000000 ? n : otherwise;
}

const char MARK[] = "shunt_nopreempt";

void exclude(Function &f)
{
	f.addFnAttr("shunt-no-safepoint");
	f.removeFnAttr(Attribute::AlwaysInline);
	f.addFnAttr(Attribute::NoInline);
}

/* clang keeps __attribute__((annotate("…"))) in a table of {function, text, …}. */
struct ExcludePass : PassInfoMixin<ExcludePass> {
	static bool isRequired() { return true; }

	PreservedAnalyses run(Module &m, ModuleAnalysisManager &)
	{
		const GlobalVariable *table = m.getGlobalVariable("llvm.global.annotations");

		for (GlobalIFunc &ifunc : m.ifuncs())
			if (auto *resolver =
				    dyn_cast<Function>(ifunc.getResolver()->stripPointerCasts()))
				exclude(*resolver);
		if (!table || !table->hasInitializer())
			return PreservedAnalyses::all();
		for (const Use &use : table->getInitializer()->operands()) {
			auto *row = cast<ConstantStruct>(use.get());
			auto *f = dyn_cast<Function>(row->getOperand(0)->stripPointerCasts());
			auto *text =
				dyn_cast<GlobalVariable>(row->getOperand(1)->stripPointerCasts());
			auto *str = text ? dyn_cast<ConstantDataArray>(text->getInitializer())
					 : nullptr;

			if (f && str && str->isCString() && str->getAsCString() == MARK)
				exclude(*f);
		}
		return PreservedAnalyses::none();
	}
};

using Nodes = std::set<const CallGraphNode *>;

bool reaches(const CallGraphNode *from, const CallGraphNode *to, const Nodes &through, Nodes &seen)
{
	for (const auto &edge : *from) {
		const CallGraphNode *next = edge.second;

		if (next == to || (through.count(next) && seen.insert(next).second &&
				   reaches(next, to, through, seen)))
			return true;
	}
	return false;
}

/* Of functions that call each other, enough that every
 * recursion passes one; rather the long ones. */
Nodes cut_of(std::vector<CallGraphNode *> nodes)
{
	Nodes cut, rest;
	auto size = [](const CallGraphNode *n) {
		return n->getFunction() ? n->getFunction()->getInstructionCount() : 0;
	};

	std::stable_sort(nodes.begin(), nodes.end(),
			 [&](auto *a, auto *b) { return size(a) < size(b); });
	for (CallGraphNode *node : nodes) {
		Nodes seen;

		if (node->getFunction() && !reaches(node, node, rest, seen))
			rest.insert(node);
		else
			cut.insert(node);
	}
	return cut;
}

struct SafepointPass : PassInfoMixin<SafepointPass> {
	static bool isRequired() { return true; }

	const shunt::Limits limits = { setting("SHUNT_STRIDE", 4096), setting("SHUNT_BOUND", 32768),
				       setting("SHUNT_LEAF", 512) };

	bool put(Function &f, FunctionAnalysisManager &fam, shunt::Callees &known, bool in_cycle)
	{
		auto &dt = fam.getResult<DominatorTreeAnalysis>(f);
		auto &li = fam.getResult<LoopAnalysis>(f);
		auto &ac = fam.getResult<AssumptionAnalysis>(f);

		for (Loop *loop : li)
			simplifyLoop(loop, &dt, &li, nullptr, &ac, nullptr, false);
		auto &tli = fam.getResult<TargetLibraryAnalysis>(f);
		auto &tti = fam.getResult<TargetIRAnalysis>(f);
		shunt::Copies copies;

		shunt::unroll_scans(f, li, dt, ac, tli, tti, copies);
		ScalarEvolution se(f, tli, ac, dt, li);
		return shunt::put_into_function(f, li, se, dt, tti, limits, known, copies, in_cycle,
						setting("SHUNT_REPORT", 0));
	}

	PreservedAnalyses run(Module &m, ModuleAnalysisManager &mam)
	{
		auto &fam = mam.getResult<FunctionAnalysisManagerModuleProxy>(m).getManager();
		std::vector<std::pair<Function *, bool>> order;
		shunt::Callees known;

		if (!shunt::target_is_served(m))
			return PreservedAnalyses::all();
		{
			CallGraph calls(m);
			for (auto scc = scc_begin(&calls); !scc.isAtEnd(); ++scc) {
				Nodes cut = scc.hasCycle() ? cut_of(*scc) : Nodes();

				for (CallGraphNode *node : *scc) {
					Function *f = node->getFunction();

					if (!f)
						continue;
					order.push_back({ f, cut.count(node) });
					if (scc.hasCycle() && !f->isDeclaration() &&
					    !shunt::is_excluded(*f))
						known[f] = { cut.count(node) != 0, false,
							     limits.leaf, limits.stride };
				}
			}
		}
		for (auto &one : order) {
			Function &f = *one.first;

			if (f.isDeclaration() || shunt::is_excluded(f))
				continue;
			put(f, fam, known, one.second);
			fam.invalidate(f, PreservedAnalyses::none());
		}
		return PreservedAnalyses::none();
	}
};

void register_passes(PassBuilder &pb)
{
#if LLVM_VERSION_MAJOR >= 14
	using Level = OptimizationLevel;
#else
	using Level = PassBuilder::OptimizationLevel;
#endif
	pb.registerPipelineStartEPCallback(
		[](ModulePassManager &mpm, Level) { mpm.addPass(ExcludePass()); });
	pb.registerOptimizerLastEPCallback([](ModulePassManager &mpm, Level
#if LLVM_VERSION_MAJOR >= 20
					      , ThinOrFullLTOPhase
#endif
					   ) { mpm.addPass(SafepointPass()); });
}

} // namespace

extern "C" __attribute__((visibility("default"))) PassPluginLibraryInfo llvmGetPassPluginInfo()
{
	return { LLVM_PLUGIN_API_VERSION, "shunt-safepoints", LLVM_VERSION_STRING,
		 register_passes };
}
