/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stacks.h - a request that overflows its stack ends the process with a line that says so
 */
#pragma once

#include <stddef.h>

#define STACKS_MAX 64 /* pools a process */

/*
 * Watches the calling thread: gives it an alternate signal stack, unless it has one; the first
 * thread also puts a handler on SIGSEGV. Faults that are no overflow go to the handler that was
 * there before. 0 or -errno.
 */
int stacks_guard_thread(void);

/* Undoes the above for the thread, at its end. The last thread takes the handler away. */
void stacks_unguard_thread(void);

/*
 * Called by code that leaves a context from a signal handler, once ctx_leave() has returned there:
 * the signal's frame names the alternate stack of the thread that it came to, and the return from
 * the handler would give that to the thread it ends on.
 */
void stacks_moved(void *ucontext);

/* Bytes of stack that a signal may take, with all registers there are. */
size_t stacks_signal_frame(void);

/* For ctx.c: a run of slots, each a guard and above it a stack. Returns its place, or -ENOSPC. */
int stacks_add(const void *base, size_t len, size_t slot, size_t guard, size_t stack_size);
void stacks_remove(int where);
