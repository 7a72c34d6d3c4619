/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_aarch64.S - the switch, aarch64
 *
 * As ctx_x86_64.S: both sides leave the same frame (struct frame in ctx.c):
 *
 *   sp +0 x29 x30, +16 x19 to x28, +96 d8 to d15, +160 FPCR FPSR
 *
 * FPCR and FPSR are loaded only when they differ; FPSR (exception flags) only into a context. The
 * switch ends in "ret", which needs no landing pad with BTI.
 */
#ifdef __aarch64__

#include "ctx_layout.h"

#define FRAME 176

	.text

	.macro save
	stp	x29, x30, [sp, #-FRAME]!
	.cfi_def_cfa_offset FRAME
	.cfi_offset x29, -FRAME
	.cfi_offset x30, -FRAME + 8
	stp	x19, x20, [sp, #16]
	.cfi_offset x19, -FRAME + 16
	.cfi_offset x20, -FRAME + 24
	stp	x21, x22, [sp, #32]
	.cfi_offset x21, -FRAME + 32
	.cfi_offset x22, -FRAME + 40
	stp	x23, x24, [sp, #48]
	.cfi_offset x23, -FRAME + 48
	.cfi_offset x24, -FRAME + 56
	stp	x25, x26, [sp, #64]
	.cfi_offset x25, -FRAME + 64
	.cfi_offset x26, -FRAME + 72
	stp	x27, x28, [sp, #80]
	.cfi_offset x27, -FRAME + 80
	.cfi_offset x28, -FRAME + 88
	stp	d8, d9, [sp, #96]
	.cfi_offset d8, -FRAME + 96
	.cfi_offset d9, -FRAME + 104
	stp	d10, d11, [sp, #112]
	.cfi_offset d10, -FRAME + 112
	.cfi_offset d11, -FRAME + 120
	stp	d12, d13, [sp, #128]
	.cfi_offset d12, -FRAME + 128
	.cfi_offset d13, -FRAME + 136
	stp	d14, d15, [sp, #144]
	.cfi_offset d14, -FRAME + 144
	.cfi_offset d15, -FRAME + 152
	mrs	x9, fpcr
	mrs	x10, fpsr
	stp	x9, x10, [sp, #160]
	.endm

	.macro restore
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x29, x30, [sp], #FRAME
	.cfi_restore x29
	.cfi_restore x30
	.cfi_def_cfa_offset 0
	ret
	.endm

	.macro function name
	.globl	\name
	.hidden	\name
	.type	\name, %function
	.balign	64
\name:
	.cfi_startproc
	hint	#34 /* bti c */
	.endm

	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

/* void ctx_in(struct ctx_home *home, struct ctx *to) */
	function ctx_in
	save
	mov	x11, sp
	str	x11, [x0, #HOME_SP]
	str	x0, [x1, #CTX_HOME]
	ldr	x11, [x1, #CTX_SP]
	mov	sp, x11
	ldp	x11, x12, [sp, #160]
	cmp	x9, x11
	b.eq	1f
	msr	fpcr, x11
1:	cmp	x10, x12
	b.eq	2f
	msr	fpsr, x12
2:	restore
	end ctx_in

/* void ctx_out(struct ctx *self) */
	function ctx_out
	save
	ldr	x1, [x0, #CTX_HOME]
	mov	x11, sp
	str	x11, [x0, #CTX_SP]
	ldr	x11, [x1, #HOME_SP]
	mov	sp, x11
	ldr	x11, [sp, #160]
	cmp	x9, x11
	b.eq	1f
	msr	fpcr, x11
1:	restore
	end ctx_out

/* Where a started context begins: x19 is the context. The outermost frame: unwinders end here. */
	.globl	ctx_first
	.hidden	ctx_first
	.type	ctx_first, %function
	.balign	16
ctx_first:
	.cfi_startproc
	.cfi_undefined x30
	mov	x0, x19
	bl	ctx_main
	brk	#1
	.cfi_endproc
	.size	ctx_first, . - ctx_first

#ifdef __ARM_FEATURE_BTI_DEFAULT
	.section .note.gnu.property, "a"
	.balign	8
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000000, 4, 1, 0
#endif
#endif

	.section .note.GNU-stack, "", %progbits
