#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh - the first process of the guest: policies schedule its threads, this one's, too
# shellcheck source=tests/vm/guest_lib.sh
. /guest_lib.sh
# shellcheck source=tests/sched/checks.sh
. /checks.sh
export SHUNT_OBJECT_PATH=/bpf
CPUS=$(nproc)
mount -t cgroup2 cgroup /sys/fs/cgroup

without_a_scheduler
refusals
for policy in fcfs sq prio mq darc slo; do
	schedules $policy
done
who_runs_first
numbers_live
classes
affinity
hotplug
many_loads
load_that_is_killed
ejection
kernel_log_is_clean
guest_done
