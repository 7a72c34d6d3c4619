// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_hello.c - who may begin a core's epoch on the NIC, and which
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"

static void a_hello_is_for_the_next_epoch_and_no_other(void **state)
{
	static const __u32 epochs[] = { 0, 1, 2, 4, 1000, ~0U }; /* 2 is the present one */
	const struct shunt_wire_refuse *r = (const void *)out;
	struct shunt_wire_hello h;

	join(0);
	join(0);
	for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		h = next_hello(0);
		h.w.epoch = epochs[i];
		assert_int_equal(send_hello(&h, &key[0]), XDP_TX);
		assert_proved(SHUNT_WIRE_REFUSE);
		assert_int_equal(r->reason, SHUNT_WIRE_OLDER);
		assert_int_equal(r->nonce, h.nonce);
		assert_int_equal(r->w.epoch, 2);
		assert_int_equal(r->process, n.state->process[0]);
		assert_int_equal(r->life, n.state->life);
		assert_int_equal(n.core[0].epoch, 2);
		assert_int_not_equal(n.core[0].cookie, 0);
	}
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_OLDER], sizeof(epochs) / sizeof(epochs[0]));
	join(0); /* it is as far away as it was */
	assert_int_equal(n.core[0].epoch, 3);
}

static void a_process_is_the_present_one_or_the_next(void **state)
{
	static const __u32 numbers[] = {
		0, 1, 3, 1000, ~0U
	}; /* 1 is the present one's, with another's random part */
	struct shunt_wire_hello h;
	__u64 process;

	join(0);
	process = n.state->process[0];
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 }); /* a fresh cookie */
		h = next_hello(0);
		h.process = SHUNT_WIRE_PROCESS(numbers[i], 78);
		send_hello(&h, &key[0]);
		assert_proved(SHUNT_WIRE_REFUSE);
		assert_int_equal(((struct shunt_wire_refuse *)out)->reason, SHUNT_WIRE_OLDER);
		assert_int_equal(n.state->process[0], process);
	}
	h = next_hello(0);
	h.process = SHUNT_WIRE_PROCESS(2, 78);
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	send_hello(&h, &key[0]);
	assert_proved(SHUNT_WIRE_WELCOME);
	assert_int_equal(n.state->process[0], h.process);
}

/* Said again it is a question whether the NIC is there; with another nonce it is of somebody else
 * who asks for the same. */
static void a_hello_said_again_is_answered_with_the_same_epoch(void **state)
{
	struct shunt_wire_hello h, other;
	__u64 cookie;

	say_hello(1);
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	h = next_hello(0);
	send_hello(&h, &key[0]);
	assert_proved(SHUNT_WIRE_WELCOME);
	cookie = n.core[0].cookie;
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	other = h;
	other.nonce++;
	send_hello(&other, &key[0]);
	assert_proved(SHUNT_WIRE_REFUSE);
	send_hello(&h, &key[0]);
	assert_proved(SHUNT_WIRE_WELCOME);
	assert_int_equal(answer()->w.cookie, cookie);
	assert_int_equal(n.core[0].epoch, 1);
	/* Not once it was ended for silence. */
	assert_true(nic_ask(&n, SHUNT_NIC_OFF, 0));
	send_hello(&h, &key[0]);
	assert_proved(SHUNT_WIRE_REFUSE);
	assert_int_equal(n.core[0].cookie, 0);
}

/* Asserts that the frame changes neither the NIC's state nor any core's. */
#define ASSERT_UNCHANGED(frame)                                                                    \
	do {                                                                                       \
		static struct shunt_nic_core cores_were[SHUNT_CORES];                              \
		struct shunt_nic state_was = nic_read(), state_is;                                 \
		memcpy(cores_were, n.core, sizeof(cores_were));                                    \
		frame;                                                                             \
		state_is = nic_read();                                                             \
		assert_memory_equal(&state_is, &state_was, sizeof(state_is));                      \
		assert_memory_equal(n.core, cores_were, sizeof(cores_were));                       \
	} while (0)

/* Core 0 is of host 0, core 1 of host 1. Host 1 has the right numbers, MAC and all, but not host
 * 0's key. */
static void a_host_with_its_own_key_cannot_speak_for_another_hosts_core(void **state)
{
	struct shunt_wire_hello h;

	assert_int_equal(nic_set_core(&n, 1, mac[1], 1, key[1]), 0);
	join(0);
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	h = next_hello(0);
	ASSERT_UNCHANGED(assert_int_equal(send_hello(&h, &key[1]), XDP_DROP));
	h.process = SHUNT_WIRE_PROCESS(2, 1);
	ASSERT_UNCHANGED(assert_int_equal(send_hello(&h, &key[1]), XDP_DROP));
	h.w.epoch = h.process = ~0U;
	ASSERT_UNCHANGED(assert_int_equal(send_hello(&h, &key[1]), XDP_DROP));
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_KEY], 3);
	assert_int_equal(n.state->keyless, 1);
	join(0);
	assert_int_equal(n.core[0].epoch, 2);
}

/* A HELLO with the right key and number from another core's MAC: refused with a proof, since its
 * host knows the key. */
static void a_hello_from_another_mac_is_refused(void **state)
{
	struct shunt_wire_hello h;

	join(0);
	h = next_hello(0);
	memcpy(h.w.from, mac[1], 6);
	ASSERT_UNCHANGED(assert_int_equal(send_hello(&h, &key[0]), XDP_TX));
	assert_proved(SHUNT_WIRE_REFUSE);
	assert_int_equal(((struct shunt_wire_refuse *)out)->reason, SHUNT_WIRE_NO_CORE);
	assert_memory_equal(answer()->w.to, mac[1], 6);
}

static void a_core_without_a_key_is_nobodys(void **state)
{
	const struct shunt_key none = { { 0, 0 } };
	struct shunt_wire_hello h = next_hello(0);

	assert_int_equal(nic_set_core(&n, 0, mac[0], 0, none), 0);
	assert_int_equal(send_hello(&h, &none), XDP_DROP);
	h.proof = 0;
	assert_int_equal(run(&h, sizeof(h)), XDP_DROP);
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_KEY], 2);
}

/* As version 2 said it, with the key of all in the header. */
static void a_hello_of_another_version_is_told_ours(void **state)
{
	struct {
		struct shunt_wire w;
		__u64 inc, process;
		__u8 padding[12];
	} __attribute__((packed)) h = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO),
		       .version = 2,
		       .type = SHUNT_WIRE_HELLO,
		       .core = 1,
		       .bytes = 48,
		       .cookie = 0x1122334455667788 },
		.inc = ~0ULL,
		.process = ~0ULL,
	};

	join(0);
	memcpy(h.w.from, mac[1], 6);
	assert_int_equal(run(&h, sizeof(h)), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_REFUSE);
	assert_int_equal(answer()->w.version, SHUNT_WIRE);
	assert_int_equal(((struct shunt_wire_refuse *)out)->reason, SHUNT_WIRE_VERSION);
	assert_int_equal(((struct shunt_wire_refuse *)out)->nonce,
			 h.inc); /* where version 2 looks for its own */
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_VERSION], 1);
	assert_int_equal(n.state->stranger, 1 << 8 | 2);
	h.w.core = 0; /* of another core: not even that */
	assert_int_equal(run(&h, sizeof(h)), XDP_DROP);
}

static void an_epoch_says_in_which_life_of_the_nic_it_is(void **state)
{
	const struct shunt_wire_welcome *w = (const void *)out;
	struct shunt_wire_hello h;
	__u32 life;

	say_hello(0);
	life = w->life;
	assert_int_not_equal(life, 0);
	say_hello(1);
	assert_int_equal(w->life, life);
	h = next_hello(0);
	nic_teardown(NULL);
	nic_setup(state);
	/* A HELLO of the NIC's former life has the right number for this one: it is refused all the
	 * same. */
	h.w.epoch = 1;
	h.process = SHUNT_WIRE_PROCESS(1, 77);
	send_hello(&h, &key[0]);
	assert_proved(SHUNT_WIRE_REFUSE);
	say_hello(0);
	assert_int_not_equal(w->life, life);
}

/* A host that says of no actors that it has them is served: its workers take no notice of them. */
static void a_host_with_other_actors_than_the_nic_s_is_refused(void **state)
{
	const struct shunt_nic_cfg cfg = { .mac = { 2, 0, 0, 0, 0, 9 }, .actors = 0x1234567 };
	const struct shunt_wire_refuse *r = (const void *)out;
	struct shunt_wire_hello h;
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "nic_cfg"),
					     &zero, &cfg, 0), 0);
	join(0);
	for (int i = 0; i < 2; i++) {
		nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
		h = next_hello(1);
		h.actors = cfg.actors + !i;
		assert_int_equal(send_hello(&h, &key[0]), XDP_TX);
		assert_proved(i ? SHUNT_WIRE_WELCOME : SHUNT_WIRE_REFUSE);
		if (!i)
			assert_int_equal(r->reason, SHUNT_WIRE_ACTORS);
		assert_int_equal(n.core[1].epoch, i);
		assert_int_equal(n.state->ev[SHUNT_NIC_EV_ACTORS], 1);
		assert_int_equal(n.state->misfit, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_TEST(a_hello_is_for_the_next_epoch_and_no_other, "nic/fcfs"),
		NIC_TEST(a_process_is_the_present_one_or_the_next, "nic/fcfs"),
		NIC_TEST(a_hello_said_again_is_answered_with_the_same_epoch, "nic/fcfs"),
		NIC_TEST(a_host_with_its_own_key_cannot_speak_for_another_hosts_core, "nic/fcfs"),
		NIC_TEST(a_hello_from_another_mac_is_refused, "nic/fcfs"),
		NIC_TEST(a_core_without_a_key_is_nobodys, "nic/fcfs"),
		NIC_TEST(a_hello_of_another_version_is_told_ours, "nic/fcfs"),
		NIC_TEST(an_epoch_says_in_which_life_of_the_nic_it_is, "nic/fcfs"),
		NIC_TEST(a_host_with_other_actors_than_the_nic_s_is_refused, "nic/fcfs"),
	};

	return NIC_RUN(tests);
}
