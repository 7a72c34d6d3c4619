// SPDX-License-Identifier: BSD-2-Clause
/*
 * putback.c - the policy of before in force again, as "shunt switch" would do it
 *
 * The former policy's slot and program are still there, so nothing is compiled, verified or pinned.
 * In the order of inforce.h, each step by one system call; the entry of the map "put_out" was
 * written first. An agent that dies in between is followed by one that finds the policy in force to
 * be refused, and begins anew: put_back tells its own half-done work from the slot of a switch that
 * was interrupted. On a card the program stays: it answers with a queue under any policy.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "inforce.h"
#include "judge.h"
#include "shared.h"

int putback_refuse(struct agent *a, const struct shunt_refused *entry)
{
	int lock = shunt_try_lock(&a->pins), fd = shunt_pin_open(&a->pins, "put_out"), err = 0;
	struct shunt_refused there;
	__u32 place;

	if (lock < 0 || fd < 0) {
		err = lock < 0 ? lock : fd;
	} else if (shunt_refused_find(fd, entry->hash, &there) < 0) {
		place = shunt_refused_place(fd);
		err = bpf_map_update_elem(fd, &place, entry, 0) ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	if (lock >= 0)
		close(lock);
	return err;
}

/* The slot of before, if it was in force as the generation before, or we had begun with it. */
static int read_before(const struct maps *m, __u64 gen, struct shunt_policy_slot *slot)
{
	__u32 key = (gen + 1) & 1;

	if (bpf_map_lookup_elem(m->policy_fd, &key, slot))
		return -errno;
	if (slot->gen != gen - 1 && !(slot->gen == gen + 1 && slot->put_back == gen))
		return -ENOENT;
	return slot->native_len && slot->native_len <= SHUNT_NATIVE_MAX ? 0 : -ENOENT;
}

static bool is_refused(const struct agent *a, const struct shunt_policy_slot *slot)
{
	int fd = shunt_pin_open(&a->pins, "put_out");
	struct shunt_refused r;
	bool found = fd >= 0 &&
		     shunt_refused_find(fd, shunt_code_hash(slot->native, slot->native_len), &r) >=
			     0;

	if (fd >= 0)
		close(fd);
	return found;
}

static int put_in_force(struct agent *a, struct shunt_cfg *cfg, struct shunt_policy_slot *slot,
			int prog)
{
	__u64 bad = cfg->policy_gen;
	__u32 key = (bad + 1) & 1, zero = 0;
	int err;

	slot->gen = bad + 1;
	slot->put_back = bad;
	err = shunt_slot_clear(&a->pins, slot->gen);
	if (err)
		return err;
	if (bpf_map_update_elem(a->maps.policy_fd, &key, slot, 0))
		return -errno;
	err = shunt_steer_by(&a->pins, prog);
	if (err)
		return err;
	shunt_preempt_decide(cfg, slot->desc.flags);
	cfg->policy_gen = bad + 1;
	return bpf_map_update_elem(a->maps.cfg_fd, &zero, cfg, 0) ? -errno : 0;
}

static int with_slot(struct agent *a, struct shunt_cfg *cfg, struct shunt_policy_slot *slot,
		     struct why *why)
{
	int err = read_before(&a->maps, cfg->policy_gen, slot), prog;

	why_hint(why, "put another in force with 'shunt switch'");
	if (err)
		return why_fail(why, err, "there is no policy of before");
	if (is_refused(a, slot))
		return why_fail(why, -ENOENT, "the policy of before was, too");
	prog = shunt_prog_open(&a->pins, slot->gen, slot->prog_id);
	if (prog < 0)
		return why_fail(why, prog, "the program of '%.15s' is not there any more",
				slot->desc.name);
	err = put_in_force(a, cfg, slot, prog);
	close(prog);
	if (err)
		why_fail(why, err, "'%.15s' cannot be put in force: %s", slot->desc.name,
			 strerror(-err));
	return err;
}

int putback(struct agent *a, struct why *why)
{
	struct shunt_policy_slot *slot;
	int lock = shunt_try_lock(&a->pins), err;
	struct shunt_cfg cfg;
	__u32 zero = 0;

	if (lock < 0)
		why_fail(why, lock, "what is loaded cannot be locked: %s", strerror(-lock));
	if (lock < 0)
		return lock == -EBUSY ? 0 : lock;
	slot = malloc(sizeof(*slot));
	err = !slot ? -ENOMEM : bpf_map_lookup_elem(a->maps.cfg_fd, &zero, &cfg) ? -errno : 0;
	if (err)
		why_fail(why, err, "the configuration cannot be read: %s", strerror(-err));
	else if (cfg.policy_gen == shared_of(a)->policy.msg.gen) /* else somebody was faster */
		err = with_slot(a, &cfg, slot, why);
	free(slot);
	close(lock);
	return err ? err : 1;
}
