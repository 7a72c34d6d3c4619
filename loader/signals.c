// SPDX-License-Identifier: BSD-2-Clause
/*
 * signals.c - loads signal.o beside the policy's program:
 * an object of its own, because older kernels refuse it
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "log.h"
#include "object.h"
#include "part.h"
#include "probe.h"
#include "signals.h"

#define OWN_MAP "sig_tasks" /* goes with the programs */
#define AIM "sig_aim"

static int put(struct ctl *ctl, struct bpf_object *obj)
{
	int signal = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_signal"));
	int aim = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_aim"));
	int map = bpf_map__fd(bpf_object__find_map_by_name(obj, "signals"));
	char path[PATH_MAX];
	__u32 zero = 0;
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, AIM);

	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	/* The entry first: until the agent can aim, the program finds nobody to signal. */
	if (bpf_map_update_elem(map, &zero, &signal, 0))
		return fail_bpf(ctl, -errno, "cannot write the map 'signals'");
	if (bpf_obj_pin(aim, path))
		return fail_bpf(ctl, -errno, "cannot pin '%s'", path);
	return 0;
}

int signals_enable(struct ctl *ctl)
{
	char path[PATH_MAX];
	struct bpf_object *obj;
	int err, fd = shunt_pin_open(&ctl->pins, AIM);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (!probe_signal_task()) {
		hint(ctl, "say signals=agent: shuntd sends them");
		ctl->code = EXIT_UNSUPPORTED;
		return fail(ctl, -EOPNOTSUPP,
			    "this kernel does not let XDP signal threads: that came with Linux "
			    "6.14");
	}
	err = part_find(ctl, "signal.o", path, sizeof(path));
	if (err)
		return err;
	log_start(ctl->verbose);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return fail(ctl, -errno, "'%s' is no BPF object that libbpf understands", path);
	bpf_program__set_expected_attach_type(
		bpf_object__find_program_by_name(obj, "shunt_signal"), 0);
	err = object_reuse_maps(ctl, path, obj, OWN_MAP);
	if (!err) {
		err = bpf_object__load(obj);
		if (err)
			fail_bpf(ctl, err, "cannot load '%s'", path);
	}
	if (!err)
		err = put(ctl, obj);
	bpf_object__close(obj);
	return err;
}
