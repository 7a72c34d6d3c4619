#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# wire_forged.sh - control frames from where none should come: the switch drops them, and the cookie
# makes them worthless, each without the other; and whatever a host says at random has no effect but
# counters
# runs: together
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../wire/lab.sh"
. "$(dirname "$0")/../wire/check.sh"

COUNT=200
RANDOM_FRAMES=$((${LONG:-0} ? 1000000 : 20000))
WRONG=0x0badc0de0badc0de

# FIELD: of core 0, as the NIC's program has it (jq would round 64 bits).
core_0() {
	bpftool -j map lookup id "$CORES" key 0 0 0 0 | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}

# The id of the attached program's map of cores: other labs have maps of that name, too.
cores_map() {
	local prog maps
	prog=$(in_ns nic ip -j link show "${LAB}n" | jq '.[0].xdp.prog.id')
	maps=$(bpftool -j prog show id "$prog" | jq -c .map_ids)
	bpftool -j map show |
		jq --argjson of "$maps" '.[] | select(.name == "nic_cores" and ([.id] |
		inside($of))) | .id'
}

begin_watched() {
	begin build/nic/fcfs.o 1
	CORES=$(cores_map)
}

# NAMESPACE IFNAME KIND COOKIE [COUNT]: to the NIC as its core 0, or to the core as its NIC. EPOCH:
# another one than the present.
forge() {
	local to=$NIC_MAC from
	from=$(core_mac 0)
	case $3 in resume | note | preempt | welcome | refuse) to=$from from=$NIC_MAC ;; esac
	in_ns "$1" env "${FORGED[@]}" build/tests/wire/forge "$2" "$to" "$from" 0 \
		"${EPOCH:-$(core_0 epoch)}" "$4" \
		"${5:-$COUNT}" "$3"
}
FORGED=()

# COOKIE: all that a client may try, from where clients are.
forge_all() {
	local kind
	for kind in credit resume note preempt; do
		forge client "${LAB}c" $kind "$1"
	done
}

open_the_uplink() {
	in_ns switch bpftool net attach xdpdrv pinned "$SWITCH/port" dev up0 overwrite
}

# All but what counts events, while nothing is offered.
quiet_state() { nic_state -c 'del(.ev)'; }

assert_unharmed() {
	assert_eq "$(core_0 epoch)" 1 epoch
	offer --rate 2000 --count 400 --time 5 --mix short=1:2us
	assert_answered 400
	assert_balanced
	stop core0
	assert_eq "$(tail -n 1 "$DIR/core0.log" | jq -c '[.bad_token, .preempts, .welcomes]')" \
		"[0,0,1]" \
		"what the core believed"
}

# test_without_both_a_forger_is_believed shows the harm of the same frames.
test_the_switch_alone_stops_frames_with_the_right_cookie() {
	begin_watched
	offer --rate 2000 --count 20 --time 5 --mix short=1:2us
	forge_all "$(core_0 cookie)"
	assert_eq "$(nic_state -c '.ev[0:11] | add')" 0 "bad control frames seen"
	assert_unharmed
	assert_eq "$(tail -n 1 "$DIR/core0.log" | jq .stale)" 0 \
		"frames with a wrong cookie at the core"
}

test_the_cookie_alone_makes_frames_worthless() {
	local before
	begin_watched
	open_the_uplink
	offer --rate 2000 --count 20 --time 5 --mix short=1:2us
	assert_balanced
	before=$(quiet_state)
	forge_all $WRONG
	wait_for 5 eval '[ "$(ev COOKIE)" = $COUNT ]'
	assert_eq "$(quiet_state)" "$before" "state of the NIC"
	assert_unharmed
	assert_eq "$(tail -n 1 "$DIR/core0.log" | jq .stale)" $((3 * COUNT)) \
		"frames with a wrong cookie at the core"
}

test_without_both_a_forger_is_believed() {
	begin_watched
	open_the_uplink
	forge_all "$(core_0 cookie)"
	stop core0
	assert_ge "$(tail -n 1 "$DIR/core0.log" | jq .bad_token)" 1 "tokens that were forged"
	assert_ge "$(tail -n 1 "$DIR/core0.log" | jq .preempts)" 1 "preempts that were forged"
	assert_ge "$(ev OLD)" 1 "credits after the forged one"
}

test_random_frames_from_a_host_change_nothing_but_counters() {
	local before
	begin_watched
	offer --rate 2000 --count 20 --time 5 --mix short=1:2us
	assert_balanced
	before=$(quiet_state)
	forge host "${LAB}h0" random $WRONG "$RANDOM_FRAMES"
	assert_eq "$(quiet_state)" "$before" "state of the NIC"
	assert_ge "$(nic_state -c '.ev[0:11] | add')" $((RANDOM_FRAMES / 2)) \
		"frames that were counted"
	assert_unharmed
}

# Each core is a host of its own. Host 1 knows its own key, and all of core 0's numbers.
test_a_hello_with_another_hosts_key_ends_no_core() {
	local before
	begin build/nic/fcfs.o 2 GROUPS=1
	CORES=$(cores_map)
	offer --rate 2000 --count 20 --time 5 --mix short=1:2us
	assert_balanced
	before=$(quiet_state)
	FORGED=(HOST=1 "LIFE=$(nic_state .life)" "PROCESS=$(core_0 process)")
	EPOCH=$(($(core_0 epoch) + 1)) forge host "${LAB}h1" hello 0
	EPOCH=$((0xffffffff)) forge host "${LAB}h1" hello 0
	wait_for 5 eval '[ "$(ev KEY)" = $((2 * COUNT)) ]'
	assert_eq "$(quiet_state)" "$before" "state of the NIC"
	assert_unharmed
}

# With its host's own key, and numbers from the end of time: they are refused, and the next core is
# served as ever.
test_no_hello_can_use_up_the_numbers_of_a_core() {
	begin_watched
	FORGED=("LIFE=$(nic_state .life)" PROCESS=0xffffffff00000001)
	EPOCH=$((0xffffffff)) forge host "${LAB}h0" hello 0
	wait_for 5 eval '[ "$(ev OLDER)" = $COUNT ]'
	assert_eq "$(core_0 epoch)" 1 epoch
	stop core0
	start_core 0 PROCESS=2
	wait_for 5 eval '[ "$(core_0 epoch)" = 2 ]'
	wait_for 5 cores_up 1
	offer --rate 2000 --count 400 --time 5 --mix short=1:2us
	assert_answered 400
}

run_tests "$@"
