// SPDX-License-Identifier: BSD-2-Clause
/*
 * sol.c - Thompson sampling over six intervals a batch, after SOL (Wang and others, ASPLOS '22)
 *
 * Six intervals: 1, 2, 4, ... 32 scans. Of each batch is counted, for each of them: having been
 * unused for that long, how often did it stay unused for as long again, how often was it used
 * before? A Beta distribution says what is known of that chance; the process as a whole is worth
 * PRIOR cases more. Two things are decided by draws from these distributions, not by their means,
 * so that what is hardly known is tried now and then, and what is known well is obeyed:
 *
 * - Does it go? When a batch has been unused for 2, 4, 8, ... scans, a draw of each chance from
 *   there on gives the scans for which it will stay unused. It goes if they are worth the way. (A
 *   single unused scan may be the scan's: the program may not have run meanwhile.)
 * - When is a used batch made cold again? That costs its program the marking of its pages. If it is
 *   used all the time, one interval says as much as another, and the longest costs least: the
 *   interval is the longest in which, by a draw, less than one unused scan is overlooked.
 */
#include "beta.h"
#include "policy.h"

#define INTERVALS 6
#define MOST_CASES 56 /* of an interval: older ones count half, each time */
#define POOL_CASES 4096
#define PRIOR 2
#define ONE BETA_ONE /* a chance of 1 */

struct own {
	__u8 stayed[INTERVALS], left[INTERVALS];
	__u8 unused, used; /* what came of it when it had been made cold, by the next scan */
	__u8 idle;         /* at the last scan */
	__u8 counted;      /* intervals of this time of not being used that are in "stayed" */
	__u8 wait;         /* scans until it is made cold again */
	__u8 goes;
};

struct all {
	__u32 stayed[INTERVALS], left[INTERVALS];
	__u32 worth; /* scans out of memory that are worth the way */
	__u64 random;
};

_Static_assert(MOST_CASES + PRIOR + 2 <= BETA_MOST, "more cases than a draw takes");
_Static_assert(sizeof(struct own) <= sizeof(struct mem_own), "a batch's state does not fit");
_Static_assert(sizeof(struct all) <= sizeof(struct mem_all), "a process's state does not fit");

static void count(__u8 *one, __u8 *other)
{
	++*one;
	if (*one + *other > MOST_CASES) {
		*one /= 2;
		*other /= 2;
	}
}

static void count_pool(__u32 *one, __u32 *other)
{
	++*one;
	if (*one + *other > POOL_CASES) {
		*one /= 2;
		*other /= 2;
	}
}

/* Of the PRIOR cases, those that fell out as "one". */
static unsigned int share(__u32 one, __u32 other)
{
	return one + other < 2 * PRIOR ? 0 : (PRIOR * one + (one + other) / 2) / (one + other);
}

/* The chance that it stays unused for interval k when it was for so long. */
static __u32 draw_stay(struct all *all, const struct own *own, unsigned int k)
{
	unsigned int prior = all->stayed[k] + all->left[k] < 2 * PRIOR ? 0 : PRIOR;
	unsigned int stayed = share(all->stayed[k], all->left[k]);

	return beta_draw(&all->random, 1 + own->stayed[k] + stayed,
			 1 + own->left[k] + prior - stayed);
}

/* Scans for which it will stay unused, by a draw, having been so for 2^k. */
static unsigned int draw_scans(struct all *all, const struct own *own, unsigned int k)
{
	unsigned int scans = 0;
	__u64 chance = ONE;

	for (; k < INTERVALS; k++) {
		chance = chance * draw_stay(all, own, k) / ONE;
		scans += (chance << k) / ONE;
	}
	return scans + (chance << INTERVALS) / ONE; /* and as long again */
}

static unsigned int interval_of(unsigned int scans)
{
	unsigned int k = 0;

	while (k < INTERVALS && scans >> (k + 1))
		k++;
	return k;
}

/* One scan more, or the first one, that did not find it used. */
static void stays(struct all *all, struct own *own)
{
	unsigned int k = interval_of(own->idle);

	if (own->counted > k) /* told already */
		return;
	if (k) {
		count(&own->stayed[k - 1], &own->left[k - 1]);
		count_pool(&all->stayed[k - 1], &all->left[k - 1]);
	}
	own->counted = k + 1;
	if (k && !own->goes)
		own->goes = draw_scans(all, own, k < INTERVALS ? k : INTERVALS - 1) >= all->worth;
}

static void was_used(struct all *all, struct own *own)
{
	unsigned int k = interval_of(own->idle);

	if (own->idle && k < INTERVALS) {
		count(&own->left[k], &own->stayed[k]);
		count_pool(&all->left[k], &all->stayed[k]);
	}
	own->counted = own->goes = 0;
}

/* Scans until a used batch is made cold again, less one. */
static unsigned int draw_wait(struct all *all, const struct own *own)
{
	__u32 chance = beta_draw(&all->random, 1 + own->unused, 1 + own->used);
	unsigned int k = 0;

	while (k < INTERVALS - 1 && chance << (k + 1) < ONE)
		k++;
	return (1u << k) - 1;
}

static void begin(struct mem_all *m, unsigned int scans, __u64 seed)
{
	struct all *all = (struct all *)m;

	*m = (struct mem_all){ 0 };
	all->worth = scans;
	all->random = seed ? seed : 1;
}

static unsigned int batch(struct mem_all *m, struct mem_own *o, const struct mem_view *v)
{
	struct all *all = (struct all *)m;
	struct own *own = (struct own *)o;

	if (!v->idle)
		was_used(all, own);
	if (v->was_cold && !own->idle) /* made cold at the last scan, not before */
		count(v->idle ? &own->unused : &own->used, v->idle ? &own->used : &own->unused);
	own->idle = v->idle;
	if (v->idle) {
		own->wait = 0;
		stays(all, own);
		return MEM_COOL | (own->goes && v->rss_kib ? MEM_GOES : 0);
	}
	if (own->wait)
		return --own->wait ? 0 : MEM_COOL;
	own->wait = draw_wait(all, own);
	return own->wait ? 0 : MEM_COOL;
}

const struct mem_policy mem_sol = { "sol", 16, begin, batch };
