// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_credit.c - CREDIT: a core tells the NIC its whole state over the wire
 */
#include <arpa/inet.h>
#include <string.h>

#include "../internal.h"

static struct shunt_wire header(const struct wire *w, uint8_t type, uint16_t bytes)
{
	struct shunt_wire h = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
				.type = type,
				.core = w->number, .bytes = bytes, .epoch = w->epoch,
				.cookie = w->cookie };

	memcpy(h.to, w->nic, sizeof(h.to));
	memcpy(h.from, w->mac, sizeof(h.from));
	return h;
}

/* Sends this message in a frame of our own; the bytes of its padding do not matter. */
static bool send_message(struct core *c, const void *msg, uint32_t len, uint32_t padded)
{
	uint64_t frame;

	if (padded < SHUNT_WIRE_MIN)
		padded = SHUNT_WIRE_MIN;
	if (padded < len)
		padded = len;
	if (padded > c->s->geo.chunk || !reply_room(c) || frames_get(c, &frame))
		return false;
	memcpy(c->s->memory + frame, msg, len);
	reply_frame(c, frame, padded);
	return true;
}

/* The request that runs, or is the next to. */
static uint32_t running(const struct wire *w)
{
	return w->run || w->head == w->tail ? w->run : w->todo[w->head % WIRE_TODO].seq;
}

void wire_credit(struct core *c)
{
	struct wire *w = c->wire;
	const struct wire_service *service = &w->service[w->cls];
	const struct shunt_core_stats *n = &c->line->stats;
	struct shunt_wire_credit m = {
		.w = header(w, SHUNT_WIRE_CREDIT, sizeof(m)), .nr = w->nr + 1, .high = w->high,
		.taken = w->taken, .open = w->open, .silent = w->silent, .run = running(w),
		.busy_ns = w->busy_ns, .done = w->done, .cls = w->cls, .timed = service->timed,
		.service_ns = service->ns, .service_sq = service->sq, .found = n->found - w->found,
		.found_late = n->found_late - w->found_late, .found_max_ns = n->found_max_ns,
	};

	if (!w->cookie)
		return;
	if (w->leaving)
		m.w.flags |= SHUNT_WIRE_LEAVE;
	if (w->nparks) {
		m.park = w->parks[0].seq;
		m.token = w->parks[0].token;
		m.w.flags |= w->parks[0].by_signal ? SHUNT_WIRE_SIGNAL : 0;
	}
	w->owed = !send_message(c, &m, sizeof(m), w->credit);
	w->nr += !w->owed;
	w->said_ns = c->now;
}
