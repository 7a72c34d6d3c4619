#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_tune.sh - classes, SLOs, limits, knobs: changed while packets come, by shunt and by bpftool
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../tune.sh"

PINS=/sys/fs/bpf/shunt

# KEY: the u32 that bpftool reads there.
value_of() { bpftool -j map dump pinned "$PINS/$DEV/$1" | jq ".[$2].formatted.value"; }

test_slo_quantum_and_limit_are_read_and_set_by_name_and_number() {
	load_two_classes
	assert_eq "$(host shunt slo get long)" "long            1ms"
	host shunt slo set long 200us
	assert_eq "$(value_of slo_us 1)" 200
	host shunt slo set 0 none
	assert_eq "$(value_of slo_us 0)" 0
	assert_eq "$(json '.classes[0] | has("slo_us") | not' host shunt -j slo get)" true \
		"absent when unset"
	host shunt quantum set short 5us
	assert_eq "$(value_of quantum_us 0)" 5
	host shunt limit set short 100
	assert_eq "$(value_of hold_limit 0)" 100
	assert_exit 2 host shunt limit set short 961
	assert_exit 2 host shunt slo set short 50
	assert_exit 2 host shunt slo set short 11s
	assert_exit 1 host shunt slo set medium 50us
	assert_match "$(cat "$DIR/err")" "no class 'medium'"
	assert_eq "$(value_of hold_limit 0)" 100
}

test_a_negative_time_is_named_as_it_was_written() {
	load_two_classes
	assert_exit 2 host shunt slo set short -5us
	assert_match "$(cat "$DIR/err")" \
		"unknown option '-5us'.*hint: no number or time here is negative"
	assert_exit 2 host shunt slo set short --nosuch
	assert_match "$(cat "$DIR/err")" "unknown option '--nosuch'"
}

# Each shows something, or says how it is used; none guesses.
test_a_verb_without_words_shows_or_says_how_it_is_used() {
	local verb got
	load_two_classes
	for verb in $(json '.verbs[].verb' shunt -j help | grep -vxE "unload|wire"); do
		got=0
		host shunt "$verb" >"$DIR/out" 2>"$DIR/err" || got=$?
		[ "$got" != 2 ] || assert_match "$(cat "$DIR/err")" "hint: usage: shunt $verb "
		[ "$got" != 3 ] || assert_match "$(cat "$DIR/err")" "kernel .*hint: it needs"
		[ "$got" -ge 2 ] || assert_ne "$(cat "$DIR/out")" "" "what $verb shows"
	done
	for verb in slo quantum limit knob; do
		assert_eq "$(host shunt $verb)" "$(host shunt $verb get)"
	done
	assert_exit 2 host shunt load mq
	assert_match "$(cat "$DIR/err")" "on which interface.*hint: usage: shunt load "
}

test_a_word_that_is_none_of_a_list_is_told_the_list() {
	load_two_classes
	assert_exit 2 host shunt preempt set mode=maybe
	assert_match "$(cat "$DIR/err")" "mode 'maybe' is none of auto, on, off"
	assert_exit 2 host shunt preempt set signals=me
	assert_match "$(cat "$DIR/err")" "signals 'me' is none of agent, xdp"
	assert_exit 2 host shunt preempt set mood=on
	assert_match "$(cat "$DIR/err")" "key 'mood' is none of mode, parked, watch, grace, signals"
	assert_exit 2 host shunt class set short requeue=middle
	assert_match "$(cat "$DIR/err")" "requeue 'middle' is none of head, tail, auto"
	assert_exit 2 host shunt slo put short 1ms
	assert_match "$(cat "$DIR/err")" "action 'put' is none of get, set, bytes"
}

test_bytes_knows_classes_by_name_and_number() {
	local line
	load_two_classes
	line="bpftool map update pinned $PINS/$DEV/slo_us key 1 0 0 0 value 200 0 0 0"
	assert_eq "$(host shunt slo bytes 200us long)" "$line"
	assert_eq "$(host shunt slo bytes 200us 1 --dev "$DEV")" "$line"
	assert_eq "$(host shunt slo bytes 200us 1)" "$line" "the only interface"
	! host shunt stats | grep "quantum's end" || fail "told of what cannot be: no quantum"
	host shunt quantum set long 10us >/dev/null
	assert_match "$(host shunt stats)" "yielded after the quantum's end: none"
	assert_exit 1 host shunt slo bytes 200us medium
	assert_match "$(cat "$DIR/err")" "no class 'medium'"
	assert_exit 2 host shunt slo bytes 200us 16
	eval "host $(host shunt slo bytes 300us long)"
	assert_eq "$(value_of slo_us 1)" 300
}

test_demotion_in_a_circle_is_refused() {
	load_two_classes
	host shunt class set short demote=3:long >/dev/null
	assert_exit 2 host shunt class set long demote=3:short
	assert_match "$(cat "$DIR/err")" "demotion would lead from this class back to it"
	assert_exit 2 host shunt class set long demote=3:long
	host shunt class set short demote=none >/dev/null
	host shunt class set long demote=3:short >/dev/null
}

test_preemption_without_signals_is_said_so() {
	load_two_classes
	host shunt quantum set long 10us >/dev/null
	host shunt preempt set grace=none watch=none >/dev/null
	assert_match "$(host shunt preempt)" "; shuntd looks for no overdue requests; no signals$"
	host shunt preempt set grace=50us watch=1ms >/dev/null
	assert_match "$(host shunt preempt)" \
		"; shuntd looks for overdue requests every 1ms; signals after 50us, by shuntd$"
}

test_what_keeps_requests_from_being_preempted_is_said() {
	load_two_classes
	assert_match "$(host shunt preempt)" \
		"not preempted \(mode auto\).*nothing is preempted: no class has a quantum: shunt quantum set"
	host shunt quantum set long 10us 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" "" "a warning where none is due"
	assert_eq "$(json 'has("why_not")' host shunt -j preempt)" false
	assert_eq "$(json '.interfaces[0].preemption | "\(.on) \(has("why_not"))"' \
		host shunt -j status)" "true false"
	host shunt switch fcfs
	assert_eq "$(json .on host shunt -j preempt)" false "on, beside a reason why not"
	assert_match "$(json '.interfaces[0].preemption | "\(.on) \(.why_not)"' \
		host shunt -j status)" "^false policy 'fcfs' does not ask for it"
	assert_match "$(host shunt preempt)" \
		"policy 'fcfs' does not ask for it: shunt preempt set mode=on"
	host shunt quantum set short 10us 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" \
		"nothing is preempted all the same: policy 'fcfs' does not ask for it"
	assert_exit 2 host shunt preempt mode=off
	assert_match "$(cat "$DIR/err")" "hint: shunt preempt set mode=off"
	host shunt preempt set mode=off >/dev/null
	assert_match "$(host shunt preempt)" \
		"nothing is preempted: the mode is off: shunt preempt set mode=auto"
}

test_preemption_is_what_the_policy_wants_unless_told_otherwise() {
	load_two_classes
	assert_eq "$(json .on host shunt -j preempt)" false "on, without any quantum"
	host shunt quantum set long 10us >/dev/null
	assert_eq "$(json .on host shunt -j preempt)" true "on, as mq wants it"
	host shunt switch fcfs
	assert_eq "$(json .on host shunt -j preempt)" false "on, as fcfs does not"
	host shunt preempt set mode=on parked=8 watch=5ms grace=1ms
	assert_eq "$(json \
		'[.on, .mode, .parked_max, .watch_us, .grace_us] | map(tostring) | join(" ")' \
		host shunt -j preempt)" "true on 8 5000 1000"
	host shunt switch rss
	assert_eq "$(json .on host shunt -j preempt)" true "still on"
	host shunt preempt set mode=off watch=none
	host shunt switch sq
	assert_eq "$(json '[.on, has("watch_us")] | map(tostring) | join(" ")' host shunt \
		-j preempt)" "false false"
	assert_exit 2 host shunt preempt set parked=257
	assert_exit 2 host shunt preempt set parked=0
	assert_exit 2 host shunt preempt set mode=maybe
	assert_exit 2 host shunt preempt set watch=5
	assert_exit 2 host shunt preempt set
	assert_eq "$(json .parked_max host shunt -j preempt)" 8
}

test_demotion_is_set_and_refused_in_words() {
	load_two_classes
	host shunt class set short demote=20:long
	assert_eq "$(json '.classes[0] | "\(.demote_after) \(.demote_to)"' host shunt -j class)" \
		"20 1"
	assert_exit 2 host shunt class set short demote=20
	assert_exit 2 host shunt class set short demote=0:long
	assert_exit 1 host shunt class set short demote=1:medium
	assert_match "$(cat "$DIR/err")" "no class 'medium'"
	host shunt class set short demote=none
	assert_eq "$(json '.classes[0] | has("demote_after")' host shunt -j class)" false
}

# The line that is printed is run as it is, and read back by shunt.
test_the_printed_bpftool_lines_set_objectives() {
	local line us
	load_two_classes
	assert_eq "$(host shunt slo bytes 200us 1 --dev "$DEV")" \
		"bpftool map update pinned $PINS/$DEV/slo_us key 1 0 0 0 value 200 0 0 0"
	for us in 1 255 256 1000 65536 10000000; do
		line=$(host shunt slo bytes ${us}us 1 --dev "$DEV")
		$line
		assert_eq "$(json '.classes[0].slo_us' host shunt -j slo get long)" $us
	done
}

# Values that root writes to tunables by other means are bounded and shown, not believed.
test_garbage_in_tunables_does_no_harm() {
	local map
	load_two_classes
	for map in slo_us quantum_us hold_limit; do
		bpftool map update pinned $PINS/"$DEV"/$map key 0 0 0 0 value 255 255 255 255
	done
	send 9000 '\001'
	wait_for 5 arrived_is "1 0"
	assert_eq "$(value_of hold_limit 0)" 4294967295
	assert_exit 0 host shunt -j class list
	assert_exit 0 host shunt stats
	assert_match "$(host shunt slo get short)" "^short           10s
  class short: slo_us is out of range, 4294967295; what is shown is in force$"
	assert_eq "$(json \
		'.interfaces[0].classes[0] | "\(.slo_us) \(.quantum_us) \(.hold_limit) \(.out_of_range | length)"' \
		host shunt -j)" "10000000 10000000 960 3"
	host shunt status >"$DIR/out"
	assert_match "$(cat "$DIR/out")" "class short: hold_limit is out of range, 4294967295"
	assert_eq "$(awk '/^  (class|short|long) +[^:]+$/ {
		print length }' "$DIR/out" | sort -u | wc -l)" 1 "widths of status's table"
	# 9000; without the flags that say "calls of ONC RPC", which this is none of, and "of one
	# service alone", which this domain is not
	bpftool map update pinned $PINS/"$DEV"/ports key 40 35 0 0 value 255 255 255 255 249 255 \
		255 255
	send 9000 '\001'
	wait_for 5 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt -j stats | jq -e '.events.bad_class >= 1 or .total.arrived == 2'"
	assert_exit 0 host shunt -j rule list
	assert_exit 0 host shunt rule flush 9000
}

test_a_class_is_guaranteed_a_share() {
	load_two_classes
	host shunt class set long least=5% >/dev/null
	assert_eq "$(value_of least 1)" 5
	assert_eq "$(json '.classes[1].least' host shunt -j class)" 5
	assert_eq "$(json '.interfaces[0].classes[1].least' host shunt -j status)" 5
	assert_match "$(host shunt class)" "long .* on +5% +- "
	assert_exit 2 host shunt class set short least=96%
	assert_match "$(cat "$DIR/err")" "this is 101% of the cores' time: 100% at most"
	assert_exit 2 host shunt class set short least=5
	assert_exit 2 host shunt class set short least=101%
	host shunt class set short least=95% >/dev/null
	host shunt class set long least=none >/dev/null
	assert_eq "$(json '.classes[1] | has("least")' host shunt -j class)" false
	host bpftool map update pinned "$PINS/$DEV/least" key 1 0 0 0 value 200 0 0 0
	assert_eq "$(json '.classes[1] | "\(.least) \(.out_of_range.least)"' host shunt -j class)" \
		"100 200"
}

test_what_counts_objectives_is_said_to_do_nothing_without_one() {
	load_two_classes
	host shunt class set long slo=none >/dev/null
	host shunt class set long expire=4 admit=80% >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" \
		"expire= .* has none: nothing of it expires.*nothing of it is rejected"
	host shunt class add bulk expire=4 >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "nothing of it expires"
	! grep -q admit= "$DIR/err" || fail "says of admit= what was not asked: $(cat "$DIR/err")"
	assert_match "$(json '.notes[0]' host shunt -j class set long slo=none expire=4)" \
		"nothing of it expires"
	host shunt class set long slo=1ms expire=4 admit=80% >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
	assert_eq "$(json 'has("notes") | not' host shunt -j class set long slo=1ms)" true
}

shuntd_serves() {
	[ "$(json '.interfaces[0].domains[0].agent.state' host shunt -j status)" = serves ]
}
shuntd_serves_no_more() { ! shuntd_serves; }

test_a_change_that_no_shuntd_passes_on_says_so() {
	load_two_classes
	host shunt class set long slo=2ms >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
	start shuntd host shuntd --dev "$DEV"
	wait_for 10 shuntd_serves
	host shunt class set long slo=1ms >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
	stop shuntd
	wait_for 10 shuntd_serves_no_more
	host shunt class set long slo=2ms >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "shuntd has ended: workers .* learn of this"
}

test_a_key_is_written_out() {
	load_two_classes
	assert_exit 2 host shunt class set short exp=4
	assert_match "$(cat "$DIR/err")" "'exp' is no key: write 'expire=4'"
	assert_exit 2 host shunt preempt set mo=on
	assert_match "$(cat "$DIR/err")" "write 'mode=on'"
}

test_classes_are_changed_and_added() {
	load_two_classes
	host shunt class set short slo=70us quantum=3us hold=9 requeue=head
	assert_eq "$(json '.classes[0] | "\(.slo_us) \(.quantum_us) \(.hold_limit) \(.requeue)"' \
		host shunt -j class)" \
		"70 3 9 head"
	host shunt class set short expire=4 >/dev/null
	assert_eq "$(json '.classes[0].expire' host shunt -j class)" 4
	assert_match "$(host shunt class)" \
		"class +slo +quantum +hold +admit +least +expire +requeue +demote"
	assert_match "$(host shunt class)" "short +70us +3us +9 +on +- +4 +head +none"
	assert_exit 2 host shunt class set short expire=10001
	assert_match "$(cat "$DIR/err")" "expire="
	host shunt class set short expire=0 >/dev/null
	assert_eq "$(json '.classes[0] | has("expire") | not' host shunt -j class)" true
	host shunt class set short expire=none admit=off >/dev/null
	assert_eq "$(json '.classes[0].admit' host shunt -j class)" off
	assert_eq "$(value_of admit 0)" 4294967295
	host shunt class set short admit=80% >/dev/null
	assert_match "$(host shunt class)" "short .* 9 +80% +- +- +head"
	assert_exit 2 host shunt class set short admit=1001%
	host shunt class set short admit=on >/dev/null
	assert_eq "$(value_of admit 0)" 100
	assert_eq "$(json '.classes[0] | has("expire") | not' host shunt -j class)" true
	assert_exit 2 host shunt class set short slo=80us hold=99999
	assert_eq "$(json '.classes[0].slo_us' host shunt -j class)" 70 "nothing of a wrong line"
	host shunt class add mid slo=2ms
	host shunt rule add port=9000 value=0x07 class=mid
	send 9000 '\007'
	wait_for 5 arrived_is "0 0 1"
	assert_exit 1 host shunt class add mid
	assert_exit 2 host shunt class add 'a b'
	local i
	for ((i = 3; i < 16; i++)); do host shunt class add "c$i" >/dev/null; done
	assert_exit 1 host shunt class add one-too-many
}

test_knobs_are_numbers_of_64_bits() {
	load_two_classes
	host shunt knob set 3 0xffffffffffffffff
	assert_eq "$(host shunt knob get 3)" "3 18446744073709551615"
	host shunt knob set 3 5
	assert_eq "$(json '.knobs[0].value' host shunt -j knob get 3)" 5
	assert_exit 2 host shunt knob set 16 1
	assert_exit 2 host shunt knob set 1 -1
	assert_eq "$(host shunt knob get | wc -l)" 16
}

test_stats_add_up_and_repeat() {
	load_two_classes
	send 9000 '\001'
	send 9002 'not ours'
	wait_for 5 arrived_is "1 0"
	assert_eq "$(json '.total | "\(.dropped) \(.in_flight) \(.difference)"' host shunt \
		-j stats)" "1 0 0"
	assert_ge "$(json '.pass.port' host shunt -j stats)" 1 "packets of other ports"
	assert_eq "$(json '.classes[0] | has("service") | not' host shunt -j stats)" true \
		"no service time without one"
	host shunt stats -j --interval 0.05 --count 3 >"$DIR/out"
	assert_eq "$(wc -l <"$DIR/out")" 3
	assert_eq "$(jq -s 'map(has("rates")) | join(" ")' "$DIR/out")" '"false true true"'
	assert_match "$(host shunt stats)" "arrived 1 = .* dropped 1 .*difference 0"
}

run_tests "$@"
