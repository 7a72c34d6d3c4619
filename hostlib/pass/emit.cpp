// SPDX-License-Identifier: BSD-2-Clause
/*
 * emit.cpp - the instructions of one safepoint
 *
 * Load the address of the core's word from thread-local storage, load the word, branch. The address
 * is read by inline assembly: what LLVM knows of thread-local variables lets it keep their
 * addresses over a call, and here the call may end on another thread. The cold side is inline
 * assembly too: a stub keeps every register (safepoint.S), so the function stays a leaf if it was
 * one. Only code whose registers the stub does not know (x87, MMX, AMX, SVE, the upper 16 of APX)
 * calls the C function as a function.
 */
#include "pass.h"

#if LLVM_VERSION_MAJOR >= 17
#include "llvm/TargetParser/Triple.h"
#else
#include "llvm/ADT/Triple.h"
#endif
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace shunt {

static Triple triple_of(const Module &m) { return Triple(m.getTargetTriple()); }

bool target_is_served(const Module &m)
{
	Triple t = triple_of(m);

	return t.isOSBinFormatELF() &&
	       (t.getArch() == Triple::x86_64 || t.getArch() == Triple::aarch64) && !t.isX32();
}

static bool is_odd_type(Type *type)
{
	return type->isX86_FP80Ty() || type->isPPC_FP128Ty() ||
	       type->getTypeID() == Type::X86_AMXTyID ||
#if LLVM_VERSION_MAJOR < 20
	       type->getTypeID() == Type::X86_MMXTyID ||
#endif
	       isa<ScalableVectorType>(type);
}

static bool has_feature(const Function &f, StringRef name)
{
	SmallVector<StringRef, 32> all;
	bool has = false;

	f.getFnAttribute("target-features").getValueAsString().split(all, ',');
	for (StringRef one : all)
		if (one.drop_front(one.empty() ? 0 : 1) == name)
			has = one[0] == '+';
	return has;
}

static bool stub_keeps_all(const Function &f)
{
	if (has_feature(f, "egpr") || has_feature(f, "amx-tile") || has_feature(f, "sve") ||
	    (has_feature(f, "avx512bw") && !has_feature(f, "avx512f")))
		return false;
	for (const Instruction &insn : instructions(f)) {
		if (is_odd_type(insn.getType()))
			return false;
		for (const Value *op : insn.operands())
			if (is_odd_type(op->getType()))
				return false;
	}
	return true;
}

static StringRef stub_for(const Function &f)
{
	if (has_feature(f, "avx512f"))
		return "shunt_safepoint_stub_avx512";
	return has_feature(f, "avx") ? "shunt_safepoint_stub_avx" : "shunt_safepoint_stub";
}

static Value *load_look(IRBuilder<> &b, bool x86)
{
	Type *ptr = Type::getInt32Ty(b.getContext())->getPointerTo();
	const char *code =
		x86 ? "movq shunt_tls@gottpoff(%rip), $0\n\tmovq %fs:($0), $0"
		    : "adrp $1, :gottprel:shunt_tls\n\tldr $1, [$1, "
		      "#:gottprel_lo12:shunt_tls]\n\tmrs $0, tpidr_el0\n\tldr $0, [$0, $1]";

	if (x86)
		return b.CreateCall(
			InlineAsm::get(FunctionType::get(ptr, false), code, "=r", true));
	StructType *two = StructType::get(ptr, b.getInt64Ty());
	Value *both =
		b.CreateCall(InlineAsm::get(FunctionType::get(two, false), code, "=&r,=&r", true));
	return b.CreateExtractValue(both, 0);
}

static void call_slow(IRBuilder<> &b, Function &f, bool x86)
{
	FunctionType *type = FunctionType::get(b.getVoidTy(), false);

	if (!stub_keeps_all(f)) {
		FunctionCallee slow =
			f.getParent()->getOrInsertFunction("shunt_safepoint_slow", type);
		CallInst *call = b.CreateCall(slow);
		call->setDoesNotThrow();
		return;
	}
	std::string stub = x86 ? stub_for(f).str() : "shunt_safepoint_stub";
	std::string code = x86 ? "call *" + stub + "@GOTPCREL(%rip)"
			       : "adrp x16, :got:" + stub +
					   "\n\tldr x16, [x16, #:got_lo12:" + stub + "]\n\tblr x16";
	const char *clobbers = x86 ? "~{r11},~{dirflag},~{fpsr},~{flags}"
				   : "~{x16},~{x17},~{lr},~{cc}";

	/* The call pushes a return address: nothing of the
	 * function may live below its stack pointer. */
	f.addFnAttr(Attribute::NoRedZone);
	b.CreateCall(InlineAsm::get(type, code, clobbers, true));
}

/* The function may now run other code of the process: what was derived without that is dropped. */
static void forget_attributes(Function &f)
{
#if LLVM_VERSION_MAJOR >= 16
	f.removeFnAttr(Attribute::Memory);
#else
	for (Attribute::AttrKind kind :
	     { Attribute::ReadNone, Attribute::ReadOnly, Attribute::WriteOnly,
	       Attribute::ArgMemOnly, Attribute::InaccessibleMemOnly,
	       Attribute::InaccessibleMemOrArgMemOnly })
		f.removeFnAttr(kind);
#endif
	f.removeFnAttr(Attribute::NoSync);
	f.removeFnAttr(Attribute::NoFree);
}

void put_safepoint(Instruction *before)
{
	Function &f = *before->getFunction();
	bool x86 = triple_of(*f.getParent()).getArch() == Triple::x86_64;
	IRBuilder<> b(before);
	LoadInst *word = b.CreateAlignedLoad(b.getInt32Ty(), load_look(b, x86), Align(4), true);
	Value *wanted = b.CreateICmpNE(word, b.getInt32(0));
	MDNode *rare = MDBuilder(f.getContext()).createBranchWeights(1, 1u << 20);
	Instruction *cold = SplitBlockAndInsertIfThen(wanted, before, false, rare);

	b.SetInsertPoint(cold);
	call_slow(b, f, x86);
	forget_attributes(f);
}

} // namespace shunt
