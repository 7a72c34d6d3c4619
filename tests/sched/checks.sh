# SPDX-License-Identifier: BSD-2-Clause
# checks.sh - sourced by a guest's first process: what is claimed of shunt sched
# shellcheck shell=sh
PINS=/sys/fs/bpf/shunt/scheduler-of-threads

# NAME IS SHOULD
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: $2, should be $3"; fi; }
# NAME EXPRESSION FILE: what jq makes of the file is true
holds() {
	if [ "$(jq "$2" "$3" 2>/dev/null)" = true ]; then ok "$1"; else bad \
		"$1: $(tr '\n' ' ' <"$3" | cut -c 1-600)"; fi
}
kernel_has() { cat /sys/kernel/sched_ext/state; }

# POLICY [CONFIG]
load() {
	# shellcheck disable=SC2086
	shunt -j sched load "$1" ${2:+--config $2} >/tmp/loaded 2>/tmp/err || {
		bad "shunt sched load $1: $(cat /tmp/loaded /tmp/err | tr '\n' ' ' | cut -c 1-900)"
		return 1
	}
}

# NAME: unloads; all that was inserted is accounted for.
unload() {
	shunt -j sched unload >/tmp/unloaded 2>/tmp/err || bad "$1: $(cat /tmp/unloaded /tmp/err)"
	holds "$1: each thread that was inserted is accounted for" \
		'.total | .inserted > 0 and .difference == 0 and .waiting == 0 and
		.inserted == .taken + .fallback + .refused + .kernel + .withdrawn' /tmp/unloaded
	echo "# $1: $(jq -c '.total | del(.name, .ran_ns)' /tmp/unloaded)"
	[ "$(kernel_has)" = disabled ] || bad "$1: the kernel still has the scheduler"
	[ ! -e $PINS ] || bad "$1: something stays pinned"
}

without_a_scheduler() {
	shunt sched >/tmp/said 2>&1
	shows "no scheduler: status says so" 'no policy of shunt schedules threads' /tmp/said
	! shunt sched stats >/tmp/said 2>&1 || bad "there are counts"
	shows "no scheduler: stats says what to do" 'shunt sched load POLICY' /tmp/said
	check "a dry run has the kernel's verifier look at the program" \
		shunt sched load mq --dry-run
	same "a dry run loads nothing" "$(kernel_has)" disabled
}

refusals() {
	for policy in rss steal affinity p2c jbsq part hint; do
		! shunt sched load $policy >/tmp/said 2>&1 || bad "$policy was loaded"
		shows "$policy is refused by its name, with the reason" \
			"policy '$policy' cannot schedule threads: .* thread" /tmp/said
	done
}

# POLICY: short and spinning threads, more than there are CPUs.
schedules() {
	load "$1" || return
	same "$1: the kernel has it" "$(cat /sys/kernel/sched_ext/root/ops)" shunt
	turns mix 3 $((CPUS + 2)) $((CPUS + 2)) >/tmp/mix 2>&1
	case $1 in
	prio | darc) # they let others starve while the first class is enough for all CPUs
		holds "$1: each short thread has its turns" '.least_short > 0' /tmp/mix
		;;
	*)
		holds "$1: each thread has its turns" '.least_short > 0 and .least_long > 0' \
			/tmp/mix
		;;
	esac
	shunt -j sched >/tmp/status
	holds "$1: status shows it" ".state == \"loaded\" and .policy == \"$1\"" /tmp/status
	echo "# $1: $(cat /tmp/mix) missed $(jq .missed /tmp/status) plans $(jq .plans \
		/tmp/status)"
	unload "$1"
}

# All on CPU 1: four spinners, and a thread that is woken 100 times.
who_runs_first() {
	turns first 4 100 1 >/tmp/eevdf
	echo "# first, the kernel's own: $(cat /tmp/eevdf)"
	for policy in fcfs prio mq; do
		load $policy || continue
		turns first 4 100 1 >/tmp/$policy 2>&1
		echo "# first, $policy: $(cat /tmp/$policy)"
		unload "$policy, one CPU"
	done
	holds "fcfs: a thread that wakes waits for those that wait already" \
		'.at_once < 50 and .stints_between >= 100' /tmp/fcfs
	holds "prio: a thread of the first class runs before all spinning ones" \
		'.at_once >= 95 and .least_stints > 0' /tmp/prio
	holds "mq: a thread with the tighter objective runs before most spinning ones" \
		'.stints_between < 200 and .least_stints > 1' /tmp/mq
}

# MAP CLASS US
write_us() {
	bpftool map update pinned $PINS/"$1" key $2 0 0 0 value $(($3 & 255)) $(($3 >> 8 & 255)) \
		$(($3 >> 16 & 255)) 0
}

started_of() { shunt -j sched stats | jq ".classes[$1].inserted"; }

numbers_live() {
	load mq || return
	turns spin 100 $((2 * CPUS)) >/dev/null &
	check "bpftool writes a quantum" write_us quantum_us 0 100
	shunt -j sched >/tmp/status
	holds "the quantum is in force while it runs" '.classes[0].quantum_us == 100' /tmp/status
	shunt -j sched stats >/tmp/before
	sleep 2
	shunt -j sched stats >/tmp/after
	short=$(($(jq .total.preempted /tmp/after) - $(jq .total.preempted /tmp/before)))
	check "bpftool writes an objective" write_us slo_us 1 70000
	check "bpftool writes a longer quantum" write_us quantum_us 0 1000000
	shunt -j sched >/tmp/status
	holds "the objective is in force while it runs" '.classes[1].slo_us == 70000' /tmp/status
	echo "# $short slices ended in 2 s with a quantum of 100 us"
	[ $short -gt 20 ] && ok "short quanta end slices" || bad "short quanta: $short"
	kill $!
	wait $! 2>/dev/null
	unload "numbers"
}

classes() {
	mkdir -p /sys/fs/cgroup/db/part
	cat >/tmp/classes.yaml <<-YAML
	classes:
	  - {name: base, quantum: 4ms, slo: 100ms}
	  - {name: db, quantum: 2ms, slo: 10ms, cgroups: [/db]}
	  - {name: low, quantum: 10ms, nice: 5..19}
	  - {name: tagged, quantum: 1ms, slo: 5ms}
	default: base
	YAML
	load mq /tmp/classes.yaml || return
	sh -c 'echo $$ >/sys/fs/cgroup/db/part/cgroup.procs; exec turns mix 1 2 0' >/dev/null
	[ "$(started_of 1)" -gt 20 ] && ok "threads of a cgroup below are of the cgroup's class" ||
		bad "class of a cgroup: $(shunt sched stats)"
	nice -n 7 turns mix 1 2 0 >/dev/null
	[ "$(started_of 2)" -gt 20 ] && ok "threads are of their nice value's class" ||
		bad "class of a nice value: $(shunt sched stats)"
	[ "$(started_of 3)" = 0 ] && ok "nobody is of a class that nothing names" ||
		bad "class without threads: $(shunt sched stats)"
	mkfifo /tmp/fifo
	sh -c 'read -r go; exec turns mix 1 2 0' </tmp/fifo >/dev/null &
	tagged=$!
	exec 4>/tmp/fifo
	shunt sched tag $tagged tagged >/tmp/said 2>&1 || bad "tag: $(cat /tmp/said)"
	echo go >&4
	wait $tagged
	exec 4>&-
	[ "$(started_of 3)" -gt 20 ] && ok "what a tagged process starts has its tag" ||
		bad "class of a tag: $(cat /tmp/said) $(shunt sched stats)"
	! shunt sched tag 1 nobody >/tmp/said 2>&1 || bad "tagged with no class"
	shows "a class that there is not is refused" "no class 'nobody'" /tmp/said
	check "a tag is taken off" shunt sched tag 1 none
	echo "classes: [{name: a, nice: 3..1}]" >/tmp/bad.yaml
	! shunt sched load mq --config /tmp/bad.yaml >/tmp/said 2>&1 || bad "3..1 was taken"
	shows "a configuration's mistake is told with its line" \
		"bad.yaml:1: classes\[0\].nice: '3..1'" /tmp/said
	unload "classes"
}

affinity() {
	for policy in mq fcfs; do
		load $policy || continue
		turns move 1000 "$CPUS" >/tmp/moved 2>&1
		holds "$policy: threads run only where they may, moved 1000 times" \
			'.elsewhere == 0 and .least_looks > 0' /tmp/moved
		shunt -j sched >/tmp/status
		holds "$policy: affinity that changes does not end it" '.state == "loaded"' \
			/tmp/status
		echo "# $policy: $(cat /tmp/moved)"
		unload "$policy, affinity"
	done
}

hotplug() {
	load mq || return
	turns mix 20 $((CPUS + 2)) $((CPUS + 2)) >/tmp/mix 2>&1 &
	for i in 1 2 3; do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		sleep 0.5
		echo 1 >/sys/devices/system/cpu/cpu1/online
		sleep 0.5
	done
	shunt -j sched >/tmp/status
	holds "CPUs that go and come do not end it" '.state == "loaded"' /tmp/status
	wait $!
	holds "each thread has its turns while CPUs go and come" \
		'.least_short > 0 and .least_long > 0' /tmp/mix
	unload "hotplug"
}

many_loads() {
	turns mix 60 $((CPUS + 2)) 2 >/tmp/mix 2>&1 &
	for i in 1 2 3; do
		for policy in mq fcfs; do
			load $policy || return
			! shunt sched load prio >/tmp/said 2>&1 || bad "a second one was loaded"
			shunt -j sched unload | jq -e '.total.difference == 0' >/dev/null ||
				bad "unload $i of $policy does not add up"
		done
	done
	shows "a second load is refused with the next step" 'sched unload' /tmp/said
	kill $!
	wait $! 2>/dev/null
	ok "policies take turns while threads run"
}

# Pins without a scheduler: as of a load that was killed before it was in force.
load_that_is_killed() {
	load mq || return
	bpftool map delete pinned $PINS/shunt_ops key 0 0 0 0 >/tmp/out 2>&1
	same "without its map's value the scheduler is gone" "$(kernel_has)" disabled
	shunt sched >/tmp/said 2>&1
	shows "what is left of it is no scheduler" 'does not any more' /tmp/said
	load mq && ok "a load sweeps away what one before has left"
	unload "after one that was killed"
}

# Threads of the first class that spin on all CPUs starve the second one, under prio; after 30 s
# the kernel ejects such a scheduler. They spin until it has, however long a slow guest takes.
ejection() {
	load prio || return
	turns mix 3600 1 $((CPUS + 1)) >/dev/null 2>&1 &
	starving=$!
	turns spin 3600 $((2 * CPUS)) >/dev/null &
	spinning=$!
	# The next forks of this shell are behind the spinners: the state is all that is waited for.
	wait_for 600 grep -q disabled /sys/kernel/sched_ext/state
	kill $spinning $starving
	wait 2>/dev/null
	same "a class that starves has the scheduler ejected" "$(kernel_has)" disabled
	shunt -j sched >/tmp/status 2>&1
	holds "status says that it was ejected, and why" \
		'.state == "ejected" and (.reason | length) > 0 and (.text | length) > 0' /tmp/status
	echo "# ejected: $(jq -r '.reason + ": " + .text' /tmp/status)"
	turns mix 2 2 2 >/tmp/mix
	holds "the kernel schedules after that" '.least_short > 0 and .least_long > 0' /tmp/mix
	load mq && same "the next load counts the ejection" "$(jq .ejected /tmp/loaded)" 1
	unload "after an ejection"
}
