// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_core.c - a core of the ledger's world: a context that runs a script by the library's
 * own code
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger_inside.h"

struct actor world_actor[CORES];

static struct ctx_home home;
static int current = -1;   /* the core that runs */
static unsigned int fatal; /* stores until this process is killed; 0: it is not */

void ledger_hook(void)
{
	if (fatal && !--fatal)
		kill(getpid(), SIGKILL);
	if (current >= 0)
		ctx_leave(world_actor[current].ctx);
	else if (world_agent_steps && !--world_agent_steps)
		longjmp(world_agent_end, 1);
}

/* Who waits for a lock of another core: that one must go on first. */
int sched_yield(void)
{
	if (current >= 0) {
		world_actor[current].blocked = true;
		ctx_leave(world_actor[current].ctx);
	}
	return 0;
}

void world_send(unsigned int core)
{
	struct core *c = world_core(core);

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
	world_send(sock - SOCK);
	return 0;
}

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

	do_all(world_core(a - world_actor), &a->script);
	a->done = true;
	ctx_exit(a->ctx);
}

void core_begin(unsigned int core, const char *script)
{
	struct actor *a = &world_actor[core];

	a->script = script;
	a->done = false;
	ctx_start(a->ctx, core_body, a);
}

bool core_step(unsigned int core)
{
	world_actor[core].blocked = false;
	current = core;
	ctx_enter(&home, world_actor[core].ctx);
	current = -1;
	return !world_actor[core].blocked;
}

bool core_done(unsigned int core)
{
	return world_actor[core].done;
}

void core_run_and_die(unsigned int core, const char *script, unsigned int n)
{
	fatal = n;
	do_all(world_core(core), &script);
	fatal = 0;
}
