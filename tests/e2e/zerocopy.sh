#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# zerocopy.sh - the configuration's "zerocopy": what is asked of a driver, what it gives, and whose
# the frames are that it holds. A veth copies.
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../kills.sh"

PINS=/sys/fs/bpf/shunt
DEATHS=$([ -n "$LONG" ] && echo 50 || echo 5)
refused() {
	echo "driver of '$DEV' \(veth\) gives no zero-copy AF_XDP socket on queue 0: .*supported"
}

# QUEUE MODE NEED_WAKEUP of each
sockets() {
	json '.interfaces[0].domains[0].sockets | map("\(.queue) \(.mode) \(.need_wakeup)") |
		join(", ")' host shunt -j status --dev "$DEV"
}
made() { host shunt -j status | jq -e '.interfaces[0].domains[0].sockets'; }
COPIES='0 copy true'

# CHECK: what doctor finds there, "level text".
finding() {
	host shunt -j doctor --dev "$DEV" >"$DIR/doctor.json" || true
	jq -r ".findings[] | select(.check == \"$1\") | \"\(.level) \(.text)\"" "$DIR/doctor.json"
}

test_a_driver_without_zero_copy_copies_unless_it_is_demanded() {
	load fcfs
	wait_for 10 made
	assert_eq "$(sockets)" "$COPIES"
	assert_match "$(host shunt status)" "sockets of queue 0: copy, need_wakeup yes"
	assert_match "$(finding native)" "ok .*, AF_XDP with copying"
	assert_eq "$(finding zerocopy)" "ok domain 0: copy, with 'zerocopy: auto'"
	assert_match "$(logs shuntd)" "domain 0, queue 0.* bytes, copy"
	start_worker
	offer --rate 2000 --time 1 --mix short=1:5us
	assert_all_answered
	assert_conserved
}

test_zero_copy_that_is_forbidden_is_not_used() {
	load fcfs 'zerocopy: off'
	wait_for 10 made
	assert_eq "$(sockets)" "$COPIES"
	assert_eq "$(finding zerocopy)" "ok domain 0: copy, with 'zerocopy: off'"
}

test_zero_copy_that_is_demanded_and_refused_is_told_with_driver_queue_and_cure() {
	local option
	config 'zerocopy: on' >"$DIR/config.yaml"
	for option in "" --dry-run; do
		# shellcheck disable=SC2086
		assert_exit 3 host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml" $option
		assert_match "$(cat "$DIR/err")" "$(refused)"
		assert_match "$(cat "$DIR/err")" "with 'zerocopy: auto' packets are copied"
	done
	[ ! -e "$PINS/$DEV" ] || fail "something is left"
}

# The driver was another one, or its queues, when 'shunt load' tried it.
test_shuntd_tells_the_same_of_a_driver_that_gave_zero_copy_to_load() {
	local value flags='.[5] = "0x01"' # SHUNT_CFG_ZEROCOPY
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	value=$(bpftool -j map lookup pinned "$PINS/$DEV/cfg" key 0 0 0 0 |
		jq -r ".value | $flags | join(\" \")")
	# shellcheck disable=SC2086
	bpftool map update pinned "$PINS/$DEV/cfg" key 0 0 0 0 value $value
	start_agent
	wait_for 5 sh -c "grep -qE \"waiting: the $(refused)\" '$DIR/shuntd.log'"
	assert_eq "$(host shunt -j status | jq '.interfaces[0].domains[0].sockets')" null "sockets"
}

test_queues_of_a_domain_are_told_in_one_line() {
	new_lab --queues 2
	domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }
	load p2c
	wait_for 10 made
	assert_match "$(host shunt status)" "sockets of queue 0 and 1 more: copy, need_wakeup yes"
	assert_eq "$(json '[.interfaces[0].domains[0].sockets[].queue] | tostring' \
		host shunt -j status)" "[0,1]"
}

test_a_driver_that_fails_on_one_of_a_domains_queues_copies_on_all() {
	new_lab --queues 2
	domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }
	export REFUSED=1 LD_PRELOAD=$ROOT/build/tests/holds.so
	load p2c
	unset LD_PRELOAD
	start_worker
	assert_match "$(logs shuntd)" \
		"driver gives no zero-copy AF_XDP socket on queue 1: Invalid argument; packets of domain 0 are copied"
	assert_eq "$(grep -c 'gives no zero-copy' "$DIR/shuntd.log")" 1 "lines that say so"
	offer --rate 2000 --time 1 --flows 64 --mix short=1:5us
	assert_all_answered
	assert_conserved
}

# The kernel does not ask again where it has asked before. (A core that sleeps has poll() send.)
test_a_worker_that_takes_back_the_kernels_words_delays_no_reply_of_the_next_one() {
	load fcfs
	host build/tests/peer hush "/run/shunt/$DEV.sock" 1 || true
	wait_for 5 no_worker
	start_worker
	offer --rate 1000 --count 500 --time 1 --mix short=1:5us
	assert_all_answered
	assert_ge "$(stat_of '[.domains[0].core[].counts.kicks] | add')" 100 "calls that send"
}

kill_worker() {
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	wait_for 10 no_worker
}

# Frames of a driver look like those of a dead worker: both are in no ring.
die_beside_a_driver() {
	local i counts
	export HELD=64 LD_PRELOAD=$ROOT/build/tests/holds.so
	load mq
	unset LD_PRELOAD
	host shunt quantum set long 20us >/dev/null
	start_worker
	assert_eq "$(json '[.interfaces[0].domains[0].sockets[].mode] | unique | join(",")' \
		host shunt -j status)" "zero copy"
	start client client shunt-load --sleep --to 198.18.0.2 --rate 3000 --time 3600 --flows 64 \
		--mix short=0.7:1us,long=0.3:50us
	wait_for 5 arrived 200
	for ((i = 0; i < DEATHS; i++)); do
		any_moment
		kill_worker
		start_worker
	done
	finish_load
	stop spin
	wait_for 5 no_worker
	counts=$(host build/tests/peer census "/run/shunt/$DEV.sock")
	[ "$(jq .twice <<<"$counts")" = 0 ] || broken "frames are there twice: $counts"
	assert_ge "$(jq .missing <<<"$counts")" $((HELD * $1)) "frames of the driver, of $counts"
	assert_le "$(jq .missing <<<"$counts")" $((HELD * $1 + 2 * $1)) "missing frames of $counts"
	! logs shuntd | grep -q 'making new ones' || fail "shuntd had to start anew"
}

test_frames_that_a_driver_holds_are_nobodys_when_workers_die() { die_beside_a_driver 1; }

test_frames_that_drivers_hold_of_several_queues_are_nobodys_when_workers_die() {
	new_lab --queues 2
	domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }
	die_beside_a_driver 2
}

# Where the kernel copies, the ring's refusals are no more than counted.
test_counts_that_keep_a_driver_from_receiving_cost_the_worker_its_memory() {
	export HELD=64 LD_PRELOAD=$ROOT/build/tests/holds.so
	load fcfs
	unset LD_PRELOAD
	start peer host build/tests/peer overfill "/run/shunt/$DEV.sock"
	wait_for 5 grep -q ready "$DIR/peer.log"
	offer --rate 20000 --count 3000 --time 2 --wait 10ms --mix short=1:1us
	wait_for 5 grep -q "wrong counts kept a driver from receiving.* domain 0" "$DIR/shuntd.log"
	stop peer KILL
	start_worker
	assert_conserved
	offer --rate 2000 --count 500 --time 5 --mix short=1:1us
	assert_all_answered
}

run_tests "$@"
