/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * classes.h - a thread's class: the first that matches of tag, cgroup or an ancestor, nice, default
 */
#pragma once

#include "maps.h"

#define SCHED_DEEP 16 /* cgroups that are looked at, from the thread's own upwards */

/* The class + 1 of the cgroup or of its nearest ancestor that has one; 0: none has. The pointer is
 * a number, as what it leads to is read by copies. */
static __noinline __u32 class_of_cgroup(__u64 at)
{
	struct cgroup *own = (void *)at, *up;
	int level = BPF_CORE_READ(own, level);
	__u64 list = at + bpf_core_field_offset(own->ancestors), id;
	__u32 *cls;

	for (int i = 0; i < SCHED_DEEP; i++) {
		if (level - i < 0)
			break;
		up = NULL;
		bpf_probe_read_kernel(&up, sizeof(up), (void *)(list + 8 * (level - i)));
		id = BPF_CORE_READ(up, kn, id);
		cls = bpf_map_lookup_elem(&cgroups, &id);
		if (cls)
			return *cls;
	}
	return 0;
}

/* Which of the configuration's classes + 1 a thread is in that has no tag. */
static __always_inline __u32 class_unless_tagged(const struct shunt_sched_cfg *c, __u64 cgroup,
						 __s32 prio)
{
	__u32 found = class_of_cgroup(cgroup);
	__u64 nice = prio - 100; /* 0 to 39 */

	if (!found && nice < SHUNT_SCHED_NICES)
		found = c->nice[nice];
	return found ? found : c->dflt + 1;
}

static __always_inline __u32 class_of(struct task_struct *p, struct thread *t)
{
	struct shunt_sched_cfg *c = get_cfg();
	__u32 *tag = bpf_task_storage_get(&tags, p, 0, 0);
	struct css_set *set = p->cgroups;
	__u64 cgroup = 0;

	if (!c)
		return 0;
	if (tag && *tag && *tag <= c->nclasses)
		return (*tag - 1) & (SHUNT_CLASSES - 1);
	bpf_probe_read_kernel(&cgroup, sizeof(cgroup), &set->dfl_cgrp);
	if (!t->found || t->cgroup != cgroup || t->prio != p->static_prio || t->gen != c->gen) {
		t->cgroup = cgroup;
		t->prio = p->static_prio;
		t->gen = c->gen;
		t->found = class_unless_tagged(c, cgroup, t->prio);
	}
	return (t->found - 1) & (SHUNT_CLASSES - 1);
}
