// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_host.c - frames that reach a host's virtual
 * functions: the program that unwraps what its NIC sends
 *
 * A frame without the secret of the core's epoch goes to the kernel only, and moves no mark; a
 * REQUEST comes out as the packet it wraps, behind metadata that says what the frame said.
 */
/* link: tests/fuzz/native/xdp.c */
/* flags: -Itests/fuzz/native -fno-sanitize=alignment -fno-strict-aliasing */
#include "bpf/host/unwrap.bpf.c"

#include "input.h"
#include "native/xdp.h"

#define CORES 2
#define COOKIE 0x1122334455667788ULL
#define NONCE 0x99aabbccddeeff00ULL

static struct shunt_wire_epoch *epochs;
static struct shunt_wire_link *links;
static struct shunt_view *view;

static void reset(void)
{
	epochs = xdp_map(&wire_epoch, sizeof(*epochs), SHUNT_CORES);
	links = xdp_map(&wire_link, sizeof(*links), SHUNT_CORES);
	xdp_map(&wire_count, 8, WIRE_NR);
	view = xdp_map(&wire_view, sizeof(*view), 1);
	xdp_sockets(&wire_sock, SHUNT_CORES);
	xdp_clock = 1000000;
	for (int i = 0; i < CORES; i++) {
		epochs[i] = (struct shunt_wire_epoch){ .cookie = COOKIE + i, .epoch = 3 + i };
		links[i].nonce = NONCE + i;
	}
}

/* A frame of the NIC, of which the input chooses all but the secret; or any bytes. */
static size_t frame_of(struct input *in, uint8_t *frame, uint8_t how)
{
	struct shunt_wire *w = (void *)frame;
	uint8_t core = how & 1;
	size_t len = take8(in);

	take(in, frame, len);
	w->proto = bpf_htons(SHUNT_WIRE_PROTO);
	if (how & 2) {
		w->version = SHUNT_WIRE;
		w->type = how >> 2 & 15;
		w->core = core;
		w->epoch = epochs[core].epoch;
		w->cookie = epochs[core].cookie;
	}
	if (how & 64)
		((struct shunt_wire_welcome *)frame)->nonce = links[core].nonce;
	return len + (how & 128 ? 60 : 14);
}

static int is_genuine(const struct shunt_wire *w, size_t len)
{
	return len >= sizeof(*w) && w->proto == bpf_htons(SHUNT_WIRE_PROTO) && w->core < CORES &&
	       w->version == SHUNT_WIRE && w->cookie == epochs[w->core].cookie &&
	       w->epoch == epochs[w->core].epoch;
}

static void check_request(const struct xdp_run *r, const uint8_t *frame, size_t len)
{
	const struct shunt_wire_request *q = (void *)frame;
	const struct shunt_meta *m = (void *)r->meta;

	MUST(r->data - r->meta == sizeof(*m) && r->end - r->data == (long)(len - sizeof(*q)));
	MUST(m->hold_seq == q->seq && m->id == q->id && m->abi == SHUNT_ABI &&
	     m->epoch == (__u16)q->w.epoch);
	MUST(m->payload == q->payload && m->len == q->len && m->cls == q->cls &&
	     m->arrival_ns <= xdp_clock);
	MUST(!memcmp(r->data, q->w.to, 6) &&
	     !memcmp(r->data + 6, frame + sizeof(*q) + 6, len - sizeof(*q) - 6));
}

static void check(const struct xdp_run *r, const uint8_t *frame, size_t len,
		  const struct shunt_view *was)
{
	const struct shunt_wire *w = (void *)frame;
	const struct shunt_wire_welcome *a = (void *)frame;
	int moved = memcmp(was, view, sizeof(*was));

	MUST(r->verdict == XDP_PASS || r->verdict == XDP_DROP || r->verdict == XDP_REDIRECT);
	if (r->verdict == XDP_REDIRECT) {
		MUST(is_genuine(w, len) && r->map == &wire_sock && r->key == w->core);
		if (w->type == SHUNT_WIRE_REQUEST)
			check_request(r, frame, len);
		else
			MUST(r->meta == r->data && r->end - r->data == (long)len &&
			     !memcmp(r->data, frame, len));
	}
	MUST(!moved || is_genuine(w, len));
	if (r->verdict == XDP_PASS && len >= sizeof(*w) && w->proto == bpf_htons(SHUNT_WIRE_PROTO))
		MUST((w->type == SHUNT_WIRE_WELCOME || w->type == SHUNT_WIRE_REFUSE) &&
		     w->core < CORES && a->nonce == links[w->core].nonce);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct shunt_view was;
	struct input in = { data, len };

	reset();
	for (int n = 0; in.left && n < 50; n++) {
		uint8_t op = take8(&in), frame[512] = { 0 };
		struct xdp_run r;
		size_t size;

		if (op == 255) {
			epochs[take8(&in) % CORES].cookie = take8(&in);
			continue;
		}
		size = frame_of(&in, frame, op);
		memcpy(&was, view, sizeof(was));
		r = xdp_run(shunt_unwrap, frame, size);
		check(&r, frame, size, &was);
	}
	return 0;
}
