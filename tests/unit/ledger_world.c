// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_world.c - a domain in plain memory whose worker may die behind any store
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../hostlib/internal.h"
#include "agent/frames.h"
#include "ledger_world.h"

#define CHUNK 256
#define TX_RING 16
#define FILL_RING 128
#define ARENA (1 << 19)
#define STACK (64 << 10)
#define SOCK 1000 /* + core: what sendto() is called with */
#define REGIONS 5
#define REQUESTS 4096 /* more than there can be at once */

struct rings world;
uint64_t world_arrived[CLASSES];

static struct shunt s;
static char
	*arena; /* what survives the worker: shared, so a process may be forked and killed on it */
static size_t used;
uint64_t *world_sent; /* in the arena */
struct verdict world_buried;
static uint64_t next_id;
static struct world_request request[REQUESTS]; /* by number, modulo how many there are */

static struct actor {
	struct ctx *ctx;
	const char *script;
	bool done, blocked;
} actor[CORES];
static struct ctx_pool pool;
static struct ctx_home home;
static int current = -1;   /* the core that runs */
static unsigned int fatal; /* stores until this process is killed; 0: it is not */

/* What a life of the worker changes: of the first two all but the frames themselves decides what
 * comes next. */
static struct region {
	char *at, *saved;
	size_t len;
	bool state;
} region[REGIONS];

/* --- the library's surroundings -------------------------------------------------------------- */

void ledger_hook(void)
{
	if (fatal && !--fatal)
		kill(getpid(), SIGKILL);
	if (current >= 0)
		ctx_leave(actor[current].ctx);
}

/* Who waits for a lock of another core: that one must go on first. */
int sched_yield(void)
{
	if (current >= 0) {
		actor[current].blocked = true;
		ctx_leave(actor[current].ctx);
	}
	return 0;
}

const struct world_request *world_request(uint64_t id)
{
	return &request[id % REQUESTS];
}

const struct shunt_meta *world_meta(uint64_t addr)
{
	return (const struct shunt_meta *)(s.memory + addr - sizeof(struct shunt_meta));
}

/* The kernel sends all that is in a core's send ring. */
static void send_all(struct core *c)
{
	while (ring_count(&c->tx)) {
		uint64_t addr = c->tx.desc[*c->tx.cons & c->tx.mask].addr;

		world_sent[world_meta(addr)->cls]++;
		s.comp[0].addr[*s.comp[0].prod & s.comp[0].mask] = addr;
		ring_set_prod(&s.comp[0], *s.comp[0].prod + 1);
		ring_set_cons(&c->tx, *c->tx.cons + 1);
	}
}

ssize_t sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t tolen)
{
	send_all(&s.core[sock - SOCK]);
	return 0;
}

/* --- the domain ------------------------------------------------------------------------------ */

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

static void make_core(unsigned int i, uint32_t at)
{
	struct core *c = &s.core[i];

	*c = (struct core){ .s = &s,
			    .id = i,
			    .sock = SOCK + i,
			    .line = &s.view->core[i],
			    .run = &s.view->core[i].run,
			    .fill = &s.fill[0],
			    .comp = &s.comp[0],
			    .fill_lock = &s.ctl->fill_lock[0].holder };
	make_ring(&c->rx, RING, at);
	make_ring(&c->tx, TX_RING, at);
	c->tx_prod = at;
	world.rx[i] = c->rx;
	world.tx[i] = c->tx;
}

/* As the entries before "at" left them. */
static void make_tags(uint32_t at)
{
	for (uint32_t i = at - RING; at && i != at; i++) {
		for (uint32_t k = 0; k < sockets_of(&s.geo); k++)
			s.ctl->owner[shunt_owner_at(&s.geo, slot_of(&s.geo, k), i)] = i + 1;
	}
}

/* A life's own memory, as it is when the worker has attached. */
static void add_region(unsigned int i, void *at, size_t len, bool state)
{
	region[i] = (struct region){ at, realloc(region[i].saved, len), len, state };
	assert_non_null(region[i].saved);
}

static void make_rings(unsigned int ncores, uint32_t at)
{
	make_ring(&s.fill[0], FILL_RING, at);
	make_ring(&s.comp[0], FILL_RING, at);
	for (unsigned int i = 0; i < ncores; i++)
		make_core(i, at);
	for (int i = 0; i < CLASSES; i++) {
		make_ring(&s.hold[i], RING, at);
		world.rx[HOLD(i)] = s.hold[i];
	}
	world.fill[0] = s.fill[0];
	world.comp[0] = s.comp[0];
}

static void share_frames(void)
{
	uint32_t spare = s.ncores * SHUNT_SPARE;

	for (uint32_t i = 0; i < spare; i++)
		s.ctl->spare[i] = i;
	s.ctl->nspare = spare;
	frames_adopt(&s);
	for (uint32_t i = spare; i < NFRAMES; i++) {
		s.fill[0].addr[*s.fill[0].prod & s.fill[0].mask] = i * CHUNK;
		++*s.fill[0].prod;
	}
}

void world_make(unsigned int ncores, uint32_t at)
{
	s = (struct shunt){ .geo = { .nframes = NFRAMES,
				     .chunk = CHUNK,
				     .core_ring = RING,
				     .hold_ring = RING,
				     .fill_ring = FILL_RING,
				     .ncores = ncores,
				     .nclasses = CLASSES },
			    .ncores = ncores,
			    .nhold = CLASSES,
			    .link = -1, .transport = &transport_shared,
			    .wake = -1 };
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(arena, MAP_FAILED);
	used = 0;
	memset(world_arrived, 0, sizeof(world_arrived));
	world_buried = (struct verdict){ 0 };
	next_id = 1;
	s.memory = take(shunt_memory_len(&s.geo));
	s.ctl = shunt_ctl_of(s.memory, &s.geo);
	world_sent = take(CLASSES * sizeof(*world_sent));
	s.core = aligned_alloc(SHUNT_LINE, ncores * sizeof(*s.core));
	s.view = (struct shunt_view *)(arena + ARENA / 2);
	world = (struct rings){ .geo = s.geo, .memory = s.memory, .ctl = s.ctl, .view = s.view };
	make_rings(ncores, at);
	make_tags(at);
	assert_true(used <= ARENA / 2 && sizeof(*s.view) <= ARENA / 2);
	s.view->parked_max = SHUNT_PARKED;
	s.view->serve_from_ns = ~0ULL; /* all are too old for who looks (x) */
	assert_int_equal(park_init(&s), 0);
	assert_int_equal(ctx_pool_init(&pool, CORES, STACK), 0);
	for (int i = 0; i < CORES; i++)
		actor[i] = (struct actor){ .ctx = ctx_get(&pool), .script = "", .done = true };
	share_frames();
	add_region(0, s.memory, shunt_frames_len(&s.geo), false);
	add_region(1, arena + shunt_frames_len(&s.geo), used - shunt_frames_len(&s.geo), true);
	add_region(2, s.view, offsetof(struct shunt_view, core[ncores]), true);
	add_region(3, s.core, ncores * sizeof(*s.core), true);
	add_region(4, s.items, (ncores * (1 + ITEMS_KEPT) + SHUNT_PARKED) * sizeof(*s.items), true);
	world_save();
}

void world_remove(void)
{
	ctx_pool_free(&pool);
	park_free(&s);
	free(s.core);
	munmap(arena, ARENA);
}

bool world_arrive(uint32_t slot, uint32_t cls)
{
	struct shunt_ring *r = &world.rx[slot], *fill = &s.fill[0];
	struct shunt_meta *m;
	uint64_t addr;

	if (ring_count(r) > r->mask || !ring_count(fill))
		return false;
	addr = fill->addr[*fill->cons & fill->mask] + 64;
	ring_set_cons(fill, *fill->cons + 1);
	m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));
	request[next_id % REQUESTS].slot = slot;
	request[next_id % REQUESTS].cls = cls;
	*m = (struct shunt_meta){ .id = next_id++,
				  .arrival_ns = 1,
				  .hold_seq = *r->prod,
				  .payload = 42,
				  .len = 18,
				  .cls = cls,
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
	world_arrived[cls]++;
	return true;
}

/* --- going back ------------------------------------------------------------------------------ */

static struct park saved_park;

void world_save(void)
{
	for (int i = 0; i < REGIONS; i++)
		memcpy(region[i].saved, region[i].at, region[i].len);
	memcpy(&saved_park, &s.park, sizeof(s.park));
}

void world_restore(void)
{
	for (int i = 0; i < REGIONS; i++)
		memcpy(region[i].at, region[i].saved, region[i].len);
	memcpy(&s.park, &saved_park, sizeof(s.park));
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
	uint64_t h = hash(1, &s.park, sizeof(s.park));

	for (int i = 0; i < REGIONS; i++) {
		if (region[i].state)
			h = hash(h, region[i].at, region[i].len);
	}
	for (int i = 0; i < CORES; i++) {
		const struct actor *a = &actor[i];

		h = hash(h + 1, &a->script, sizeof(a->script));
		if (!a->done) /* what the core has in mind */
			h = hash(h + 2, a->ctx->sp, a->ctx->top - (char *)a->ctx->sp);
	}
	return h;
}

/* --- a core ---------------------------------------------------------------------------------- */

static void end(struct core *c, long reply)
{
	c->item->reply = reply;
	queue_end(c, c->item, 1, true);
}

/* Does the core have a request after this step? */
static bool do_one(struct core *c, char what, bool has)
{
	switch (what) {
	case '0' ... '2':
		return has || queue_pop(c, what - '0', c->item);
	case 'a' ... 'b':
		return has || queue_pop(c, HOLD(what - 'a'), c->item);
	case 'r':
		return has || park_take_any(c);
	case 'k':
		reply_kick(c);
		return has;
	case 'f':
		frames_recycle(c);
		return has;
	}
	if (!has)
		return false;
	switch (what) {
	case 'p':
		return park_put(c, -1);
	case 'q':
		return park_put(c, 0) || park_take_any(c);
	case 'x':
		return !queue_expire(c, c->item);
	case 'R':
		end(c, 4);
		break;
	case 'N':
		end(c, SHUNT_NO_REPLY);
		break;
	}
	return false;
}

static void do_all(struct core *c, const char **script)
{
	bool has = false;

	for (; **script; ++*script)
		has = do_one(c, **script, has);
}

static void core_body(void *arg)
{
	struct actor *a = arg;

	do_all(&s.core[a - actor], &a->script);
	a->done = true;
	ctx_exit(a->ctx);
}

void core_begin(unsigned int core, const char *script)
{
	struct actor *a = &actor[core];

	a->script = script;
	a->done = false;
	ctx_start(a->ctx, core_body, a);
}

bool core_step(unsigned int core)
{
	actor[core].blocked = false;
	current = core;
	ctx_enter(&home, actor[core].ctx);
	current = -1;
	return !actor[core].blocked;
}

bool core_done(unsigned int core)
{
	return actor[core].done;
}

void core_run_and_die(unsigned int core, const char *script, unsigned int n)
{
	fatal = n;
	do_all(&s.core[core], &script);
	fatal = 0;
}

/* --- the next life --------------------------------------------------------------------------- */

/* The frames that the dead worker had: the next one's own, and the kernel's. */
static void share_out(void)
{
	uint32_t frame[NFRAMES], mine;
	struct harvest h = { .frame = frame };

	for (uint32_t i = 0; i < s.ncores; i++)
		send_all(&s.core[i]);
	ring_set_cons(&s.comp[0], *s.comp[0].prod);
	world_find_frames(&h);
	mine = h.n < s.ncores * SHUNT_SPARE ? h.n : s.ncores * SHUNT_SPARE;
	memcpy(s.ctl->spare, frame, mine * sizeof(*frame));
	s.ctl->nspare = mine;
	assert_int_equal(frames_give(&world, frame + mine, h.n - mine), 0);
	s.ctl->fill_lock[0].holder = 0;
}

void world_next_life(void)
{
	struct verdict v;

	ledger_read(&world, &v);
	for (int cls = 0; cls < CLASSES; cls++) {
		world_buried.lost[cls] += v.lost[cls];
		world_buried.replied[cls] += v.replied[cls];
	}
	ledger_clear(&world);
	share_out();
	memcpy(region[3].at, region[3].saved, region[3].len);
	memcpy(region[4].at, region[4].saved, region[4].len);
	memcpy(&s.park, &saved_park, sizeof(s.park));
	for (uint32_t i = 0; i < s.ncores; i++) {
		s.core[i].nfree = 0;
		s.core[i].tx_prod = ring_prod(&s.core[i].tx);
		actor[i].done = true;
	}
	frames_adopt(&s);
}
