/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_x86_64.S - the switch, x86-64
 *
 * The frame that a switch leaves looks the same on both sides (struct frame in ctx.c), so one
 * description for the unwinder holds before and after rsp changes:
 *
 *   rsp +0 MXCSR, +4 x87 control and status words, +8 r15 r14 r13 r12 rbx rbp, +56 return address
 *
 * - Loading MXCSR or x87's words is slow, so they are loaded only when they differ. Into a context,
 *   exception flags count too: fetestexcept() of a request sees its own. At home they do
 *   not (the ABI leaves them to the callee), so a request that comes and goes loads nothing.
 * - It ends in a jump, not in a return: the return would always be mispredicted, as the processor
 *   expects it to go back to the caller. Each direction has a jump of its own, which mostly goes to
 *   one place.
 *   "notrack": with IBT there is no endbr64 behind a call.
 */
#ifdef __x86_64__

#include "ctx_layout.h"

#define X87_FLAGS 0x7f /* of the status word */
#define X87_ENV 32     /* bytes, rounded up */

	.text

	.macro save
	push	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	push	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	push	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	push	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	push	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	push	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	fnstsw	6(%rsp)
	mov	(%rsp), %eax
	mov	4(%rsp), %cx
	mov	6(%rsp), %dl
	.endm

	.macro restore
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	pop	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	pop	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	pop	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	pop	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	pop	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	notrack jmp *%rcx
	.endm

	.macro function name
	.globl	\name
	.hidden	\name
	.type	\name, @function
	.balign	64
\name:
	.cfi_startproc
	endbr64
	.endm

	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

/* void ctx_in(struct ctx_home *home, struct ctx *to) */
	function ctx_in
	save
	mov	%rsp, HOME_SP(%rdi)
	mov	%rdi, CTX_HOME(%rsi)
	mov	CTX_SP(%rsi), %rsp
	cmp	(%rsp), %eax
	jne	2f
1:	cmp	4(%rsp), %cx
	jne	3f
4:	xor	6(%rsp), %dl
	test	$X87_FLAGS, %dl
	jnz	5f
6:	.cfi_remember_state
	restore
	.cfi_restore_state
2:	ldmxcsr	(%rsp)
	jmp	1b
3:	fldcw	4(%rsp)
	jmp	4b
	/* Flags can be loaded with the whole environment only. */
5:	sub	$X87_ENV, %rsp
	.cfi_adjust_cfa_offset X87_ENV
	fnstenv	(%rsp)
	and	$X87_FLAGS, %dl
	xor	%dl, 4(%rsp)
	fldenv	(%rsp)
	add	$X87_ENV, %rsp
	.cfi_adjust_cfa_offset -X87_ENV
	jmp	6b
	end ctx_in

/* void ctx_out(struct ctx *self) */
	function ctx_out
	save
	mov	CTX_HOME(%rdi), %rsi
	mov	%rsp, CTX_SP(%rdi)
	mov	HOME_SP(%rsi), %rsp
	xor	(%rsp), %eax
	test	$~MXCSR_FLAGS, %eax
	jnz	2f
1:	cmp	4(%rsp), %cx
	jne	3f
4:	.cfi_remember_state
	restore
	.cfi_restore_state
2:	ldmxcsr	(%rsp)
	jmp	1b
3:	fldcw	4(%rsp)
	jmp	4b
	end ctx_out

/* Where a started context begins: r12 is the context. The outermost frame: unwinders end here. */
	.globl	ctx_first
	.hidden	ctx_first
	.type	ctx_first, @function
	.balign	16
ctx_first:
	.cfi_startproc
	.cfi_undefined %rip
	endbr64
	mov	%r12, %rdi
	call	ctx_main
	ud2
	.cfi_endproc
	.size	ctx_first, . - ctx_first

#if defined(__CET__) && (__CET__ & 1)
	/* Feature bits: IBT, without shadow stacks. */
	.section .note.gnu.property, "a"
	.balign	8
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000002, 4, 1, 0
#endif
#endif

	.section .note.GNU-stack, "", %progbits
