// SPDX-License-Identifier: BSD-2-Clause
/*
 * pick.c - the interface that a command is for: it is
 * loaded, and it is the one that has the name here
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pick.h"
#include "place.h"
#include "pindir.h"

/* Keeps of several interfaces those of this network namespace. */
static void drop_elsewhere(struct ctl *ctl, struct pindir_list *list)
{
	int n = 0;

	for (int i = 0; list->n > 1 && i < list->n; i++) {
		pindir_set(ctl, list->name[i]);
		if (!place_elsewhere(ctl))
			memmove(list->name[n++], list->name[i], sizeof(list->name[i]));
	}
	ctl->pins.ifname = NULL;
	list->n = n ? n : list->n;
}

static int pick_only(struct ctl *ctl)
{
	struct pindir_list list;
	int err = pindir_list(ctl, &list);

	if (err)
		return err;
	drop_elsewhere(ctl, &list);
	if (!list.n) {
		fail(ctl, -ENOENT, "shunt is not loaded on any interface");
		hint(ctl, "shunt load POLICY --dev IF --port N");
		return -ENOENT;
	}
	if (list.n > 1) {
		fail_usage(ctl, "shunt is loaded on %d interfaces", list.n);
		hint(ctl, "say which one: --dev %s, --dev %s, ...", list.name[0], list.name[1]);
		return -EINVAL;
	}
	return pindir_set(ctl, list.name[0]);
}

/* Maps without a link: whoever loads holds the lock, and
 * pins the link last. 0: it has done so by now. */
static int check_half(struct ctl *ctl, bool locked)
{
	int lock = locked ? -1 : pindir_try_lock(ctl), err;
	struct link_state link;

	if (lock == -EBUSY) {
		fail(ctl, -EBUSY, "a load on '%s' is under way", ctl->ifname);
		hint(ctl, "once more in a second");
		return -EBUSY;
	}
	err = pindir_link(ctl, &link);
	pindir_unlock(lock);
	if (err == -ENOENT) {
		fail(ctl, err, "a load on '%s' was interrupted", ctl->ifname);
		hint(ctl, "'shunt load' once more sweeps it away, and so does 'shunt unload'");
	}
	return err;
}

/* locked: by us. */
static int check_loaded(struct ctl *ctl, bool locked)
{
	struct link_state link;
	int err = pindir_check_folder(ctl), cfg;

	if (err)
		return err;
	cfg = shunt_pin_open(&ctl->pins, "cfg");
	if (cfg >= 0) {
		close(cfg);
		err = pindir_link(ctl, &link);
		if (err == -ENOENT)
			err = check_half(ctl, locked);
		if (err)
			return err;
	}
	err = shunt_check_abi(&ctl->pins, &ctl->why);
	if (!err)
		return place_check(ctl);
	if (err == -ENOENT && !ctl->ifindex)
		hint(ctl, "there is no interface '%s' here: see 'ip link'", ctl->ifname);
	else if (err == -ENOENT)
		hint(ctl, "shunt load POLICY --dev %s --port N", ctl->ifname);
	if (err == -ENOENT || err == -EPROTO)
		return err;
	ctl_forget(ctl);
	return fail_bpf(ctl, err, "cannot read what is loaded on '%s'", ctl->ifname);
}

int pick_loaded(struct ctl *ctl)
{
	int err = pindir_check(ctl);

	if (!err && !ctl->pins.ifname)
		err = pick_only(ctl);
	return err ? err : check_loaded(ctl, false);
}

int pick_locked(struct ctl *ctl)
{
	int err = pick_loaded(ctl), lock;

	if (err)
		return err;
	lock = pindir_lock(ctl, false);
	if (lock < 0)
		return lock;
	err = check_loaded(ctl, true);
	if (err) {
		pindir_unlock(lock);
		return err;
	}
	return lock;
}
