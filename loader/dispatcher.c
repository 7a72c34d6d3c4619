// SPDX-License-Identifier: BSD-2-Clause
/*
 * dispatcher.c - libxdp's dispatcher on an interface, and shunt's stub in it
 *
 * libxdp puts a program on the interface directly where the kernel takes no dispatcher, and says
 * nothing: that is found and undone.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "dispatcher.h"
#include "probe.h"

#define STUB "shunt_stub"

/* Reasons that libxdp and libbpf tell in messages alone. */
static struct {
	bool changes_data; /* the verifier: a member changes the packet, the dispatcher does not */
	bool direct;       /* libxdp does without a dispatcher */
	bool aloud;        /* messages are printed, too */
} heard;

static int listen(bool worth_it, const char *fmt, va_list args)
{
	char text[2048]; /* of a verifier's log, the beginning: there it says so */

	vsnprintf(text, sizeof(text), fmt, args);
	heard.changes_data |= !!strstr(text, "Extension program changes packet data");
	heard.direct |= !!strstr(text, "without dispatcher");
	return heard.aloud && worth_it ? fputs(text, stderr) : 0;
}

static int hear_libxdp(enum libxdp_print_level level, const char *fmt, va_list args)
{
	return listen(level <= LIBXDP_INFO, fmt, args);
}

static int hear_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return listen(level <= LIBBPF_INFO, fmt, args);
}

static struct xdp_multiprog *open_dispatcher(unsigned int ifindex)
{
	struct xdp_multiprog *mp;

	libxdp_set_print(hear_libxdp);
	mp = xdp_multiprog__get_from_ifindex(ifindex);
	if (libxdp_get_error(mp))
		return NULL;
	if (!xdp_multiprog__is_legacy(mp) && xdp_multiprog__attach_mode(mp) == XDP_MODE_NATIVE)
		return mp;
	xdp_multiprog__close(mp);
	return NULL;
}

bool dispatcher_is_there(unsigned int ifindex)
{
	struct xdp_multiprog *mp = open_dispatcher(ifindex);

	if (mp)
		xdp_multiprog__close(mp);
	return mp;
}

/* A program of that name may be anybody's, with a map of any kind. */
static bool calls_programs(__u32 map_id)
{
	int map = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	bool is = map >= 0 && !bpf_obj_get_info_by_fd(map, &info, &len) &&
		  info.type == BPF_MAP_TYPE_PROG_ARRAY && !strcmp(info.name, SHUNT_STUB_CALLS);

	if (map >= 0)
		close(map);
	return is;
}

/* The stub has no other map. 0: it is not shunt's stub. */
static __u32 map_of(const struct xdp_program *stub)
{
	__u32 id = 0, len;
	struct bpf_prog_info info = { .nr_map_ids = 1, .map_ids = (uintptr_t)&id };

	len = sizeof(info);
	return bpf_obj_get_info_by_fd(xdp_program__fd(stub), &info, &len) || !calls_programs(id) ?
	       0 : id;
}

static bool has_program(__u32 map_id)
{
	int map = bpf_map_get_fd_by_id(map_id);
	__u32 zero = 0, prog;
	bool has = map >= 0 && !bpf_map_lookup_elem(map, &zero, &prog);

	if (map >= 0)
		close(map);
	return has;
}

/* The first stub of the map of this number, or (0) of any; "other": of any but that map, if it
 * calls a program. */
static bool find(unsigned int ifindex, __u32 map_id, bool other, struct stub_place *out)
{
	struct xdp_multiprog *mp = open_dispatcher(ifindex);
	struct xdp_program *p = NULL;

	memset(out, 0, sizeof(*out));
	if (!mp)
		return false;
	while ((p = xdp_multiprog__next_prog(p, mp))) {
		__u32 map = strcmp(xdp_program__name(p), STUB) ? 0 : map_of(p);
		bool calls = map && has_program(map);

		out->programs++;
		if (out->prog_id || !map || (other ? map == map_id || !calls
						   : map_id && map != map_id))
			continue;
		out->prog_id = xdp_program__id(p);
		out->map_id = map;
		out->calls = calls;
		out->place = out->programs;
		out->priority = xdp_program__run_prio(p);
	}
	xdp_multiprog__close(mp);
	return out->prog_id;
}

bool dispatcher_find(unsigned int ifindex, __u32 map_id, struct stub_place *out)
{
	return find(ifindex, map_id, false, out);
}

bool dispatcher_find_other(unsigned int ifindex, __u32 map_id, struct stub_place *out)
{
	return find(ifindex, map_id, true, out);
}

static int explain(struct ctl *ctl, int err)
{
	if (heard.changes_data) {
		hint(ctl, "it needs libxdp 1.5.5 or newer (of xdp-tools), or its dispatcher by "
		     "LIBXDP_OBJECT_PATH");
		return fail(ctl, -EOPNOTSUPP,
			    "libxdp's dispatcher on this kernel does not take programs that write "
			    "metadata");
	}
	if (heard.direct) {
		hint(ctl, "load without --dispatcher: shunt is then the only program of '%s'",
		     ctl->ifname);
		return fail(ctl, -EOPNOTSUPP,
			    "this kernel takes no dispatcher (programs that replace functions of "
			    "others)");
	}
	if (err == -EBUSY || err == -EEXIST) {
		hint(ctl, "see 'xdp-loader status': a program that was attached without libxdp "
		     "must be detached first");
		return fail(ctl, err, "a program that leaves no place for others is on '%s'",
			    ctl->ifname);
	}
	return fail_bpf(ctl, err, "libxdp cannot put a program before the packets of '%s'",
			ctl->ifname);
}

int dispatcher_check(struct ctl *ctl)
{
	heard.changes_data = false;
	heard.direct = !probe_extension(); /* where it cannot be tried, a load tells */
	return heard.direct ? explain(ctl, -EOPNOTSUPP) : 0;
}

static int join(struct ctl *ctl, struct xdp_program *stub, unsigned int priority)
{
	int err = xdp_program__set_run_prio(stub, priority);

	if (!err)
		err = xdp_program__attach(stub, ctl->ifindex, XDP_MODE_NATIVE, 0);
	if (!err && !dispatcher_is_there(ctl->ifindex)) {
		xdp_program__detach(stub, ctl->ifindex, XDP_MODE_NATIVE, 0);
		heard.direct = true;
		err = -EOPNOTSUPP;
	}
	return err ? explain(ctl, err) : 0;
}

int dispatcher_join(struct ctl *ctl, struct bpf_object *obj, unsigned int priority)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = obj, .prog_name = STUB);
	struct xdp_program *stub;
	libbpf_print_fn_t was;
	int err;

	heard.changes_data = heard.direct = false;
	heard.aloud = ctl->verbose;
	libxdp_set_print(hear_libxdp);
	was = libbpf_set_print(hear_libbpf);
	stub = xdp_program__create(&opts);
	err = libxdp_get_error(stub);
	if (err) {
		fail(ctl, err, "libxdp does not take the stub: %s", strerror(-err));
	} else {
		err = join(ctl, stub, priority);
		xdp_program__close(stub);
	}
	libbpf_set_print(was);
	return err;
}

int dispatcher_leave(unsigned int ifindex, unsigned int prog_id)
{
	struct xdp_program *p;
	int err;

	libxdp_set_print(hear_libxdp);
	p = xdp_program__from_id(prog_id);
	err = libxdp_get_error(p);
	if (err)
		return err;
	err = xdp_program__detach(p, ifindex, XDP_MODE_NATIVE, 0);
	xdp_program__close(p);
	return err;
}
