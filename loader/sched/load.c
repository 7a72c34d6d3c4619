// SPDX-License-Identifier: BSD-2-Clause
/*
 * load.c - a policy's program for threads into the kernel: verified, its maps written and pinned,
 * in force
 *
 * It is in force from the moment when its map "shunt_ops" gets its value, and until that is
 * deleted: no process has to stay.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfmap.h"
#include "../log.h"
#include "../object.h"
#include "sched.h"

/* libelf wants its input aligned, which an object within a bundle is not: libbpf gets a copy. */
static struct bpf_object *open_object(const struct bundle *b,
				      const struct bpf_object_open_opts *opts)
{
	void *copy = malloc(b->sched_len);
	struct bpf_object *obj = NULL;

	if (copy) {
		memcpy(copy, b->sched, b->sched_len);
		obj = bpf_object__open_mem(copy, b->sched_len, opts);
		free(copy);
	}
	return obj;
}

/* The program that the kernel did not take: the first that has no descriptor. */
static const char *first_refused(const struct bpf_object *obj)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		if (bpf_program__fd(prog) < 0)
			return bpf_program__name(prog);
	}
	return "";
}

static int map_write(struct ctl *ctl, struct bpf_object *obj, const char *name, const void *key,
		     const void *value)
{
	int fd = bpf_object__find_map_fd_by_name(obj, name);

	return fd < 0 || bpf_map_update_elem(fd, key, value, BPF_ANY) ?
	       fail_bpf(ctl, fd < 0 ? fd : -errno, "cannot write the map '%s'", name) : 0;
}

/* The policy's native code, which an agent runs (shuntd --role sched). */
static int write_native(struct ctl *ctl, struct bpf_object *obj, const struct bundle *b)
{
	struct shunt_policy_slot *slot = calloc(1, sizeof(*slot));
	__u32 zero = 0;
	int err;

	if (!slot || b->native_len > sizeof(slot->native)) {
		free(slot);
		return fail(ctl, -ENOMEM, "no memory");
	}
	slot->gen = 1;
	slot->desc = b->desc;
	slot->native_len = b->native_len;
	memcpy(slot->native, b->native, b->native_len);
	err = map_write(ctl, obj, "policy", &zero, slot);
	free(slot);
	return err;
}

/* What agents are told of the memory that the scheduler shares with them. */
static int write_sizes(struct ctl *ctl, struct bpf_object *obj, const struct sched_setup *s)
{
	struct shunt_off_ctl *ctl_page = shunt_map_mmap(
		bpf_object__find_map_fd_by_name(obj, "offload"), sizeof(*ctl_page), true);

	if (!ctl_page)
		return fail_bpf(ctl, -errno, "cannot map the map 'offload'");
	*ctl_page = (struct shunt_off_ctl){ .abi = SHUNT_OFF, .kind = SHUNT_OFF_THREADS,
					    .nqueues = SHUNT_CORES, .nslots = SHUNT_CORES,
					    .nobjects = SHUNT_SCHED_OBJECTS,
					    .nclasses = s->cfg.nclasses,
					    .len = sizeof(struct shunt_sched_offload) };
	shunt_map_unmap(ctl_page, sizeof(*ctl_page));
	return 0;
}

static int write_maps(struct ctl *ctl, struct bpf_object *obj, const struct bundle *b,
		      const struct sched_setup *s)
{
	__u32 zero = 0, cls;
	int err = map_write(ctl, obj, "cfg", &zero, &s->cfg);

	if (!err)
		err = write_native(ctl, obj, b);
	if (!err)
		err = write_sizes(ctl, obj, s);

	for (__u32 i = 0; !err && i < SHUNT_CLASSES; i++) {
		err = map_write(ctl, obj, "slo_us", &i, &s->slo_us[i]);
		if (!err)
			err = map_write(ctl, obj, "quantum_us", &i, &s->quantum_us[i]);
	}
	for (__u32 i = 0; !err && i < SHUNT_KNOBS; i++)
		err = map_write(ctl, obj, "knobs", &i, &s->knobs[i]);
	for (__u32 i = 0; !err && i < s->ncgroups; i++) {
		cls = s->cgroups[i].cls + 1;
		err = map_write(ctl, obj, "cgroups", &s->cgroups[i].id, &cls);
	}
	return err;
}

/* libbpf's link would take the scheduler out again with this process. */
static int put_in_force(struct ctl *ctl, struct bpf_object *obj, const struct bundle *b)
{
	struct bpf_map *ops = bpf_object__find_map_by_name(obj, SHUNT_SCHED_OPS);
	struct bpf_link *link = ops ? bpf_map__attach_struct_ops(ops) : NULL;
	int err = link ? 0 : -errno;

	if (link) {
		bpf_link__disconnect(link);
		bpf_link__destroy(link);
		return 0;
	}
	fail_bpf(ctl, err, "the kernel does not put policy '%s' in force", b->desc.name);
	hint(ctl, "its log says why: dmesg | grep sched_ext");
	return err;
}

/* The programs that may sleep: libbpf before 1.2 has no name of a section for them. One that makes
 * a thread's memory without that may find none at once: then a fork would fail. */
static void let_sleep(struct bpf_object *obj)
{
	static const char *const names[] = { "shunt_init", "shunt_init_task" };

	for (int i = 0; i < 2; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, names[i]);

		if (prog)
			bpf_program__set_flags(prog, BPF_F_SLEEPABLE);
	}
}

static int load_object(struct ctl *ctl, const struct bundle *b, struct bpf_object *obj,
		       const char *log)
{
	int err;

	let_sleep(obj);
	err = bpf_object__load(obj);
	return err ? log_explain(ctl, b, PART_SCHED, first_refused(obj), err, log) : 0;
}

static int pin_ring(struct ctl *ctl, struct bpf_object *obj)
{
	struct bpf_program *ring = bpf_object__find_program_by_name(obj, "shunt_ring");

	return ring ? object_pin(ctl, bpf_program__fd(ring), SHUNT_SCHED_RING)
		    : fail(ctl, -ENOENT, "the program 'shunt_ring' is missing");
}

int sched_put(struct ctl *ctl, const struct bundle *b, struct sched_setup *s)
{
	char *log = calloc(1, LOG_LEN);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "shunt_sched",
		    .kernel_log_buf = log, .kernel_log_size = LOG_LEN);
	struct object o = { 0 };
	int err = log ? 0 : fail(ctl, -ENOMEM, "no memory");

	log_start(ctl->verbose);
	if (!err) {
		o.obj = open_object(b, &opts);
		err = o.obj ? 0 : log_explain_open(ctl, b, -errno);
	}
	if (!err)
		err = load_object(ctl, b, o.obj, log);
	if (!err && !ctl->dry_run) {
		s->cfg.desc = b->desc;
		err = write_maps(ctl, o.obj, b, s);
		if (!err)
			err = object_pin_maps(ctl, &o);
		if (!err)
			err = pin_ring(ctl, o.obj);
		if (!err)
			err = put_in_force(ctl, o.obj, b);
	}
	object_close(&o);
	free(log);
	return err;
}
