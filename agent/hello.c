// SPDX-License-Identifier: BSD-2-Clause
/*
 * hello.c - HELLOs that shuntd sends to the NIC for the cores of its host, and the answers to them
 *
 * The NIC counts epochs and processes. An answer is believed if it has the nonce of the HELLO and a
 * proof of the key. HELLO and epoch are in the map "wire_link",
 * which outlives the agent: the next agent goes on from there.
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
#include "peek.h"
#include "pins.h"

#define AGAIN_NS 10000000ULL      /* a HELLO without an answer is repeated after this time, */
#define AGAIN_MAX_NS 160000000ULL /* which is doubled each time, up to this */
#define TELL_NS 3000000000ULL     /* without an answer for so long, the operator is told */
#define BURST 64                  /* frames before the rest of the agent has its turn */

/* The HELLOs of a core, forgotten with the agent. */
struct asking {
	bool wanted;    /* an answer, though an epoch was given: is the NIC there? */
	__u32 asked;    /* the worker's count, as last seen */
	__u64 due_ns;   /* the next HELLO, unless an answer comes */
	__u64 again_ns; /* and how long after that one the next is due */
	__u64 since_ns; /* of the first HELLO without an answer; 0: all were answered */
	bool told;      /* the operator knows that something is wrong */
};

struct hello {
	const struct host_opts *o;
	__u64 now_ns; /* the time, by the last caller */
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

static void say_hello(struct hello *h, __u32 i)
{
	const struct host_opts *o = h->o;
	const struct shunt_wire_link *l = &h->link[i];
	struct asking *c = &h->core[i];
	struct shunt_wire_hello m = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO),
		       .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_HELLO,
		       .core = o->first + i,
		       .bytes = sizeof(m),
		       .epoch = l->epoch },
		.nonce = l->nonce,
		.actors = o->actors,
		.life = l->life,
		.process = l->process,
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(SHUNT_WIRE_PROTO),
				  .sll_ifindex = o->dev[i].ifindex };

	memcpy(m.w.to, o->nic, sizeof(m.w.to));
	memcpy(m.w.from, o->dev[i].mac, sizeof(m.w.from));
	m.proof = shunt_prove(&o->key, &m);
	if (!c->again_ns)
		c->again_ns = AGAIN_NS;
	/* A message that cannot be sent is repeated later, like one that is lost. */
	sendto(h->sock, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	c->due_ns = h->now_ns + c->again_ns;
	c->again_ns = c->again_ns < AGAIN_MAX_NS / 2 ? 2 * c->again_ns : AGAIN_MAX_NS;
	if (!c->since_ns)
		c->since_ns = h->now_ns;
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

static void begin_asking(struct hello *h, __u32 i)
{
	struct asking *c = &h->core[i];

	c->again_ns = AGAIN_NS;
	say_hello(h, i);
}

void hello_up(struct hello *h, __u32 core, __u64 now_ns)
{
	struct shunt_wire_link *l;

	h->now_ns = now_ns;
	if (core >= h->o->ndevs)
		return;
	l = &h->link[core];
	if (l->nonce) { /* it was there: is the NIC, too? At the next tick, however often a worker
			   says this. */
		h->core[core].wanted = true;
		return;
	}
	begin_epoch(l, l->epoch, l->life);
	begin_asking(h, core);
}

void hello_tick(struct hello *h, __u64 now_ns)
{
	h->now_ns = now_ns;
	for (__u32 i = 0; i < h->o->ndevs; i++) {
		struct asking *c = &h->core[i];
		const struct shunt_wire_link *l = &h->link[i];
		__u32 asked = peek(h->epoch[i].ask);

		c->wanted |= asked != c->asked;
		c->asked = asked;
		if (!l->nonce || (l->cookie && !c->wanted))
			continue;
		if (h->now_ns >= c->due_ns)
			say_hello(h, i);
		if (c->told || !c->since_ns || h->now_ns - c->since_ns < TELL_NS)
			continue;
		c->told = true;
		log_say(LOG_WARNING,
			"no answer from the NIC for '%s', its core %u: does it have a core of that "
			"number ('shunt wire' there shows all; --first and the order of --dev "
			"here), is shunt loaded there, with version %u of the wire, is --nic its "
			"MAC, and --key the key that it has for the host of this core?",
			h->o->dev[i].name, h->o->first + i, SHUNT_WIRE);
	}
}

bool hello_goes_on(const struct hello *h)
{
	for (__u32 i = 0; i < h->o->ndevs; i++) {
		if (h->link[i].nonce && (!h->link[i].cookie || h->core[i].wanted))
			return true;
	}
	return false;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static void answered(struct hello *h, __u32 i)
{
	struct asking *c = &h->core[i];

	c->again_ns = AGAIN_NS;
	c->since_ns = 0;
}

static void hand_over(struct shunt_wire_epoch *e, const struct shunt_wire_welcome *w)
{
	__u32 seq = peek(e->offer_seq) | 1; /* an agent that died has left it odd */

	__atomic_store_n(&e->offer_seq, seq, __ATOMIC_SEQ_CST); /* before the fields below */
	e->offer_cookie = w->w.cookie;
	e->offer_epoch = w->w.epoch;
	e->life = w->life;
	e->credit = w->credit;
	poke(e->k, w->k);
	__atomic_store_n(&e->offer_seq, seq + 1, __ATOMIC_RELEASE); /* after the fields above */
}

/* The NIC has begun an epoch for a late HELLO, said before the process got another number. The
 * NIC knows that number now, and not the other cores' tokens: so the other cores say HELLO anew. */
static void follow(struct hello *h, __u64 process)
{
	struct shunt_wire_link *l = h->link;

	for (__u32 k = 0; k < SHUNT_CORES; k++) {
		bool stale = l[k].process != process && l[k].cookie;

		l[k].process = process;
		if (!stale || k >= h->o->ndevs)
			continue;
		begin_epoch(&l[k], l[k].epoch, l[k].life);
		begin_asking(h, k);
	}
}

static void hear_welcome(struct hello *h, __u32 i, const struct shunt_wire_welcome *w)
{
	struct shunt_wire_link *l = &h->link[i];
	struct shunt_wire_epoch *e = &h->epoch[i];
	struct asking *c = &h->core[i];
	bool other = w->process != l->process;

	if (w->w.epoch != l->epoch || w->life != l->life || !w->w.cookie || (other && l->cookie))
		return;
	if (other)
		follow(h, w->process);
	answered(h, i);
	if (c->told)
		log_say(LOG_INFO, "the NIC answers for '%s'", h->o->dev[i].name);
	c->wanted = c->told = false;
	if (peek(e->offer_cookie) != w->w.cookie || peek(e->offer_seq) & 1)
		hand_over(e, w);
	poke(e->k, w->k);
	l->cookie = w->w.cookie;
	poke(e->heard, e->heard + 1);
}

/* Has the NIC welcomed this process in that life? */
static bool was_welcomed(const struct hello *h, __u32 life)
{
	for (__u32 k = 0; k < h->o->ndevs; k++) {
		if (h->link[k].cookie && h->link[k].life == life)
			return true;
	}
	return false;
}

/* The number after the NIC's present one; all cores of the process have the same. */
static bool renumber(struct hello *h, __u64 present, __u32 life)
{
	struct shunt_wire_link *l = h->link;
	__u32 next = SHUNT_WIRE_NUMBER(present) + 1;

	if (l->process == present || SHUNT_WIRE_NUMBER(l->process) == next)
		return true;
	if (was_welcomed(h, life))
		return false;
	for (__u32 k = 0; k < SHUNT_CORES; k++)
		l[k].process = SHUNT_WIRE_PROCESS(next, l[k].process);
	return true;
}

static void tell(struct hello *h, __u32 i, const char *what)
{
	if (!h->core[i].told)
		log_say(LOG_WARNING, "the NIC refuses '%s', as its core %u: %s",
			h->o->dev[i].name, h->o->first + i, what);
	h->core[i].told = true;
}

static void hear_refuse(struct hello *h, __u32 i, const struct shunt_wire_refuse *r)
{
	struct shunt_wire_link *l = &h->link[i];

	answered(h, i);
	if (r->reason == SHUNT_WIRE_NO_CORE) {
		tell(h, i,
		     "it has another MAC address there; see 'wire: cores' on the NIC, --first and "
		     "the order of --dev here");
	} else if (r->reason == SHUNT_WIRE_ACTORS) {
		tell(h, i,
		     "it has other actors than the file of --actors here: put there what 'shunt "
		     "actor rows' on the NIC prints, and restart this shuntd");
	} else if (r->reason == SHUNT_WIRE_OLDER && !renumber(h, r->process, r->life)) {
		tell(h, i,
		     "another shuntd speaks for the same host number: give each a number and a key "
		     "of its own");
	} else if (r->reason == SHUNT_WIRE_OLDER) {
		begin_epoch(l, r->w.epoch, r->life);
		begin_asking(h, i);
	}
}

/* A frame of another version: its proof cannot be checked,
 * so the operator is told and nothing else is done. */
static void hear_stranger(struct hello *h, __u32 i, const struct shunt_wire *w)
{
	char what[80];

	if (w->type != SHUNT_WIRE_REFUSE)
		return;
	snprintf(what, sizeof(what),
		 "it speaks version %u of the wire, and this shuntd version %u: use one",
		 w->version, SHUNT_WIRE);
	tell(h, i, what);
}

static int core_of(const struct hello *h, int ifindex)
{
	for (__u32 i = 0; i < h->o->ndevs; i++) {
		if ((int)h->o->dev[i].ifindex == ifindex)
			return i;
	}
	return -1;
}

void hello_take(struct hello *h, const void *frame, size_t len, int ifindex, __u64 now_ns)
{
	const struct shunt_wire_refuse *r = frame; /* WELCOME begins and ends like it */
	int i = core_of(h, ifindex);
	const struct shunt_wire_link *l = i < 0 ? NULL : &h->link[i];

	h->now_ns = now_ns;
	if (!l || len < SHUNT_WIRE_MIN || !l->nonce || r->nonce != l->nonce ||
	    r->w.core != h->o->first + i || memcmp(r->w.from, h->o->nic, 6) ||
	    memcmp(r->w.to, h->o->dev[i].mac, 6))
		return;
	if (r->w.version != SHUNT_WIRE) {
		hear_stranger(h, i, &r->w);
		return;
	}
	if (len < sizeof(*r) || r->proof != shunt_prove(&h->o->key, frame))
		return;
	if (r->w.type == SHUNT_WIRE_WELCOME)
		hear_welcome(h, i, frame);
	else if (r->w.type == SHUNT_WIRE_REFUSE)
		hear_refuse(h, i, r);
}

void hello_hear(struct hello *h, __u64 now_ns)
{
	__u64 frame[16];
	struct sockaddr_ll from;

	for (int i = 0; i < BURST; i++) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(h->sock, frame, sizeof(frame), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &size);

		if (n < 0)
			return;
		hello_take(h, frame, n, from.sll_ifindex, now_ns);
	}
}

/* --- beginning and end ------------------------------------------------------------------------ */

void hello_forget(struct hello *h)
{
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

int hello_fd(const struct hello *h)
{
	return h->sock;
}

struct hello *hello_begin(const struct host_opts *o, int link, int epochs, struct why *why)
{
	struct hello *h = calloc(1, sizeof(*h));

	if (!h) {
		why_fail(why, -ENOMEM, "out of memory");
		return NULL;
	}
	h->o = o;
	h->link = shunt_map_mmap(link, SHUNT_CORES * sizeof(*h->link), true);
	h->epoch = shunt_map_mmap(epochs, SHUNT_CORES * sizeof(*h->epoch), true);
	h->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(SHUNT_WIRE_PROTO));
	if (h->link && h->epoch && h->sock >= 0)
		return h;
	why_fail(why, -errno, "cannot speak to the NIC: %s", strerror(errno));
	hello_end(h);
	return NULL;
}

static void unmap(void *at, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (at)
		munmap(at, (len + page - 1) & ~(page - 1));
}

void hello_end(struct hello *h)
{
	if (!h)
		return;
	unmap(h->link, SHUNT_CORES * sizeof(*h->link));
	unmap(h->epoch, SHUNT_CORES * sizeof(*h->epoch));
	if (h->sock >= 0)
		close(h->sock);
	free(h);
}
