#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_rule.sh - rules of service ports: listed, changed while packets come, refused in words
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../tune.sh"

test_a_rule_is_told_what_it_lacks() {
	load_two_classes
	assert_exit 2 host shunt rule add value=0x02
	assert_match "$(cat "$DIR/err")" "a rule needs class=, too"
	assert_exit 2 host shunt rule add port=9000
	assert_match "$(cat "$DIR/err")" "a rule needs value= and class=, too"
}

test_digits_that_may_be_a_number_or_text_are_refused_with_both_spellings() {
	load_two_classes
	assert_exit 2 host shunt rule add value=02 class=short
	assert_match "$(cat "$DIR/err")" \
		"value: '02' may be a number or text.*as in 0x02; the text '02' is 0x3032"
}

test_rules_decide_the_class_and_change_live() {
	load_two_classes
	send 9000 '\001'
	send 9000 '\002'
	send 9001 'x'
	wait_for 5 arrived_is "1 2"
	host shunt rule add port=9000 value=0x03 class=long
	assert_eq "$(rules)" "9000:0x02>long,0x03>long 9001:"
	send 9000 '\003'
	wait_for 5 arrived_is "1 3"
	# The first that matches counts: this one goes before the others.
	host shunt rule add port=9000 value=0x00 mask=0xfc class=short at=0
	assert_eq "$(rules)" "9000:0x00>short,0x02>long,0x03>long 9001:"
	send 9000 '\003'
	wait_for 5 arrived_is "2 3"
	host shunt rule del 0
	assert_eq "$(rules)" "9000:0x02>long,0x03>long 9001:"
	send 9000 '\003'
	wait_for 5 arrived_is "2 4"
	host shunt rule add port=9001 offset=2 value=ab class=short
	send 9001 'xxab'
	wait_for 5 arrived_is "3 4"
	host shunt rule flush
	assert_eq "$(rules)" "9000: 9001:"
	send 9000 '\002'
	wait_for 5 arrived_is "4 4"
}

test_a_port_takes_32_rules_and_all_ports_256() {
	local i p
	{
		echo "classes: [{name: a}, {name: b}]"
		echo "ports:"
		for p in 1 2 3 4 5 6 7 8 9; do echo "  - port: $p"; done
		echo "rules:"
		for p in 1 2 3 4 5 6 7; do
			for i in {10..41}; do echo "  - {port: $p, value: 0x$i, class: b}"; done
		done
	} >"$DIR/c.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_exit 1 host shunt rule add port=1 value=0x01 class=a
	assert_match "$(cat "$DIR/err")" "32 rules"
	for ((i = 0; i < 16; i++)); do
		host shunt rule add port=8 value="$(printf '0x%02x' $i)" class=b >/dev/null
	done
	# 224 + 16 are used: one goes behind the 16, but 18 in another order do not fit beside 17.
	host shunt rule add port=8 value=0x77 class=b >/dev/null
	assert_exit 1 host shunt rule add port=8 value=0x78 class=b at=0
	assert_match "$(cat "$DIR/err")" "no room for 18 rules in a row: 15 of 256 slots are free"
	assert_eq "$(json '.ports[7].rules | length' host shunt -j rule)" 17
	host shunt rule flush 3 >/dev/null
	host shunt rule add port=8 value=0x78 class=b at=0 >/dev/null
	assert_eq "$(json '.ports[7].rules | .[0].value + .[17].value' host shunt -j rule)" 0x780x77
	assert_eq "$(json '[.ports[].rules | length] | join(" ")' host shunt -j rule)" \
		"32 32 0 32 32 32 32 18 0"
}

# Every other port is emptied, and one grows beyond any hole that is left: the others move together.
test_rules_move_together_to_make_room() {
	local i p
	{
		echo "classes: [{name: a}, {name: b}]"
		echo "ports:"
		for p in {1..36}; do echo "  - port: $p"; done
		echo "rules:"
		for p in {1..32}; do
			for i in {10..16}; do
				echo "  - {port: $p, value: 0x$p, offset: $i, class: b}"
			done
		done | sed 's/0x\(.\),/0x0\1,/'
		for p in {33..36}; do
			for i in {0..7}; do echo "  - {port: $p, value: 0x0$i, class: b}"; done
		done
	} >"$DIR/c.yaml" # all 256
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	for p in {1..31..2}; do host shunt rule flush $p >/dev/null; done
	for i in {0..8}; do host shunt rule add port=2 value=0xff class=a at=0 >/dev/null; done
	assert_eq "$(json '.ports[1].rules | length' host shunt -j rule)" 16
	# Rules that were moved are unchanged.
	for p in {4..32..2}; do
		assert_eq \
			"$(json \
			".ports[$p - 1].rules | map(\"\(.value)\(.offset)\") | unique | length" \
			host shunt -j rule)" 7 "rules of port $p"
	done
}

# One port changes back and forth under packets: each meets the old rules or the new, so each is of
# class long; without any rule, or with half of them, it would be short.
test_a_change_of_rules_has_no_gap() {
	local i n
	cat >"$DIR/c.yaml" <<-YAML
	fallback: drop
	classes: [{name: short}, {name: long}]
	ports: [{port: 9000, default: short}]
	rules:
	  - {port: 9000, value: 0x02, class: long}
	YAML
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	start sender client timeout 20 bash -c \
		"exec 3>/dev/udp/198.18.0.2/9000; while :; do printf '\\002' >&3; done"
	wait_for 5 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt -j stats | jq -e '.total.arrived > 100'"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		host shunt rule add value="$(printf '0x%02x' $((i + 64)))" class=short at=0 \
			>/dev/null
	done
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		host shunt rule del 0 >/dev/null
	done
	stop sender
	assert_eq "$(json '.classes[0].arrived' host shunt -j stats)" 0 "packets that met no rule"
	n=$(json '.classes[1].arrived' host shunt -j stats)
	assert_ge "$n" 200 "packets"
}

run_tests "$@"
