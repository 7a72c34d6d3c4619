// SPDX-License-Identifier: BSD-2-Clause
/*
 * ingress.c - frames of clients at the server's XDP program,
 * beside a worker that writes what it likes into its view
 *
 * Claims for every frame: one verdict, one count for it, no byte read or written beyond the frame,
 * and metadata that lies within it.
 */
/* link: tests/fuzz/native/xdp.c */
/* flags: -Itests/fuzz/native -fno-sanitize=alignment -fno-strict-aliasing */
#define select policy_select /* the C library has another */
#define SHUNT_POLICY_FILE "policies/mq.c"
#include "bpf/shunt.bpf.c"
#undef select

#include "input.h"
#include "native/own.h"
#include "native/xdp.h"

#define PORT 9000
#define CORES 3

static struct shunt_view *view;
static struct shunt_ingress *in;
static struct shunt_cfg *config;
static struct shunt_domain *domain;
static struct shunt_refuse *refusals;

static void reset(void)
{
	static const int inner;
	struct shunt_port *p;
	struct shunt_rule *r;
	struct shunt_program *program;

	xdp_map(&slo_us, 4, SHUNT_CLASSES);
	xdp_map(&quantum_us, 4, SHUNT_CLASSES);
	xdp_map(&hold_limit, 4, SHUNT_CLASSES);
	xdp_map(&knobs, 8, SHUNT_KNOBS);
	xdp_map(&classes, sizeof(struct shunt_class), SHUNT_CLASSES);
	config = xdp_map(&cfg, sizeof(*config), 1);
	p = xdp_map(&ports, sizeof(*p), 65536);
	r = xdp_map(&rules, sizeof(*r), SHUNT_RULES);
	program = xdp_map(&programs, sizeof(*program), SHUNT_PROGRAMS);
	domain = xdp_map(&domains, sizeof(*domain), SHUNT_DOMAINS);
	((struct shunt_queue *)xdp_map(&queues, sizeof(struct shunt_queue), SHUNT_QUEUES))->domain =
		1;
	refusals = xdp_map(&refuse, sizeof(*refusals), SHUNT_REFUSALS);
	xdp_map(&refuse_drawn, sizeof(struct shunt_refuse_drawn), SHUNT_REFUSALS);
	in = xdp_map(&ingress, sizeof(*in), SHUNT_QUEUES + 1);
	view = xdp_map(&inner, sizeof(*view), 1);
	xdp_map_in(&views, 0, &inner);
	own_fill(xdp_map(&own, sizeof(struct shunt_own), 1));
	xdp_sockets(&xsks, SHUNT_DOMAINS * SHUNT_SLOTS);
	xdp_clock = 1000000;
	*config = (struct shunt_cfg){ .abi = SHUNT_ABI, .nclasses = 4, .ndomains = 1,
				      .core_ring = 256, .hold_ring = 256,
				     .port_bits = SHUNT_PORT_BIT(PORT) | SHUNT_PORT_BIT(PORT + 1) |
						  SHUNT_PORT_BIT(PORT + 2) };
	domain[0] = (struct shunt_domain){ .on = 1, .ncores = CORES, .up = 7 };
	p[PORT] = (struct shunt_port){ .count = 3, .flags = SHUNT_PORT_ON, .key_len = 12,
				       .key_off = 1 };
	p[PORT + 1] = (struct shunt_port){ .cls = 3,
					   .flags = SHUNT_PORT_ON | 1 << SHUNT_PORT_REFUSAL };
	refusals[1] = (struct shunt_refuse){ .kind = SHUNT_REFUSE_DNS, .batch = 3, .step_ns = 1 };
	p[PORT + 2] = (struct shunt_port){ .count = 1, .flags = SHUNT_PORT_ON | SHUNT_PORT_RPC };
	program[0] = (struct shunt_program){ .program = 0x61616161, .version = 0x62626262,
					     .cls = { 1, 2, 3 } };
	r[0] = (struct shunt_rule){ .mask = 0xff, .value = 1, .cls = 1 };
	r[1] = (struct shunt_rule){ .offset = 5, .mask = 0xffff, .value = 0x6261, .cls = 2 };
	r[2] = (struct shunt_rule){ .offset = 9, .mask = ~0ULL, .value = 0x6867666564636261,
				    .cls = 7 };
}

/* The client's frame as it comes, or put together around its payload. */
static size_t frame_of(struct input *i, uint8_t *frame, uint8_t how)
{
	static const uint8_t ip4[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0,
				       0, 0, 0, 64, 17, 0, 0,
				       198, 18, 0, 1, 198, 18, 0, 2, 0x9c, 0x40, PORT >> 8,
				       PORT & 255, 0, 8, 0, 0 };
	size_t len = take8(i);

	if (how & 1) {
		len = take(i, frame, len < 14 ? 14 : len);
		return len < 14 ? 14 : len;
	}
	memcpy(frame, ip4, sizeof(ip4));
	take(i, frame + sizeof(ip4), len);
	frame[17] = 28 + len;
	frame[16] = (28 + len) >> 8;
	frame[39] = 8 + len;
	frame[38] = (8 + len) >> 8;
	frame[37] += how >> 1 & 1 ? 1 : how >> 2 & 2;
	return sizeof(ip4) + len;
}

static void check_counts(const struct shunt_ingress *was)
{
	uint64_t arrived = 0, passed = 0, denied = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		const struct shunt_ingress_class *n = &in->cls[c];

		MUST(n->arrived == n->steered + n->held + n->rejected + n->dropped + n->passed);
		arrived += n->arrived - was->cls[c].arrived;
	}
	for (int w = 0; w < SHUNT_NR_PASS; w++)
		passed += in->pass[w] - was->pass[w];
	for (int w = 0; w < SHUNT_NR_DENY; w++)
		denied += in->deny[w] - was->deny[w];
	MUST(arrived + passed + denied == 1);
}

/* A request is for this host; an answer to it goes to a host, and is no request there: by the
 * frame's bytes, as the RFCs have them. */
static void check_addresses(const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	int any = config->flags & SHUNT_CFG_ANY_ADDR;
	unsigned int port;

	MUST(!(frame[6] & 1));
	while (ip[-2] == 0x81 || (ip[-2] == 0x88 && ip[-1] == 0xa8))
		ip += 4;
	if (ip[0] >> 4 == 4) {
		MUST(ip[12] && ip[12] != 127 && ip[12] < 224 && memcmp(ip + 12, &own4, 4));
		MUST(any || !memcmp(ip + 16, &own4, 4));
		port = ip[20] << 8 | ip[21];
	} else {
		MUST(ip[0] >> 4 == 6 && ip[8] != 0xff && memcmp(ip + 8, "\0\0\0\0\0\0\0", 8) &&
		     memcmp(ip + 8, own6, 16));
		MUST(any || !memcmp(ip + 24, own6, 16));
		port = ip[40] << 8 | ip[41];
	}
	MUST(port && port != PORT && port != PORT + 1 && port != PORT + 2);
}

/* A request wakes a sleeping agent, once. */
static void check_woken(const struct shunt_ingress *was, uint32_t slept)
{
	uint32_t came = in->id != was->id;

	MUST(xdp_records == (came && slept));
	MUST(domain[0].asleep == (came ? 0 : slept));
}

/* The frame has become a reply, which is no longer than the request. Nothing else changes one. */
static void check_frame(const struct shunt_ingress *was, const struct xdp_run *r,
			const uint8_t *frame, size_t len)
{
	uint64_t told = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		told += in->said_no[c] - was->said_no[c];
	MUST(told == (r->verdict == XDP_TX));
	if (told) {
		check_addresses(frame);
		MUST(r->end - r->data <= (long)len && r->end - r->data >= 42);
		MUST(!memcmp(r->data, frame + 6, 6) && !memcmp(r->data + 6, frame, 6));
	} else if (r->verdict != XDP_DROP) {
		MUST(r->end - r->data == (long)len && !memcmp(r->data, frame, len));
	}
}

static void check(const struct shunt_ingress *was, const struct xdp_run *r, const uint8_t *frame,
		  size_t len)
{
	const struct shunt_meta *m = (void *)r->meta;

	check_counts(was);
	MUST(r->verdict == XDP_PASS || r->verdict == XDP_DROP || r->verdict == XDP_REDIRECT ||
	     r->verdict == XDP_TX);
	check_frame(was, r, frame, len);
	if (r->verdict != XDP_REDIRECT)
		return;
	MUST(r->map == &xsks && r->key < SHUNT_SLOTS);
	check_addresses(frame);
	MUST(r->data - r->meta == sizeof(*m));
	MUST(m->cls < 4 && m->abi == SHUNT_ABI);
	MUST(m->payload >= 42 && m->payload + m->len <= (long)len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
	struct input i = { data, data_len };
	uint8_t frame[1024] = { 0 };

	reset();
	while (i.left) {
		uint8_t op = take8(&i);
		struct shunt_ingress was = *in;
		struct xdp_run r;
		uint32_t slept;
		size_t len;

		switch (op & 7) {
		case 0: /* the worker writes, into any word of its
			 * view; most often where XDP looks */
			len = take16(&i) %
			      (op & 8 ? sizeof(*view) / 8 : offsetof(struct shunt_view, core) / 8);
			((uint64_t *)view)[len] = take64(&i);
			break;
		case 1:
			view->idle = take8(&i);
			break;
		case 2: /* the operator */
			config->flags = take8(&i);
			config->fallback = op >> 3 & 3;
			domain[0].up = op >> 5;
			domain[0].asleep = op >> 7;
			break;
		case 3:
			if (op & 32) { /* root, with bpftool */
				take(&i, (uint8_t *)&refusals[1], sizeof(refusals[1]));
				refusals[1].kind %= SHUNT_NR_REFUSE + 1;
				break;
			}
			*(uint32_t *)xdp_lookup(op & 8 ? (void *)&quantum_us : &hold_limit,
						&(uint32_t){ op >> 6 }) = take32(&i);
			break;
		default: /* a client */
			len = frame_of(&i, frame, op >> 3);
			slept = domain[0].asleep;
			xdp_records = 0;
			r = xdp_run(shunt_ingress, frame, len);
			check_woken(&was, slept);
			check(&was, &r, frame, len);
		}
	}
	return 0;
}
