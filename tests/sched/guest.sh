#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh - the first process of the guest: policies schedule its threads, this one's, too
# shellcheck source=tests/vm/guest_lib.sh
. /guest_lib.sh
# shellcheck source=tests/sched/checks.sh
. /checks.sh
# shellcheck source=tests/sched/agents.sh
. /agents.sh
export SHUNT_OBJECT_PATH=/bpf
CPUS=$(nproc)
mount -t cgroup2 cgroup /sys/fs/cgroup

schedule_all() { for policy in fcfs sq prio mq darc slo; do schedules $policy; done; }
# One that goes by heads, and one by a plan.
decide_both() { for policy in mq darc; do decides $policy; done; }

# /checks, if it is there, has the names of those that are to be run.
for name in $(cat /checks 2>/dev/null || echo without_a_scheduler refusals schedule_all \
	who_runs_first numbers_live classes affinity hotplug many_loads load_that_is_killed \
	decide_both agent_killed agent_hung agent_replaced agent_forges ejection); do
	$name
done
kernel_log_is_clean
guest_done
