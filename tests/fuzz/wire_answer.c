// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_answer.c - frames that a host's shuntd gets from its
 * NIC: answers to its HELLOs, true or forged
 *
 * Without the proof of the key nothing moves; with it, a
 * core is offered an epoch only that was asked for, whole.
 */
/* link: lib/key.c lib/why.c */
/* flags: -Wno-unused-function */
#include "agent/hello.c"

#include <stdarg.h>

#include "input.h"

#define CORES 3

static struct host_opts opts;
static __u64 now_ns;
static struct hello state;
static struct shunt_wire_link links[SHUNT_CORES];
static struct shunt_wire_epoch epochs[SHUNT_CORES];

/* Messages are made and not shown. */
void log_say(int level, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
}

/* For beginning and end alone, which are not tried here. */
void *shunt_map_mmap(int fd, size_t len, bool write)
{
	abort();
}

static void reset(void)
{
	struct host_opts *o = &opts;

	memset(links, 0, sizeof(links));
	memset(epochs, 0, sizeof(epochs));
	state = (struct hello){ .o = &opts, .sock = -1, .link = links, .epoch = epochs };
	now_ns = 1000000000;
	*o = (struct host_opts){ .ndevs = CORES, .first = 5, .nic = { 2, 0, 0, 0, 0, 9 },
				 .nic_known = true,
				 .key = { { 0x0123456789abcdef, 0xfedcba9876543210 } } };
	for (int i = 0; i < CORES; i++)
		o->dev[i] = (struct host_dev){ .name = "vf", .ifindex = 10 + i,
					       .mac = { 2, 0, 0, 0, 1, i } };
	for (int i = 0; i < SHUNT_CORES; i++)
		links[i].process = SHUNT_WIRE_PROCESS(1, 77);
}

/* As the NIC would say it to this core, but for what "how" changes; then with the proof. */
static size_t answer(struct input *in, uint8_t *frame, int core, uint8_t how)
{
	const struct shunt_wire_link *l = &links[core];
	struct shunt_wire_welcome w = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .core = opts.first + core,
		       .type = how & 1 ? SHUNT_WIRE_REFUSE : SHUNT_WIRE_WELCOME, .bytes = sizeof(w),
		       .epoch = l->epoch },
		.nonce = l->nonce, .life = l->life, .process = l->process,
	};
	struct shunt_wire_refuse *r = (void *)&w;

	memcpy(w.w.to, opts.dev[core].mac, 6);
	memcpy(w.w.from, opts.nic, 6);
	if (how & 1)
		r->reason = take8(in) & 7;
	if (how & 2)
		w.w.epoch += take8(in) - 128;
	if (how & 4)
		w.life = take8(in);
	if (how & 8)
		w.process = SHUNT_WIRE_PROCESS(take8(in), take8(in));
	if (how & 16)
		w.w.version = take8(in);
	if (how & 32)
		take(in, (uint8_t *)&w + take8(in) % sizeof(w), 1);
	if (how & 64 && !(how & 1))
		w.w.cookie = 0;
	else if (!(how & 1)) /* another one for each epoch */
		w.w.cookie = (__u64)w.life << 40 ^ w.process << 20 ^ w.w.epoch << 4 ^ 5 ^ core;
	w.proof = shunt_prove(&opts.key, &w);
	memcpy(frame, &w, sizeof(w));
	return sizeof(w);
}

static void check(void)
{
	for (int i = 0; i < CORES; i++) {
		MUST(!(epochs[i].offer_seq & 1));
		MUST(!epochs[i].heard == !epochs[i].offer_cookie);
		MUST(!links[i].cookie ||
		     (links[i].nonce && epochs[i].offer_cookie == links[i].cookie &&
		      epochs[i].offer_epoch == links[i].epoch && epochs[i].life == links[i].life));
	}
}

/* Any bytes, or an answer with another proof, or too short for
 * one: nothing moves, but that the operator may be told. */
static void hear_forged(struct input *in, int core, uint8_t how)
{
	struct shunt_wire_link links_were[CORES];
	struct shunt_wire_epoch epochs_were[CORES];
	__u64 frame[16] = { 0 };
	size_t len = answer(in, (void *)frame, core, take8(in));

	if (how & 1)
		len = take(in, frame, take8(in) % sizeof(frame));
	else if (how & 2)
		len -= 1 + (how >> 4);
	else
		((struct shunt_wire_welcome *)frame)->proof ^= 1ULL << (how >> 2 & 63);
	memcpy(links_were, links, sizeof(links_were));
	memcpy(epochs_were, epochs, sizeof(epochs_were));
	hello_take(&state, frame, len, 10 + core, now_ns);
	MUST(!memcmp(links_were, links, sizeof(links_were)) &&
	     !memcmp(epochs_were, epochs, sizeof(epochs_were)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };

	reset();
	for (int n = 0; in.left && n < 200; n++) {
		uint8_t op = take8(&in), how = take8(&in);
		int core = (op >> 3) % CORES;
		__u64 frame[16] = { 0 };
		size_t size;

		switch (op & 7) {
		case 0:
			hello_up(&state, (op >> 3) % SHUNT_CORES, now_ns);
			break;
		case 1:
			now_ns += how * 20000000ULL;
			hello_tick(&state, now_ns);
			break;
		case 2: /* the worker writes into the map that it shares */
			epochs[core].ask = how;
			break;
		case 3:
			if (how == 255)
				hello_forget(&state);
			break;
		case 4:
			hear_forged(&in, core, how);
			break;
		default:
			size = answer(&in, (void *)frame, core, how);
			hello_take(&state, frame, size, how & 128 ? take8(&in) : 10 + core, now_ns);
		}
		check();
	}
	return 0;
}
