// SPDX-License-Identifier: BSD-2-Clause
/*
 * way_stub.c - a stub among other programs in libxdp's dispatcher, which calls the policy's program
 *
 * The map of the call is pinned as long as shunt is loaded; the kernel empties it when nobody has
 * it open any more. It is pinned and written before the stub joins: a load that is killed in
 * between leaves a stub that passes all, or none.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "dispatcher.h"
#include "iface.h"
#include "inforce.h"
#include "netns.h"
#include "part.h"
#include "way.h"

#define MAP SHUNT_STUB_CALLS

static int check(struct ctl *ctl, unsigned int own_prog)
{
	struct xdp_there xdp;
	int err = iface_xdp(ctl, &xdp);

	if (err || dispatcher_is_there(ctl->ifindex))
		return err;
	if (!xdp.prog_id || xdp.prog_id == own_prog)
		return dispatcher_check(ctl);
	fail(ctl, -EBUSY, "another XDP program is on '%s', without a dispatcher: '%s' (id %u, %s "
	     "mode); it is left alone", ctl->ifname, xdp.name, xdp.prog_id, xdp.mode);
	hint(ctl, "whoever attached it must detach it, and attach it by libxdp ('xdp-loader load') "
	     "to share '%s'", ctl->ifname);
	return -EBUSY;
}

/* A new map is pinned once it has the program. */
static int make_map(struct ctl *ctl, int prog)
{
	char path[PATH_MAX];
	__u32 zero = 0;
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, MAP), map;

	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, MAP, sizeof(__u32), sizeof(__u32), 1, NULL);
	if (map < 0)
		return fail_bpf(ctl, -errno, "cannot make the map '%s'", MAP);
	if (bpf_map_update_elem(map, &zero, &prog, 0))
		err = fail_bpf(ctl, -errno, "cannot write the map '%s'", MAP);
	else if (bpf_obj_pin(map, path))
		err = fail_bpf(ctl, -errno, "cannot pin '%s'", path);
	if (!err)
		return map;
	close(map);
	return err;
}

static int put_in(struct ctl *ctl, int prog)
{
	int map = shunt_pin_open(&ctl->pins, MAP), err;

	if (map == -ENOENT)
		return make_map(ctl, prog);
	err = map < 0 ? map : shunt_steer_by(&ctl->pins, prog);
	if (!err)
		return map;
	if (map >= 0)
		close(map);
	return fail_bpf(ctl, err, "cannot write the map '%s' of '%s'", MAP, ctl->ifname);
}

static __u32 own_map(struct ctl *ctl)
{
	int map = shunt_pin_open(&ctl->pins, MAP);
	__u32 id = map < 0 ? 0 : shunt_map_id(map);

	if (map >= 0)
		close(map);
	return id;
}

/* Removes stubs of loads that were killed, or whose pins somebody removed, which pass all that they
 * see. One that calls a program by another's pins serves, and is left alone. */
static int remove_orphans(struct ctl *ctl)
{
	__u32 own = own_map(ctl);
	struct stub_place stub;

	while (dispatcher_find(ctl->ifindex, 0, &stub)) {
		if (stub.calls && stub.map_id != own) {
			fail(ctl, -EBUSY, "shunt serves '%s' by a stub in the dispatcher already "
			     "(id %u), and its pins are not below '%s'", ctl->ifname,
			     stub.prog_id, ctl->pins.bpffs ? ctl->pins.bpffs : SHUNT_BPFFS);
			hint(ctl, "unload it by the bpffs and the name that it was loaded with "
			     "(--bpffs, --dev)");
			return -EBUSY;
		}
		if (dispatcher_leave(ctl->ifindex, stub.prog_id))
			return 0;
		note("a stub that an earlier load left in the dispatcher is removed (id %u)",
		     stub.prog_id);
	}
	return 0;
}

/* Two loads by the pins of two bpffs may find no stub, and both join: whoever sees the other then
 * leaves, so that one of them stays at most. */
static int check_alone(struct ctl *ctl, int map)
{
	__u32 own = shunt_map_id(map);
	struct stub_place other, stub;

	if (!dispatcher_find_other(ctl->ifindex, own, &other))
		return 0;
	if (dispatcher_find(ctl->ifindex, own, &stub))
		dispatcher_leave(ctl->ifindex, stub.prog_id);
	fail(ctl, -EBUSY, "another load, by pins of another bpffs, put a stub of shunt into the "
	     "dispatcher of '%s' at the same time (id %u)", ctl->ifname, other.prog_id);
	hint(ctl, "one interface has one shunt: if the other load is gone, too, load again");
	return -EBUSY;
}

static int attach(struct ctl *ctl, int prog)
{
	char path[PATH_MAX];
	struct bpf_object *obj;
	int err, map;

	err = part_find(ctl, "stub.o", path, sizeof(path));
	if (err)
		return err;
	err = remove_orphans(ctl);
	if (err)
		return err;
	map = put_in(ctl, prog);
	if (map < 0)
		return map;
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		err = fail(ctl, -errno, "'%s' is no BPF object that libbpf understands", path);
	if (!err && bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, MAP), map))
		err = fail_bpf(ctl, -errno, "'%s' cannot have the map '%s'", path, MAP);
	if (!err)
		err = dispatcher_join(ctl, obj, ctl->priority ? ctl->priority :
						DISPATCHER_PRIORITY);
	if (!err)
		err = check_alone(ctl, map);
	bpf_object__close(obj);
	close(map);
	return err;
}

static int read_cfg(struct ctl *ctl, struct shunt_cfg *cfg)
{
	__u32 zero = 0;
	int fd = shunt_pin_open(&ctl->pins, "cfg"), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, cfg))
		err = -errno;
	close(fd);
	return err;
}

/* Where the interface is one of another network namespace, its dispatcher cannot be asked. */
static int look(struct ctl *ctl, int pin, struct link_state *state)
{
	__u32 zero = 0, id = 0;
	struct stub_place stub;
	struct shunt_cfg cfg;
	__u64 own;
	int err = read_cfg(ctl, &cfg);

	if (!err)
		err = shunt_netns_cookie(&own);
	if (err)
		return fail_bpf(ctl, err, "cannot read the configuration of '%s'", ctl->ifname);
	if (bpf_map_lookup_elem(pin, &zero, &id) && errno != ENOENT)
		return fail_bpf(ctl, -errno, "cannot read the map '%s' of '%s'", MAP, ctl->ifname);
	state->prog_id = id;
	if (own == cfg.netns && !dispatcher_find(cfg.ifindex, shunt_map_id(pin), &stub))
		return 0;
	state->ifindex = cfg.ifindex;
	if (own != cfg.netns)
		return 0;
	state->stub.place = stub.place;
	state->stub.programs = stub.programs;
	state->stub.priority = stub.priority;
	return 0;
}

static int detach(struct ctl *ctl, int pin)
{
	struct stub_place stub;
	struct shunt_cfg cfg;
	int err = 0;

	if (!read_cfg(ctl, &cfg) && dispatcher_find(cfg.ifindex, shunt_map_id(pin), &stub))
		err = dispatcher_leave(cfg.ifindex, stub.prog_id);
	if (!err)
		return 0;
	hint(ctl, "'xdp-loader unload %s --id %u', then unload again", ctl->ifname, stub.prog_id);
	return fail(ctl, err, "libxdp does not take the stub (id %u) out of the dispatcher of "
			      "'%s': %s", stub.prog_id, ctl->ifname, strerror(-err));
}

const struct way way_stub = {
	.name = "dispatcher",
	.pin = MAP,
	.check = check,
	.attach = attach,
	.look = look,
	.detach = detach,
};
