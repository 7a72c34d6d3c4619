// SPDX-License-Identifier: BSD-2-Clause
/*
 * loss.c - what unloading and loading again would lose, in words
 */
#include <stdio.h>
#include <unistd.h>

#include "loss.h"
#include "maps.h"
#include "options.h"

struct loss {
	__u64 waiting; /* or running */
	__u64 rate;    /* requests a second, of late */
};

static void add_domain(struct loss *l, const struct maps *m, const struct shunt_pins *pins, __u32 d)
{
	int fd = shunt_pin_open_view(pins, d);
	const struct shunt_view *v = fd < 0 ? NULL : shunt_map_mmap(fd, sizeof(*v), false);

	if (fd >= 0)
		close(fd);
	for (int i = 0; v && i < SHUNT_CLASSES; i++) {
		l->waiting += (__u32)(v->enq[i] - v->deq[i]);
		l->rate += m->agent[d].cls[i].rate;
	}
	for (int i = 0; v && i < SHUNT_CORES; i++)
		l->waiting += (__u32)(v->sent[i] - v->done[i]);
}

void loss_of_load(const struct options *o, char *text, size_t len)
{
	struct shunt_pins pins = { .bpffs = o->bpffs, .ifname = o->ifname };
	struct loss l = {0};
	struct why why = { 0 };
	struct maps m;

	if (maps_open(&m, &pins, &why)) {
		why_forget(&why); /* the serving shuntd can say why */
		snprintf(text, len, LOSS_UNKNOWN);
		return;
	}
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (m.domains[d].on)
			add_domain(&l, &m, &pins, d);
	}
	maps_close(&m);
	snprintf(text, len,
		 "what waits then (requests now: %llu) and what arrives in between (of late %llu a "
		 "second) is "
		 "lost",
		 (unsigned long long)l.waiting, (unsigned long long)l.rate);
}
