// SPDX-License-Identifier: BSD-2-Clause
/*
 * ask.c - calling a function of the policy, and getting a core's thread out of one that does not
 * return
 *
 * A policy's native code takes no locks, allocates nothing and has only the view to write to, by
 * single atomics. So it can be left at any instruction. Before the call the core's run line says
 * which function of which generation it is in: shuntd reads that where a core is silent or its
 * process has died. When shuntd has sent another policy, the thread that talks to it takes those
 * cores out that are still in one of before and have not moved meanwhile: a signal whose handler
 * continues behind the call. The handler is there for that moment only. A process that wants no
 * signals (SHUNT_NO_SIGNALS) has to be ended instead, as where "hang: action: kill" says so.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "internal.h"

#define GO_ON (-1) /* SHUNT_GO_ON of policy.h, which is for policies alone */
#define LEAVE_MS 100 /* a thread that is runnable gets the signal in this time */

int ask_call(void *fn, struct shunt_view *v, const struct shunt_event *ev, void *volatile *sp);
extern const char ask_out[]; /* behind the call, with the stack pointer that *sp holds */

/* int ask_call(fn, v, ev, sp): saves what a function must, notes
 * the stack pointer in *sp, calls fn(v, ev), clears *sp. */
#if defined(__x86_64__)
asm(".text\n"
    ".globl ask_call, ask_out\n"
    ".hidden ask_call, ask_out\n"
    ".type ask_call, @function\n"
    ".balign 16\n"
    "ask_call:\n"
    ".cfi_startproc\n"
    "	endbr64\n"
    "	push %rbp\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %rbp, 0\n"
    "	push %rbx\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %rbx, 0\n"
    "	push %r12\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r12, 0\n"
    "	push %r13\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r13, 0\n"
    "	push %r14\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r14, 0\n"
    "	push %r15\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r15, 0\n"
    "	push %rcx\n .cfi_adjust_cfa_offset 8\n"
    "	mov %rsp, (%rcx)\n"
    "	mov %rdi, %rax\n"
    "	mov %rsi, %rdi\n"
    "	mov %rdx, %rsi\n"
    "	call *%rax\n"
    "ask_out:\n"
    "	cld\n"
    "	pop %rcx\n .cfi_adjust_cfa_offset -8\n"
    "	movq $0, (%rcx)\n"
    "	pop %r15\n .cfi_adjust_cfa_offset -8\n .cfi_restore %r15\n"
    "	pop %r14\n .cfi_adjust_cfa_offset -8\n .cfi_restore %r14\n"
    "	pop %r13\n .cfi_adjust_cfa_offset -8\n .cfi_restore %r13\n"
    "	pop %r12\n .cfi_adjust_cfa_offset -8\n .cfi_restore %r12\n"
    "	pop %rbx\n .cfi_adjust_cfa_offset -8\n .cfi_restore %rbx\n"
    "	pop %rbp\n .cfi_adjust_cfa_offset -8\n .cfi_restore %rbp\n"
    "	ret\n"
    ".cfi_endproc\n"
    ".size ask_call, . - ask_call\n");
#elif defined(__aarch64__)
asm(".text\n"
    ".globl ask_call, ask_out\n"
    ".hidden ask_call, ask_out\n"
    ".type ask_call, @function\n"
    ".balign 16\n"
    "ask_call:\n"
    ".cfi_startproc\n"
    "	stp x29, x30, [sp, #-176]!\n .cfi_def_cfa_offset 176\n .cfi_offset x29, -176\n .cfi_offset x30, -168\n"
    "	stp x19, x20, [sp, #16]\n .cfi_offset x19, -160\n .cfi_offset x20, -152\n"
    "	stp x21, x22, [sp, #32]\n .cfi_offset x21, -144\n .cfi_offset x22, -136\n"
    "	stp x23, x24, [sp, #48]\n .cfi_offset x23, -128\n .cfi_offset x24, -120\n"
    "	stp x25, x26, [sp, #64]\n .cfi_offset x25, -112\n .cfi_offset x26, -104\n"
    "	stp x27, x28, [sp, #80]\n .cfi_offset x27, -96\n .cfi_offset x28, -88\n"
    "	stp d8, d9, [sp, #96]\n"
    "	stp d10, d11, [sp, #112]\n"
    "	stp d12, d13, [sp, #128]\n"
    "	stp d14, d15, [sp, #144]\n"
    "	str x3, [sp, #160]\n"
    "	mov x9, sp\n"
    "	str x9, [x3]\n"
    "	mov x9, x0\n"
    "	mov x0, x1\n"
    "	mov x1, x2\n"
    "	blr x9\n"
    "ask_out:\n"
    "	ldr x3, [sp, #160]\n"
    "	str xzr, [x3]\n"
    "	ldp d14, d15, [sp, #144]\n"
    "	ldp d12, d13, [sp, #128]\n"
    "	ldp d10, d11, [sp, #112]\n"
    "	ldp d8, d9, [sp, #96]\n"
    "	ldp x27, x28, [sp, #80]\n"
    "	ldp x25, x26, [sp, #64]\n"
    "	ldp x23, x24, [sp, #48]\n"
    "	ldp x21, x22, [sp, #32]\n"
    "	ldp x19, x20, [sp, #16]\n"
    "	ldp x29, x30, [sp], #176\n .cfi_def_cfa_offset 0\n"
    "	ret\n"
    ".cfi_endproc\n"
    ".size ask_call, . - ask_call\n");
#else
#error "ask.c has no call for this architecture"
#endif

int policy_ask(struct core *c, const struct policy *p, enum shunt_ask_op op,
	       const struct shunt_event *ev)
{
	int answer;

	poke(c->run->asks, SHUNT_ASKS(p->gen, op));
	step();
	answer = ask_call(p->fn[op], c->s->view, ev, &c->ask_sp);
	step();
	poke(c->run->asks, 0);
	return answer;
}

/* --- out of a function that does not return --------------------------------------------------- */

static struct core *_Atomic victim;

/* In the core's thread: returns from the policy's function, as if the policy had said "go on". */
static void leave(int sig, siginfo_t *info, void *arg)
{
	struct core *c = atomic_load(&victim);
	ucontext_t *uc = arg;

	if (!c || !pthread_equal(pthread_self(), c->thread) || !c->ask_sp)
		return;
#if defined(__x86_64__)
	uc->uc_mcontext.gregs[REG_RSP] = (greg_t)c->ask_sp;
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)ask_out;
	uc->uc_mcontext.gregs[REG_RAX] = GO_ON;
#elif defined(__aarch64__)
	uc->uc_mcontext.sp = (uintptr_t)c->ask_sp;
	uc->uc_mcontext.pc = (uintptr_t)ask_out;
	uc->uc_mcontext.regs[0] = (uint32_t)GO_ON;
#endif
}

static void take_out(struct core *c, int sig)
{
	struct sigaction now = { .sa_sigaction = leave,
				 .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER };
	struct timespec ms = { .tv_nsec = 1000000 };
	uint64_t beat = peek(c->run->beat);
	struct sigaction before;

	sigemptyset(&now.sa_mask);
	if (!sig || sigaction(sig, &now, &before))
		return;
	atomic_store(&victim, c);
	pthread_kill(c->thread, sig);
	for (int i = 0; i < LEAVE_MS && c->ask_sp && peek(c->run->beat) == beat; i++)
		nanosleep(&ms, NULL);
	atomic_store(&victim, NULL);
	sigaction(sig, &before, NULL);
}

/* In a function of a policy that is no longer in force, at this call as at the one before? */
static bool is_stuck(struct core *c, const struct policy *p)
{
	uint64_t beat = peek(c->run->beat);
	uint16_t asks = peek(c->run->asks);
	bool still = asks && SHUNT_ASKS_GEN(asks) != SHUNT_ASKS_GEN(SHUNT_ASKS(p->gen, 0));
	bool stuck = still && c->stuck_asks == asks && c->stuck_beat == beat;

	c->stuck_asks = still ? asks : 0;
	c->stuck_beat = beat;
	return stuck;
}

void ask_unstick(struct shunt *s)
{
	const struct policy *p = atomic_load(&s->policy);

	for (unsigned int i = 0; i < s->ncores; i++) {
		struct core *c = &s->core[i];

		if (c->started && is_stuck(c, p))
			take_out(c, s->opts.signal);
	}
}
