// SPDX-License-Identifier: BSD-2-Clause
/*
 * threshold.c - a batch goes that so many scans did not find used; after each time that it came
 * back, twice as many
 */
#include "policy.h"

struct own {
	__u16 need; /* scans that must not find it used; 0: a new batch */
	__u8 was_back;
};

_Static_assert(sizeof(struct own) <= sizeof(struct mem_own), "a batch's state does not fit");

static void begin(struct mem_all *all, unsigned int scans, __u64 seed)
{
	all->w[0] = scans;
}

static unsigned int batch(struct mem_all *all, struct mem_own *m, const struct mem_view *v)
{
	struct own *own = (struct own *)m;

	if (!own->need)
		own->need = all->w[0];
	if (v->came_back && !own->was_back)
		own->need = own->need >= MEM_MOST_SCANS / 2 ? MEM_MOST_SCANS : 2 * own->need;
	own->was_back = v->came_back;
	return MEM_COOL | (v->rss_kib && v->idle >= own->need ? MEM_GOES : 0);
}

const struct mem_policy mem_threshold = { "threshold", 3, begin, batch };
