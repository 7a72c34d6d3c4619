/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * seat.h - the moves of a seat's word (abi_seat.h): from the word that was seen to the word that is
 * to take its place by one compare-and-swap
 *
 * Pure functions, for BPF programs, workers, shuntd and tests alike. docs/planning/seats.md says
 * which party makes which move, tests/model/seat.pml that they leave no request behind.
 */
#pragma once

#include <shunt/abi_seat.h>

#define SHUNT_SEAT_NOBODY 0 /* in the place of "on" */

#define shunt_seat_fn static inline __attribute__((always_inline))

/* Domains but this one that want the seat and may have it. */
shunt_seat_fn __u32 shunt_seat_others(__u64 word, __u32 barred, __u32 domain)
{
	return SHUNT_SEAT_WANTS(word) & ~barred & ~SHUNT_SEAT_WANT(domain);
}

/* The first of a set of domains behind this one, in turn. The set is not empty. */
shunt_seat_fn __u32 shunt_seat_next(__u32 set, __u32 domain)
{
	__u32 behind = set & ~((2u << domain) - 1);

	return __builtin_ctz(behind ? behind : set);
}

/* Do all that share the seat sleep? Then who has a request takes it, whoever is on. */
shunt_seat_fn int shunt_seat_sleeps(__u64 word)
{
	return SHUNT_SEAT_FLAGS(word) & SHUNT_SEAT_ASLEEP;
}

/*
 * LEAVE: the domain that is on gives the seat to another that wants it, or that is hungry. "more":
 * it has requests left, by its counts, which it read after the word. Its own bit was set before the
 * word was seen, if at all, so the counts know what it told of. 0: the move is none, as the domain
 * is not on, or the seat sleeps, or the other one does not want the seat or must not have it.
 */
shunt_seat_fn __u64 shunt_seat_leave(__u64 word, __u32 barred, __u32 hungry, __u32 domain, __u32 to,
				     int more)
{
	__u32 wants = SHUNT_SEAT_WANTS(word), own = SHUNT_SEAT_WANT(domain);

	if (SHUNT_SEAT_ON(word) != domain + 1 || shunt_seat_sleeps(word) || to >= SHUNT_DOMAINS ||
	    !(shunt_seat_others(word | (__u16)hungry, barred, domain) & SHUNT_SEAT_WANT(to)))
		return 0;
	wants = (wants & ~SHUNT_SEAT_WANT(to) & ~own) | (more ? own : 0);
	return SHUNT_SEAT(SHUNT_SEAT_TURN(word) + 1, SHUNT_SEAT_FLAGS(word), to + 1, wants);
}

/*
 * SLEEP: the domain that is on has nothing to do, as its counts said after the word was seen, and
 * no other wants the seat. 0: the move is none.
 */
shunt_seat_fn __u64 shunt_seat_sleep(__u64 word, __u32 barred, __u32 domain)
{
	if (SHUNT_SEAT_ON(word) != domain + 1 || shunt_seat_sleeps(word) ||
	    shunt_seat_others(word, barred, domain))
		return 0;
	return SHUNT_SEAT(SHUNT_SEAT_TURN(word), SHUNT_SEAT_FLAGS(word) | SHUNT_SEAT_ASLEEP,
			  domain + 1, SHUNT_SEAT_WANTS(word));
}

/*
 * GIVE: shuntd moves the seat, to a domain + 1 or to nobody, from one that does not leave it, or
 * whose worker is gone. "back": domains that want it from then on. It sleeps no more.
 */
shunt_seat_fn __u64 shunt_seat_give(__u64 word, __u32 on, __u32 back)
{
	__u32 wants = SHUNT_SEAT_WANTS(word) | back;

	if (on)
		wants &= ~SHUNT_SEAT_WANT(on - 1);
	return SHUNT_SEAT(SHUNT_SEAT_TURN(word) + 1, SHUNT_SEAT_FLAGS(word) & ~SHUNT_SEAT_ASLEEP,
			  on, wants);
}

/* CLAIM: the domain takes a seat that nobody has, or that sleeps. 0: the move is none. */
shunt_seat_fn __u64 shunt_seat_claim(__u64 word, __u32 domain)
{
	return SHUNT_SEAT_ON(word) == SHUNT_SEAT_NOBODY || shunt_seat_sleeps(word)
		       ? shunt_seat_give(word, domain + 1, 0)
		       : 0;
}
