# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# forward.sh - what is measured goes before whatever else the machine does, and finds its CPUs awake

GROUP_NICE='' AWAKE=''

# Where sessions share the CPUs as groups (autogroup), niceness counts only within one, and the
# group has its own, which is put back at the end. A process of no session (services of some
# containers) is in the kernel's first group, which has no niceness: its file is empty.
step_forward() {
	local group
	read -r group 2>/dev/null </proc/self/autogroup || group=
	if [ -n "$group" ] && echo -20 2>/dev/null >/proc/self/autogroup; then
		GROUP_NICE=${group##* nice }
	else
		renice -n -20 -p $$ >/dev/null
	fi
}

step_back() {
	[ -z "$GROUP_NICE" ] || echo "$GROUP_NICE" >/proc/self/autogroup
}

# CPUs that wait do not go to sleep deeper than it takes to come back at once: else low load is
# slow, for those who block.
stay_awake() {
	{ exec {AWAKE}>/dev/cpu_dma_latency; } 2>/dev/null || return 0
	printf '\0\0\0\0' >&"$AWAKE"
}
