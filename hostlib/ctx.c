// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctx.c - contexts: the pool, how one begins and ends, and what sanitizers are told; see ctx.h
 *
 * Memory of a pool, a slot a context:
 *
 *   | guard, no access | stack ... colour | guard | stack ... colour | ...
 *
 * The guard is wider than a page, so that a function with a large array does not step over it: it
 * costs addresses, not memory. Tops of stacks are "coloured", moved against each other: at the same
 * offset in a page they would share a few sets of the caches. The page for it also makes the
 * distance of default stacks no power of two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctx.h"
#include "stacks.h"

#define GUARD 65536
#define COLOURS 16
#define COLOUR 256 /* bytes */
#define MIN_USE 8192 /* besides a signal */

#define FREE_INDEX 0xffffffffULL
#define FREE_TAG (FREE_INDEX + 1)

_Static_assert(offsetof(struct ctx, sp) == CTX_SP, "ctx_layout.h");
_Static_assert(offsetof(struct ctx, home) == CTX_HOME, "ctx_layout.h");
_Static_assert(offsetof(struct ctx_home, sp) == HOME_SP, "ctx_layout.h");

/* ctx_ARCH.S */
void ctx_in(struct ctx_home *home, struct ctx *to);
void ctx_out(struct ctx *self);
void ctx_first(void);

void ctx_main(struct ctx *self);

/* --- what the switch leaves on a stack -------------------------------------------------------- */

#if defined(__x86_64__)

struct frame {
	uint32_t mxcsr;
	uint16_t control, status;
	uint64_t r15, r14, r13, r12, rbx, rbp;
	void (*rip)(void);
};

/* The caller's control words; no exception flags. */
static void fill_frame(struct frame *f, struct ctx *c)
{
	*f = (struct frame){ .r12 = (uintptr_t)c, .rip = ctx_first };
	asm volatile("stmxcsr %0" : "=m"(f->mxcsr));
	asm volatile("fnstcw %0" : "=m"(f->control));
	f->mxcsr &= ~MXCSR_FLAGS;
}

/* Has the thread a shadow stack of CET? The instruction does nothing where there is none. */
static int has_shadow_stack(void)
{
	uint64_t ssp = 0;

	asm volatile("rdsspq %0" : "+r"(ssp));
	return ssp != 0;
}

#elif defined(__aarch64__)

struct frame {
	uint64_t x29;
	void (*x30)(void);
	uint64_t x19, x20_to_x28[9];
	uint64_t d8_to_d15[8];
	uint64_t fpcr, fpsr;
};

static void fill_frame(struct frame *f, struct ctx *c)
{
	*f = (struct frame){ .x19 = (uintptr_t)c, .x30 = ctx_first };
	asm volatile("mrs %0, fpcr" : "=r"(f->fpcr));
}

static int has_shadow_stack(void)
{
	return 0;
}

#else
#error "contexts: x86-64 and aarch64 only"
#endif

/* --- sanitizers ------------------------------------------------------------------------------- */

#if defined(CTX_ASAN)

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* Frames that are never returned from leave their marks. */
static void tell_start(struct ctx *c)
{
	__asan_unpoison_memory_region(c->stack, c->top - c->stack);
}

static void tell_entering(struct ctx_home *home, struct ctx *to)
{
	__sanitizer_start_switch_fiber(&home->fake, to->stack, to->top - to->stack);
}

static void tell_home(struct ctx_home *home)
{
	__sanitizer_finish_switch_fiber(home->fake, NULL, NULL);
}

static void tell_leaving(struct ctx *self, int for_good)
{
	__sanitizer_start_switch_fiber(for_good ? NULL : &self->fake, self->home->stack,
				       self->home->stack_size);
}

static void tell_entered(struct ctx *self, void *fake)
{
	__sanitizer_finish_switch_fiber(fake, &self->home->stack, &self->home->stack_size);
}

static void tell_free(struct ctx *c)
{
}

#elif defined(CTX_TSAN)

#include <sanitizer/tsan_interface.h>

#define FIBER_STARTS 64

/* A fiber never forgets calls that are not returned from,
 * and a new one takes 0.3 ms: now and then. */
static void tell_start(struct ctx *c)
{
	if (c->starts++ % FIBER_STARTS)
		return;
	if (c->fiber)
		__tsan_destroy_fiber(c->fiber);
	c->fiber = __tsan_create_fiber(0);
}

/* Inlined, for a function's entry and exit are told too: they must be on the same fiber. */
static inline __attribute__((always_inline)) void tell_entering(struct ctx_home *home,
								struct ctx *to)
{
	home->fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->fiber, 0);
}

static inline __attribute__((always_inline)) void tell_leaving(struct ctx *self, int for_good)
{
	__tsan_switch_to_fiber(self->home->fiber, 0);
}

static void tell_free(struct ctx *c)
{
	if (c->fiber)
		__tsan_destroy_fiber(c->fiber);
}

#define tell_home(home) ((void)0)
#define tell_entered(self, fake) ((void)0)

#else

#define tell_start(c) ((void)0)
#define tell_entering(home, to) ((void)0)
#define tell_home(home) ((void)0)
#define tell_leaving(self, for_good) ((void)0)
#define tell_entered(self, fake) ((void)0)
#define tell_free(c) ((void)0)

#endif

/* --- C++ exceptions --------------------------------------------------------------------------- */

/* The C++ runtime's, in programs that have one; in others there is nothing to keep. */
struct ctx_exceptions *__cxa_get_globals(void) __attribute__((weak));

void ctx_home_init(struct ctx_home *home)
{
	home->exceptions = __cxa_get_globals ? __cxa_get_globals() : NULL;
}

/* Takes them away from the thread that runs the context. */
static struct ctx_exceptions take_exceptions(const struct ctx *self)
{
	struct ctx_exceptions *at = self->home->exceptions, mine = { NULL, 0 };

	if (at) {
		mine = *at;
		*at = (struct ctx_exceptions){ NULL, 0 };
	}
	return mine;
}

/* To the thread that runs the context now. */
static void give_exceptions(const struct ctx *self, struct ctx_exceptions mine)
{
	if (self->home->exceptions)
		*self->home->exceptions = mine;
}

/* --- switching -------------------------------------------------------------------------------- */

/* errno of the thread that calls it. Inlined, the address would be kept over the switch. */
static int __attribute__((noinline)) get_errno(void)
{
	return errno;
}

static void __attribute__((noinline)) set_errno(int err)
{
	errno = err;
}

void ctx_enter(struct ctx_home *home, struct ctx *to)
{
	tell_entering(home, to);
	ctx_in(home, to);
	tell_home(home);
}

void ctx_leave(struct ctx *self)
{
	struct ctx_exceptions mine = take_exceptions(self);
	int err = get_errno();

	tell_leaving(self, 0);
	ctx_out(self);
	tell_entered(self, self->fake);
	set_errno(err);
	give_exceptions(self, mine);
}

static void __attribute__((noreturn)) die(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;
	abort();
}

void ctx_exit(struct ctx *self)
{
	take_exceptions(self); /* none, unless it left a catch block by longjmp() */
	tell_leaving(self, 1);
	ctx_out(self);
	die("shunt: a context was entered again after its end\n");
}

/* Called by ctx_first. */
void ctx_main(struct ctx *self)
{
	tell_entered(self, NULL);
	self->fn(self->arg);
	die("shunt: the function of a context returned; it must end in ctx_exit()\n");
}

void ctx_start(struct ctx *c, void (*fn)(void *arg), void *arg)
{
	struct frame *f;

	tell_start(c);
	c->fn = fn;
	c->arg = arg;
	/* Above the frame: zeros, where unwinders that follow frame pointers look. */
	f = (struct frame *)(c->top - 16) - 1;
	fill_frame(f, c);
	c->sp = f;
}

/* --- the pool --------------------------------------------------------------------------------- */

/*
 * Free contexts are a stack: its top is one word with an index and a tag that each change counts
 * up, so that a compare-and-swap does not mistake a context that went and came back for one that
 * stayed.
 */
struct ctx *ctx_get(struct ctx_pool *p)
{
	uint64_t was = atomic_load_explicit(&p->free, memory_order_acquire), now;
	struct ctx *c;

	do {
		if (!(was & FREE_INDEX))
			return NULL;
		c = &p->ctx[(was & FREE_INDEX) - 1];
		/* Someone else may own it by now: then this is nonsense, and the swap fails. */
		now = ((was | FREE_INDEX) + 1) |
		      atomic_load_explicit(&c->below, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(&p->free, &was, now, memory_order_acquire,
							memory_order_acquire));
	return c;
}

void ctx_put(struct ctx_pool *p, struct ctx *c)
{
	uint64_t was = atomic_load_explicit(&p->free, memory_order_relaxed), now;

	do {
		atomic_store_explicit(&c->below, was & FREE_INDEX, memory_order_relaxed);
		now = ((was | FREE_INDEX) + 1) | (c - p->ctx + 1);
	} while (!atomic_compare_exchange_weak_explicit(&p->free, &was, now, memory_order_release,
							memory_order_relaxed));
}

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t x, size_t to)
{
	return (x + to - 1) / to * to;
}

size_t ctx_stack_min(void)
{
	return round_up(MIN_USE + stacks_signal_frame(), page_size());
}

/* Guards are what is left without access. */
static int map_stacks(struct ctx_pool *p)
{
	p->map = mmap(NULL, p->map_len, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p->map == MAP_FAILED) {
		p->map = NULL;
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < p->n; i++) {
		if (mprotect(p->map + i * p->slot + GUARD, p->slot - GUARD, PROT_READ | PROT_WRITE))
			return -ENOMEM;
	}
	return 0;
}

int ctx_pool_init(struct ctx_pool *p, unsigned int n, size_t stack_size)
{
	size_t page = page_size();
	int err = -ENOMEM;

	memset(p, 0, sizeof(*p));
	p->place = -1;
	if (!stack_size)
		stack_size = CTX_STACK_DEFAULT;
	if (!n || n > CTX_MAX || stack_size < ctx_stack_min())
		return -EINVAL;
	if (has_shadow_stack())
		return -ENOTSUP;
	if (stack_size > PTRDIFF_MAX / n - GUARD - 2 * page)
		return -ENOMEM;
	p->n = n;
	p->stack_size = round_up(stack_size, page);
	p->slot = GUARD + p->stack_size + round_up(COLOURS * COLOUR, page);
	p->map_len = n * p->slot + GUARD;
	p->ctx = aligned_alloc(_Alignof(struct ctx), n * sizeof(*p->ctx));
	if (p->ctx)
		err = map_stacks(p);
	if (!err)
		err = p->place = stacks_add(p->map, p->map_len, p->slot, GUARD, p->stack_size);
	if (err < 0) {
		ctx_pool_free(p);
		return err;
	}
	memset(p->ctx, 0, n * sizeof(*p->ctx));
	for (unsigned int i = n; i-- > 0;) {
		p->ctx[i].stack = p->map + i * p->slot + GUARD;
		p->ctx[i].top = p->ctx[i].stack + p->stack_size + (i % COLOURS + 1) * COLOUR;
		ctx_put(p, &p->ctx[i]);
	}
	return 0;
}

void ctx_pool_free(struct ctx_pool *p)
{
	if (p->map) {
		if (p->place >= 0)
			stacks_remove(p->place);
		for (unsigned int i = 0; i < p->n && p->place >= 0; i++)
			tell_free(&p->ctx[i]);
		munmap(p->map, p->map_len);
	}
	free(p->ctx);
	memset(p, 0, sizeof(*p));
	p->place = -1;
}
