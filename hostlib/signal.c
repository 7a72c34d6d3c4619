// SPDX-License-Identifier: BSD-2-Clause
/*
 * signal.c - the last resort: a signal stops a request that reaches no safepoint
 *
 * The handler runs on the request's own stack, so the kernel's frame there holds all that the
 * request had in registers, vector state of any width included. To stop the request is to switch
 * contexts inside the handler; it goes on when, perhaps on another thread, the handler returns. The
 * kernel then restores signal mask and alternate stack from the frame, so these are made the new
 * thread's first.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include <shunt/abi.h>

#include "locked.h"
#include "preempt.h"

_Static_assert(SHUNT_SIGNAL == SIGURG, "abi.h has it as a number, for BPF");

#define LOCAL_TRIES 4

static struct sigaction before[SHUNT_SIGNAL_MAX + 1]; /* the application's handlers */
/* installed, and not removed; for holders of the lock */
static unsigned int users[SHUNT_SIGNAL_MAX + 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

PREEMPT_INLINE uintptr_t reg_pc(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return uc->uc_mcontext.pc;
#endif
}

PREEMPT_INLINE uintptr_t reg_sp(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return uc->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return uc->uc_mcontext.sp;
#endif
}

/* Was another signal's handler interrupted? While one runs, signals are blocked that usually are
 * not; or it is on the alternate stack. Code that such a handler interrupted may hold any lock. */
PREEMPT_INLINE bool in_handler(const struct preempt_tls *t,
							      const ucontext_t *uc)
{
	uint64_t mask;

	memcpy(&mask, &uc->uc_sigmask, sizeof(mask));
	return mask != t->mask ||
	       reg_sp(uc) - (uintptr_t)uc->uc_stack.ss_sp < uc->uc_stack.ss_size;
}

/*
 * Does a register hold the address of a thread-local variable? Then the next instruction may read,
 * say, errno of a thread that the request is no longer on. Mostly it is a matter of a few
 * instructions, and another signal will come. But it may be an address that is kept over a loop, or
 * forgotten in a register that the loop does not use: so after LOCAL_TRIES the request is stopped,
 * and has to stay on its thread. (An address that was put into memory is not seen.)
 */
PREEMPT_INLINE bool holds_local(const struct preempt_tls *t,
							       const ucontext_t *uc)
{
	bool found = false;

#if defined(__x86_64__)
	for (int i = REG_R8; i <= REG_RCX; i++)
		found |= (uintptr_t)uc->uc_mcontext.gregs[i] - t->local < t->local_len;
#elif defined(__aarch64__)
	for (int i = 0; i <= 30; i++)
		found |= uc->uc_mcontext.regs[i] - t->local < t->local_len;
#endif
	return found;
}

static PREEMPT_TEXT enum preempt_why judge(struct preempt_tls *t, const ucontext_t *uc)
{
	if (t->look == &preempt_never)
		return PREEMPT_STRANGER;
	if (!*t->look)
		return PREEMPT_STALE;
	if (t->depth)
		return PREEMPT_REGION;
	if (!preempt_in_text((const void *)reg_pc(uc)))
		return PREEMPT_FOREIGN;
	if (in_handler(t, uc))
		return PREEMPT_HANDLER;
	if (holds_local(t, uc)) {
		if (++t->held < LOCAL_TRIES)
			return PREEMPT_LOCAL;
		t->stay = true;
	}
	return PREEMPT_TAKEN;
}

/* The request comes back on a thread that is not the one it
 * left: the frame must not undo that thread's. */
static PREEMPT_TEXT void adopt(ucontext_t *uc)
{
	/* The kernel's set is 8 bytes; the C library's type reaches beyond what the frame has. */
	memcpy(&uc->uc_sigmask, &preempt_here()->mask, sizeof(preempt_here()->mask));
	sigaltstack(NULL, &uc->uc_stack);
}

/* Somebody else's: to the application's own handler, if there was one. */
static PREEMPT_TEXT void pass_on(int sig, siginfo_t *info, void *arg)
{
	const struct sigaction *theirs = &before[sig];

	if (theirs->sa_flags & SA_SIGINFO)
		theirs->sa_sigaction(sig, info, arg);
	else if (theirs->sa_handler != SIG_DFL && theirs->sa_handler != SIG_IGN)
		theirs->sa_handler(sig);
}

static PREEMPT_TEXT void on_signal(int sig, siginfo_t *info, void *arg)
{
	struct preempt_tls *t = preempt_here();
	int32_t tid = t->tid;
	enum preempt_why why = judge(t, arg);

	t->why[why]++;
	switch (why) {
	case PREEMPT_TAKEN:
		preempt_away(PREEMPT_SIGNAL);
		if (preempt_here()->tid != tid)
			adopt(arg);
		break;
	case PREEMPT_STRANGER:
	case PREEMPT_STALE:
		pass_on(sig, info, arg);
		break;
	default:
		t->pending = true;
	}
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

static int install(int signal)
{
	/* No SA_ONSTACK: the frame belongs on the request's stack.
	 * SA_NODEFER: the next request must be stoppable. */
	struct sigaction now = { .sa_sigaction = on_signal,
				 .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER };
	struct sigaction old;

	MUST_HOLD_MUTEX(&lock);
	sigemptyset(&now.sa_mask);
	if (sigaction(signal, NULL, &old))
		return -errno;
	if (is_ours(&old))
		return 0;
	before[signal] = old;
	return sigaction(signal, &now, NULL) ? -errno : 0;
}

int preempt_signal_install(int signal)
{
	int err = preempt_register_program();

	if (err)
		return err;
	if (signal < 1 || signal > SHUNT_SIGNAL_MAX)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	err = install(signal);
	users[signal] += !err;
	pthread_mutex_unlock(&lock);
	return err;
}

void preempt_signal_remove(int signal)
{
	struct sigaction now;

	pthread_mutex_lock(&lock);
	if (!--users[signal] && !sigaction(signal, NULL, &now) && is_ours(&now))
		sigaction(signal, &before[signal], NULL);
	pthread_mutex_unlock(&lock);
}

void preempt_signal_unblock(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
