/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pass.h - the parts of the compiler pass that puts safepoints into application code
 *
 * unroll.cpp repeats scans; plan.cpp decides where, from costs that cost.cpp estimates; loops.cpp
 * and emit.cpp change the code. Costs are in units: an instruction of a cycle's throughput or less
 * is one, so that a unit is 0.03 to 0.4 ns.
 */
#pragma once

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace shunt {

struct Limits {
	unsigned stride; /* units between two safepoints, aimed at */
	unsigned bound;  /* units that no stretch within a function
			  * may pass, where that can be had */
	unsigned leaf;   /* a function that calls nothing and costs no more has none */
};

/* A function, as its callers need to know it. */
struct Callee {
	bool entry;       /* has a safepoint at its entry */
	bool open;        /* may call code that is not known */
	uint64_t typical; /* units from entry to return */
	uint64_t stretch; /* most units without a safepoint, from entry or the last one */
};

using Callees = llvm::DenseMap<const llvm::Function *, Callee>;

/* cost.cpp */
struct Cost {
	uint64_t typical = 0;
	uint64_t worst = 0;
	bool open = false; /* calls code that is not known */
	bool entered = false; /* calls a function that begins with a safepoint */
};

Cost block_cost(const llvm::BasicBlock &bb, const llvm::TargetTransformInfo &tti,
		const Callees &known);
bool is_work(const llvm::Instruction &insn);

/* emit.cpp */
bool target_is_served(const llvm::Module &m);
void put_safepoint(llvm::Instruction *before);

/* loops.cpp */
bool has_exact_count(llvm::Loop *loop, llvm::ScalarEvolution &se, const llvm::DataLayout &dl);
llvm::Value *expand_count(llvm::Loop *loop, llvm::ScalarEvolution &se, const llvm::DataLayout &dl);
llvm::PHINode *find_ruler(llvm::Loop *loop, llvm::ScalarEvolution &se, unsigned *shift);
void put_at_latch(llvm::BasicBlock *latch);
void put_by_strips(llvm::BasicBlock *header, llvm::BasicBlock *latch, llvm::Value *count,
		   unsigned strip);
void put_by_ruler(llvm::BasicBlock *latch, llvm::PHINode *ruler, unsigned shift,
		  unsigned every_log2);
void put_by_counter(llvm::BasicBlock *header, llvm::BasicBlock *latch, unsigned every);

/* unroll.cpp */
/* of the bodies of loops, by their headers */
using Copies = llvm::DenseMap<const llvm::BasicBlock *, unsigned>;
void unroll_scans(llvm::Function &f, llvm::LoopInfo &li, llvm::DominatorTree &dt,
		  llvm::AssumptionCache &ac, llvm::TargetLibraryInfo &tli,
		  const llvm::TargetTransformInfo &tti, Copies &copies);

/* plan.cpp */
bool is_excluded(const llvm::Function &f);
bool put_into_function(llvm::Function &f, llvm::LoopInfo &li, llvm::ScalarEvolution &se,
		       llvm::DominatorTree &dt, const llvm::TargetTransformInfo &tti,
		       const Limits &limits, Callees &known, const Copies &copies,
		       bool in_cycle, bool report);

} // namespace shunt
