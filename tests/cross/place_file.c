// SPDX-License-Identifier: BSD-2-Clause
/*
 * place_file.c - writes a place's memory, or reads one that another processor wrote
 *
 * place_file make FILE N: an actor with N objects in a list, a timer, and a sum.
 * place_file check FILE N: all of that is there; then as many objects more, freed ones used again.
 *
 * Says what it found on stdout.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostlib/actor/place.h"

struct list {
	uint64_t sum, n;
	double mean;
	uint32_t root;
	uint16_t odd;
	char text[6];
};

struct node {
	uint64_t value;
	uint32_t next;
	uint32_t pad;
};

static struct place *p;
static uint32_t wanted;
static int failed;

static void grow(struct shunt_actor *self, uint32_t n)
{
	struct list *l = shunt_actor_state(self);

	for (uint32_t i = 0; i < n; i++) {
		shunt_object id = shunt_object_alloc(self, sizeof(struct node));
		struct node *at = shunt_object_at(self, id, sizeof(*at));

		if (!at) {
			failed = 1;
			return;
		}
		*at = (struct node){ .value = l->n * 0x9e3779b97f4a7c15, .next = l->root };
		l->root = id;
		l->sum += at->value;
		l->mean = (double)l->sum / ++l->n;
	}
}

static void check(struct shunt_actor *self)
{
	const struct list *l = shunt_actor_state(self);
	uint64_t sum = 0, n = 0;

	for (shunt_object id = l->root; id; n++) {
		const struct node *at = shunt_object_at(self, id, sizeof(*at));

		if (!at)
			break;
		sum += at->value;
		id = at->next;
	}
	printf("%" PRIu64 " objects, sum %016" PRIx64 ", mean %a, %u %s, timers %u\n", n, sum,
	       l->mean, l->odd, l->text, self->region->timer[0].due_ns != 0);
	failed |= n != l->n || sum != l->sum || l->odd != 0xabcd;
}

/* Kind 1: make; 2: check, and go on. */
static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct list *l = shunt_actor_state(self);

	if (m->kind == 2)
		check(self);
	l->odd = 0xabcd;
	memcpy(l->text, "hello", 6);
	if (m->kind == 1)
		failed |= !!shunt_tell_after(self, 3600000000000, 3, 4);
	shunt_object_free(self, shunt_object_alloc(self, 100));
	grow(self, wanted);
	return 0;
}

static const struct shunt_actor_kind kind = {
	.name = "list", .version = 1, .state = sizeof(struct list), .memory = 8 << 20,
	.handle = handle,
};
static const struct shunt_actor_kind *const kinds[] = { &kind, NULL };

int main(int argc, char **argv)
{
	struct shunt_actor_opts opts = { .memory = argv[2], .size = 16 << 20, .kinds = kinds };
	uint32_t id = 0;
	int err, makes = argc == 4 && !strcmp(argv[1], "make");

	if (argc != 4)
		return 2;
	wanted = strtoul(argv[3], NULL, 10);
	err = place_open(&p, &opts);
	if (!err && makes)
		err = place_make(p, "list", "a", NULL, 0, &id);
	if (!err && !makes)
		id = place_find(p, "a");
	if (!err)
		err = place_tell(p, id, 0, makes ? 1 : 2, NULL, 0, 0);
	if (err) {
		fprintf(stderr, "place_file: %s\n", strerror(-err));
		return 1;
	}
	while (!place_turn(p, 0))
		;
	place_close(p);
	return failed;
}
