#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_load_half.sh - loads that are under way, broken off, or of another interface
# runs: beside
. "$(dirname "$0")/../lib.sh"

PINS=/sys/fs/bpf/shunt

program_id() { host ip -j link show dev "$DEV" | jq '.[0].xdp.prog.id // 0'; }
nothing_left() { [ ! -e $PINS ] && [ "$(program_id)" = 0 ]; }

test_a_load_under_way_is_called_so() {
	host shunt load fcfs --dev "$DEV" --port 9000
	# shellcheck disable=SC2046
	bpftool map update pinned $PINS/"$DEV"/cfg key 0 0 0 0 value $(printf '0 %.0s' {1..128})
	assert_exit 1 host shunt slo get
	assert_match "$(cat "$DIR/err")" "(is being loaded on|a load of) '$DEV'"
	assert_exit 1 host shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/out" "$DIR/err")" \
		"waiting: .*(is being loaded on|a load of) '$DEV'"
}

# Killed at whatever moment: the next load works, and nothing of the first is in its way.
test_a_killed_load_is_swept_away_by_the_next() {
	local i pid kills=${LONG:+200}
	for ((i = 0; i < ${kills:-6}; i++)); do
		nsenter --net="/run/netns/shunt-$LAB-host" -- shunt load mq --dev "$DEV" \
			--port 9000 \
			>/dev/null 2>&1 &
		pid=$!
		sleep "0.0$((RANDOM % 90 + 10))"
		kill -KILL $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		if [ "$(program_id)" = 0 ]; then # else it was faster
			host shunt load fcfs --dev "$DEV" --port 9000 ||
				fail "no load after $i kills"
		fi
		assert_exit 0 host shunt -j status --dev "$DEV"
		host shunt unload --dev "$DEV"
		nothing_left || fail "something is left after $i kills"
	done
}

test_half_a_load_is_called_by_its_name() {
	mkdir -p $PINS/"$DEV"
	bpftool map create $PINS/"$DEV"/cfg type array key 4 value 128 entries 1 name cfg
	assert_exit 1 host shunt slo get
	assert_match "$(cat "$DIR/err")" "a load on '$DEV' was interrupted"
	assert_match "$(json '.interfaces[0].error' host shunt -j status)" interrupted
	host shunt load fcfs --dev "$DEV" --port 9000
	assert_exit 0 host shunt slo get
}

# Whoever loads holds the lock on the folder until the link is there.
test_a_load_under_way_is_told_from_an_interrupted_one() {
	mkdir -p $PINS/"$DEV"
	bpftool map create $PINS/"$DEV"/cfg type array key 4 value 128 entries 1 name cfg
	exec {lock}<$PINS/"$DEV"
	flock -x $lock
	assert_exit 1 host shunt slo get
	assert_match "$(cat "$DIR/err")" "a load on '$DEV' is under way"
	! grep -q unload "$DIR/err" || fail "it tells to unload what is being loaded"
	assert_match "$(json '.interfaces[0].error' host shunt -j status)" "under way"
	exec {lock}<&-
	assert_exit 1 host shunt slo get
	assert_match "$(cat "$DIR/err")" "a load on '$DEV' was interrupted"
}

test_an_object_of_another_abi_is_refused_by_every_verb() {
	host shunt load fcfs --dev "$DEV" --port 9000
	local bytes
	bytes=$(bpftool -j map lookup pinned $PINS/"$DEV"/cfg key 0 0 0 0 |
		jq -r '.value[1:] | join(" ")')
	# shellcheck disable=SC2086
	bpftool map update pinned $PINS/"$DEV"/cfg key 0 0 0 0 value 0x63 $bytes
	assert_exit 1 host shunt switch mq
	assert_match "$(cat "$DIR/err")" "ABI 99"
	assert_exit 1 host shunt slo get
	host shunt unload --dev "$DEV"
	nothing_left || fail "something is left"
}

test_of_loads_at_the_same_time_one_wins() {
	local i won=0 pids=()
	for i in 1 2 3 4; do
		host shunt load fcfs --dev "$DEV" --port 900$i >"$DIR/load$i.log" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		if wait "$i"; then won=$((won + 1)); fi
	done
	assert_eq $won 1 "loads that succeeded"
	assert_eq "$(cat "$DIR"/load*.log | grep -c 'already loaded')" 3 "loads that were told so"
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" attached
}

test_two_interfaces_must_be_told_apart() {
	host ip link add sec.100 type veth peer name secp
	host ip link set sec.100 up
	host shunt load fcfs --dev "$DEV" --port 9000
	host shunt load mq --dev sec.100 --port 9000
	[ -e $PINS/sec_100/link ] || fail "bpffs knows no dots"
	assert_exit 2 host shunt slo get
	assert_match "$(cat "$DIR/err")" "--dev"
	assert_eq "$(json '.interfaces | map(.interface) | sort | join(" ")' host shunt -j)" \
		"$(printf '%s\n' "$DEV" sec.100 | sort | paste -sd' ')"
	host shunt unload --dev sec.100
	assert_exit 0 host shunt slo get
}

test_interfaces_whose_pins_have_one_name_are_told_apart() {
	host ip link add sec.100 type veth peer name sec_100
	host ip link set sec.100 up
	host ip link set sec_100 up
	host shunt load fcfs --dev sec.100 --port 9000
	for verb in "load mq --port 9000" "slo set default 1ms" status unload; do
		# shellcheck disable=SC2086
		assert_exit 1 host shunt $verb --dev sec_100
		assert_match "$(cat "$DIR/err")" \
			"pins of 'sec_100' and 'sec.100' have one name.* loaded on 'sec.100'"
	done
	assert_eq "$(json '.interfaces | map(.interface + " " + .policy) | join(" ")' host shunt \
		-j)" "sec.100 fcfs"
}

test_an_interface_that_is_not_there_is_not_taken_for_one_whose_pins_have_its_name() {
	host ip link add sec.100 type veth peer name secp
	host ip link set sec.100 up
	host shunt load fcfs --dev sec.100 --port 9000
	for verb in "slo set default 1ms" status unload; do
		# shellcheck disable=SC2086
		assert_exit 1 host shunt $verb --dev sec_100
		assert_match "$(cat "$DIR/err")" "no interface 'sec_100' here.* those of 'sec.100'"
	done
	assert_eq "$(json '.interfaces | map(.interface + " " + .policy) | join(" ")' \
		host shunt -j)" "sec.100 fcfs"
	host shunt unload --dev sec.100
}

test_a_vanished_interface_is_seen_and_attached_again() {
	host shunt load fcfs --dev "$DEV" --port 9000
	host shunt slo set default 123us
	host ip link del "$DEV"
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" gone
	assert_exit 1 host shunt switch mq
	host ip link add "$DEV" type veth peer name again
	host ip link set "$DEV" up
	host shunt switch mq
	assert_ne "$(program_id)" 0 program
	assert_eq "$(json '.classes[0].slo_us' host shunt -j slo get)" 123 "the objective"
	host ip link del "$DEV"
	host ip link add "$DEV" type veth peer name again
	host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(json '.interfaces[0].generation' host shunt -j)" 1 "a new load's generation"
}

test_a_renamed_interface_is_told_with_the_way_on() {
	host shunt load fcfs --dev "$DEV" --port 9000
	! host shunt status | grep -q "is called" || fail "it was not renamed yet"
	host ip link set dev "$DEV" down
	host ip link set dev "$DEV" name lan9
	host ip link set dev lan9 up
	assert_match "$(host shunt status)" \
		"the interface is called 'lan9' now.*'shunt unload --dev $DEV'"
	assert_eq "$(json '.interfaces[0].renamed_to' host shunt -j)" lan9
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev lan9 --port 9000
}

run_tests "$@"
