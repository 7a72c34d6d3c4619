// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_attach.c - what a process's cores need for a NIC over
 * the wire, from the agent's word that this is the transport
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../internal.h"

/* A core's part of the frames: some for itself, the rest for its virtual function. */
static void share_frames(struct core *c)
{
	struct shunt *s = c->s;
	uint32_t per = s->geo.nframes / s->geo.ncores, prod = 0;

	for (uint32_t i = 0; i < per; i++) {
		uint32_t frame = c->id * per + i;

		if (i < SHUNT_SPARE)
			ledger_free(c->list, i, frame);
		else
			c->fill->addr[prod++ & c->fill->mask] = (uint64_t)frame * s->geo.chunk;
	}
	ring_set_prod(c->fill, prod);
}

/* Each core's part of the transport; its rings are mapped. */
static void share(struct shunt *s)
{
	struct wires *p = s->wire;

	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		struct wire *w = &p->core[i];

		*w = (struct wire){ .number = p->msg.first + i, .shown = &p->epochs[i],
				    .life = ~0u };
		memcpy(w->nic, p->msg.nic, sizeof(w->nic));
		memcpy(w->mac, p->msg.mac[i], sizeof(w->mac));
		s->core[i].wire = w;
		share_frames(&s->core[i]);
	}
}

static size_t epochs_len(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (SHUNT_CORES * sizeof(struct shunt_wire_epoch) + page - 1) & ~(page - 1);
}

/* The agent's word that this is the transport. Takes over no descriptor. */
int wire_take(struct shunt *s, const struct shunt_msg_wire *msg, int epochs)
{
	struct wires *p = aligned_alloc(SHUNT_LINE, sizeof(*p));

	if (!p || s->wire) {
		free(p);
		return set_error(s, p ? -EPROTO : -ENOMEM,
				 p ? "shuntd repeats itself" : "out of memory");
	}
	memset(p, 0, sizeof(*p));
	p->msg = *msg;
	p->epochs = mmap(NULL, epochs_len(), PROT_READ | PROT_WRITE, MAP_SHARED, epochs, 0);
	if (p->epochs == MAP_FAILED) {
		free(p);
		return set_error(s, -errno, "cannot map the epochs: %s", strerror(errno));
	}
	s->wire = p;
	s->transport = &transport_wire;
	if (madvise(p->epochs, epochs_len(), MADV_DONTFORK))
		return set_error(s, -errno, "cannot keep the epochs out of forks: %s",
				 strerror(errno));
	return 0;
}

static void let_go(struct shunt *s)
{
	munmap(s->wire->epochs, epochs_len());
	free(s->wire);
	s->wire = NULL;
}

const struct transport transport_wire = {
	.attached = share,
	.detached = let_go,
	.start = wire_start,
	.take = wire_next,
	.idle = wire_idle,
	.drained = wire_drained,
	.stop = wire_stop,
	.ended = wire_end,
	.name = wire_name,
	.parked = wire_parked,
	.waits = wire_waits,
	.ask = wire_ask,
	.nic_decides = true,
};
