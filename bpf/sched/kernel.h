/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * kernel.h - what of the kernel's types and functions the scheduler of threads uses
 *
 * Offsets and values are those of the kernel that it is loaded into (CO-RE): no header of one
 * kernel is needed to build it.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
	struct cgroup *ancestors[];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct cpumask {
	unsigned long bits[1];
};

struct sched_ext_entity {
	__u64 slice;
	__u32 flags;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int static_prio;
	int nr_cpus_allowed;
	const struct cpumask *cpus_ptr;
	struct css_set *cgroups;
	struct sched_ext_entity scx;
};

enum scx_exit_kind { SCX_EXIT_NONE };

struct scx_exit_info {
	enum scx_exit_kind kind;
	const char *reason;
	char *msg;
};

struct scx_init_task_args {
	bool fork;
};

#pragma clang attribute pop

struct scx_exit_task_args;

struct bpf_iter_scx_dsq {
	__u64 opaque[6];
} __attribute__((aligned(8)));

enum scx_enq_flags { SCX_ENQ_HEAD = 1 << 4 };
enum scx_deq_flags { SCX_DEQ_SLEEP = 1 };
enum scx_ent_flags { SCX_TASK_QUEUED = 1 };
enum scx_kick_flags { SCX_KICK_IDLE = 1 };

#define KERNEL_VALUE(type, name) bpf_core_enum_value(enum type, name)

#define SCX_DSQ_LOCAL ((1ULL << 63) | 2)
#define SCX_OPS_KEEP_BUILTIN_IDLE 1
#define PF_KTHREAD 0x00200000

/* The functions of a scheduler that this one has; the kernel's struct has more. */
struct sched_ext_ops {
	__s32 (*select_cpu)(struct task_struct *p, __s32 prev_cpu, __u64 flags);
	void (*enqueue)(struct task_struct *p, __u64 flags);
	void (*dispatch)(__s32 cpu, struct task_struct *prev);
	void (*running)(struct task_struct *p);
	void (*stopping)(struct task_struct *p, bool runnable);
	void (*quiescent)(struct task_struct *p, __u64 flags);
	void (*update_idle)(__s32 cpu, bool idle);
	void (*cpu_online)(__s32 cpu);
	void (*cpu_offline)(__s32 cpu);
	__s32 (*init_task)(struct task_struct *p, struct scx_init_task_args *args);
	void (*exit_task)(struct task_struct *p, struct scx_exit_task_args *args);
	__s32 (*init)(void);
	void (*exit)(struct scx_exit_info *info);
	__u64 flags;
	__u32 timeout_ms;
	char name[128];
};

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern __s32 scx_bpf_create_dsq(__u64 dsq, __s32 node) __ksym;
extern __s32 scx_bpf_select_cpu_dfl(struct task_struct *p, __s32 prev_cpu, __u64 flags,
				    bool *is_idle) __ksym;
extern void scx_bpf_dsq_insert(struct task_struct *p, __u64 dsq, __u64 slice,
			       __u64 flags) __ksym;
extern bool scx_bpf_dsq_move_to_local(__u64 dsq) __ksym;
extern bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *it, struct task_struct *p, __u64 dsq,
			     __u64 flags) __ksym;
extern __s32 scx_bpf_dsq_nr_queued(__u64 dsq) __ksym;
extern void scx_bpf_kick_cpu(__s32 cpu, __u64 flags) __ksym;
extern __s32 scx_bpf_pick_idle_cpu(const struct cpumask *allowed, __u64 flags) __ksym;
extern __u32 scx_bpf_nr_cpu_ids(void) __ksym;
extern __s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym;
extern const struct cpumask *scx_bpf_get_online_cpumask(void) __ksym;
extern void scx_bpf_put_cpumask(const struct cpumask *mask) __ksym;
extern bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask *mask) __ksym;
extern int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, __u64 dsq, __u64 flags) __ksym;
extern struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym;
extern void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym;
