// SPDX-License-Identifier: BSD-2-Clause
/*
 * attach.c - policy slots, and the policy's program before an interface's packets
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "inforce.h"
#include "maps.h"

/* fd negative: nothing is to be pinned there. */
static int pin_instead(struct ctl *ctl, int fd, const char *name)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, name);

	if (!err && unlink(path) && errno != ENOENT)
		err = -errno;
	if (err)
		return fail_bpf(ctl, err, "cannot replace the pin '%s'", name);
	return fd < 0 ? 0 : object_pin(ctl, fd, name);
}

/* With the programs' pins the policy can be put in force again after the next switch. */
static int pin_programs(struct ctl *ctl, const struct object *o, __u64 gen)
{
	int err = pin_instead(ctl, o->prog_fd, shunt_prog_pin(gen));

	return err ? err : pin_instead(ctl, o->plan_fd, shunt_plan_pin(gen));
}

int slot_write(struct ctl *ctl, const struct bundle *b, const struct object *o, __u64 gen)
{
	struct shunt_policy_slot *slot = calloc(1, sizeof(*slot));
	int err;

	if (!slot)
		return fail(ctl, -ENOMEM, "no memory");
	slot->gen = gen;
	slot->prog_id = o->prog_id;
	slot->plan_id = o->plan_id;
	slot->native_len = b->native_len;
	slot->slot_at = b->found.slot_at;
	slot->desc = b->desc;
	memcpy(slot->native, b->native, b->native_len);
	err = map_set(ctl, "policy", gen & 1, slot, sizeof(*slot));
	free(slot);
	if (!err)
		err = pin_programs(ctl, o, gen);
	if (!err && shunt_slot_clear(&ctl->pins, gen))
		err = fail_bpf(ctl, -errno, "cannot clear the views of '%s'", ctl->ifname);
	return err;
}

static int explain(struct ctl *ctl, const struct way *way, int err)
{
	if (ctl->why.text)
		return err;
	switch (err) {
	case -EBUSY:
	case -EEXIST:
		if (!way->check(ctl, 0))
			fail(ctl, err, "another XDP program is on '%s'", ctl->ifname);
		return err;
	case -EOPNOTSUPP:
		fail(ctl, err, "the driver of '%s' does not support XDP in native mode",
		     ctl->ifname);
		hint(ctl, "generic mode is never used: it runs on several CPUs at once for one "
		     "queue; see 'shunt doctor --dev %s'", ctl->ifname);
		return err;
	case -ERANGE:
	case -EINVAL:
		fail(ctl, err,
		     "the driver of '%s' refuses XDP in native mode as it is configured: %s",
		     ctl->ifname, strerror(-err));
		hint(ctl,
		     "the usual reasons are the MTU (of a veth: its peer's too), LRO or too few "
		     "queues; 'dmesg' and 'shunt doctor --dev %s' say more",
		     ctl->ifname);
		return err;
	default:
		return fail_bpf(ctl, err, "cannot attach to '%s'", ctl->ifname);
	}
}

int attach_new(struct ctl *ctl, const struct way *way, const struct object *o)
{
	int err = way->attach(ctl, o->prog_fd);

	return err ? explain(ctl, way, err) : 0;
}

int attach_update(struct ctl *ctl, const struct object *o)
{
	int err = shunt_steer_by(&ctl->pins, o->prog_fd);

	return err ? fail_bpf(ctl, err, "cannot replace the program on '%s'", ctl->ifname) : 0;
}
