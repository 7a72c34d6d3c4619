#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# on_wire.sh - tests of the shared transport, the same functions, where a NIC schedules that shares
# no memory with its hosts; and what there is on the wire alone
# runs: together
export TRANSPORT=wire ON_WIRE=1
NO_LAB=1
TEST_LIMIT=${TEST_LIMIT:-${LONG:+400}}
. "$(dirname "$0")/../lib.sh"
AHEAD=1
SWITCHES=${SWITCHES:-$([ -n "$LONG" ] && echo 200 || echo 3)}
. "$(dirname "$0")/serve.sh"
. "$(dirname "$0")/decide.sh"
. "$(dirname "$0")/preempt.sh"
. "$(dirname "$0")/expire.sh"
. "$(dirname "$0")/refuse.sh"

SHARED_TESTS=(
	test_requests_over_ipv4_are_answered
	test_switches_under_load_lose_no_packet
	test_quanta_take_effect_while_requests_run
	test_a_policy_remembers_nothing_of_the_one_before
	test_what_waited_too_long_expires_and_a_class_without_expire_waits_on
	test_a_client_that_is_told_no_counts_no_answer_and_no_loss
	test_darc_reserves_the_cores_that_the_simulator_says_also_when_the_mix_changes
)
SHARED_LONG=(
	test_requests_over_ipv6_are_answered
	test_bursts_of_64_are_answered
	test_replies_of_several_datagrams_arrive_whole
	test_requests_without_a_reply_are_counted
	test_every_policy_serves
	test_a_worker_that_stops_serves_what_it_was_steered
	test_a_hold_limit_bounds_the_queue_and_is_counted
	test_every_policy_serves_all_with_preemption_on
	test_what_slo_rejects_what_expires_and_what_is_served_is_each_counted_once
)

# Requests that wait and that cores have, at once.
most_out() { stat_of '[.wire.core[].out] | max'; }

test_k_is_kept_and_nobody_is_preempted_needlessly() {
	local k
	CPUS=$ONE
	load sq
	host shunt quantum set long 20us >/dev/null
	start_worker
	# how many meet one that waits, the machine decides
	for k in 1 2 3 4 5 1 2 3 4 5 1 2 3 4 5; do
		host shunt wire set k=$k >/dev/null
		offer --rate 4000 --burst 16 --count 320 --time 5 --mix short=0.8:1us,long=0.2:100us
		assert_all_answered
		[ $k != 5 ] || (($(preemption by_safepoint) < 20)) || break
	done
	assert_conserved
	assert_ge "$(preemption by_safepoint)" 20 preemptions
	assert_eq "$(stat_of .wire.needless_preemptions)" 0 "needless preemptions"
	# Stopped in the middle of it, a core has k and no more.
	host shunt wire set k=3 >/dev/null
	kill -STOP "${PIDS[spin]}"
	offer --rate 20000 --count 40 --time 0.2 --wait 10ms --mix short=1:1us
	assert_eq "$(most_out)" 3 "requests that the core has"
	assert_eq "$(stat_of .wire.k)" 3 "k as shown"
	kill -CONT "${PIDS[spin]}"
	assert_conserved
}

test_a_request_that_used_up_its_quanta_is_demoted_on_the_nic() {
	CPUS=$ONE
	load sq
	host shunt quantum set long 20us >/dev/null
	host shunt class set long demote=1:short >/dev/null
	start_worker
	for _ in 1 2 3 4 5 6; do # how many meet one that waits, the machine decides
		offer --rate 4000 --burst 16 --count 320 --time 5 --mix short=0.8:1us,long=0.2:100us
		assert_all_answered
		(($(preemption demoted) < 5)) || break
	done
	assert_conserved
	assert_ge "$(preemption demoted)" 5 "requests of class long that went on as short"
}

test_a_policy_whose_cores_steal_is_loaded_with_a_warning() {
	load fcfs
	host shunt switch steal 2>"$DIR/said"
	assert_match "$(cat "$DIR/said")" \
		"'steal' wants idle cores to steal, which cores of a NIC cannot" "what switch says"
	host shunt switch mq 2>"$DIR/said"
	! grep steal "$DIR/said" || fail "switch says of mq that it steals"
}

# The NIC's side also runs on kernels before 6.4, whose sockets' rings cannot be given to a worker
# (tests/vm).
test_the_nic_serves_cores_that_are_the_protocol_alone() {
	local lost
	CPUS=$ONE
	use_wire
	config >"$DIR/config.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	start_nic_agent
	start core host build/tests/wire/core "$WORKER_DEV" 0 02:00:c6:12:00:02
	wait_for 10 all_up
	offer --rate 4000 --burst 16 --count 800 --time 5 --mix $MIX
	assert_conserved
	lost=$(stat_of .total.lost) # as in assert_answered of tests/wire/check.sh
	assert_eq $(($(answered) + lost)) "$(sent)" "answered, or counted lost"
	assert_le "$lost" $((${SLOWER:-1} > 1 ? 16 : 0)) lost
	assert_ge "$(stat_of .total.held)" 100 held
}

# [OPTION…] of the host's agent: requests of 4 ms that reach no safepoint, short ones behind them.
# The agent is to stop what runs, so the worker does not go before it.
serve_without_safepoints() {
	CPUS=$ONE AHEAD=
	AGENT=("$@")
	start_agent() { start_nic_agent; start_host_agent "${AGENT[@]}"; }
	load sq
	host shunt quantum set long 100us
	start_worker --no-safepoints
	offer_long_ones
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}
offer_long_ones() {
	offer --rate 100 --count 100 --time 5 --mix short=0.5:1us,long=0.5:4ms
	assert_all_answered
}

# Only a signal stops these requests, as the next test shows; how many meet a waiting short one
# depends on the machine.
test_a_signal_stops_what_the_nic_preempts_and_its_token_brings_it_back() {
	local round
	serve_without_safepoints --grace 100 # us
	for round in {1..10}; do
		((round < 10)) && (($(preemption resumed) < 1)) || break
		offer_long_ones
	done
	assert_conserved
	assert_ge "$(preemption resumed)" 1 "requests resumed"
	assert_ge "$(preemption by_signal)" 1 "requests stopped by a signal"
	assert_eq "$(preemption by_safepoint)" 0 "requests stopped at a safepoint"
}

test_without_grace_no_signal_stops_a_request() {
	serve_without_safepoints
	assert_ge "$(stat_of '.preemption | .marks_xdp + .marks_agent')" 1 "orders to yield"
	assert_eq "$(preemption resumed)" 0 "requests resumed"
}

# A worker that stands still says no credit: its core goes off, what it had is counted lost, and it
# comes again when it goes on.
test_a_core_that_is_silent_is_off_until_it_is_heard() {
	CPUS=$ONE
	HANG=300ms
	load sq
	start_worker
	kill -STOP "${PIDS[spin]}"
	wait_for 5 off_by_a_frame
	kill -CONT "${PIDS[spin]}"
	wait_for 5 all_up
	offer --rate 2000 --count 400 --time 3 --mix short=1:1us
	assert_all_answered
	assert_conserved
}
# The NIC's agent asks for the core to be off; the NIC's program does that at the next frame.
off_by_a_frame() {
	offer --rate 1000 --count 1 --time 1 --wait 1ms --mix short=1:1us
	stat_of '.wire.core | all(.up | not)'
}

test_two_hosts_share_one_nic() {
	local i
	HOSTS=1,1 CPUS=$ONE
	load mq
	start shuntd_host1 nsenter "--net=/run/netns/shunt-$LAB-host1" -- shuntd --role host \
		--dev "${LAB}h1:0" \
		--first 1 --nic 02:00:c6:12:00:02 --key "$(key_of 1)"
	wait_for 10 test -S "/run/shunt/${LAB}h1.sock"
	start spin1 nsenter "--net=/run/netns/shunt-$LAB-host1" -- shunt-spin --dev "${LAB}h1" \
		--idle sleep
	start_worker
	host shunt quantum set long 20us >/dev/null
	offer --rate 6000 --burst 8 --count 3000 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
	for i in 0 1; do
		assert_ge "$(stat_of ".wire.core[$i].credits")" 100 "credits of host $i's core"
	done
	stop spin1
	offer --rate 2000 --count 500 --time 5 --mix $MIX
	assert_all_answered
	assert_eq "$(stat_of .total.lost)" 0 lost
}

# If generations came from a clock, one begun after the clock was set back would be older than the
# one before.
test_a_host_whose_clock_was_set_back_is_served_at_once() {
	CPUS=$ONE
	load fcfs
	start_worker
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	stop spin
	stop shuntd_host
	set_clock_back start_host_agent
	set_clock_back start_worker
	wait_for 5 all_up
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	assert_eq "$(stat_of '.wire.hosts[0].process')" 2 "processes of the host so far"
}

# COMMAND…, with children whose wall clock is a day behind.
set_clock_back() { LD_PRELOAD=$ROOT/build/tests/wire/clock_back.so "$@"; }

# FIELD of the first core; and of the NIC: as the NIC's program has it (jq would round 64 bits).
core_has() { nic_map nic_cores "$1"; }
nic_has() { nic_map nic "$1"; }
nic_map() {
	host bpftool -j map lookup pinned "/sys/fs/bpf/shunt/$DEV/$1" key 0 0 0 0 |
		grep -o "\"$2\":[0-9]*" | head -n 1 |
		cut -d: -f2
}

# KIND EPOCH COUNT [VAR=VALUE…]: from where the NIC is, to the first core's function, with the nonce
# that is asked with.
forge_answer() {
	in_ns nic env "NONCE=$(core_has nonce)" "LIFE=$(nic_has life)" \
		"PROCESS=$(core_has process)" "${@:4}" build/tests/wire/forge \
		"$DEV" 02:00:c6:12:01:00 02:00:c6:12:00:02 0 "$2" 0x1234 "$3" "$1"
}

# All else in them is right: with the key, shuntd believes that its epoch is over.
test_answers_that_are_forged_without_the_key_move_no_host() {
	CPUS=$ONE
	load fcfs
	start_worker
	forge_answer welcome 1 100 HOST=1 # with a cookie that the NIC has not
	forge_answer refuse 1 100 HOST=1
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	assert_eq "$(stat_of '.wire.core[0].epoch')" 1 epoch
	assert_eq "$(stat_of '.wire.events.older')" 0 "HELLOs for a wrong epoch"
	forge_answer refuse 1 1
	wait_for 5 eval '[ "$(stat_of .wire.core[0].epoch)" = 2 ]'
	wait_for 5 all_up
}

# A new agent of the host asks for no other epoch, so its cores' requests are not lost; the nonce is
# still known.
test_a_new_agent_goes_on_with_the_epochs_of_the_last() {
	local answers
	CPUS=$ONE
	load fcfs
	start_worker
	start load client shunt-load --sleep --to 198.18.0.2:9000 --json --rate 2000 \
		--count 3000 --time 5 \
		--mix short=1:10us
	wait_for 5 eval '[ "$(stat_of .total.replied)" -gt 100 ]'
	answers=$(hello_answers)
	kill -KILL "$(pgrep -P "${PIDS[shuntd_host]}")"
	wait_for 5 grep -q "took over domain 0 and its worker" "$DIR/shuntd_host.log"
	wait_for 5 eval '[ "$(hello_answers)" -gt $answers ]'
	wait_ended load
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
	assert_eq "$(stat_of '.wire.core[0].epoch')" 1 epoch
	assert_eq "$(stat_of '.wire.events.older')" 0 "HELLOs for a wrong epoch"
}

# WELCOMEs that shuntd has told the first core of: a new agent asks once the worker is there again.
hello_answers() {
	local prog maps map
	prog=$(in_ns host ip -j link show "$WORKER_DEV" | jq '.[0].xdp.prog.id')
	maps=$(bpftool -j prog show id "$prog" | jq -c .map_ids)
	map=$(bpftool -j map show |
		jq --argjson of "$maps" '.[] | select(.name == "wire_epoch" and ([.id] |
		inside($of))) | .id')
	bpftool -j map lookup id "$map" key 0 0 0 0 | jq '.formatted.value.heard'
}

test_another_version_is_refused_in_words() {
	CPUS=$ONE
	load fcfs
	start_worker
	in_ns host env VERSION=2 build/tests/wire/forge "$WORKER_DEV" 02:00:c6:12:00:02 \
		02:00:c6:12:01:00 0 0 0 1 hello
	wait_for 5 grep -q \
		"the host of core 0 speaks version 2 of the wire, and this NIC version 3" \
		"$DIR/shuntd.log"
	forge_answer refuse 0 1 VERSION=4
	wait_for 5 grep -q "speaks version 4 of the wire, and this shuntd version 3" \
		"$DIR/shuntd_host.log"
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
}

test_a_wrong_key_is_told_on_both_sides() {
	CPUS=$ONE
	use_wire
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_nic_agent
	(umask 077 && printf '%032x\n' 5 >"$DIR/wrong")
	start_host_agent --key "$DIR/wrong"
	start spin host shunt-spin --dev "$WORKER_DEV" --idle sleep
	wait_for 5 grep -q "without a proof of that host's key" "$DIR/shuntd.log"
	wait_for 10 grep -q "no answer from the NIC for '$WORKER_DEV'" "$DIR/shuntd_host.log"
	assert_eq "$(stat_of '.wire.hosts[0] | .up, .process')" "$(printf '0\n0')" \
		"cores and processes of the host"
	assert_match "$(host shunt wire --dev "$DEV")" \
		'host 0: 0 of 1 core up \(0\), nobody came yet'
	assert_match "$(host shunt status --dev "$DEV")" 'host 0: 0 of 1 core up'
}

test_host_and_nic_start_and_end_in_any_order() {
	CPUS=$ONE
	use_wire
	start_host_agent
	start spin host shunt-spin --dev "$WORKER_DEV" --idle sleep
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	# they wait: no core has come yet
	offer --rate 1000 --count 100 --time 1 --wait 10ms --mix short=1:1us
	start_nic_agent
	wait_for 10 all_up
	assert_conserved
	assert_eq "$(stat_of .total.replied)" 100 replied
	# Another life of the NIC.
	host shunt unload --dev "$DEV" 2>/dev/null
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 10 all_up
	offer --rate 2000 --count 500 --time 5 --mix $MIX
	assert_all_answered
	kill_host_agents
	start_host_agent # the worker finds it
	wait_for 15 all_answered_now
	assert_conserved
}

# Keeper and agent at once: stopped, for either would start the other anew.
kill_host_agents() {
	local agent
	agent=$(pgrep -P "${PIDS[shuntd_host]}")
	kill -STOP "${PIDS[shuntd_host]}" "$agent"
	kill -KILL "${PIDS[shuntd_host]}" "$agent"
	wait "${PIDS[shuntd_host]}" 2>/dev/null || true
	wait_for 5 sh -c "! kill -0 $agent" # it has its socket until then
}

all_answered_now() {
	offer --rate 1000 --count 50 --time 1 --wait 50ms --mix short=1:1us
	[ "$(answered)" = 50 ]
}

WIRE_TESTS=(
	test_k_is_kept_and_nobody_is_preempted_needlessly
	test_a_request_that_used_up_its_quanta_is_demoted_on_the_nic
	test_a_policy_whose_cores_steal_is_loaded_with_a_warning
	test_the_nic_serves_cores_that_are_the_protocol_alone
	test_a_signal_stops_what_the_nic_preempts_and_its_token_brings_it_back
	test_without_grace_no_signal_stops_a_request
	test_a_core_that_is_silent_is_off_until_it_is_heard
	test_a_host_whose_clock_was_set_back_is_served_at_once
	test_answers_that_are_forged_without_the_key_move_no_host
	test_a_new_agent_goes_on_with_the_epochs_of_the_last
	test_another_version_is_refused_in_words
	test_a_wrong_key_is_told_on_both_sides
)
WIRE_LONG=(test_two_hosts_share_one_nic test_host_and_nic_start_and_end_in_any_order)

[ $# -gt 0 ] || set -- "${SHARED_TESTS[@]}" "${WIRE_TESTS[@]}" \
	${LONG:+"${SHARED_LONG[@]}" "${WIRE_LONG[@]}"}
run_tests "$@"
