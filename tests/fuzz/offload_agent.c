// SPDX-License-Identifier: BSD-2-Clause
/*
 * offload_agent.c - whatever an agent writes into its memory: a mechanism takes from it what is
 * there, counts each decision once, and acts on no object in another version
 */
/* link: lib/offload/mechanism.c lib/offload/agent.c lib/offload/futex.c */
#include "lib/offload/memory.c"

#include "input.h"

#define OBJECTS 8
#define SLOTS 2

static struct shunt_off *o;
static struct shunt_off_agent *a; /* as the agent has it */
static __u64 taken;

static void reset(void)
{
	static const struct shunt_off_sizes sizes[] = {
		{ SHUNT_OFF_THREADS, 1, SLOTS, OBJECTS, 3 },
	};
	int fd[2];

	if (!o) {
		o = shunt_off_open(sizes);
		MUST(o);
	}
	if (a)
		munmap(a, agent_len);
	MUST(!shunt_off_replace(o, fd));
	a = mmap(NULL, agent_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd[1], 0);
	MUST(a != MAP_FAILED);
	for (unsigned int i = 0; i < SLOTS; i++)
		o->done[i] = (struct shunt_off_done){ 0 };
	memset(o->object, 0, OBJECTS * sizeof(*o->object));
	o->ctl->kind = SHUNT_OFF_THREADS;
	taken = 0;
}

/* A decision that is nearly right, at the place that is looked at next. */
static void nearly(struct input *in, unsigned int slot)
{
	__u32 n = o->done[slot].done + 1;
	struct shunt_off_decision *d = &a->slot[slot].place[n % SHUNT_OFF_DEPTH].d;
	__u8 how = take8(in);

	*d = (struct shunt_off_decision){ .n = n, .epoch = a->epoch, .op = SHUNT_OP_RUN,
					  .core = slot, .obj = take8(in) % OBJECTS };
	d->ver = o->object[d->obj].ver;
	if (how & 1)
		((__u8 *)d)[take8(in) % sizeof(*d)] = take8(in);
	if (how & 2)
		d->ver -= 2;
	if (how & 4)
		d->op = take8(in);
	if (how & 8)
		d->until_ns = take8(in);
	if (how & 16)
		d->obj = take32(in);
}

static void look(struct input *in, unsigned int slot)
{
	struct shunt_off_decision d;
	__u32 before = o->done[slot].done;
	__u8 how;

	if (!shunt_off_take(o, slot, &d)) {
		MUST(o->done[slot].done - before <= SHUNT_OFF_DEPTH);
		return;
	}
	taken++;
	MUST(d.cls < 3 && d.obj < OBJECTS && d.core < SLOTS);
	MUST(d.epoch == o->ctl->epoch && d.op && d.op < SHUNT_OP_OPS);
	if (!d.obj)
		return;
	MUST(o->object[d.obj].ver == d.ver + 1 &&
	     (o->object[d.obj].state == SHUNT_OBJ_WAITS ||
	      (o->ctl->kind == SHUNT_OFF_MEMORY && o->object[d.obj].state)));
	how = take8(in);
	shunt_off_publish(o, d.obj, &(struct shunt_off_object){ .state = how % SHUNT_OBJ_STATES });
	if (how & 128) {
		shunt_off_untake(o, slot, SHUNT_OFF_BUSY);
		taken--;
	}
}

static void another_state(struct input *in)
{
	__u32 obj = 1 + take8(in) % (OBJECTS - 1);
	struct shunt_off_object as = { .state = take8(in) % SHUNT_OBJ_STATES };

	MUST(!shunt_off_claim(o, obj, shunt_off_version(o, obj)));
	shunt_off_publish(o, obj, &as);
}

static void check(void)
{
	__u64 n[SHUNT_OFF_VERDICTS + 1], sum = 0, done = 0;

	shunt_off_counts(o, n);
	for (int i = 0; i < SHUNT_OFF_VERDICTS; i++)
		sum += n[i];
	for (int i = 0; i < SLOTS; i++)
		done += o->done[i].done;
	MUST(sum == done && n[SHUNT_OFF_TAKEN] == taken);
	for (__u32 i = 0; i < OBJECTS; i++)
		MUST(!(o->object[i].ver & 1)); /* nothing stays claimed */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };

	reset();
	for (int n = 0; in.left && n < 500; n++) {
		__u8 op = take8(&in);
		unsigned int slot = op >> 3 & 1, at;

		switch (op & 7) {
		case 0: /* anywhere in what it may write of a slot */
			at = take8(&in);
			if (at < sizeof(a->slot[slot]))
				((__u8 *)&a->slot[slot])[at] = take8(&in);
			break;
		case 1:
			nearly(&in, slot);
			break;
		case 2:
			another_state(&in);
			break;
		case 3:
			o->ctl->kind = op & 16 ? SHUNT_OFF_MEMORY : SHUNT_OFF_THREADS;
			break;
		case 4:
			a->beat_ns = take64(&in);
			MUST(shunt_off_alive(o, op) <= 1);
			break;
		case 5: /* the bell: nobody rings, so it does not wait */
			MUST(shunt_off_wait(o, slot, 1) <= 1);
			break;
		default:
			look(&in, slot);
		}
		check();
	}
	return 0;
}
