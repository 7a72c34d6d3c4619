#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# nfp.sh - a card emulated on the host: policies steer by what shuntd published, as late as it was
# told to be
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

PINS=/sys/fs/bpf/shunt

# POLICY KNOBS QUEUES [OPTIONS of shuntd…]: as serve.sh's load, for the emulated card.
load_card() {
	local q
	{
		echo domains:
		for ((q = 0; q < $3; q++)); do
			echo "  - {queue: $q, cpus: [$CPUS]}"
		done
		config "knobs: [$2]" "hang: {after: none}" 'share_cpus: true' | sed 1,2d
	} >"$DIR/config.yaml"
	host shunt load "./build/nfp/emu/$1.o" --dev "$DEV" --config "$DIR/config.yaml"
	start_agent "${@:4}"
}

start_workers() { # QUEUES
	local q
	for ((q = 0; q < $1; q++)); do
		start "spin$q" host shunt-spin --dev "$DEV" --idle sleep --domain "$q"
	done
	wait_for 10 all_up
	wait_for 5 order_is "$(($1 - 1))" 0 1
}

# MAP GROUP N: the first N bytes of a value, in words.
bytes() {
	bpftool -j map lookup pinned "$PINS/$DEV/$1" key "$2" 0 0 0 |
		jq -r "[.value[:$3][]] | join(\" \")"
}
order_is() { # GROUP CORES…
	[ "$(bytes nfp_order "$1" 2)" = "$(printf '0x%02x ' "${@:2}" | sed 's/ $//')" ] &&
		[ "$(bytes nfp_group "$1" 9 | cut -d' ' -f9)" = "$(printf '0x%02x' $(($# - 1)))" ]
}
loads_are() { [ "$(bytes nfp_loads 0 2)" = "$1" ]; }
some_load() { ! loads_are '0x00 0x00'; }

publisher() { stat_of "[.domains[].agent.publisher.$1 // 0] | add"; }
publisher_is() { (($(publisher "$1") >= $2)); }

test_requests_of_several_queues_are_served_by_published_loads() {
	new_lab --queues 2
	load_card p2c 0 2 --card-delay 25
	start_workers 2
	offer --rate 2000 --time 2 --flows 64 --mix short=0.7:20us,long=0.3:60us
	assert_all_answered
	assert_conserved
	stat_of '.domains[].agent.publisher'
	assert_ge "$(publisher messages)" 50 "messages to the card"
	assert_eq "$(publisher failed)" 0 "messages that failed"
	assert_ge "$(stat_of \
		'[.domains[] | select([.core[].counts.served] | add > 300)] | length')" 2 \
		"queues that served requests"
}

# The core's ring has something for so long that any publisher sees it.
test_a_busy_core_is_published_as_loaded() {
	load_card affinity 0 1
	start_workers 1
	start client client shunt-load --sleep --to 198.18.0.2 --count 8 --rate 1000 --flows 1 \
		--wait 20s --mix long=1:100ms
	wait_for 5 some_load
	wait_for 20 loads_are '0x00 0x00'
}

test_loads_arrive_as_late_as_the_card_is() {
	local began
	load_card affinity 0 1 --card-delay 200000
	start_workers 1
	wait_for 5 publisher_is messages 2
	began=${EPOCHREALTIME/./}
	start client client shunt-load --sleep --to 198.18.0.2 --count 40 --rate 1000 --flows 1 \
		--wait 20s --mix long=1:100ms
	wait_for 5 arrived 1
	wait_for 10 some_load
	assert_ge $((${EPOCHREALTIME/./} - began)) 200000 "microseconds until the card knew"
}

# A message takes 20 ms, a service 20 us: old news would be worse than none.
test_a_publisher_that_falls_behind_publishes_equal_loads() {
	load_card p2c 0 1 --card-delay 20000
	start_workers 1
	start client client shunt-load --sleep --to 198.18.0.2 --rate 2000 --time 30 --json \
		--mix short=1:20us
	wait_for 10 publisher_is equal 1
	wait_for 5 loads_are '0x00 0x00'
	# it goes on asking the card
	wait_for 10 publisher_is messages $(($(publisher messages) + 5))
	loads_are '0x00 0x00' || fail "unequal loads while behind: $(bytes nfp_loads 0 2)"
	stop client INT
	assert_conserved
}

counts_of() { stat_of "[.domains[].core[].counts] | map(.$1) | add"; }

# Equal loads leave it to the lot; a core that has nothing to do takes what it put before the other.
test_stealing_corrects_what_old_loads_got_wrong() {
	load_card p2c 0 1 --card-delay 20000
	start_workers 1
	offer --rate 2000 --burst 16 --time 2 --mix short=1:100us
	assert_conserved
	assert_ge "$(counts_of stolen)" 10 "requests stolen"
}

# Both classes have a core; whatever one of them is short of, the other's core stays its own.
test_cores_steal_within_their_class_alone() {
	load_card part "0x100, 0x101" 1
	start_workers 1
	offer --rate 2000 --burst 16 --time 2 --mix short=0.9:100us,long=0.1:10us
	assert_conserved
	assert_eq "$(counts_of stolen)" 0 "requests stolen"
	assert_eq "$(stat_of '[.domains[].core[].counts.served] | join(" ")')" \
		"$(stat_of '[.classes[].replied] | join(" ")')" \
		"requests of each core, and of each class"
}

test_without_a_card_nothing_is_published() {
	load p2c
	start_worker
	offer --rate 1000 --time 1 --mix short=1:10us
	assert_eq "$(publisher messages)" 0 messages
	[ ! -e "$PINS/$DEV/nfp_loads" ] || fail "there is a card's map"
}

run_tests "$@"
