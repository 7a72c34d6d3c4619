// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_world.c - a domain in plain memory: its rings, its processes, and requests that arrive
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "hostlib/actors.h"
#include "ledger_inside.h"
#include "lib/ledger_frames.h"

#define CHUNK 256
#define TX_RING 16
#define FILL_RING 128
#define ARENA (1 << 19)
#define STACK (64 << 10)
#define REQUESTS 4096 /* more than there can be at once */

struct rings world;
uint64_t world_arrived[CLASSES];
uint64_t world_posted[POSTED];
unsigned int world_nposted;
struct shunt world_proc[SHUNT_WORKERS];
unsigned int world_nproc;
uint8_t world_slot_of[CORES];
uint64_t *world_sent; /* in the arena */
struct region world_region[REGIONS];

/* The memory that survives the worker: shared, so a process may be forked and killed on it. */
static char *arena;
static size_t used;
static uint64_t next_id;
static struct world_request request[REQUESTS]; /* by number, modulo how many there are */
static struct ctx_pool pool;
static struct shunt_actor_core *counts; /* of the one actor, in the arena; a line a core */
static struct actors actors;

const struct world_request *world_request(uint64_t id)
{
	return &request[id % REQUESTS];
}

const struct shunt_meta *world_meta(uint64_t addr)
{
	return (const struct shunt_meta *)(world.memory + addr - sizeof(struct shunt_meta));
}

bool world_is_reply(const struct xdp_desc *d)
{
	return d->len == PAYLOAD + REPLY;
}

unsigned int world_processes(void)
{
	return world_nproc;
}

struct core *world_core(unsigned int i)
{
	return &world_proc[world_slot_of[i]].core[i];
}

static void *take(size_t len)
{
	char *at = arena + used;

	used += (len + SHUNT_LINE - 1) & ~(size_t)(SHUNT_LINE - 1);
	assert_true(used <= ARENA);
	return at;
}

static void make_ring(struct shunt_ring *r, uint32_t size, uint32_t at)
{
	char *map = take(192 + size * sizeof(struct xdp_desc));

	*r = (struct shunt_ring){ .prod = (uint32_t *)map,
				  .cons = (uint32_t *)(map + 64),
				  .flags = (uint32_t *)(map + 128),
				  .desc = (struct xdp_desc *)(map + 192),
				  .mask = size - 1 };
	*r->prod = *r->cons = at;
}

static void make_core(struct shunt *s, unsigned int i)
{
	s->core[i] = (struct core){ .s = s,
				    .id = i,
				    .sock = SOCK + i,
				    .rx = world.rx[i],
				    .tx = world.tx[i],
				    .tx_prod = *world.tx[i].prod,
				    .line = &s->view->core[i],
				    .run = &s->view->core[i].run,
				    .fill = &s->fill[0],
				    .comp = &s->comp[0],
				    .fill_lock = &s->ctl->fill_lock[0].holder,
				    .list = &s->ctl->free[i] };
}

/* A life's own memory, as it is when the worker has attached. */
static void add_region(unsigned int i, void *at, size_t len, bool state)
{
	struct region *r = &world_region[i];

	*r = (struct region){ at, realloc(r->saved, len), realloc(r->tried, len), len, state };
	assert_true(r->saved && r->tried);
}

static void make_rings(unsigned int ncores, uint32_t at)
{
	make_ring(&world.fill[0], FILL_RING, at);
	make_ring(&world.comp[0], FILL_RING, at);
	for (unsigned int i = 0; i < ncores; i++) {
		make_ring(&world.rx[i], RING, at);
		make_ring(&world.tx[i], TX_RING, at);
		*world.tx[i].flags = XDP_RING_NEED_WAKEUP;
	}
	for (int i = 0; i < CLASSES; i++)
		make_ring(&world.rx[HOLD(i)], RING, at);
}

/* What the agent does for the next worker: some frames are its own, all others the kernel's. */
static void share_frames(void)
{
	uint32_t spare = world.geo.ncores * SHUNT_SPARE;

	for (uint32_t i = 0; i < spare; i++)
		ledger_list(&world, &LEDGER_ALL_DEAD, i / SHUNT_SPARE, i);
	for (uint32_t i = spare; i < NFRAMES; i++) {
		world.fill[0].addr[*world.fill[0].prod & world.fill[0].mask] = i * CHUNK;
		++*world.fill[0].prod;
	}
}

/* The process in that slot, as it is when it has attached. */
static void make_process(unsigned int slot)
{
	struct shunt *s = &world_proc[slot];
	unsigned int ncores = world.geo.ncores;

	*s = (struct shunt){ .geo = world.geo,
			     .slot = slot,
			     .ncores = ncores,
			     .nhold = CLASSES,
			     .link = -1, .transport = &transport_shared,
			     .wake = -1,
			     .actors = &actors,
			     .memory = world.memory, .ctl = world.ctl, .view = world.view };
	s->fill[0] = world.fill[0];
	s->comp[0] = world.comp[0];
	memcpy(s->hold, &world.rx[SHUNT_HOLD_SLOT], sizeof(s->hold));
	s->core = aligned_alloc(SHUNT_LINE, ncores * sizeof(*s->core));
	for (unsigned int i = 0; i < ncores; i++)
		make_core(s, i);
	assert_int_equal(park_init(s), 0);
	add_region(PROCESS_REGION + 2 * slot, s->core, ncores * sizeof(*s->core), true);
	add_region(PROCESS_REGION + 2 * slot + 1, s->items,
		   (ncores * (1 + ITEMS_KEPT) + SHUNT_PARKED) * sizeof(*s->items), true);
}

void world_start_core(unsigned int i)
{
	world.view->core[i].run.slot = world_slot_of[i];
	world_core(i)->tx_prod = ring_prod(&world.tx[i]);
	frames_adopt(world_core(i));
}

static void make_memory(unsigned int ncores, uint32_t at)
{
	world = (struct rings){ .geo = { .nframes = NFRAMES,
					 .chunk = CHUNK,
					 .core_ring = RING,
					 .hold_ring = RING,
					 .fill_ring = FILL_RING,
					 .ncores = ncores,
					 .nclasses = CLASSES } };
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(arena, MAP_FAILED);
	used = 0;
	world.memory = take(shunt_memory_len(&world.geo));
	world.ctl = shunt_ctl_of(world.memory, &world.geo);
	world_sent = take(CLASSES * sizeof(*world_sent));
	counts = take(ncores * sizeof(*counts));
	actors = (struct actors){ .count = counts, .n = 1, .cores = ncores };
	world.actors = counts;
	world.nactors = 1;
	world.view = (struct shunt_view *)(arena + ARENA / 2);
	make_rings(ncores, at);
	assert_true(used <= ARENA / 2 && sizeof(*world.view) <= ARENA / 2);
	world.view->parked_max = SHUNT_PARKED;
	world.view->serve_from_ns = ~0ULL; /* all are too old for who looks (x) */
}

void world_make(unsigned int ncores, const char *slots, uint32_t at)
{
	make_memory(ncores, at);
	memset(world_arrived, 0, sizeof(world_arrived));
	world_reclaimed = (struct verdict){ 0 };
	next_id = 1;
	world_nposted = 0;
	world_nproc = 1;
	for (unsigned int i = 0; i < ncores; i++) {
		world_slot_of[i] = slots ? slots[i] - '0' : 0;
		world_nproc = world_slot_of[i] ? 2 : world_nproc;
	}
	assert_int_equal(ctx_pool_init(&pool, CORES, STACK), 0);
	for (int i = 0; i < CORES; i++)
		world_actor[i] =
			(struct actor){ .ctx = ctx_get(&pool), .script = "", .done = true };
	share_frames();
	for (unsigned int k = 0; k < world_nproc; k++)
		make_process(k);
	for (unsigned int i = 0; i < ncores; i++)
		world_start_core(i);
	add_region(FRAMES_REGION, world.memory, shunt_frames_len(&world.geo), false);
	add_region(RINGS_REGION, arena + shunt_frames_len(&world.geo),
		   used - shunt_frames_len(&world.geo), true);
	add_region(VIEW_REGION, world.view, offsetof(struct shunt_view, core[ncores]), true);
	world_save();
}

void world_remove(void)
{
	ctx_pool_free(&pool);
	for (unsigned int k = 0; k < world_nproc; k++) {
		park_free(&world_proc[k]);
		free(world_proc[k].core);
	}
	munmap(arena, ARENA);
}

static uint64_t next_filled(void)
{
	struct shunt_ring *fill = &world.fill[0];
	uint64_t addr = fill->addr[*fill->cons & fill->mask];

	ring_set_cons(fill, *fill->cons + 1);
	return addr;
}

void world_post(void)
{
	while (world_nposted < POSTED && ring_count(&world.fill[0]))
		world_posted[world_nposted++] = next_filled();
}

bool world_arrive(uint32_t slot, uint32_t cls)
{
	struct shunt_ring *r = &world.rx[slot];
	struct shunt_meta *m;
	uint64_t addr;

	if (ring_count(r) > r->mask || !(world_nposted || ring_count(&world.fill[0])))
		return false;
	addr = (world_nposted ? world_posted[--world_nposted] : next_filled()) + 64;
	m = (struct shunt_meta *)(world.memory + addr - sizeof(*m));
	request[next_id % REQUESTS].slot = slot;
	request[next_id % REQUESTS].cls = cls;
	*m = (struct shunt_meta){ .id = next_id++,
				  .arrival_ns = 1,
				  .hold_seq = *r->prod,
				  .payload = PAYLOAD,
				  .len = 18,
				  .cls = cls,
				  .actor = cls == ACTOR_CLASS ? SHUNT_ACTOR_ID(1, 0) : 0,
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
	world_arrived[cls]++;
	return true;
}
