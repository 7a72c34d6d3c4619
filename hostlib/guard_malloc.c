// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard_malloc.c - malloc and its kin, each a no-preempt region
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"

/* Memory that is asked for while dlsym() looks for the real malloc comes from here
 * and is never given back. The C library asks for some dozens of bytes, if at all. */
#define EARLY 8192

static char early[EARLY] __attribute__((aligned(16)));
static size_t early_used;

static PREEMPT_TEXT void *early_get(size_t align, size_t size)
{
	size_t at;

	if (align < 16)
		align = 16;
	/* 16: its size is in front */
	at = (((uintptr_t)early + early_used + 16 + align - 1) & ~(align - 1)) - (uintptr_t)early;
	if (size > EARLY || at > EARLY - size) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(early + at - 16, &size, sizeof(size));
	early_used = at + size;
	return early + at;
}

PREEMPT_INLINE size_t page(void)
{
	return sysconf(_SC_PAGESIZE);
}

PREEMPT_INLINE bool is_early(const void *p)
{
	return __builtin_expect((uintptr_t)p - (uintptr_t)early < EARLY, 0);
}

PREEMPT_INLINE bool too_early(void)
{
	return __builtin_expect(!guard_next.free, 0) && (guard_find(), !guard_next.free);
}

/* Moves an early block to memory that can be freed. */
static PREEMPT_TEXT void *early_moved(void *p, size_t size)
{
	void *to = too_early() ? early_get(16, size) : guard_next.malloc(size);
	size_t had;

	memcpy(&had, (char *)p - 16, sizeof(had));
	return to ? memcpy(to, p, had < size ? had : size) : NULL;
}

#define GUARDED(call)                      \
	({                                 \
		typeof(call) ret_;         \
		guard_enter();             \
		ret_ = call;               \
		guard_leave(CALLER);       \
		ret_;                      \
	})

GUARD void *malloc(size_t size)
{
	if (too_early())
		return early_get(16, size);
	return GUARDED(guard_next.malloc(size));
}

GUARD void free(void *p)
{
	if (is_early(p) || too_early())
		return;
	guard_enter();
	guard_next.free(p);
	guard_leave(CALLER);
}

GUARD void *calloc(size_t n, size_t size)
{
	size_t bytes;

	if (too_early()) /* that memory is zero: it is never used twice */
		return __builtin_mul_overflow(n, size, &bytes) ? NULL : early_get(16, bytes);
	return GUARDED(guard_next.calloc(n, size));
}

GUARD void *realloc(void *p, size_t size)
{
	if (is_early(p))
		return early_moved(p, size);
	if (too_early())
		return early_get(16, size);
	return GUARDED(guard_next.realloc(p, size));
}

GUARD void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (is_early(p) || too_early()) {
		if (__builtin_mul_overflow(n, size, &bytes)) {
			errno = ENOMEM;
			return NULL;
		}
		return realloc(p, bytes);
	}
	return GUARDED(guard_next.reallocarray(p, n, size));
}

GUARD int posix_memalign(void **p, size_t align, size_t size)
{
	if (too_early()) {
		*p = early_get(align, size);
		return *p ? 0 : ENOMEM;
	}
	return GUARDED(guard_next.posix_memalign(p, align, size));
}

GUARD void *aligned_alloc(size_t align, size_t size)
{
	if (too_early())
		return early_get(align, size);
	return GUARDED(guard_next.aligned_alloc(align, size));
}

GUARD void *memalign(size_t align, size_t size)
{
	if (too_early())
		return early_get(align, size);
	return GUARDED(guard_next.memalign(align, size));
}

GUARD void *valloc(size_t size)
{
	if (too_early())
		return early_get(page(), size);
	return GUARDED(guard_next.valloc(size));
}

GUARD void *pvalloc(size_t size)
{
	if (too_early())
		return early_get(page(), (size + page() - 1) & ~(page() - 1));
	return GUARDED(guard_next.pvalloc(size));
}
