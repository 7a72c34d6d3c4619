/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * safepoint.S - from a safepoint that the compiler put in
 * to shunt_safepoint_slow(), every register kept
 *
 * Code made by the pass calls these stubs from within a function that the compiler takes for a
 * leaf: no register is known to change but r11 and the flags (x86-64), x16, x17 and x30 (aarch64).
 * So the fast path neither spills nor sets up a frame. On x86-64 the stub is chosen by what the
 * calling function was compiled for: a function without AVX has nothing in the upper halves that it
 * would miss.
 *
 * After shunt_safepoint_slow() the caller may be on another thread; nothing here depends on it.
 */

#if defined(__x86_64__)

/* Bytes: 9 general registers, padded to 128; then the vector registers. */
#define GENERAL 128
#define SKIP 12 /* of struct preempt_tls */

.macro safepoint_enter name, bytes
	.text
	.p2align 4
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc
#ifdef __CET__
	endbr64
#endif
	/* Most looks are too early: the scheduler said how many (preempt_tls.skip). */
	movq shunt_tls@gottpoff(%rip), %r11
	cmpl $0, %fs:SKIP(%r11)
	je 1f
	subl $1, %fs:SKIP(%r11)
	ret
1:
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	/* The caller may stand at any multiple of 8. */
	subq $(GENERAL + \bytes), %rsp
	andq $-64, %rsp
	movq %rax, 0(%rsp)
	movq %rcx, 8(%rsp)
	movq %rdx, 16(%rsp)
	movq %rsi, 24(%rsp)
	movq %rdi, 32(%rsp)
	movq %r8, 40(%rsp)
	movq %r9, 48(%rsp)
	movq %r10, 56(%rsp)
	cld
.endm

.macro safepoint_leave name
	movq 0(%rsp), %rax
	movq 8(%rsp), %rcx
	movq 16(%rsp), %rdx
	movq 24(%rsp), %rsi
	movq 32(%rsp), %rdi
	movq 40(%rsp), %r8
	movq 48(%rsp), %r9
	movq 56(%rsp), %r10
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size \name, . - \name
.endm

.macro vectors insn, reg, count, size, to_memory
	.set i, 0
	.rept \count
	.altmacro
	one_vector \insn, \reg, %i, %(GENERAL + i * \size), \to_memory
	.noaltmacro
	.set i, i + 1
	.endr
.endm

.macro one_vector insn, reg, n, offset, to_memory
	.if \to_memory
	\insn %\reg\n, \offset(%rsp)
	.else
	\insn \offset(%rsp), %\reg\n
	.endif
.endm

	safepoint_enter shunt_safepoint_stub, 256
	vectors movaps, xmm, 16, 16, 1
	call shunt_safepoint_slow@PLT
	vectors movaps, xmm, 16, 16, 0
	safepoint_leave shunt_safepoint_stub

	safepoint_enter shunt_safepoint_stub_avx, 512
	vectors vmovaps, ymm, 16, 32, 1
	vzeroupper
	call shunt_safepoint_slow@PLT
	vectors vmovaps, ymm, 16, 32, 0
	safepoint_leave shunt_safepoint_stub_avx

	/* Mask registers are 64 bits wide: this needs AVX512BW, as
	 * all but the first CPUs with AVX-512 (Xeon Phi) have. */
#define MASKS (GENERAL + 2048)
	safepoint_enter shunt_safepoint_stub_avx512, (2048 + 64)
	vectors vmovaps, zmm, 32, 64, 1
	kmovq %k0, MASKS + 0(%rsp)
	kmovq %k1, MASKS + 8(%rsp)
	kmovq %k2, MASKS + 16(%rsp)
	kmovq %k3, MASKS + 24(%rsp)
	kmovq %k4, MASKS + 32(%rsp)
	kmovq %k5, MASKS + 40(%rsp)
	kmovq %k6, MASKS + 48(%rsp)
	kmovq %k7, MASKS + 56(%rsp)
	vzeroupper
	call shunt_safepoint_slow@PLT
	kmovq MASKS + 0(%rsp), %k0
	kmovq MASKS + 8(%rsp), %k1
	kmovq MASKS + 16(%rsp), %k2
	kmovq MASKS + 24(%rsp), %k3
	kmovq MASKS + 32(%rsp), %k4
	kmovq MASKS + 40(%rsp), %k5
	kmovq MASKS + 48(%rsp), %k6
	kmovq MASKS + 56(%rsp), %k7
	vectors vmovaps, zmm, 32, 64, 0
	safepoint_leave shunt_safepoint_stub_avx512

#elif defined(__aarch64__)

#define FRAME (16 + 160 + 512)

	.text
	.p2align 4
	.globl shunt_safepoint_stub
	.type shunt_safepoint_stub, %function
shunt_safepoint_stub:
	.cfi_startproc
#ifdef __ARM_FEATURE_BTI_DEFAULT
	hint 34 /* bti c */
#endif
	sub sp, sp, #FRAME
	.cfi_def_cfa_offset FRAME
	stp x29, x30, [sp]
	.cfi_offset x29, -FRAME
	.cfi_offset x30, -(FRAME - 8)
	mov x29, sp
	stp x0, x1, [sp, #16]
	stp x2, x3, [sp, #32]
	stp x4, x5, [sp, #48]
	stp x6, x7, [sp, #64]
	stp x8, x9, [sp, #80]
	stp x10, x11, [sp, #96]
	stp x12, x13, [sp, #112]
	stp x14, x15, [sp, #128]
	/* The flags are the caller's: no compare reaches over a safepoint. */
	.set i, 0
	.rept 16
	.altmacro
	.macro save_pair a, b, offset
	stp q\a, q\b, [sp, #\offset]
	.endm
	save_pair %(2 * i), %(2 * i + 1), %(176 + 32 * i)
	.purgem save_pair
	.noaltmacro
	.set i, i + 1
	.endr
	bl shunt_safepoint_slow
	.set i, 0
	.rept 16
	.altmacro
	.macro load_pair a, b, offset
	ldp q\a, q\b, [sp, #\offset]
	.endm
	load_pair %(2 * i), %(2 * i + 1), %(176 + 32 * i)
	.purgem load_pair
	.noaltmacro
	.set i, i + 1
	.endr
	ldp x0, x1, [sp, #16]
	ldp x2, x3, [sp, #32]
	ldp x4, x5, [sp, #48]
	ldp x6, x7, [sp, #64]
	ldp x8, x9, [sp, #80]
	ldp x10, x11, [sp, #96]
	ldp x12, x13, [sp, #112]
	ldp x14, x15, [sp, #128]
	ldp x29, x30, [sp]
	add sp, sp, #FRAME
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size shunt_safepoint_stub, . - shunt_safepoint_stub

#endif

	/* Absent where only the compiler's part is linked. */
	.weak shunt_safepoint_slow
	.section .note.GNU-stack, "", %progbits
