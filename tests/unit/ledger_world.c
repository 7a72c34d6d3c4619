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
#include "lib/ledger_frames.h"

#define CHUNK 256
#define TX_RING 16
#define FILL_RING 128
#define ARENA (1 << 19)
#define STACK (64 << 10)
#define SOCK 1000 /* + core: what sendto() is called with */
#define REGIONS 7
#define REQUESTS 4096 /* more than there can be at once */

struct rings world;
uint64_t world_arrived[CLASSES];

uint64_t world_posted[POSTED];
unsigned int world_nposted;

static struct shunt proc[SHUNT_WORKERS]; /* that share all but their own memory */
static unsigned int nproc;
static uint8_t slot_of_core[CORES];
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
static unsigned int agent_steps; /* stores until the agent is; 0: it is not */
static jmp_buf agent_end;

/* What a life of the worker changes: of the first two all but the frames themselves decides what
 * comes next. */
enum { FRAMES_REGION, RINGS_REGION, VIEW_REGION, PROCESS_REGION /* two of each */ };
static struct region {
	char *at, *saved;
	size_t len;
	bool state;
} region[REGIONS];
static char *tried[PROCESS_REGION]; /* frames, rings and view, while it is
				     * tried what a death would mean */

/* --- the library's surroundings -------------------------------------------------------------- */

void ledger_hook(void)
{
	if (fatal && !--fatal)
		kill(getpid(), SIGKILL);
	if (current >= 0)
		ctx_leave(actor[current].ctx);
	else if (agent_steps && !--agent_steps)
		longjmp(agent_end, 1);
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
	return (const struct shunt_meta *)(world.memory + addr - sizeof(struct shunt_meta));
}

bool world_is_reply(const struct xdp_desc *d)
{
	return d->len == PAYLOAD + REPLY;
}

static struct core *core_of(unsigned int i)
{
	return &proc[slot_of_core[i]].core[i];
}

/* The kernel sends all that is in a core's send ring. */
static void send_all(struct core *c)
{
	while (ring_count(&c->tx)) {
		const struct xdp_desc *d = &c->tx.desc[*c->tx.cons & c->tx.mask];
		struct shunt_ring *comp = &world.comp[0];

		world_sent[world_meta(d->addr)->cls] += world_is_reply(d);
		comp->addr[*comp->prod & comp->mask] = d->addr;
		ring_set_prod(comp, *comp->prod + 1);
		ring_set_cons(&c->tx, *c->tx.cons + 1);
	}
}

ssize_t sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t tolen)
{
	send_all(core_of(sock - SOCK));
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
	region[i] = (struct region){ at, realloc(region[i].saved, len), len, state };
	assert_non_null(region[i].saved);
}

static void make_rings(unsigned int ncores, uint32_t at)
{
	make_ring(&world.fill[0], FILL_RING, at);
	make_ring(&world.comp[0], FILL_RING, at);
	for (unsigned int i = 0; i < ncores; i++) {
		make_ring(&world.rx[i], RING, at);
		make_ring(&world.tx[i], TX_RING, at);
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
	struct shunt *s = &proc[slot];
	unsigned int ncores = world.geo.ncores;

	*s = (struct shunt){ .geo = world.geo,
			     .slot = slot,
			     .ncores = ncores,
			     .nhold = CLASSES,
			     .link = -1, .transport = &transport_shared,
			     .wake = -1,
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

/* What a core's thread does first. */
static void start_core(unsigned int i)
{
	world.view->core[i].run.slot = slot_of_core[i];
	core_of(i)->tx_prod = ring_prod(&world.tx[i]);
	frames_adopt(core_of(i));
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
	world_buried = (struct verdict){ 0 };
	next_id = 1;
	world_nposted = 0;
	nproc = 1;
	for (unsigned int i = 0; i < ncores; i++) {
		slot_of_core[i] = slots ? slots[i] - '0' : 0;
		nproc = slot_of_core[i] ? 2 : nproc;
	}
	assert_int_equal(ctx_pool_init(&pool, CORES, STACK), 0);
	for (int i = 0; i < CORES; i++)
		actor[i] = (struct actor){ .ctx = ctx_get(&pool), .script = "", .done = true };
	share_frames();
	for (unsigned int k = 0; k < nproc; k++)
		make_process(k);
	for (unsigned int i = 0; i < ncores; i++)
		start_core(i);
	add_region(FRAMES_REGION, world.memory, shunt_frames_len(&world.geo), false);
	add_region(RINGS_REGION, arena + shunt_frames_len(&world.geo),
		   used - shunt_frames_len(&world.geo), true);
	add_region(VIEW_REGION, world.view, offsetof(struct shunt_view, core[ncores]), true);
	for (int i = 0; i < PROCESS_REGION; i++) {
		tried[i] = realloc(tried[i], region[i].len);
		assert_non_null(tried[i]);
	}
	world_save();
}

void world_remove(void)
{
	ctx_pool_free(&pool);
	for (unsigned int k = 0; k < nproc; k++) {
		park_free(&proc[k]);
		free(proc[k].core);
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
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
	world_arrived[cls]++;
	return true;
}

/* --- going back ------------------------------------------------------------------------------ */

static struct park saved_park[SHUNT_WORKERS];

/* Of the memory that all share, and that of each process. */
static unsigned int regions(void)
{
	return PROCESS_REGION + 2 * nproc;
}

void world_save(void)
{
	for (unsigned int i = 0; i < regions(); i++)
		memcpy(region[i].saved, region[i].at, region[i].len);
	for (unsigned int k = 0; k < nproc; k++)
		memcpy(&saved_park[k], &proc[k].park, sizeof(struct park));
}

static void restore_process(unsigned int slot)
{
	for (int i = PROCESS_REGION + 2 * slot; i < PROCESS_REGION + 2 * (int)slot + 2; i++)
		memcpy(region[i].at, region[i].saved, region[i].len);
	memcpy(&proc[slot].park, &saved_park[slot], sizeof(struct park));
}

void world_restore(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(region[i].at, region[i].saved, region[i].len);
	for (unsigned int k = 0; k < nproc; k++)
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

	for (unsigned int k = 0; k < nproc; k++)
		h = hash(h, &proc[k].park, sizeof(struct park));
	for (unsigned int i = 0; i < regions(); i++) {
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
	case 's':
		assert_int_equal(reply_more(c, c->item, "hello", REPLY + 1), 0);
		return true;
	case 'R':
		end(c, REPLY);
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

	do_all(core_of(a - actor), &a->script);
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
	do_all(core_of(core), &script);
	fatal = 0;
}

/* --- deaths ---------------------------------------------------------------------------------- */

struct ledger_dead world_dead(unsigned int slot)
{
	struct ledger_dead d = { .slots = 1u << slot };

	for (unsigned int i = 0; i < world.geo.ncores; i++)
		d.cores |= (uint64_t)(slot_of_core[i] == slot) << i;
	return d;
}

unsigned int world_processes(void)
{
	return nproc;
}

static void add_verdict(const struct verdict *v)
{
	for (int cls = 0; cls < CLASSES; cls++) {
		world_buried.lost[cls] += v->lost[cls];
		world_buried.replied[cls] += v->replied[cls];
	}
}

/* An agent that dies in between is followed by one that does the step again. */
static void take_back(const struct ledger_dead *d)
{
	unsigned char seen[NFRAMES];

	if (setjmp(agent_end))
		return;
	assert_int_equal(ledger_take_back(&world, d, seen), 0);
	ledger_clear(&world, d);
}

bool world_bury(struct ledger_dead d, unsigned int steps)
{
	struct verdict v;

	if (ledger_settle(&world, &d))
		return false;
	ledger_read(&world, &d, &v);
	agent_steps = steps;
	take_back(&d);
	agent_steps = 0;
	take_back(&d);
	take_back(&d);
	add_verdict(&v);
	return true;
}

void world_try(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(tried[i], region[i].at, region[i].len);
}

void world_untry(void)
{
	for (int i = 0; i < PROCESS_REGION; i++)
		memcpy(region[i].at, tried[i], region[i].len);
}

/* The next process in that slot is there, and has the cores of the one before. */
static void come(unsigned int slot)
{
	restore_process(slot);
	for (unsigned int i = 0; i < world.geo.ncores; i++) {
		if (slot_of_core[i] != slot)
			continue;
		actor[i].done = true;
		start_core(i);
	}
}

bool world_death(unsigned int slot, unsigned int steps)
{
	if (!world_bury(nproc == 1 ? LEDGER_ALL_DEAD : world_dead(slot), steps))
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
		send_all(core_of(i));
	ring_set_cons(&world.comp[0], *world.comp[0].prod);
	world_find_frames(&h);
	for (uint32_t i = 0; i < world.geo.ncores; i++)
		world.ctl->free[i].n = 0;
	for (; n < h.n && n < world.geo.ncores * SHUNT_SPARE; n++)
		ledger_list(&world, &LEDGER_ALL_DEAD, n / SHUNT_SPARE, frame[n]);
	assert_int_equal(frames_give(&world, frame + n, h.n - n), 0);
}

void world_next_life(void)
{
	assert_true(world_bury(LEDGER_ALL_DEAD, 0));
	share_out();
	for (unsigned int k = 0; k < nproc; k++)
		come(k);
}
