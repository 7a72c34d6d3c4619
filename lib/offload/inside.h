/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inside.h - the two memories as mechanism and agent have them mapped
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <shunt/offload.h>

/* ThreadSanitizer does not know fences. Here they order atomic accesses alone: without them it sees
 * no race either. */
#ifdef __SANITIZE_THREAD__
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* Processors fetch lines by pairs: a store to the neighbour of a line that an agent reads all the
 * time is as slow as one to it. */
#define OFF_APART (2 * SHUNT_LINE)

struct shunt_off {
	/* 1: the slot's thread is in a take, which a take-over waits for. Not in shared memory: the
	 * claim, a locked instruction, comes behind this store, and waits for it. */
	struct {
		__u32 now;
	} __attribute__((aligned(OFF_APART))) takes[SHUNT_OFF_SLOTS_MAX];
	struct shunt_off_ctl *ctl;
	struct shunt_off_queue *queue;
	struct shunt_off_done *done;
	struct shunt_off_object *object;
	const struct shunt_off_agent *agent; /* whose pages are another agent's after replace() */
	int fd, agent_fd;
	int listener, peer;
	char *path;                          /* of the listener */
};

struct shunt_off_view {
	const struct shunt_off_ctl *ctl;
	const struct shunt_off_queue *queue;
	const struct shunt_off_done *done;
	const struct shunt_off_object *object;
	struct shunt_off_agent *agent;
	size_t len;
	unsigned int nqueues, nslots, nobjects; /* as checked: ctl is the other side's */
	__u32 epoch;
	__u32 next[SHUNT_OFF_QUEUES_MAX];   /* event to be read */
	__u32 staged[SHUNT_OFF_SLOTS_MAX];  /* number of the last decision */
	unsigned int turn;                     /* queue to be looked at first */
	__u64 lost;
	int peer;                              /* the mechanism's end of the socket; -1 */
};

/* The message with the two descriptors that an agent gets. */
struct off_hello {
	__u32 abi, epoch;
};

/* memory.c */
struct shunt_off_view *off_view_make(const int fd[2], int peer);
/* Of memories that the caller has mapped, and no longer has: also if it fails (NULL: errno). */
struct shunt_off_view *off_view_over(const struct shunt_off_ctl *ctl, size_t len,
				     struct shunt_off_agent *agent);

/*
 * A copy of what the other side may be changing, in words: it is looked at again afterwards whether
 * it was whole. Atomic, so that no word is read twice.
 */
static inline void off_read(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len / sizeof(__u64); i++)
		((__u64 *)to)[i] = __atomic_load_n((const __u64 *)from + i, __ATOMIC_RELAXED);
}

static inline void off_write(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len / sizeof(__u64); i++)
		__atomic_store_n((__u64 *)to + i, ((const __u64 *)from)[i], __ATOMIC_RELAXED);
}

/* The copy of a struct whose number n lies somewhere in it, if it is whole and has that number. */
#define off_read_numbered(to, from, number)                                                        \
	(__atomic_load_n(&(from)->n, __ATOMIC_ACQUIRE) == (number) &&                              \
	 (off_read((to), (from), sizeof(*(to))),                                                   \
	  atomic_thread_fence(memory_order_acquire), /* the words before the second look */        \
	  __atomic_load_n(&(from)->n, __ATOMIC_RELAXED) == (number)))

/* Writes it under its number; "number - 1" belongs to another place, so whoever reads in the midst
 * of it finds neither the old one nor the new one. */
#define off_write_numbered(to, from, number)                                                       \
	do {                                                                                       \
		(from)->n = (number) - 1;                                                          \
		__atomic_store_n(&(to)->n, (number) - 1, __ATOMIC_RELAXED);                        \
		atomic_thread_fence(memory_order_release); /* the number before the words */       \
		off_write((to), (from), sizeof(*(to)));                                            \
		__atomic_store_n(&(to)->n, (number), __ATOMIC_RELEASE); /* the words before it */  \
	} while (0)

/* The copy of an object, if nobody changes it meanwhile. */
static inline bool off_read_object(struct shunt_off_object *to, const struct shunt_off_object *from)
{
	__u32 ver = __atomic_load_n(&from->ver, __ATOMIC_ACQUIRE);

	off_read(to, from, sizeof(*to));
	atomic_thread_fence(memory_order_acquire); /* the words before the second look */
	to->ver = ver;
	return !(ver & 1) && __atomic_load_n(&from->ver, __ATOMIC_RELAXED) == ver;
}

int off_futex_wait(const __u32 *word, __u32 seen, __u64 most_ns);
int off_futex_wake(const __u32 *word);
