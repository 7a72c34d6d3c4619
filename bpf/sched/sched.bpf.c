// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * sched.bpf.c - a policy schedules threads: the operations of a scheduler of the kernel's
 * (sched_ext)
 *
 * One object a policy, as shunt.bpf.c. A thread that has nothing but to wait for a CPU is put into
 * the queue of its class; a CPU that is free, or whose thread's slice is over, asks select().
 *
 * An agent in user space may decide instead (events.h, staged.h): without it, or where what it
 * decided is not so any more, the policy does, here.
 *
 * Writers. A thread's struct is written with the lock of its run queue held (by select_cpu, while
 * it is in none, with the thread's own); a CPU's place, its heads and run line in the view with the
 * lock of that CPU's run queue; counts by the CPU that counts, with interrupts off; idle and up of
 * the view by atomics; objectives, quanta and knobs of the view by the timer.
 *
 * An idle CPU beside a thread that it may run: whoever queues a thread looks for an idle CPU before
 * (the kernel queues it when enqueue() has returned), a CPU that becomes idle looks at the queues
 * after the kernel has marked it idle. What falls between the two the timer finds, and counts.
 */
#include "maps.h"

#include <shunt/policy.h>

/* Threads are not steered: they wait for a CPU that is free. */
static int steer(shunt_view *v, shunt_event *ev) __attribute__((unused));

#include SHUNT_POLICY_FILE

#include "classes.h"
#include "take.h"
#include "staged.h"
#include "events.h"
#include "tell.h"
#include "timer.h"

char _license[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u64 slice_of(__u32 cls)
{
	struct shunt_view *v = get_view();
	__u32 us = v ? shunt_quantum_us(v, cls) : 0;

	if (!us)
		us = SHUNT_SCHED_SLICE_US;
	return 1000ULL * (us < SHUNT_SCHED_SLICE_MIN_US ? SHUNT_SCHED_SLICE_MIN_US : us);
}

SEC("struct_ops/shunt_select_cpu")
__s32 BPF_PROG(shunt_select_cpu, struct task_struct *p, __s32 prev_cpu, __u64 flags)
{
	struct thread *t = get_thread(p);
	bool is_idle = false;
	__s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, flags, &is_idle);

	if (t)
		t->placed = is_idle;
	return cpu;
}

/* An idle CPU that may run it looks once it is queued. */
static __always_inline void wake_idle(struct task_struct *p)
{
	__s32 cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);

	if (cpu >= 0)
		scx_bpf_kick_cpu(cpu, KERNEL_VALUE(scx_kick_flags, SCX_KICK_IDLE));
}

SEC("struct_ops/shunt_enqueue")
void BPF_PROG(shunt_enqueue, struct task_struct *p, __u64 flags)
{
	struct thread *t = get_thread(p);
	struct shunt_view *v = get_view();
	struct shunt_sched_counts *n;
	__u32 cls;

	/* The kernel took it out, as its affinity changed, to queue it elsewhere, untold. */
	if (t && t->held)
		count_withdrawn(t);
	cls = t ? class_of(p, t) : 0;
	n = get_counts(cls);
	if (!t || !v || !n || (p->flags & PF_KTHREAD && p->nr_cpus_allowed == 1)) {
		if (t)
			t->cls = cls;
		if (n)
			n->direct++;
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, slice_of(cls), flags);
		return;
	}
	if (t->head)
		flags |= KERNEL_VALUE(scx_enq_flags, SCX_ENQ_HEAD);
	else
		t->at_ns = bpf_ktime_get_ns();
	t->head = 0;
	t->cls = cls;
	t->held = 1;
	n->inserted++;
	__sync_fetch_and_add(&v->enq[shunt_index(cls, SHUNT_CLASSES)], 1);
	tell_ready(p, t);
	scx_bpf_dsq_insert(p, DSQ(cls), slice_of(cls), flags);
	if (!t->placed)
		wake_idle(p);
	t->placed = 0;
}

static __always_inline void go_on(struct task_struct *prev, struct thread *t, __u32 cpu)
{
	struct shunt_sched_counts *n = get_counts(t->cls);

	tell_event(t, SHUNT_EV_SLICE, cpu);

	t->head = 0;
	prev->scx.slice = slice_of(t->cls);
	if (n)
		n->went_on++;
}

/* 1: a thread was moved to this CPU. 0: the running one (of run_cls) goes on, or there is none. */
static __always_inline int take(struct place *here, __u32 cpu, __u32 waiting, __u32 held,
				__u32 run_cls, __u64 now)
{
	__u32 said;

	for (int i = 0; i <= SHUNT_CLASSES; i++) {
		said = sched_ask(cpu, waiting, run_cls, now);
		/* Of its class it is the next itself, unless others of the class wait. */
		if (said & SCHED_GO_ON || !(held >> (said & 15) & 1))
			return 0;
		here->how = said & SCHED_OVERRULED ? HOW_REFUSED : HOW_FALLBACK;
		if (scx_bpf_dsq_move_to_local(DSQ(said & 15))) {
			count_own(cpu);
			return 1;
		}
		held &= ~(1 << (said & 15));
		waiting = held | (run_cls < SHUNT_CLASSES ? 1 << run_cls : 0);
	}
	return 0;
}

SEC("struct_ops/shunt_dispatch")
void BPF_PROG(shunt_dispatch, __s32 cpu, struct task_struct *prev)
{
	struct shunt_view *v = get_view();
	struct place *here = get_place(cpu);
	struct thread *t = NULL;
	__u64 now = bpf_ktime_get_ns();
	__u32 held, waiting, run_cls = SHUNT_NONE;

	if (!v || !here)
		return;
	if (prev && prev->scx.flags & KERNEL_VALUE(scx_ent_flags, SCX_TASK_QUEUED))
		t = get_thread(prev);
	held = waiting = sched_waiting(cpu, now);
	if (t) {
		run_cls = t->cls & (SHUNT_CLASSES - 1);
		t->head = sched_requeue(v, cpu, t, now);
		/* Before the others it is its class's next: the queue's own head does not count. */
		if (t->head)
			held &= ~(1 << run_cls);
		if (!(held >> run_cls & 1))
			note_running(v, cpu, run_cls, t->head ? t->at_ns : now,
				     t->head ? t->at_ns : now);
		waiting |= 1 << run_cls;
	}
	here->how = HOW_KERNEL;
	if (held && (take_staged(here, cpu, !!t, now) ||
		     take(here, cpu, waiting, held, run_cls, now)))
		return;
	if (t)
		go_on(prev, t, cpu);
}

SEC("struct_ops/shunt_running")
void BPF_PROG(shunt_running, struct task_struct *p)
{
	struct thread *t = get_thread(p);
	__u32 cpu = scx_bpf_task_cpu(p); /* another one may change it while it runs */

	if (!t)
		return;
	t->began_ns = bpf_ktime_get_ns();
	t->placed = 0;
	tell_runs(cpu, t);
	if (t->held)
		count_start(cpu, t);
	tell_event(t, SHUNT_EV_RUNS, cpu);
}

SEC("struct_ops/shunt_stopping")
void BPF_PROG(shunt_stopping, struct task_struct *p, bool runnable)
{
	struct thread *t = get_thread(p);

	if (t)
		tell_stops(scx_bpf_task_cpu(p), t, runnable);
}

SEC("struct_ops/shunt_quiescent")
void BPF_PROG(shunt_quiescent, struct task_struct *p, __u64 flags)
{
	struct thread *t = get_thread(p);

	if (!t)
		return;
	if (t->held)
		count_withdrawn(t);
	t->head = 0;
	tell_event(t, SHUNT_EV_BLOCKED, scx_bpf_task_cpu(p));
	if (flags & KERNEL_VALUE(scx_deq_flags, SCX_DEQ_SLEEP))
		tell_ended(scx_bpf_task_cpu(p), t);
}

SEC("struct_ops/shunt_update_idle")
void BPF_PROG(shunt_update_idle, __s32 cpu, bool idle)
{
	struct shunt_view *v = get_view();
	__u64 bit = 1ULL << (cpu & 63);

	if (!v)
		return;
	if (!idle) {
		__sync_fetch_and_and(&v->idle, ~bit);
		return;
	}
	__sync_fetch_and_or(&v->idle, bit);
	tell_idle(cpu);
	if (sched_waiting(cpu, 0))
		scx_bpf_kick_cpu(cpu, 0);
}

SEC("struct_ops/shunt_cpu_online")
void BPF_PROG(shunt_cpu_online, __s32 cpu)
{
	struct shunt_view *v = get_view();

	if (v)
		__sync_fetch_and_or(&v->up, 1ULL << (cpu & 63));
}

SEC("struct_ops/shunt_cpu_offline")
void BPF_PROG(shunt_cpu_offline, __s32 cpu)
{
	struct shunt_view *v = get_view();

	if (v)
		__sync_fetch_and_and(&v->up, ~(1ULL << (cpu & 63)));
}

/* Of a new thread, which has its parent's tag; at load, of each that there is. */
SEC("struct_ops/shunt_init_task")
__s32 BPF_PROG(shunt_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	__u32 *from, *to;

	if (!bpf_task_storage_get(&threads, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return -12;
	if (!args->fork)
		return 0;
	from = bpf_task_storage_get(&tags, bpf_get_current_task_btf(), 0, 0);
	if (!from || !*from)
		return 0;
	to = bpf_task_storage_get(&tags, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (to)
		*to = *from;
	return 0;
}

SEC("struct_ops/shunt_exit_task")
void BPF_PROG(shunt_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	struct thread *t = get_thread(p);

	if (t)
		tell_gone(t);
}

/* For an agent that has staged: an idle CPU looks. */
SEC("syscall")
int shunt_ring(struct shunt_sched_ring *r)
{
	__u64 cpus = r->cpus;

	for (__u32 cpu = 0; cpu < SHUNT_CORES; cpu++) {
		if (cpus >> cpu & 1 && cpu < scx_bpf_nr_cpu_ids())
			scx_bpf_kick_cpu(cpu, KERNEL_VALUE(scx_kick_flags, SCX_KICK_IDLE));
	}
	return 0;
}

SEC("struct_ops/shunt_init")
__s32 BPF_PROG(shunt_init)
{
	struct shunt_view *v = get_view();
	const struct cpumask *online;
	__s32 err = 0;

	/* Named here, it is a whole type in the functions' prototypes: libbpf compares them. */
	if (!v || !bpf_core_type_exists(struct cpumask))
		return -2;
	for (__u32 cls = 0; cls < SHUNT_CLASSES && !err; cls++)
		err = scx_bpf_create_dsq(DSQ(cls), -1);
	for (__u32 cpu = 0; cpu < SHUNT_CORES && !err; cpu++)
		err = scx_bpf_create_dsq(DSQ_OF_CPU(cpu), -1);
	if (err)
		return err;
	online = scx_bpf_get_online_cpumask();
	for (__u32 cpu = 0; cpu < SHUNT_CORES; cpu++) {
		if (cpu < scx_bpf_nr_cpu_ids() && bpf_cpumask_test_cpu(cpu, online))
			__sync_fetch_and_or(&v->up, 1ULL << cpu);
	}
	scx_bpf_put_cpumask(online);
	v->abi = SHUNT_ABI;
	v->preempt = 1;
	copy_numbers(v);
	return start_timer();
}

SEC("struct_ops/shunt_exit")
void BPF_PROG(shunt_exit, struct scx_exit_info *info)
{
	struct shunt_sched_life *l = get_life();

	if (!l)
		return;
	l->exit_kind = info->kind;
	bpf_probe_read_kernel_str(l->reason, sizeof(l->reason), info->reason);
	bpf_probe_read_kernel_str(l->text, sizeof(l->text), info->msg);
	l->exit_ns = bpf_ktime_get_ns();
}

SEC(".struct_ops")
struct sched_ext_ops shunt_ops = {
	.select_cpu = (void *)shunt_select_cpu,
	.enqueue = (void *)shunt_enqueue,
	.dispatch = (void *)shunt_dispatch,
	.running = (void *)shunt_running,
	.stopping = (void *)shunt_stopping,
	.quiescent = (void *)shunt_quiescent,
	.update_idle = (void *)shunt_update_idle,
	.cpu_online = (void *)shunt_cpu_online,
	.cpu_offline = (void *)shunt_cpu_offline,
	.init_task = (void *)shunt_init_task,
	.exit_task = (void *)shunt_exit_task,
	.init = (void *)shunt_init,
	.exit = (void *)shunt_exit,
	.flags = SCX_OPS_KEEP_BUILTIN_IDLE,
	.timeout_ms = SHUNT_SCHED_STALL_MS,
	.name = "shunt",
};
