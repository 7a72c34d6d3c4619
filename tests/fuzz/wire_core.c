// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_core.c - what comes in at a core of the wire transport, as the library hears it: frames of
 * the NIC, or of whoever can write to the core's ring, with metadata of any kind; and epochs that
 * shuntd settles
 *
 * Claims: a payload handed to a handler lies within its frame, each frame is in one place, and no
 * number is served twice in an epoch.
 */
/* link: hostlib/clock.c hostlib/preempt.c hostlib/signal.c hostlib/queue.c hostlib/ask.c */
/* link: hostlib/next.c hostlib/seat.c hostlib/frames.c hostlib/reply.c hostlib/park.c */
/* link: hostlib/idle.c */
/* link: hostlib/transport/shared.c hostlib/transport/wire.c hostlib/transport/wire_credit.c */
/* link: hostlib/transport/wire_attach.c hostlib/transport/wire_epoch.c hostlib/yield.c */
/* link: hostlib/ctx.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S hostlib/stacks.c */
/* link: hostlib/error.c lib/ring.c */
#include <arpa/inet.h>

#include "hostlib/internal.h"
#include "input.h"
#include "tests/ring.h"

#define FRAMES 64
#define CHUNK 2048
#define RING 64
#define HEADROOM 256

static struct shunt s;
static struct core *c;
static struct wires wires;
static struct shunt_wire_epoch epochs[SHUNT_CORES];
static struct policy policy;
static struct shunt_ring rx, tx;
static uint32_t served[256], nserved, sent_by_nic;

static int any(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static void make(void)
{
	s.geo = (struct shunt_geometry){ .nframes = FRAMES, .chunk = CHUNK, .core_ring = RING,
					 .hold_ring = RING, .fill_ring = 2 * FRAMES, .ncores = 1,
					 .nclasses = 2, .nqueues = 1, .mtu = 1500 };
	s.ncores = 1;
	s.memory = aligned_alloc(4096, shunt_memory_len(&s.geo));
	s.ctl = shunt_ctl_of(s.memory, &s.geo);
	s.view = aligned_alloc(64, sizeof(*s.view));
	s.core = c = aligned_alloc(64, sizeof(*s.core));
	s.wire = &wires;
	s.transport = &transport_wire;
	make_ring(&rx, RING);
	make_ring(&tx, RING);
	*tx.flags = XDP_RING_NEED_WAKEUP;
	make_ring(&s.fill[0], 2 * FRAMES);
	make_ring(&s.comp[0], 2 * FRAMES);
	*c = (struct core){ .s = &s };
	policy = (struct policy){ .select = any, .gen = 1, .fd = -1 };
	atomic_store(&s.policy, &policy);
	MUST(!park_init(&s)); /* nothing is ever parked here */
}

static void clear(struct shunt_ring *r)
{
	*r->prod = *r->cons = 0;
}

static void reset(void)
{
	struct item *item;

	if (!s.memory)
		make();
	item = c->item;
	memset(s.ctl, 0, sizeof(*s.ctl) + sizeof(struct shunt_free));
	memset(s.view, 0, sizeof(*s.view));
	memset(epochs, 0, sizeof(epochs));
	memset(&wires, 0, sizeof(wires));
	s.view->up = 1;
	s.ctl->abi = SHUNT_ABI;
	*c = (struct core){ .s = &s, .sock = -1, .item = item, .rx = rx, .tx = tx,
			    .fill = &s.fill[0], .comp = &s.comp[0],
			    .fill_lock = &s.ctl->fill_lock[0].holder, .list = &s.ctl->free[0],
			    .line = &s.view->core[0], .run = &s.view->core[0].run };
	clear(c->fill);
	clear(c->comp);
	clear(&rx);
	clear(&tx);
	yield_thread(c);
	wires.epochs = epochs;
	s.transport->attached(&s);
	frames_adopt(c);
	wire_start(c);
	nserved = sent_by_nic = 0;
}

/* --- the kernel ------------------------------------------------------------------------------ */

/* A frame out of the fill ring, with this in it; it goes into the core's ring. */
static void receive(const void *meta, const void *data, uint32_t len)
{
	struct shunt_ring *f = c->fill;
	uint64_t addr;

	if (*f->prod == *f->cons || *c->rx.prod - *c->rx.cons > c->rx.mask)
		return;
	addr = f->addr[(*f->cons)++ & f->mask];
	MUST(addr < shunt_frames_len(&s.geo));
	addr = (addr & ~(uint64_t)(CHUNK - 1)) + HEADROOM;
	memset(s.memory + addr - HEADROOM, 0, CHUNK);
	if (meta)
		memcpy(s.memory + addr - sizeof(*meta), meta, sizeof(*meta));
	memcpy(s.memory + addr, data, len);
	c->rx.desc[*c->rx.prod & c->rx.mask] = (struct xdp_desc){ .addr = addr, .len = len };
	++*c->rx.prod;
}

/* Sends all that is in the send ring; its frames come back by the completion ring. */
static void transmit(void)
{
	for (; *c->tx.cons != *c->tx.prod; ++*c->tx.cons) {
		const struct xdp_desc *d = &c->tx.desc[*c->tx.cons & c->tx.mask];

		MUST(d->addr < shunt_frames_len(&s.geo) &&
		     (d->addr & (CHUNK - 1)) + d->len <= CHUNK);
		free(exactly(s.memory + d->addr, d->len));
		c->comp->addr[*c->comp->prod & c->comp->mask] = d->addr;
		++*c->comp->prod;
	}
}

static void see(uint8_t *seen, uint64_t addr)
{
	MUST(addr < shunt_frames_len(&s.geo) && !seen[addr / CHUNK]++);
}

/* running: the request that has begun and not ended; NULL: none. */
static void check_frames(const struct item *running)
{
	uint8_t seen[FRAMES] = { 0 };
	const struct wire *w = c->wire;

	for (uint32_t i = 0; i < c->nfree; i++)
		see(seen, (uint64_t)c->list->frame[i] * CHUNK);
	for (uint32_t i = *c->fill->cons; i != *c->fill->prod; i++)
		see(seen, c->fill->addr[i & c->fill->mask]);
	for (uint32_t i = *c->comp->cons; i != *c->comp->prod; i++)
		see(seen, c->comp->addr[i & c->comp->mask]);
	for (uint32_t i = *c->rx.cons; i != *c->rx.prod; i++)
		see(seen, c->rx.desc[i & c->rx.mask].addr);
	for (uint32_t i = *c->tx.cons; i != *c->tx.prod; i++)
		see(seen, c->tx.desc[i & c->tx.mask].addr);
	for (uint32_t i = w->head; i != w->tail; i++) {
		if (!w->todo[i % WIRE_TODO].resume)
			see(seen, w->todo[i % WIRE_TODO].addr);
	}
	if (running)
		see(seen, running->addr);
	for (int i = 0; i < FRAMES; i++)
		MUST(seen[i]);
}

/* --- the NIC, and others --------------------------------------------------------------------- */

static void request(struct input *in, uint8_t how)
{
	static const uint8_t head[42] = {
		2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 8, 0, /* Ethernet */
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2, /* IPv4 */
		0x9c, 0x40, 0x23, 0x28, 0, 20, 0, 0, /* UDP */
	};
	uint8_t frame[1024] = { 0 };
	struct shunt_meta m = { .id = ++sent_by_nic, .payload = 42, .len = 12,
				.abi = SHUNT_ABI, .cls = how & 1,
				.hold_seq = c->wire->high + 1, .epoch = c->wire->epoch };
	uint32_t len = 60;

	memcpy(frame, head, sizeof(head));
	if (how & 2)
		m.hold_seq += take8(in) - 128;
	if (how & 4)
		m.ack = take8(in);
	if (how & 8)
		take(in, (uint8_t *)&m + take8(in) % sizeof(m), 1);
	if (how & 16)
		len = 14 + take(in, frame + 14, take16(in) % 1000);
	if (how & 32)
		take(in, &m, sizeof(m));
	m.flags |= how >> 6 & 1 ? SHUNT_META_FIRST : 0;
	receive(how & 128 ? NULL : &m, frame, len);
}

static void control(struct input *in, uint8_t how)
{
	struct wire *w = c->wire;
	struct {
		union {
			struct shunt_wire w;
			struct shunt_wire_request r;
			struct shunt_wire_note n;
		};
		uint8_t rest[128];
	} f = { .w = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .type = how & 1 ? SHUNT_WIRE_NOTE : SHUNT_WIRE_RESUME,
		       .epoch = w->epoch, .cookie = w->cookie } };
	uint32_t len = SHUNT_WIRE_MIN + 12;

	if (how & 1) {
		f.n.skip = how & 2 ? w->high + take8(in) : 0;
		f.n.ack = how & 4 ? w->high - take8(in) : 0;
		f.w.flags = how >> 3 & 2;
	} else {
		f.r.seq = w->high + 1 + (how & 2 ? take8(in) - 128 : 0);
		f.r.token = take8(in);
	}
	if (how & 32)
		len = 14 + take(in, (uint8_t *)&f + 14, take8(in) % 120);
	receive(NULL, &f, len);
}

static void offer(uint8_t how)
{
	struct shunt_wire_epoch *e = &epochs[0];

	e->offer_seq += how & 1 ? 1 : 2;
	e->offer_cookie = how & 2 ? how : e->offer_cookie + 1;
	e->offer_epoch++;
	e->life = how >> 4;
	e->k = how >> 2 & 3;
	e->credit = how & 8 ? 65535 : 256;
	e->heard++;
}

/* --- the worker ------------------------------------------------------------------------------ */

static void serve(struct input *in, uint8_t how)
{
	struct item *it = c->item;
	uint32_t epoch = c->wire->epoch;
	uint8_t sum = 0;

	if (!wire_next(c))
		return;
	it = c->item;
	check_frames(it);
	MUST(it->req.cls < 2);
	for (uint32_t i = 0; i < nserved && it->seq; i++)
		MUST(served[i] != it->seq);
	if (it->seq && nserved < 256)
		served[nserved++] = it->seq;
	if (it->sane) {
		const uint8_t *data = it->req.data;
		uint64_t at = it->addr & (CHUNK - 1);

		MUST((char *)data == s.memory + it->addr + it->payload &&
		     it->payload >= (it->ipv6 ? 62 : 42));
		MUST(at + it->payload + it->req.len <= CHUNK &&
		     at + it->payload + it->req.room <= CHUNK);
		for (size_t i = 0; i < it->req.len; i++)
			sum += data[i];
		memset((void *)data, sum, it->req.room);
		if (how & 1)
			it->reply = take16(in);
		else if (how & 2)
			reply_more(c, it, "more", 4);
	}
	queue_end(c, it, 100, it->sane);
	MUST(c->wire->epoch == epoch || !nserved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	uint32_t epoch = 0;

	reset();
	for (int n = 0; in.left && n < 200; n++) {
		uint8_t op = take8(&in), how = take8(&in);

		switch (op & 7) {
		case 0:
			offer(how);
			break;
		case 1:
		case 2:
			request(&in, how);
			break;
		case 3:
			control(&in, how);
			break;
		case 4:
			c->now += how * 1000000ULL;
			wire_tick(c);
			break;
		case 5:
			transmit();
			frames_recycle(c);
			break;
		default:
			serve(&in, how);
		}
		if (c->wire->epoch != epoch)
			nserved = 0;
		epoch = c->wire->epoch;
		transmit();
		check_frames(NULL);
		MUST(!(c->wire->open & ~c->wire->taken) && c->wire->nparks <= WIRE_TODO);
	}
	preempt_worker_end();
	return 0;
}
