// SPDX-License-Identifier: BSD-2-Clause
/* counter.c - actors that count. A request of eight bytes adds its last four, a shorter one only
 * asks; the reply is the sum, and how often something was added. All of it is told to the actor
 * "total". */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <shunt/actor.h>

struct count {
	uint64_t sum, requests;
};

static void stop(int sig)
{
	shunt_actor_stop();
}

static void notice(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static void add(struct count *c, uint32_t n)
{
	c->sum += n;
	c->requests++;
}

static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct count *c = shunt_actor_state(self);
	static _Atomic uint32_t total; /* of all counters, which run on any core */
	uint32_t n = 0;

	memcpy(&n, (char *)m->data + (m->req ? 4 : 0), m->len >= (m->req ? 8 : 4) ? 4 : 0);
	if (!m->req) {
		add(c, n);
		return 0;
	}
	if (m->req->room < sizeof(*c))
		return SHUNT_NO_REPLY;
	if (!total)
		total = shunt_actor_find("total");
	if (m->len >= 8) {
		if (total && shunt_tell(self, total, 1, &n, sizeof(n)) == -EAGAIN)
			return SHUNT_LATER;      /* nothing has been counted yet */
		add(c, n);
	}
	memcpy(m->data, c, sizeof(*c));
	return sizeof(*c);
}

int main(int argc, char **argv)
{
	static const struct shunt_actor_kind counter = {
		.name = "counter", .version = 1, .state = sizeof(struct count),
		.flags = SHUNT_ACTOR_KEEP, .handle = handle,
	};
	static const struct shunt_actor_kind *const kinds[] = { &counter, NULL };
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1] };
	struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker, .kinds = kinds,
					 .memory = argc == 3 ? argv[2] : NULL, .notice = notice };

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: %s INTERFACE [FILE of the state]\n", argv[0]);
		return 2;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (!shunt_actor_serve(&opts))
		return 0;
	fprintf(stderr, "%s: %s\n", argv[0], shunt_actor_error());
	return 1;
}
