// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_death.c - deaths in the ledger's world, and going back to before
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ledger_inside.h"
#include "lib/ledger_frames.h"

struct verdict world_reclaimed;
unsigned int world_agent_steps;
jmp_buf world_agent_end;

/* --- going back ------------------------------------------------------------------------------ */

static struct park saved_park[SHUNT_WORKERS];

/* Of the memory that all share, and that of each process. */
static unsigned int regions(void)
{
	return PROCESS_REGION + 2 * world_nproc;
}

void world_save(void)
{
	for (unsigned int i = 0; i < regions(); i++)
		memcpy(world_region[i].saved, world_region[i].at, world_region[i].len);
	for (unsigned int k = 0; k < world_nproc; k++)
		memcpy(&saved_park[k], &world_proc[k].park, sizeof(struct park));
}

static void restore_process(unsigned int slot)
{
	for (int i = PROCESS_REGION + 2 * slot; i < PROCESS_REGION + 2 * (int)slot + 2; i++)
		memcpy(world_region[i].at, world_region[i].saved, world_region[i].len);
	memcpy(&world_proc[slot].park, &saved_park[slot], sizeof(struct park));
}

void world_restore(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(world_region[i].at, world_region[i].saved, world_region[i].len);
	for (unsigned int k = 0; k < world_nproc; k++)
		restore_process(k);
}

/* Stacks have places that the sanitizer forbids. */
__attribute__((no_sanitize("address"), no_sanitize("undefined"))) static uint64_t
hash(uint64_t h, const void *at, size_t len)
{
	const uint64_t *word = at;

	for (size_t i = 0; i < len / 8; i++) {
		h = (h ^ word[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	return h;
}

uint64_t world_hash(void)
{
	uint64_t h = 1;

	for (unsigned int k = 0; k < world_nproc; k++)
		h = hash(h, &world_proc[k].park, sizeof(struct park));
	for (unsigned int i = 0; i < regions(); i++) {
		if (world_region[i].state)
			h = hash(h, world_region[i].at, world_region[i].len);
	}
	for (int i = 0; i < CORES; i++) {
		const struct actor *a = &world_actor[i];

		h = hash(h + 1, &a->script, sizeof(a->script));
		if (!a->done) /* what the core has in mind */
			h = hash(h + 2, a->ctx->sp, a->ctx->top - (char *)a->ctx->sp);
	}
	return h;
}

/* --- deaths ---------------------------------------------------------------------------------- */

struct ledger_dead world_dead(unsigned int slot)
{
	struct ledger_dead d = { .slots = 1u << slot };

	for (unsigned int i = 0; i < world.geo.ncores; i++)
		d.cores |= (uint64_t)(world_slot_of[i] == slot) << i;
	return d;
}

static void add_verdict(const struct verdict *v)
{
	for (int cls = 0; cls < CLASSES; cls++) {
		world_reclaimed.lost[cls] += v->lost[cls];
		world_reclaimed.replied[cls] += v->replied[cls];
	}
	for (uint32_t i = 0; i < v->nactors; i++) {
		world_reclaimed.lost[ACTOR_SUMS] += !v->actor[i].replied;
		world_reclaimed.replied[ACTOR_SUMS] += v->actor[i].replied;
	}
}

/* An agent that dies in between is followed by one that does the step again. */
static void take_back(const struct ledger_dead *d)
{
	unsigned char seen[NFRAMES];

	if (setjmp(world_agent_end))
		return;
	assert_int_equal(ledger_take_back(&world, d, seen), 0);
	ledger_clear(&world, d);
}

bool world_reclaim(struct ledger_dead d, unsigned int steps)
{
	struct verdict v;

	if (ledger_settle(&world, &d))
		return false;
	ledger_read(&world, &d, &v);
	world_agent_steps = steps;
	take_back(&d);
	world_agent_steps = 0;
	take_back(&d);
	take_back(&d);
	add_verdict(&v);
	return true;
}

void world_try(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(world_region[i].tried, world_region[i].at, world_region[i].len);
}

void world_untry(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(world_region[i].at, world_region[i].tried, world_region[i].len);
}

/* The next process in that slot is there, and has the cores of the one before. */
static void come(unsigned int slot)
{
	restore_process(slot);
	for (unsigned int i = 0; i < world.geo.ncores; i++) {
		if (world_slot_of[i] != slot)
			continue;
		world_actor[i].done = true;
		world_start_core(i);
	}
}

bool world_death(unsigned int slot, unsigned int steps)
{
	if (!world_reclaim(world_nproc == 1 ? LEDGER_ALL_DEAD : world_dead(slot), steps))
		return false;
	come(slot);
	return true;
}

/* By the rings: the next worker's own, and the kernel's. */
static void share_out(void)
{
	uint32_t frame[NFRAMES], n = 0;
	struct harvest h = { .frame = frame };

	for (uint32_t i = 0; i < world.geo.ncores; i++)
		world_send(i);
	ring_set_cons(&world.comp[0], *world.comp[0].prod);
	world_find_frames(&h);
	for (uint32_t i = 0; i < world.geo.ncores; i++)
		world.ctl->free[i].n = 0;
	for (; n < h.n && n < world.geo.ncores * SHUNT_SPARE; n++)
		ledger_list(&world, &LEDGER_ALL_DEAD, n / SHUNT_SPARE, frame[n]);
	assert_int_equal(frames_give(&world, frame + n, h.n - n), 0);
}

void world_next_worker(void)
{
	assert_true(world_reclaim(LEDGER_ALL_DEAD, 0));
	share_out();
	for (unsigned int k = 0; k < world_nproc; k++)
		come(k);
}
