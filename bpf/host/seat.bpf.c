// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * seat.bpf.c - the moves of seats that no XDP program makes: those of workers, and shuntd's
 *
 * The map "seats" is frozen, so a worker cannot write it. A worker says what it wants in a
 * datagram; this filter of the socket that it comes to runs in the worker's own send(), does it,
 * and lets no datagram through but those that give the seat away, or put it to sleep: they wake the
 * other worker.
 * The socket tells which service speaks, so no worker speaks for another service.
 */
#include "../maps.h"

#include "../seat.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#define TRIES 8 /* of a swap that XDP's bits get in the way of */

#define DELIVER (-1)
#define DROP 0

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHUNT_SEAT_ENDS);
	__type(key, __u64); /* a socket's cookie */
	__type(value, struct shunt_seat_end);
} seat_ends SEC(".maps");

/* Whose seat it is, into the view of one that shares it. */
static __always_inline void tell(const struct shunt_seat *s, __u32 domain, __u64 word)
{
	__u64 core = s->core[domain], bit, was;
	struct shunt_view *view;

	if (core >= SHUNT_CORES)
		return;
	view = find_view(domain);
	if (!view)
		return;
	bit = 1ULL << core;
	/* with a result: a full barrier */
	if (SHUNT_SEAT_ON(word) == domain + 1)
		was = __sync_fetch_and_and(&view->away, ~bit);
	else
		was = __sync_fetch_and_or(&view->away, bit);
	asm volatile("" : : "r"(was));
}

/*
 * Whose seat it is, into the views of all that share it: by the word, after each move. Moves may
 * overtake each other, so the word is looked at again behind the views: the last one that tells
 * them tells what is so.
 */
static __always_inline void tell_all(const struct shunt_seat *s)
{
	__u64 word = *(volatile const __u64 *)&s->word, now;

	for (int i = 0; i < TRIES; i++) {
		for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
			tell(s, d, word);
		now = *(volatile const __u64 *)&s->word;
		if (SHUNT_SEAT_TURN(now) == SHUNT_SEAT_TURN(word))
			break;
		word = now;
	}
}

static __always_inline int swap(struct shunt_seat *s, __u64 was, __u64 now)
{
	if (__sync_val_compare_and_swap(&s->word, was, now) != was)
		return 0;
	s->since_ns = bpf_ktime_get_ns();
	return 1;
}

/* The seat was left to "to", which is hungry no more; before it is woken, and looks at its counts.
 * The service that left may be hungry. */
static __always_inline void fed(struct shunt_seats *all, struct shunt_seat *s,
				const struct shunt_seat_end *end,
				const struct shunt_seat_said *said)
{
	__u32 bit = SHUNT_SEAT_WANT(end->to);

	if (*(volatile __u32 *)&all->hungry & bit)
		__sync_fetch_and_and(&all->hungry, ~bit);
	if (said->more)
		seat_hunger(all, end->domain);
	if (!(said->word & bit))
		__sync_fetch_and_add(&s->fed, 1);
}

/* The whole word must be the one that was seen: a bit that came since tells of a request that the
 * worker's counts did not. */
static __always_inline int leave(struct shunt_seats *all, struct shunt_seat *s,
				 const struct shunt_seat_end *end,
				 const struct shunt_seat_said *said)
{
	__u64 now = shunt_seat_leave(said->word, *(volatile __u32 *)&s->barred,
				     *(volatile __u32 *)&all->hungry, end->domain, end->to,
				     said->more);

	if (!now || !swap(s, said->word, now))
		return DROP;
	tell_all(s);
	fed(all, s, end, said);
	__sync_fetch_and_add(&s->left, 1);
	return DELIVER;
}

/* The other one waits for requests of its own from then on, too. Whoever is on stays so, since the
 * moment at which it was let on. */
static __always_inline int sleep(struct shunt_seat *s, const struct shunt_seat_end *end,
				 const struct shunt_seat_said *said)
{
	__u64 now = shunt_seat_sleep(said->word, *(volatile __u32 *)&s->barred, end->domain);

	return now && __sync_val_compare_and_swap(&s->word, said->word, now) == said->word ? DELIVER
											  : DROP;
}

/* Where nobody is on, or all sleep, who wants the seat has it. */
static __always_inline void want(struct shunt_seat *s, __u32 domain)
{
	for (int i = 0; i < TRIES; i++) {
		__u64 word = *(volatile __u64 *)&s->word, now = shunt_seat_claim(word, domain);

		if (!now)
			break;
		if (swap(s, word, now)) {
			tell_all(s);
			return;
		}
	}
	seat_want(s, domain);
}

/* A domain that is on stays barred, until shuntd has given the seat to another one. Requests that
 * came meanwhile have set its bit, and nobody was told. */
static __always_inline void here(struct shunt_seat *s, __u32 domain)
{
	__u64 word = *(volatile __u64 *)&s->word;

	if (SHUNT_SEAT_ON(word) == domain + 1)
		return;
	__sync_fetch_and_and(&s->barred, ~(__u32)SHUNT_SEAT_WANT(domain));
	word = *(volatile __u64 *)&s->word;
	if (word & SHUNT_SEAT_WANT(domain))
		seat_look(s, word);
}

SEC("socket")
int shunt_seat_ask(struct __sk_buff *skb)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct shunt_seat_end *end = bpf_map_lookup_elem(&seat_ends, &cookie);
	struct shunt_seats *all = find_seats();
	struct shunt_seat_said said;
	struct shunt_seat *s;

	if (!all || !end || end->domain >= SHUNT_DOMAINS || skb->len != sizeof(said) ||
	    bpf_skb_load_bytes(skb, 0, &said, sizeof(said)))
		return DROP;
	s = find_seat(end->seat);
	if (!s)
		return DROP;
	if (end->kind == SHUNT_SEAT_PAIR)
		return said.op == SHUNT_SEAT_LEAVE   ? leave(all, s, end, &said)
		       : said.op == SHUNT_SEAT_SLEEP ? sleep(s, end, &said)
						     : DROP;
	if (said.op == SHUNT_SEAT_WANT)
		want(s, end->domain);
	else if (said.op == SHUNT_SEAT_HERE)
		here(s, end->domain);
	return DROP;
}

static __always_inline int give(struct shunt_seat *s, const struct shunt_seat_order *o)
{
	for (int i = 0; i < TRIES; i++) {
		__u64 word = *(volatile __u64 *)&s->word;

		if (SHUNT_SEAT_ON(word) != o->from)
			return 0;
		if (swap(s, word, shunt_seat_give(word, o->to, o->back)))
			return 1;
	}
	return 0;
}

SEC("syscall")
int shunt_seat_move(struct shunt_seat_order *o)
{
	struct shunt_seat *s = find_seat(o->seat);

	if (!s || o->to > SHUNT_DOMAINS)
		return -1;
	__sync_fetch_and_or(&s->barred, o->bar);
	if (o->give)
		o->done = give(s, o);
	if (o->give && !o->done)
		__sync_fetch_and_and(&s->barred, ~o->bar);
	else if (o->give && o->bar)
		__sync_fetch_and_add(&s->taken, 1);
	tell_all(s); /* of a bar alone, too: the worker that is new may have a new view */
	return 0;
}
