// SPDX-License-Identifier: BSD-2-Clause
/*
 * proto.c - requests and replies of the synthetic server and of a plain echo
 */
#include <errno.h>
#include <string.h>

#include "../spin.h"
#include "load.h"

/* spin_msg, then this; the server sends all of it back. Of a refusal the number's last byte, which
 * is always 0, may be lacking. */
struct spin_tail {
	uint64_t seq;
};

#define SPIN_SIZE (sizeof(struct spin_msg) + sizeof(struct spin_tail))

static int spin_setup(const struct options *o, struct why *why)
{
	const struct mix *m = &o->mix;

	for (int p = 0; p < m->phases; p++) {
		for (int i = 0; i < m->phase[p].kinds; i++) {
			const struct kind *k = &m->phase[p].kind[i];

			if (k->service.kind != DIST_NONE && k->service.mean_ns <= SPIN_MAX_NS)
				continue;
			return why_fail(why, -EINVAL,
					"class '%s' needs a service time, at most %u ms",
					m->name[k->cls], SPIN_MAX_NS / 1000000);
		}
	}
	return 0;
}

static size_t spin_build(const struct options *o, const struct request *r, uint8_t *to)
{
	struct spin_msg m = { .type = r->cls + 1, .replies = o->replies, .spin_ns = r->service_ns,
			      .sent_ns = r->due };
	struct spin_tail t = { r->seq };
	size_t size = o->size > SPIN_SIZE ? o->size : SPIN_SIZE;

	memset(to, 0, size);
	memcpy(to, &m, sizeof(m));
	memcpy(to + sizeof(m), &t, sizeof(t));
	return size;
}

static int spin_parse(const uint8_t *from, size_t len, struct answer *a)
{
	struct spin_msg m;
	struct spin_tail t = { 0 };

	if (len < SPIN_SIZE - 1)
		return -EINVAL;
	memcpy(&m, from, sizeof(m));
	memcpy(&t, from + sizeof(m), len < SPIN_SIZE ? sizeof(t) - 1 : sizeof(t));
	a->rejected = m.pad == SPIN_REFUSED;
	if (!m.type || m.type > MIX_CLASSES || m.spin_ns > SPIN_MAX_NS ||
	    (!a->rejected && (m.pad || len < SPIN_SIZE)))
		return -EINVAL;
	a->seq = t.seq;
	a->sojourn_ns = m.sojourn_ns;
	return 0;
}

struct echo_msg {
	uint8_t type; /* the class, where rules may look; as in spin_msg */
	uint8_t pad[7]; /* of a refusal the second and third are those of SPIN_REFUSED */
	uint64_t seq;
};

static int echo_setup(const struct options *o, struct why *why)
{
	return 0;
}

static size_t echo_build(const struct options *o, const struct request *r, uint8_t *to)
{
	struct echo_msg m = { .type = r->cls + 1, .seq = r->seq };
	size_t size = o->size > sizeof(m) ? o->size : sizeof(m);

	memset(to, 0, size);
	memcpy(to, &m, sizeof(m));
	return size;
}

static int echo_parse(const uint8_t *from, size_t len, struct answer *a)
{
	static const uint8_t pads[][sizeof(((struct echo_msg *)0)->pad)] = { { 0 },
									    { 0, 0xff, 0xff } };
	struct echo_msg m = { 0 };

	if (len < sizeof(m) - 1)
		return -EINVAL;
	memcpy(&m, from, len < sizeof(m) ? len : sizeof(m));
	a->rejected = !memcmp(m.pad, pads[1], sizeof(m.pad));
	if (!m.type || m.type > MIX_CLASSES ||
	    (!a->rejected && (memcmp(m.pad, pads[0], sizeof(m.pad)) || len < sizeof(m))))
		return -EINVAL;
	a->seq = m.seq;
	return 0;
}

const struct protocol proto_spin = {
	.name = "spin", .reply = "the request's own bytes, 32 or more",
	.seq_mask = ~0ULL, .setup = spin_setup, .build = spin_build, .parse = spin_parse,
};
const struct protocol proto_echo = {
	.name = "echo", .reply = "the request's own bytes, 16 or more",
	.seq_mask = ~0ULL, .setup = echo_setup, .build = echo_build, .parse = echo_parse,
};

const struct protocol *const protocols[] = { &proto_memcached, &proto_spin, &proto_echo, NULL };

const struct protocol *protocol_named(const char *name)
{
	for (int i = 0; protocols[i]; i++) {
		if (!strcmp(protocols[i]->name, name))
			return protocols[i];
	}
	return NULL;
}
