/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_layout.h - what the assembly of ctx_ARCH.S knows of ctx.h's structs; ctx.c checks it
 */
#pragma once

#define CTX_SP 8   /* struct ctx: sp */
#define CTX_HOME 16 /* struct ctx: home */
#define HOME_SP 0  /* struct ctx_home: sp */

#define MXCSR_FLAGS 0x3f /* sticky exception flags; the rest controls */
