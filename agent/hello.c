// SPDX-License-Identifier: BSD-2-Clause
/*
 * hello.c - what shuntd says to the NIC for the cores of its host: HELLO, and what it makes of the
 * answers
 *
 * The NIC counts epochs and processes. An answer is believed if it has the nonce of the HELLO and a
 * proof of the key. What was said and given is in the map "wire_link", which outlives the agent:
 * the next one goes on from there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shunt/wire.h>

#include "hello.h"
#include "log.h"
#include "pins.h"

#define AGAIN_NS 10000000ULL      /* HELLO without an answer is repeated after this … */
#define AGAIN_MAX_NS 160000000ULL /* … and ever later, up to this */
#define TELL_NS 3000000000ULL     /* without an answer for so long, the operator is told */
#define BURST 64                  /* frames before the rest of the agent has its turn */

/* Of a core, and forgotten with the agent. */
struct asking {
	bool wanted;    /* an answer, though an epoch was given: is the NIC there? */
	__u32 asked;    /* the worker's count, as last seen */
	__u64 due_ns;   /* the next HELLO, unless an answer comes */
	__u64 again_ns; /* and how long after that one the next is due */
	__u64 since_ns; /* of the first HELLO without an answer; 0: all were answered */
	bool told;      /* the operator knows that something is wrong */
};

struct hello {
	int sock;
	struct shunt_wire_link *link;
	struct shunt_wire_epoch *epoch;
	struct asking core[SHUNT_CORES];
};

/* --- what is said ----------------------------------------------------------------------------- */

static __u64 random_word(void)
{
	__u64 word = 0;

	while (!word) {
		if (getrandom(&word, sizeof(word), 0) != sizeof(word))
			word = 0;
	}
	return word;
}

static void say_hello(struct agent *a, __u32 i)
{
	const struct host_opts *o = &a->opts.host;
	const struct shunt_wire_link *l = &a->hello->link[i];
	struct asking *c = &a->hello->core[i];
	struct shunt_wire_hello h = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO),
		       .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_HELLO,
		       .core = o->first + i,
		       .bytes = sizeof(h),
		       .epoch = l->epoch },
		.nonce = l->nonce,
		.life = l->life,
		.process = l->process,
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(SHUNT_WIRE_PROTO),
				  .sll_ifindex = o->dev[i].ifindex };

	memcpy(h.w.to, o->nic, sizeof(h.w.to));
	memcpy(h.w.from, o->dev[i].mac, sizeof(h.w.from));
	h.proof = shunt_prove(&a->opts.host.key, &h);
	if (!c->again_ns)
		c->again_ns = AGAIN_NS;
	/* What is not sent is said again, like what is lost. */
	sendto(a->hello->sock, &h, sizeof(h), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	c->due_ns = a->now_ns + c->again_ns;
	c->again_ns = c->again_ns < AGAIN_MAX_NS / 2 ? 2 * c->again_ns : AGAIN_MAX_NS;
	if (!c->since_ns)
		c->since_ns = a->now_ns;
}

/* The epoch after the one that is known of: the nonce last, for without it there is none. */
static void begin_epoch(struct shunt_wire_link *l, __u32 present, __u32 life)
{
	poke(l->nonce, 0);
	l->cookie = 0;
	l->epoch = present + 1;
	l->life = life;
	__atomic_store_n(&l->nonce, random_word(), __ATOMIC_RELEASE);
}

static void begin_asking(struct agent *a, __u32 i)
{
	struct asking *c = &a->hello->core[i];

	c->again_ns = AGAIN_NS;
	say_hello(a, i);
}

void hello_up(struct agent *a, __u32 core)
{
	struct shunt_wire_link *l;

	if (!a->hello || core >= a->opts.host.ndevs)
		return;
	l = &a->hello->link[core];
	if (l->nonce) { /* it was there: is the NIC, too? At the next tick, however often a worker
			   says this. */
		a->hello->core[core].wanted = true;
		return;
	}
	begin_epoch(l, l->epoch, l->life);
	begin_asking(a, core);
}

void hello_tick(struct agent *a)
{
	for (__u32 i = 0; a->hello && i < a->opts.host.ndevs; i++) {
		struct asking *c = &a->hello->core[i];
		const struct shunt_wire_link *l = &a->hello->link[i];
		__u32 asked = peek(a->hello->epoch[i].ask);

		c->wanted |= asked != c->asked;
		c->asked = asked;
		if (!l->nonce || (l->cookie && !c->wanted))
			continue;
		if (a->now_ns >= c->due_ns)
			say_hello(a, i);
		if (c->told || !c->since_ns || a->now_ns - c->since_ns < TELL_NS)
			continue;
		c->told = true;
		say(LOG_WARNING,
		    "no answer from the NIC for '%s', its core %u: is shunt loaded there, with "
		    "version %u of the wire, is --nic its MAC, and --key the key that it has for "
		    "the host of this core?",
		    a->opts.host.dev[i].name, a->opts.host.first + i, SHUNT_WIRE);
	}
}

/* --- what is heard ---------------------------------------------------------------------------- */

static void answered(struct agent *a, __u32 i)
{
	struct asking *c = &a->hello->core[i];

	c->again_ns = AGAIN_NS;
	c->since_ns = 0;
}

static void hand_over(struct shunt_wire_epoch *e, const struct shunt_wire_welcome *w)
{
	__u32 seq = peek(e->offer_seq) | 1; /* an agent that died has left it odd */

	__atomic_store_n(&e->offer_seq, seq, __ATOMIC_SEQ_CST); /* before what follows … */
	e->offer_cookie = w->w.cookie;
	e->offer_epoch = w->w.epoch;
	e->life = w->life;
	e->credit = w->credit;
	poke(e->k, w->k);
	__atomic_store_n(&e->offer_seq, seq + 1, __ATOMIC_RELEASE); /* … and after it */
}

/* The NIC has begun an epoch for a HELLO that we said before the process got another number, and
 * that was late. It knows that process now, and the other cores' tokens no more: they follow. */
static void follow(struct agent *a, __u64 process)
{
	struct shunt_wire_link *l = a->hello->link;

	for (__u32 k = 0; k < SHUNT_CORES; k++) {
		bool stale = l[k].process != process && l[k].cookie;

		l[k].process = process;
		if (!stale || k >= a->opts.host.ndevs)
			continue;
		begin_epoch(&l[k], l[k].epoch, l[k].life);
		begin_asking(a, k);
	}
}

static void hear_welcome(struct agent *a, __u32 i, const struct shunt_wire_welcome *w)
{
	struct shunt_wire_link *l = &a->hello->link[i];
	struct shunt_wire_epoch *e = &a->hello->epoch[i];
	struct asking *c = &a->hello->core[i];
	bool other = w->process != l->process;

	if (w->w.epoch != l->epoch || w->life != l->life || !w->w.cookie || (other && l->cookie))
		return;
	if (other)
		follow(a, w->process);
	answered(a, i);
	if (c->told)
		say(LOG_INFO, "the NIC answers for '%s'", a->opts.host.dev[i].name);
	c->wanted = c->told = false;
	if (peek(e->offer_cookie) != w->w.cookie || peek(e->offer_seq) & 1)
		hand_over(e, w);
	poke(e->k, w->k);
	l->cookie = w->w.cookie;
	poke(e->heard, e->heard + 1);
}

/* Has the NIC welcomed this process in that life? */
static bool was_welcomed(const struct agent *a, __u32 life)
{
	for (__u32 k = 0; k < a->opts.host.ndevs; k++) {
		if (a->hello->link[k].cookie && a->hello->link[k].life == life)
			return true;
	}
	return false;
}

/* The number after the NIC's present one; all cores of the process have the same. */
static bool renumber(struct agent *a, __u64 present, __u32 life)
{
	struct shunt_wire_link *l = a->hello->link;
	__u32 next = SHUNT_WIRE_NUMBER(present) + 1;

	if (l->process == present || SHUNT_WIRE_NUMBER(l->process) == next)
		return true;
	if (was_welcomed(a, life))
		return false;
	for (__u32 k = 0; k < SHUNT_CORES; k++)
		l[k].process = SHUNT_WIRE_PROCESS(next, l[k].process);
	return true;
}

static void tell(struct agent *a, __u32 i, const char *what)
{
	if (!a->hello->core[i].told)
		say(LOG_WARNING, "the NIC refuses '%s', as its core %u: %s",
		    a->opts.host.dev[i].name, a->opts.host.first + i, what);
	a->hello->core[i].told = true;
}

static void hear_refuse(struct agent *a, __u32 i, const struct shunt_wire_refuse *r)
{
	struct shunt_wire_link *l = &a->hello->link[i];

	answered(a, i);
	if (r->reason == SHUNT_WIRE_NO_CORE) {
		tell(a, i,
		     "it has another MAC address there; see 'wire: cores' on the NIC, --first and "
		     "the order of --dev here");
	} else if (r->reason == SHUNT_WIRE_OLDER && !renumber(a, r->process, r->life)) {
		tell(a, i,
		     "another shuntd speaks for the same host number: give each a number and a key "
		     "of its own");
	} else if (r->reason == SHUNT_WIRE_OLDER) {
		begin_epoch(l, r->w.epoch, r->life);
		begin_asking(a, i);
	}
}

/* Of another version: it can't be proved, so it is told and nothing else. */
static void hear_stranger(struct agent *a, __u32 i, const struct shunt_wire *w)
{
	char what[80];

	if (w->type != SHUNT_WIRE_REFUSE)
		return;
	snprintf(what, sizeof(what),
		 "it speaks version %u of the wire, and this shuntd version %u: use one",
		 w->version, SHUNT_WIRE);
	tell(a, i, what);
}

static int core_of(const struct agent *a, int ifindex)
{
	for (__u32 i = 0; i < a->opts.host.ndevs; i++) {
		if ((int)a->opts.host.dev[i].ifindex == ifindex)
			return i;
	}
	return -1;
}

void hello_take(struct agent *a, const void *frame, size_t len, int ifindex)
{
	const struct shunt_wire_refuse *r = frame; /* WELCOME begins and ends like it */
	int i = core_of(a, ifindex);
	const struct shunt_wire_link *l = i < 0 ? NULL : &a->hello->link[i];

	if (!l || len < SHUNT_WIRE_MIN || !l->nonce || r->nonce != l->nonce ||
	    r->w.core != a->opts.host.first + i || memcmp(r->w.from, a->opts.host.nic, 6) ||
	    memcmp(r->w.to, a->opts.host.dev[i].mac, 6))
		return;
	if (r->w.version != SHUNT_WIRE) {
		hear_stranger(a, i, &r->w);
		return;
	}
	if (len < sizeof(*r) || r->proof != shunt_prove(&a->opts.host.key, frame))
		return;
	if (r->w.type == SHUNT_WIRE_WELCOME)
		hear_welcome(a, i, frame);
	else if (r->w.type == SHUNT_WIRE_REFUSE)
		hear_refuse(a, i, r);
}

void hello_hear(struct agent *a)
{
	__u64 frame[16];
	struct sockaddr_ll from;

	for (int i = 0; i < BURST; i++) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(a->hello->sock, frame, sizeof(frame), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &size);

		if (n < 0)
			return;
		hello_take(a, frame, n, from.sll_ifindex);
	}
}

/* --- beginning and end ------------------------------------------------------------------------ */

void hello_forget(struct agent *a)
{
	struct hello *h = a->hello;
	__u64 process =
		SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(h->link[0].process) + 1, random_word());

	for (__u32 i = 0; i < SHUNT_CORES; i++) {
		poke(h->link[i].nonce, 0);
		h->link[i].cookie = 0;
		h->link[i].process = process;
		memset(&h->epoch[i], 0, sizeof(h->epoch[i]));
	}
	memset(h->core, 0, sizeof(h->core));
}

int hello_fd(const struct agent *a)
{
	return a->hello ? a->hello->sock : -1;
}

int hello_begin(struct agent *a, int link, int epochs, char *why, size_t len)
{
	struct hello *h = calloc(1, sizeof(*h));
	int err = h ? 0 : -ENOMEM;

	if (err) {
		snprintf(why, len, "out of memory");
		return err;
	}
	h->link = shunt_map_mmap(link, SHUNT_CORES * sizeof(*h->link), true);
	h->epoch = shunt_map_mmap(epochs, SHUNT_CORES * sizeof(*h->epoch), true);
	h->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(SHUNT_WIRE_PROTO));
	a->hello = h;
	if (h->link && h->epoch && h->sock >= 0)
		return 0;
	err = -errno;
	snprintf(why, len, "cannot speak to the NIC: %s", strerror(-err));
	hello_end(a);
	return err;
}

static void unmap(void *at, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (at)
		munmap(at, (len + page - 1) & ~(page - 1));
}

void hello_end(struct agent *a)
{
	struct hello *h = a->hello;

	if (!h)
		return;
	unmap(h->link, SHUNT_CORES * sizeof(*h->link));
	unmap(h->epoch, SHUNT_CORES * sizeof(*h->epoch));
	if (h->sock >= 0)
		close(h->sock);
	free(h);
	a->hello = NULL;
}
