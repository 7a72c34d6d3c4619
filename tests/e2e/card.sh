#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# card.sh - the card's own program, in XDP on a port between client and host, chooses among the
# host's receive queues by what shuntd publishes; the queues are one domain's
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--card 2)
domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }
CARD=/sys/fs/bpf/card

nic() { "$TESTS/lab.sh" exec "$LAB" nic "$@"; }

# N…: each as four bytes.
words() {
	local n; for n; do printf '%d %d %d %d ' $((n & 255)) $((n >> 8 & 255)) $((n >> 16 & 255)) \
		$((n >> 24)); done
}

# POLICY KNOBS [OPTIONS of shuntd…]: the card's program shares with the host what is published, and
# ports, rules and knobs.
load_card() {
	local map maps=()
	PINS=/sys/fs/bpf/shunt/$DEV
	load_host "$1" "$2"
	for map in nfp_group nfp_order nfp_loads ports rules knobs; do
		maps+=(map name "$map" pinned "$PINS/$map")
	done
	bpftool prog loadall "build/nfp/emu/card/$1.o" $CARD type xdp "${maps[@]}" pinmaps $CARD \
		>/dev/null
	# ABI, flags, fallback, classes, queues, addresses: struct shunt_nfp_cfg
	# shellcheck disable=SC2046
	bpftool map update pinned $CARD/nfp_cfg key 0 0 0 0 value $(words 3 0 0 2 2 0 0 0 0 0)
	nic bpftool net attach xdpdrv pinned $CARD/shunt_nfp dev "${LAB}w"
	start_agent "${@:3}"
	start_worker
	wait_for 5 order_is '0x00 0x01'
}

load_host() { # POLICY KNOBS
	config "knobs: [$2]" "hang: {after: none}" >"$DIR/config.yaml"
	host shunt load "./build/nfp/emu/$1.o" --dev "$DEV" --config "$DIR/config.yaml"
}

order_is() {
	[ "$(bpftool -j map lookup pinned "$PINS/nfp_order" key 0 0 0 0 | jq -r '.value[:2] |
		join(" ")')" = "$1" ]
}

# MAP KEY: a card's count, the first 64-bit word of several.
card_count() { # WORD: arrived 0, steered 1, of both classes
	local n=0 c
	for c in 0 1; do
		n=$((n + $(bpftool -j map lookup pinned $CARD/nfp_count key $c 0 0 0 |
			jq -r "[.value[8 * $1:8 * $1 + 4] | reverse | .[] | ltrimstr(\"0x\")] |
				\"0x\" + join(\"\")")))
	done
	echo $n
}

counts_of() { stat_of "[.domains[].core[].counts.$1] | $2"; }

test_the_card_chooses_the_queue_by_published_loads() {
	load_card p2c 0 --card-delay 25
	offer --rate 2000 --time 2 --flows 1 --mix short=0.7:20us,long=0.3:60us
	assert_all_answered
	assert_conserved
	assert_eq "$(card_count 1)" "$(sent)" "requests that the card steered"
	assert_eq "$(stat_of .total.steered)" "$(sent)" \
		"requests that came through the domain's queues"
	# One flow, whose hash names one queue: the card has spread it over both.
	assert_ge "$(stat_of '[.domains[0].core[].counts | .served - .stolen] | min')" 100 \
		"requests of each queue"
	assert_ge "$(stat_of '.domains[0].agent.publisher.messages')" 50 "messages to the card"
}

# A request's key names its queue's core, and no core steals while no request waits.
test_the_queue_that_the_policy_names_is_the_one_that_it_comes_through() {
	load_card part "0x100, 0x101"
	offer --rate 500 --time 2 --flows 16 --mix short=0.5:5us,long=0.5:5us
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of '[.domains[].core[].counts.served] | join(" ")')" \
		"$(stat_of '[.classes[].replied] | join(" ")')" \
		"requests of each core, and of each class"
}

# The card knows nothing for 20 ms; a core that has nothing to do takes what came through the
# other's queue.
test_stealing_between_queues_corrects_old_loads_and_leaves_each_queue_its_frames() {
	local counts
	load_card p2c 0 --card-delay 20000
	offer --rate 2000 --burst 16 --time 2 --mix short=1:100us
	assert_conserved
	assert_ge "$(counts_of stolen add)" 10 "requests stolen"
	assert_eq "$(stat_of '.domains[0].agent.no_frame')" 0 "arrivals without a frame"
	stop spin
	assert_frames
}

run_tests "$@"
