// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_nic.c - frames of cores and clients at the NIC's XDP program
 *
 * A frame that does not carry the secret changes nothing but counts. Frames of cores that carry it
 * may say anything: no slot is lost or in two places, no request is counted twice or not at all, no
 * core has more than it may.
 */
/* link: tests/fuzz/native/xdp.c */
/* flags: -Itests/fuzz/native -fno-sanitize=alignment -fno-strict-aliasing */
#define select policy_select /* the C library has another */
#define SHUNT_POLICY_FILE "../policies/mq.c"
#include "bpf/nic/nic.bpf.c"
#undef select

#include "input.h"
#include "native/own.h"
#include "native/xdp.h"

#define PORT 9000
#define CORES 3
#define SLOTS 90

static struct shunt_view *view;
static struct shunt_ingress *in;
static struct shunt_cfg *config;
static struct shunt_nic *state;
static struct shunt_nic_core *core_of;
static struct shunt_nic_port *port_of;
static struct shunt_nic_cfg *wire;
static struct shunt_nic_cmd *command;
static uint64_t cookies;

static void reset(void)
{
	static const int inner;
	struct shunt_port *p;

	xdp_map(&slo_us, 4, SHUNT_CLASSES);
	xdp_map(&quantum_us, 4, SHUNT_CLASSES);
	xdp_map(&hold_limit, 4, SHUNT_CLASSES);
	xdp_map(&rules, sizeof(struct shunt_rule), SHUNT_RULES);
	xdp_map(&programs, sizeof(struct shunt_program), SHUNT_PROGRAMS);
	xdp_map(&nic_data, SHUNT_NIC_FRAME, SLOTS);
	xdp_map(&nic_slots, sizeof(struct shunt_nic_slot), SLOTS);
	config = xdp_map(&cfg, sizeof(*config), 1);
	p = xdp_map(&ports, sizeof(*p), 65536);
	((struct shunt_refuse *)xdp_map(&refuse, sizeof(struct shunt_refuse), SHUNT_REFUSALS))[1] =
		(struct shunt_refuse){ .kind = SHUNT_REFUSE_REPLY, .bytes = "no", .count = 2,
				       .length = 2, .batch = 3, .step_ns = 1000 };
	xdp_map(&refuse_drawn, sizeof(struct shunt_refuse_drawn), SHUNT_REFUSALS);
	in = xdp_map(&ingress, sizeof(*in), SHUNT_QUEUES + 1);
	state = xdp_map(&nic, sizeof(*state), 1);
	core_of = xdp_map(&nic_cores, sizeof(*core_of), SHUNT_CORES);
	port_of = xdp_map(&nic_ports, sizeof(*port_of), SHUNT_CORES);
	wire = xdp_map(&nic_cfg, sizeof(*wire), 1);
	command = xdp_map(&nic_cmd, sizeof(*command), 1);
	view = xdp_map(&inner, sizeof(*view), 1);
	xdp_map_in(&views, 0, &inner);
	own_fill(xdp_map(&own, sizeof(struct shunt_own), 1));
	xdp_clock = 1000000;
	xdp_seed = 1;
	cookies = 1000;
	*config = (struct shunt_cfg){ .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				      .flags = SHUNT_CFG_PREEMPT };
	*wire = (struct shunt_nic_cfg){ .mac = { 2, 0, 0, 0, 0, 9 }, .late_ns = 100000,
					.slots = SLOTS - 1 };
	p[PORT] = (struct shunt_port){ .flags = SHUNT_PORT_ON | 1 << SHUNT_PORT_REFUSAL };
	p[PORT + 1] = (struct shunt_port){ .cls = 1, .flags = SHUNT_PORT_ON };
	for (int i = 0; i < CORES; i++)
		port_of[i] = (struct shunt_nic_port){ .cookie = ++cookies,
						      .mac = { 2, 0, 0, 0, 1, i }, .group = i / 2,
						      .on = 1,
						      .key = { { 0x0123456789abcdef, i / 2 } } };
}

/* --- who sends -------------------------------------------------------------------------------- */

static size_t request(struct input *i, uint8_t *frame)
{
	static const uint8_t ip4[] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0,
				       0, 0, 0, 64, 17, 0, 0,
				       198, 18, 0, 1, 198, 18, 0, 2, 0x9c, 0x40, PORT >> 8,
				       PORT & 255, 0, 8, 0, 0 };
	uint8_t how = take8(i), len = how & 63;

	memcpy(frame, ip4, sizeof(ip4));
	memset(frame + sizeof(ip4), how, len);
	frame[17] = 28 + len;
	frame[39] = 8 + len;
	frame[37] += how >> 7;
	return sizeof(ip4) + (len > 18 ? len : 18);
}

/* For the next epoch of the present process or of the next
 * one; or, as "how" has it, for what is neither. */
static size_t hello_of(uint8_t *frame, uint8_t core, uint8_t how)
{
	const struct shunt_nic_port *p = &port_of[core];
	uint64_t present = state->process[p->group];
	struct shunt_wire_hello h = {
		.w = { .proto = bpf_htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_HELLO,
		       .core = core, .bytes = sizeof(h), .epoch = core_of[core].epoch + 1 },
		.nonce = how >> 2 & 3, .life = state->life, .process = present,
	};

	if (how & 1)
		h.process = SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(present) + 1, how);
	if (how & 2)
		h.w.epoch += (how >> 4) - 8;
	if (how & 64)
		h.process += (uint64_t)how << 32;
	h.life -= how >> 7;
	memcpy(h.w.from, p->mac, 6);
	h.proof = shunt_prove(&p->key, &h);
	memcpy(frame, &h, sizeof(h));
	return sizeof(h);
}

static size_t credit_of(struct input *i, uint8_t *frame, uint8_t core, uint8_t how)
{
	const struct shunt_nic_core *c = &core_of[core];
	struct shunt_wire_credit r = {
		.w = { .proto = bpf_htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_CREDIT,
		       .core = core, .bytes = sizeof(r), .epoch = c->epoch, .cookie = c->cookie },
		.nr = c->nr + 1,
	};
	uint8_t back = take8(i);

	memcpy(r.w.from, port_of[core].mac, 6);
	r.high = c->sent - (back & 3);
	r.taken = ~0U & ~(back >> 2 & 7);
	r.open = take8(i) & r.taken;
	if (how & 1) {
		r.taken = take32(i);
		r.open = take32(i) & r.taken;
		r.nr = c->nr + take8(i);
		r.high = c->sent - take8(i);
	}
	if (how & 2) {
		r.park = c->sent - (take8(i) & 7);
		r.token = r.park;
	}
	if (how & 4)
		r.w.flags = take8(i);
	if (how & 8)
		take(i, &r.busy_ns, sizeof(r) - offsetof(struct shunt_wire_credit, busy_ns));
	r.run = how & 16 ? r.high - (take8(i) & 3) : 0;
	memcpy(frame, &r, sizeof(r));
	return how & 32 ? sizeof(r) : 256;
}

/* A frame as a host without the secrets can make it: any bytes, or a right frame with another
 * secret. */
static size_t forged(struct input *i, uint8_t *frame, uint8_t core, uint8_t how)
{
	struct shunt_wire *w = (void *)frame;
	struct shunt_wire_hello *h = (void *)frame;
	size_t len = how & 1   ? credit_of(i, frame, core, 0)
		     : how & 2 ? hello_of(frame, core, take8(i))
			       : 0;

	if (how & 1) {
		w->cookie ^= 1ULL << (how >> 2 & 31);
	} else if (how & 2) {
		h->proof ^= 1ULL << (how >> 2 & 31);
		if (how & 128) /* another host's key speaks for that host's cores alone */
			h->proof = shunt_prove(&port_of[core < 2 ? 2 : 0].key, frame);
	} else {
		len = 14 + take(i, frame + 14, take8(i));
		memcpy(frame, port_of[core].mac, 6);
		w->proto = bpf_htons(SHUNT_WIRE_PROTO);
		for (int c = 0; len >= sizeof(*w) && c < SHUNT_CORES; c++)
			w->cookie ^= w->cookie == core_of[c].cookie;
	}
	return len;
}

/* --- what must hold --------------------------------------------------------------------------- */

static void check_slots(void)
{
	uint32_t seen[SLOTS] = { 0 }, free = 0, queued = 0, n;
	const struct shunt_nic_slot *slots = xdp_lookup(&nic_slots, &(uint32_t){ 0 });

	MUST(state->fresh < SLOTS && state->nfree <= state->fresh);
	for (uint32_t s = state->free; s; s = slots[s].next, free++)
		MUST(s < SLOTS && !seen[s]++);
	MUST(free == state->nfree);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		for (int q = 0; q <= SHUNT_NIC_GROUPS; q++) {
			const struct shunt_nic_fifo *f = &state->fifo[c][q];

			n = 0;
			for (uint32_t s = f->head; s; s = slots[s].next, n++)
				MUST(s < SLOTS && !seen[s]++ && slots[s].as == c &&
				     slots[s].queue == q);
			MUST(n == f->count && !n == !(state->waiting[q] >> c & 1));
			queued += n;
		}
	}
	MUST(queued == state->queued);
	for (int i = 0; i < CORES; i++) {
		for (int j = 0; j < SHUNT_WIRE_WINDOW; j++) {
			uint32_t s = core_of[i].out[j].state ? core_of[i].out[j].slot : 0;

			MUST(!s || (s < SLOTS && !seen[s]++));
		}
	}
	for (uint32_t s = 1; s <= state->fresh; s++)
		MUST(seen[s]);
}

/* Per class, as nic.h has it. */
static void check_requests(void)
{
	for (int c = 0; c < 2; c++) {
		const struct shunt_nic_class *n = &state->cls[c];
		const struct shunt_ingress_class *a = &in->cls[c];
		uint64_t out = 0, queued = 0;

		for (int i = 0; i < CORES; i++) {
			for (int j = 0; j < SHUNT_WIRE_WINDOW; j++)
				out += core_of[i].out[j].cls == c &&
				       (core_of[i].out[j].state == SHUNT_OUT_SENT ||
					core_of[i].out[j].state == SHUNT_OUT_TAKEN);
		}
		for (int q = 0; q <= SHUNT_NIC_GROUPS; q++)
			queued += state->fifo[c][q].count;
		MUST(a->arrived == a->rejected + a->dropped + a->passed +
					   view->core[0].expired.n[c] + n->done + n->lost + queued +
					   out);
	}
}

static void check(void)
{
	check_slots();
	check_requests();
	for (int i = 0; i < CORES; i++)
		MUST(core_of[i].load <= SHUNT_WIRE_K_MAX &&
		     (!core_of[i].load || core_of[i].cookie));
}

static void check_forged(const struct shunt_nic *was, const struct shunt_nic_core *cores,
			 struct shunt_nic *now)
{
	memcpy(now, state, sizeof(*now));
	memcpy(now->ev, was->ev, sizeof(now->ev));
	now->stranger = was->stranger; /* for messages */
	now->keyless = was->keyless;
	MUST(!memcmp(now, was, sizeof(*now)));
	MUST(!memcmp(cores, core_of, CORES * sizeof(*cores)));
}

/* A client is told no, in its own frame. */
static void check_refusal(const struct xdp_run *r, const uint8_t *frame, size_t len)
{
	MUST(r->end - r->data == 44 && len >= 44);
	MUST(!memcmp(r->data, frame + 6, 6) && !memcmp(r->data + 6, frame, 6));
	MUST(!memcmp(r->data + 26, frame + 30, 4) && !memcmp(r->data + 30, frame + 26, 4));
	MUST(!memcmp(r->data + 42, "no", 2));
}

static void send(const uint8_t *frame, size_t len)
{
	uint64_t said = in->said_no[0];
	struct xdp_run r = xdp_run(shunt_nic, frame, len);
	const struct shunt_wire *w = (void *)r.data;

	MUST(r.verdict == XDP_DROP || r.verdict == XDP_PASS || r.verdict == XDP_TX);
	if (r.verdict != XDP_TX) {
		MUST(in->said_no[0] == said);
		return;
	}
	if (in->said_no[0] != said) {
		check_refusal(&r, frame, len);
		return;
	}
	MUST(r.end - r.data >= SHUNT_WIRE_MIN && w->proto == bpf_htons(SHUNT_WIRE_PROTO) &&
	     w->bytes <= r.end - r.data);
	MUST(!memcmp(w->from, wire->mac, 6));
}

static void do_one(struct input *i)
{
	static struct shunt_nic was, now;
	static struct shunt_nic_core cores[CORES];
	uint8_t op = take8(i), core = op % CORES, how = take8(i), frame[1024] = { 0 };

	switch (op >> 4) {
	case 0:
	case 1:
		send(frame, hello_of(frame, core, how));
		break;
	case 2:
		port_of[core].cookie = ++cookies; /* as the agent does at each tick */
		break;
	case 3:
		*command = (struct shunt_nic_cmd){ .nr = command->nr + 1, .op = how, .core = core,
						   .varied = how };
		break;
	case 4:
		xdp_clock += how * 10000ULL;
		break;
	case 5:
		config->fallback = how & 3;
		config->hold_age_ms = how >> 2 & 1;
		wire->flags = how >> 2 & 1;
		wire->k = how >> 3 & 15;
		xdp_no_grow = how >> 7;
		break;
	case 6:
		*(uint32_t *)xdp_lookup(how & 1 ? (void *)&quantum_us : &hold_limit,
					&(uint32_t){ how >> 1 & 1 }) = how >> 2;
		break;
	case 7:
	case 8:
		memcpy(&was, state, sizeof(was));
		memcpy(cores, core_of, sizeof(cores));
		if (command->nr == state->cmd) {
			send(frame, forged(i, frame, core, how));
			check_forged(&was, cores, &now);
		}
		break;
	case 9:
	case 10:
	case 11:
		send(frame, request(i, frame));
		break;
	default:
		send(frame, credit_of(i, frame, core, how));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input i = { data, len };

	reset();
	for (int n = 0; i.left && n < 500; n++) {
		do_one(&i);
		check();
	}
	return 0;
}
