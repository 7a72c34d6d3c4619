// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic_run.c - for tests of the NIC's program: it is loaded with two cores of one host, and run
 * frame by frame
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "nic_run.h"
#include "packet.h"
#include "tests/rng.h"

const struct shunt_key key[2] = { { { 0x0123456789abcdef, 1 } }, { { 0x0123456789abcdef, 2 } } };

struct nic n;
struct shunt_nic_sizes nic_sizes;
const __u8 mac[2][6] = { { 2, 0, 0, 0, 1, 0 }, { 2, 0, 0, 0, 1, 1 } };
__u8 out[FRAME];
__u32 out_len;
__u32 nr[2];
static struct rng rng = { 1 };

__u64 random_word(void)
{
	return rng_next(&rng);
}

int nic_setup(void **state)
{
	struct nic_opts opts = { .object = *state, .sizes = nic_sizes };
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .flags = SHUNT_CFG_ANY_ADDR, .nclasses = 2,
				 .ndomains = 1 };
	struct shunt_nic_cfg wire = { .mac = { 2, 0, 0, 0, 0, 9 }, .late_ns = 1000000000 };
	LIBBPF_OPTS(bpf_link_create_opts, link, .flags = XDP_FLAGS_SKB_MODE);
	struct why why = { 0 };

	rng.state = 1;
	nr[0] = nr[1] = 0;
	if (nic_load(&n, &opts, &why) || nic_configure(&n, &cfg, &wire))
		fail_msg("%s", why_text(&why));
	for (int i = 0; i < 2; i++)
		assert_int_equal(nic_set_core(&n, i, mac[i], 0, key[0]), 0);
	n.port[PACKET_PORT] = (struct shunt_port){ .cls = 0, .flags = SHUNT_PORT_ON };
	n.port[PACKET_PORT + 1] = (struct shunt_port){ .cls = 1, .flags = SHUNT_PORT_ON };
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	n.link = bpf_link_create(n.prog, 1, BPF_XDP, &link);
	assert_true(n.link >= 0);
	return 0;
}

int nic_teardown(void **state)
{
	nic_unload(&n);
	return 0;
}

__u32 run(const void *frame, __u32 len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(n.prog, &opts), 0);
	out_len = opts.data_size_out;
	return opts.retval;
}

const struct shunt_wire_request *answer(void)
{
	return (const void *)out;
}

/* For the next epoch of the core, in the present process. */
struct shunt_wire_hello next_hello(__u32 core)
{
	struct shunt_wire_hello h = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO),
		       .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_HELLO,
		       .core = core,
		       .bytes = sizeof(h),
		       .epoch = n.core[core].epoch + 1 },
		.nonce = random_word(),
		.life = n.state->life,
		.process = n.state->process[0] ? n.state->process[0] : SHUNT_WIRE_PROCESS(1, 77),
	};

	memcpy(h.w.from, mac[core & 1], 6);
	return h;
}

__u32 send_hello(struct shunt_wire_hello *h, const struct shunt_key *with)
{
	h->proof = shunt_prove(with, h);
	return run(h, sizeof(*h));
}

/* The answer has a proof under the core's key. */
void assert_proved(__u8 type)
{
	const struct shunt_wire_refuse *r = (const void *)out;

	assert_int_equal(r->w.type, type);
	assert_int_equal(r->proof, shunt_prove(&key[0], out));
}

/* The next epoch, whatever the NIC's life. */
void say_hello(__u32 core)
{
	struct shunt_wire_hello h = next_hello(core);

	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 }); /* a fresh cookie */
	if (!h.life) {                                /* the first one is told it */
		send_hello(&h, &key[0]);
		h.life = n.state->life;
	}
	assert_int_equal(send_hello(&h, &key[0]), XDP_TX);
	assert_proved(SHUNT_WIRE_WELCOME);
	nr[core & 1] = 0;
}

struct shunt_wire_credit credit(__u32 core, __u32 high, __u32 taken, __u32 open)
{
	struct shunt_wire_credit c = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO),
		       .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_CREDIT,
		       .core = core,
		       .bytes = sizeof(c),
		       .epoch = n.core[core].epoch,
		       .cookie = n.core[core].cookie },
		.nr = ++nr[core & 1],
		.high = high,
		.taken = taken,
		.open = open,
	};

	memcpy(c.w.from, mac[core & 1], 6);
	return c;
}

__u32 send_credit(const struct shunt_wire_credit *c)
{
	__u8 frame[1600] = { 0 };

	memcpy(frame, c, sizeof(*c));
	return run(frame, sizeof(frame));
}

/* A core that has heard its WELCOME, and says so. */
void join(__u32 core)
{
	struct shunt_wire_credit c;

	say_hello(core);
	c = credit(core, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_DROP);
}

/* A request of the class whose payload begins with the mark. */
__u32 arrive(int cls, __u8 mark)
{
	struct packet_spec s = { .payload_len = 20, .dport = PACKET_PORT + cls };
	struct packet p;

	packet_build(&s, &p);
	p.data[p.payload] = mark;
	return run(p.data, p.len);
}

int mark(void)
{
	return out[sizeof(struct shunt_wire_request) + answer()->payload];
}

__u64 slots_missing(void)
{
	__u64 lent = 0;

	for (int i = 0; i < SHUNT_CORES; i++) {
		for (int j = 0; j < SHUNT_WIRE_WINDOW; j++)
			lent += n.core[i].out[j].state && n.core[i].out[j].slot;
	}
	return n.state->fresh - n.state->nfree - n.state->queued - lent;
}

/* The NIC's state that a control frame may not change; counters of events are cleared. */
struct shunt_nic nic_read(void)
{
	struct shunt_nic s = *n.state;

	memset(s.ev, 0, sizeof(s.ev));
	s.keyless = s.stranger = 0;
	return s;
}

void nic_tune(const char *map, __u32 key, __u32 value)
{
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, map), &key,
					     &value, 0),
			 0);
}

void nic_preempt(bool on)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				 .flags = SHUNT_CFG_ANY_ADDR | (on ? SHUNT_CFG_PREEMPT : 0) };
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "cfg"), &zero,
					     &cfg, 0),
			 0);
}

int nic_begin(void)
{
	if (geteuid()) {
		puts("1..0 # SKIP not root: BPF programs cannot be loaded");
		return -1;
	}
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return -1;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return 0;
}
