// SPDX-License-Identifier: BSD-2-Clause
/*
 * offload_mechanism.c - whatever a mechanism writes into its memory: an agent reads no byte outside
 * of it, never loops, and counts what it has not read
 */
/* link: lib/offload/agent.c lib/offload/futex.c */
#include "lib/offload/memory.c"

#include "input.h"

#define QUEUES 2
#define SLOTS 2
#define OBJECTS 8

static struct shunt_off *o;

/* Any control words: the memory is refused, or is as large as they say. */
static void map_any(struct input *in)
{
	struct shunt_off_ctl kept = *o->ctl;
	struct shunt_off_view *v;
	int fd[2] = { o->fd, o->agent_fd };

	take(in, (__u8 *)o->ctl + take8(in) % 32, 4);
	v = shunt_off_map(fd);
	if (v) {
		struct shunt_off_object b;
		struct places p = places_of(v->nqueues, v->nslots, v->nobjects);

		MUST(p.len <= kept.len && v->nqueues && v->nslots);
		shunt_off_object(v, v->nobjects - 1, &b);
		shunt_off_leave(v);
	}
	*o->ctl = kept;
}

static void reset(void)
{
	static const struct shunt_off_sizes sizes = { SHUNT_OFF_THREADS, QUEUES, SLOTS, OBJECTS,
						      3 };

	shunt_off_close(o);
	o = shunt_off_open(&sizes);
	MUST(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	struct shunt_off_decision d = { .op = SHUNT_OP_RUN };
	struct shunt_off_object b;
	struct shunt_off_event ev[64];
	struct shunt_off_view *v;
	__u64 lost = 0;
	__u32 n;

	reset();
	v = shunt_off_map((int[]){ o->fd, o->agent_fd });
	MUST(v);
	for (int k = 0; in.left && k < 300; k++) {
		__u8 op = take8(&in);
		unsigned int q = op >> 3 & 1;

		switch (op & 7) {
		case 0:
			map_any(&in);
			break;
		case 1: /* an event, at any place, of any number */
			n = take8(&in) & 1 ? take32(&in) : v->next[q] + take8(&in) % 4;
			o->queue[q].e[n % SHUNT_OFF_RING].n = n;
			break;
		case 2:
			o->queue[q].head = take8(&in) & 1 ? take32(&in) : v->next[q] + take8(&in);
			break;
		case 3:
			o->done[q].done = take32(&in);
			o->done[q].bell = take8(&in);
			break;
		case 4:
			o->object[take8(&in) % OBJECTS].ver = take32(&in);
			break;
		case 5:
			MUST(shunt_off_stage(v, q, &d) <= 0);
			MUST(shunt_off_staged(v, q) <= SHUNT_OFF_DEPTH);
			MUST(shunt_off_ring(v, op) <= SLOTS);
			break;
		case 6:
			shunt_off_object(v, take8(&in), &b);
			break;
		default:
			MUST(shunt_off_poll(v, ev, 64) <= 64);
			MUST(shunt_off_lost(v) >= lost);
			lost = shunt_off_lost(v);
		}
	}
	shunt_off_leave(v);
	return 0;
}
