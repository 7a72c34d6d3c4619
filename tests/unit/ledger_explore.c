// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_explore.c - goes through all interleavings of the stores of a few cores
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger_explore.h"

#define DEPTH 600
#define VISITED (1u << 21)

static uint64_t *visited;
static unsigned long states;
static const struct scenario *now;
static unsigned int ncores;
static unsigned char path[DEPTH];

static bool is_new(uint64_t state)
{
	uint32_t at = state % VISITED;

	for (; visited[at]; at = (at + 1) % VISITED) {
		if (visited[at] == state)
			return false;
	}
	visited[at] = state;
	if (++states > VISITED / 2)
		fail_msg("too many states");
	return true;
}

static const char *stores_so_far(unsigned int depth)
{
	static char text[DEPTH + 32];
	int n = snprintf(text, sizeof(text), "after stores of cores ");

	for (unsigned int i = 0; i < depth; i++)
		text[n++] = '0' + path[i];
	text[n] = '\0';
	return text;
}

static void replay(unsigned int depth)
{
	world_restore();
	for (unsigned int i = 0; i < ncores; i++)
		core_begin(i, now->script[i]);
	for (unsigned int i = 0; i < depth; i++)
		core_step(path[i]);
}

/* From here on. The world is there already. */
static void go_through(unsigned int depth)
{
	bool there = true;

	if (!is_new(world_hash()))
		return;
	world_check(stores_so_far(depth));
	world_check_places(stores_so_far(depth));
	assert_true(depth < DEPTH);
	for (unsigned int i = 0; i < ncores; i++) {
		if (!there)
			replay(depth);
		there = core_done(i);
		if (there || !core_step(i))
			continue;
		path[depth] = i;
		go_through(depth + 1);
	}
}

void explore_at(const struct scenario *s, uint32_t at)
{
	now = s;
	ncores = 0;
	while (ncores < CORES && s->script[ncores])
		ncores++;
	world_make(ncores, s->slots, at);
	for (unsigned int i = 0; i < s->n; i++)
		assert_true(world_arrive(s->arrive[i].slot, s->arrive[i].cls));
	world_save();
	states = 0;
	memset(visited, 0, VISITED * sizeof(*visited));
	replay(0);
	go_through(0);
	print_message("# %lu states: %s %s %s\n", states, s->script[0],
		      s->script[1] ? s->script[1] : "", s->script[2] ? s->script[2] : "");
	world_remove();
}

void explore(const struct scenario *s)
{
	explore_at(s, 0);
	explore_at(s, ~0u);
}

int explore_set_up(void **state)
{
	visited = malloc(VISITED * sizeof(*visited));
	return !visited;
}

int explore_tear_down(void **state)
{
	free(visited);
	return 0;
}
