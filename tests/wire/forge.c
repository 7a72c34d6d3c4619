// SPDX-License-Identifier: BSD-2-Clause
/*
 * forge.c - frames that pretend: forge IFNAME TO FROM CORE EPOCH COOKIE COUNT KIND
 *
 * TO and FROM are MAC addresses. KIND: credit, resume, note and preempt are such frames as would do
 * harm if they were believed; random is half random bytes, half frames of any type in which all is
 * right but the cookie. hello asks for the EPOCH, welcome offers it, and refuse names it as the
 * present one, proved with the lab's key of a host. Environment, for these: HOST (whose key; 0),
 * NONCE, LIFE, PROCESS (all 64 bits), REASON, and VERSION.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <shunt/wire.h>

#include "key.h"
#include "tests/rng.h"

#define LONGEST 128

static union {
	struct shunt_wire w;
	struct shunt_wire_credit credit;
	struct shunt_wire_request resume;
	struct shunt_wire_note note;
	struct shunt_wire_preempt preempt;
	struct shunt_wire_hello hello;
	struct shunt_wire_welcome welcome;
	struct shunt_wire_refuse refuse;
	__u64 words[LONGEST / 8];
} f;

static struct shunt_wire begin = { .version = SHUNT_WIRE };
static struct rng rng = { 1 };

static __u64 random_word(void)
{
	return rng_next(&rng);
}

static int parse_mac(const char *text, __u8 *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3,
		      mac + 4, mac + 5) == 6;
}

static __u32 start(__u8 type, __u32 bytes)
{
	memset(&f, 0, sizeof(f));
	f.w = begin;
	f.w.type = type;
	f.w.bytes = bytes;
	return bytes > SHUNT_WIRE_MIN ? bytes : SHUNT_WIRE_MIN;
}

/* All that was sent is ended, and no credit of the core is newer than this one. */
static __u32 credit(void)
{
	__u32 len = start(SHUNT_WIRE_CREDIT, sizeof(f.credit));

	f.credit.nr = 1U << 30;
	return len;
}

static __u32 resume(void)
{
	__u32 len = start(SHUNT_WIRE_RESUME, sizeof(f.resume));

	f.resume.seq = 1U << 30;
	f.resume.token = 7;
	return len;
}

static __u32 note(void)
{
	__u32 len = start(SHUNT_WIRE_NOTE, sizeof(f.note));

	f.note.skip = 1U << 30;
	return len;
}

static __u32 preempt(void)
{
	__u32 len = start(SHUNT_WIRE_PREEMPT, sizeof(f.preempt));

	f.preempt.id = 1;
	return len;
}

static __u64 number(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* HELLO, WELCOME or REFUSE: nonce, life, process and proof are at the same places in all three. */
static __u32 prove(void)
{
	struct shunt_key key = lab_key(number("HOST", 0));

	f.hello.nonce = number("NONCE", 1);
	f.hello.life = number("LIFE", 0);
	f.hello.process = number("PROCESS", 1);
	f.hello.proof = shunt_prove(&key, f.words);
	return sizeof(f.hello);
}

static __u32 hello(void)
{
	start(SHUNT_WIRE_HELLO, sizeof(f.hello));
	f.w.cookie = 0;
	return prove();
}

static __u32 welcome(void)
{
	start(SHUNT_WIRE_WELCOME, sizeof(f.welcome));
	f.welcome.k = 2;
	f.welcome.credit = 1600;
	return prove();
}

static __u32 refuse(void)
{
	start(SHUNT_WIRE_REFUSE, sizeof(f.refuse));
	f.w.cookie = 0;
	f.refuse.reason = number("REASON", SHUNT_WIRE_OLDER);
	return prove();
}

static __u32 anything(void)
{
	struct shunt_wire w;

	for (unsigned int i = 0; i < LONGEST / 8; i++)
		f.words[i] = random_word();
	w = f.w;
	memcpy(w.to, begin.to, 6);
	memcpy(w.from, begin.from, 6);
	w.proto = begin.proto;
	if (random_word() & 1) {
		w = begin;
		w.type = random_word() % 10;
		w.cookie = random_word();
	}
	f.w = w;
	return 14 + random_word() % (LONGEST - 14);
}

static const struct {
	const char *name;
	__u32 (*make)(void);
} kinds[] = {
	{ "credit", credit }, { "resume", resume },     { "note", note },
	{ "preempt", preempt }, { "random", anything }, { "hello", hello },
	{ "welcome", welcome }, { "refuse", refuse },
};

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	unsigned long count, sent = 0;
	__u32 (*make)(void) = NULL;
	int sock;

	for (unsigned int i = 0; argc == 9 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(argv[8], kinds[i].name))
			make = kinds[i].make;
	}
	if (!make || !parse_mac(argv[2], begin.to) || !parse_mac(argv[3], begin.from)) {
		fprintf(stderr, "usage: forge IFNAME TO FROM CORE EPOCH COOKIE COUNT KIND\n");
		return 2;
	}
	begin.proto = htons(SHUNT_WIRE_PROTO);
	begin.version = number("VERSION", SHUNT_WIRE);
	begin.core = atoi(argv[4]);
	begin.epoch = strtoul(argv[5], NULL, 0);
	begin.cookie = strtoull(argv[6], NULL, 0);
	count = strtoul(argv[7], NULL, 0);
	at.sll_ifindex = if_nametoindex(argv[1]);
	sock = socket(AF_PACKET, SOCK_RAW, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&at, sizeof(at))) {
		perror("forge");
		return 1;
	}
	while (sent < count) {
		__u32 len = make();

		if (send(sock, &f, len, 0) != (ssize_t)len && errno != ENOBUFS) {
			perror("forge");
			return 1;
		}
		sent++;
	}
	return 0;
}
