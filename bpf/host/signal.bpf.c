// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * signal.bpf.c - XDP signals the thread of a request that
 * heeded no mark: no agent has to wake up for it
 *
 * Ingress notes request and core in its own counts and calls shunt_signal last, as a tail call. The
 * agent names the thread by running shunt_aim: that runs in the agent's process, so a number means
 * the same thread there as for the agent, whatever the namespace. shunt_aim keeps the kernel's own
 * number of the thread and its time of birth.
 */
#include "../maps.h"

char _license[] SEC("license") = "Dual BSD/GPL";

enum pid_type { PIDTYPE_PID }; /* one thread */

struct task_struct {
	int pid;
	int tgid;
	__u64 start_boottime;
} __attribute__((preserve_access_index));

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern struct task_struct *bpf_task_from_vpid(__s32 vpid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type,
				__u64 value) __ksym;

/* shunt_aim writes the thread, shunt_signal, on the one CPU that feeds the core, the last request.
 * Torn between two threads, pid and birth do not agree. */
struct sig_task {
	__u64 born;    /* a number may be another thread's by now, but not with the same birth */
	__u64 last_id; /* each request is sent one signal */
	__u32 pid;     /* 0: nobody */
	__u32 signal;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SHUNT_DOMAINS * SHUNT_CORES);
	__type(key, __u32);
	__type(value, struct sig_task);
} sig_tasks SEC(".maps");

SEC("xdp")
int shunt_signal(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index, slot;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &queue);
	struct shunt_queue *q = bpf_map_lookup_elem(&queues, &queue);
	struct task_struct *task;
	struct sig_task *t;

	if (!in || !q)
		return XDP_REDIRECT;
	slot = (q->domain - 1) * SHUNT_CORES + in->late_core;
	t = bpf_map_lookup_elem(&sig_tasks, &slot);
	if (!t || !t->pid || t->last_id == in->late_id)
		return XDP_REDIRECT;
	t->last_id = in->late_id;
	task = bpf_task_from_pid(t->pid);
	if (!task)
		return XDP_REDIRECT;
	if (task->start_boottime == t->born &&
	    !bpf_send_signal_task(task, t->signal, PIDTYPE_PID, 0))
		in->signals++;
	bpf_task_release(task);
	return XDP_REDIRECT;
}

/* A thread of that worker, and of no other process: its number was said by the worker itself. */
static __always_inline int is_of(struct task_struct *task, __u32 worker)
{
	struct task_struct *leader = bpf_task_from_vpid(worker);
	int same;

	if (!leader)
		return 0;
	same = task->tgid == leader->tgid;
	bpf_task_release(leader);
	return same;
}

SEC("syscall")
int shunt_aim(struct shunt_aim *aim)
{
	__u32 slot = aim->domain * SHUNT_CORES + aim->core;
	struct sig_task *t = bpf_map_lookup_elem(&sig_tasks, &slot);
	struct task_struct *task;
	int err = -1;

	if (!t)
		return -1;
	t->pid = 0;
	if (!aim->tid)
		return 0;
	task = bpf_task_from_vpid(aim->tid);
	if (!task)
		return -1;
	if (is_of(task, aim->worker)) {
		t->born = task->start_boottime;
		t->signal = aim->signal;
		t->pid = task->pid;
		err = 0;
	}
	bpf_task_release(task);
	return err;
}
