// SPDX-License-Identifier: BSD-2-Clause
/*
 * stacks.c - a request that overflows its stack ends the
 * process with a line that says so; see stacks.h
 *
 * The handler runs on an alternate stack, for the request's stack is full. The handler reads a
 * table of pools that is never freed, so that a fault beside a ctx_pool_free() reads nothing stale.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "stacks.h"

#define RED_ZONE 256  /* left free below the stack pointer, and for alignment: no more than this */
#define ALT_USE 16384 /* for handlers that were there before, too */

struct range {
	_Atomic uintptr_t base; /* 0: free; written last, and first cleared */
	_Atomic size_t len, slot, guard, stack_size;
};

static struct range ranges[STACKS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of writers, and of what follows */
static unsigned int threads;      /* that are watched */
static struct sigaction previous; /* handler */
static _Thread_local unsigned int watched;
static _Thread_local void *alt; /* our alternate stack; NULL: the thread has its own */

/* --- the table -------------------------------------------------------------------------------- */

int stacks_add(const void *base, size_t len, size_t slot, size_t guard, size_t stack_size)
{
	int place = -ENOSPC;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < STACKS_MAX && place < 0; i++) {
		struct range *r = &ranges[i];

		if (r->base)
			continue;
		r->len = len;
		r->slot = slot;
		r->guard = guard;
		r->stack_size = stack_size;
		r->base = (uintptr_t)base;
		place = i;
	}
	pthread_mutex_unlock(&lock);
	return place;
}

void stacks_remove(int place)
{
	pthread_mutex_lock(&lock);
	ranges[place].base = 0;
	pthread_mutex_unlock(&lock);
}

/* --- in the handler: nothing but what a signal handler may do --------------------------------- */

/* The size of a signal frame by the kernel; a kernel that does not say it needs less than 8 KiB. */
size_t stacks_signal_frame(void)
{
	size_t frame = getauxval(AT_MINSIGSTKSZ);

	return RED_ZONE + (frame ? frame : 8192);
}

static uintptr_t stack_pointer(const void *ucontext)
{
	const ucontext_t *u = ucontext;

#if defined(__x86_64__)
	return u->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return u->uc_mcontext.sp;
#endif
}

/*
 * Bytes of the stack that was overflowed; 0: none was. A fault in the guard by one whose stack
 * pointer is elsewhere is somebody's stray pointer. The kernel names no address when it finds no
 * room for a signal's frame.
 */
static size_t overflowed(const siginfo_t *info, uintptr_t sp)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	if (info->si_code <= 0)
		return 0; /* sent by a process */
	for (int i = 0; i < STACKS_MAX; i++) {
		const struct range *r = &ranges[i];
		uintptr_t base = r->base;
		size_t in;

		if (!base || sp - base >= r->len)
			continue;
		in = (sp - base) % r->slot;
		if (info->si_code == SI_KERNEL) {
			if (in < r->guard + stacks_signal_frame())
				return r->stack_size;
		} else if (at - (sp - in) < r->guard) {
			return r->stack_size;
		}
	}
	return 0;
}

static char *put_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, unsigned long n)
{
	char digits[24], *d = digits + sizeof(digits);

	*--d = '\0';
	do {
		*--d = '0' + n % 10;
	} while (n /= 10);
	return put_text(to, d);
}

static void tell(size_t stack_size)
{
	char line[160], *p = line;
	ssize_t n;

	p = put_text(p, "shunt: a request overflowed its stack of ");
	p = put_number(p, stack_size / 1024);
	p = put_text(p, " KiB (thread ");
	p = put_number(p, syscall(SYS_gettid));
	p = put_text(p, "); raise shunt_opts.stack_size\n");
	n = write(STDERR_FILENO, line, p - line);
	(void)n;
}

/* Pending until the handler returns: then the process dies
 * where the fault was, and so its core says. */
static void die_of(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(sig, &dfl, NULL);
	raise(sig);
}

/* Calls the handler that was there before ours, as the kernel would. */
static void pass_on(int sig, siginfo_t *info, void *ucontext)
{
	struct sigaction prev = previous; /* set before our handler was */
	sigset_t set;

	if (!(prev.sa_flags & SA_SIGINFO) && prev.sa_handler == SIG_DFL) {
		die_of(sig);
		return;
	}
	if (!(prev.sa_flags & SA_SIGINFO) && prev.sa_handler == SIG_IGN) {
		if (info->si_code > 0)
			die_of(sig); /* a fault cannot be ignored */
		return;
	}
	pthread_sigmask(SIG_BLOCK, &prev.sa_mask, NULL);
	if (prev.sa_flags & SA_NODEFER) {
		sigemptyset(&set);
		sigaddset(&set, sig);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
	if (prev.sa_flags & SA_SIGINFO)
		prev.sa_sigaction(sig, info, ucontext);
	else
		prev.sa_handler(sig);
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
	int err = errno;
	size_t size = overflowed(info, stack_pointer(ucontext));

	if (size) {
		tell(size);
		die_of(sig);
	} else {
		pass_on(sig, info, ucontext);
	}
	errno = err;
}

/* --- threads ---------------------------------------------------------------------------------- */

static int install(void)
{
	struct sigaction ours = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&ours.sa_mask);
	if (sigaction(SIGSEGV, NULL, &previous) || sigaction(SIGSEGV, &ours, NULL))
		return -errno;
	return 0;
}

/* Unless someone has put theirs on top of ours. */
static void uninstall(void)
{
	struct sigaction now;

	if (!sigaction(SIGSEGV, NULL, &now) && now.sa_sigaction == on_fault)
		sigaction(SIGSEGV, &previous, NULL);
}

static int give_alt(void)
{
	stack_t ss, old;

	if (sigaltstack(NULL, &old))
		return -errno;
	if (!(old.ss_flags & SS_DISABLE))
		return 0;
	ss = (stack_t){ .ss_size = ALT_USE + stacks_signal_frame() };
	alt = ss.ss_sp = malloc(ss.ss_size);
	if (!alt)
		return -ENOMEM;
	if (sigaltstack(&ss, NULL)) {
		int err = -errno;

		free(alt);
		alt = NULL;
		return err;
	}
	return 0;
}

/* Unless the thread has another one by now. */
static void take_alt(void)
{
	stack_t off = { .ss_flags = SS_DISABLE }, now;

	if (!alt)
		return;
	if (!sigaltstack(NULL, &now) && now.ss_sp == alt)
		sigaltstack(&off, NULL);
	free(alt);
	alt = NULL;
}

int stacks_guard_thread(void)
{
	int err;

	if (watched++)
		return 0;
	err = give_alt();
	pthread_mutex_lock(&lock);
	if (!err && !threads)
		err = install();
	if (!err)
		threads++;
	pthread_mutex_unlock(&lock);
	if (err) {
		take_alt();
		watched = 0;
	}
	return err;
}

void stacks_unguard_thread(void)
{
	if (!watched || --watched)
		return;
	pthread_mutex_lock(&lock);
	if (!--threads)
		uninstall();
	pthread_mutex_unlock(&lock);
	take_alt();
}

void stacks_moved(void *ucontext)
{
	ucontext_t *u = ucontext;

	sigaltstack(NULL, &u->uc_stack);
}
