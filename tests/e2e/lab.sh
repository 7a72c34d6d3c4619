#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lab.sh - the lab that all tests stand on: labs keep apart, go away whole, and say what is wrong
# runs: beside
. "$(dirname "$0")/../lib.sh"
NO_LAB=1

lab() { "$TESTS/lab.sh" "$@"; }

pings() { # LAB ADDRESS
	lab exec "$1" client ping -q -c 1 -W 2 "$2"
}

# No lab has left namespaces, interfaces or pins.
assert_nothing_left() {
	assert_eq "$(ip netns list)" "" "list of namespaces"
	assert_eq "$(lab status)" "" "status"
	assert_eq "$(ip -br link show type veth)" "" "list of interfaces"
	assert_eq "$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug')" "" "pins"
}

test_both_ends_reach_each_other_over_ipv4_and_ipv6() {
	lab up a
	pings a 198.18.0.2
	pings a fd00:198:18::2
	lab exec a host ping -q -c 1 -W 2 198.18.0.1
	lab down a
	assert_nothing_left
}

test_several_labs_at_once_keep_apart() {
	local name
	for name in a b c; do
		lab up $name
	done
	lab exec b host ip addr flush dev bh
	pings a 198.18.0.2
	assert_exit 1 pings b 198.18.0.2
	pings c 198.18.0.2
	lab down b
	pings c 198.18.0.2
	assert_eq "$(lab status | wc -l)" 4 "number of ends"
	lab down --all
	assert_nothing_left
}

test_a_wire_lab_has_a_switch_a_nic_and_its_hosts() {
	lab up wire
	pings wire 198.18.0.2
	pings wire fd00:198:18::2
	lab exec wire host ip link show wireh1
	assert_exit 1 lab exec wire host1 true
	lab up b --wire 1,2
	lab exec b host ip link show bh0
	lab exec b host1 ip link show bh2
	assert_exit 1 lab exec b host ip link show bh1
	assert_match "$(lab status b)" "nic: bn up, MAC 02:00:c6:12:00:02,"
	assert_match "$(lab status b)" "host1: bh2 up, MAC 02:00:c6:12:01:02,"
	lab down --all
	assert_nothing_left
	assert_eq "$(find /sys/fs/bpf -name "switch-*")" "" "pins"
}

test_queues_are_there_at_both_ends() {
	lab up a --queues 3
	assert_eq "$(lab exec a host ip -j -d link show ah | jq '.[0].num_rx_queues')" 3
	assert_eq "$(lab exec a client ip -j -d link show ac | jq '.[0].num_tx_queues')" 3
}

test_a_card_is_between_a_client_and_the_queues_of_a_host() {
	lab up a --card 3
	pings a 198.18.0.2
	pings a fd00:198:18::2
	assert_eq "$(lab exec a host ip -j -d link show ah | jq '.[0].num_rx_queues')" 3
	lab exec a nic ip link set aw down
	assert_exit 1 pings a 198.18.0.2
	lab down a
	assert_nothing_left
}

test_tagged_labs_talk_and_drop_what_is_not_tagged() {
	lab up a --vlan 5
	pings a 198.18.0.2
	lab exec a host tc filter del dev ah egress # replies leave without the tag now
	assert_exit 1 pings a 198.18.0.2
}

test_nothing_of_a_lab_is_seen_outside_it() {
	local before after
	before=$(ip -br addr)
	lab up a
	after=$(ip -br addr)
	assert_eq "$after" "$before" "interfaces outside"
}

test_down_ends_what_lives_in_the_lab_and_nothing_else() {
	lab up a
	lab up b
	start inside nsenter --net=/run/netns/shunt-a-host -- sleep 100
	start beside nsenter --net=/run/netns/shunt-b-host -- sleep 100
	lab down a
	assert_exit 1 running inside
	running beside
	lab down b
	assert_nothing_left
}

test_down_is_repeated_without_harm() {
	lab up a
	lab down a
	lab down a
	lab down --all
	assert_nothing_left
}

test_up_refuses_a_name_that_is_taken_and_leaves_it_alone() {
	lab up a
	assert_exit 1 lab up a
	assert_match "$(cat "$DIR/err")" "'a' is there already"
	pings a 198.18.0.2
}

# Whichever command fails on the way.
test_a_lab_that_cannot_be_made_leaves_nothing() {
	local cmd
	for cmd in ethtool sh; do
		ln -sf /bin/false "$DIR/$cmd"
		assert_exit 1 env "PATH=$DIR:$PATH" "$TESTS/lab.sh" up a
		assert_match "$(cat "$DIR/err")" "'a' was not made"
		assert_nothing_left
		rm "$DIR/$cmd"
	done
}

# Its effect on requests: services.sh.
test_rules_are_of_a_card_alone() {
	lab up a
	assert_exit 1 lab rule a 9000 1
	assert_match "$(cat "$DIR/err")" "has no card: lab.sh up a --card QUEUES"
	lab down a
	lab up a --card 2
	lab rule a 9000 1
	lab rule a 9000 none
	lab down a
	assert_nothing_left
}

test_each_error_of_usage_says_what_is_right_and_how_that_command_is_used() {
	local words said usage
	while IFS='|' read -r words said usage; do
		# shellcheck disable=SC2086
		assert_exit 2 lab $words
		assert_match "$(head -1 "$DIR/err")" "^lab.sh: $said"
		assert_match "$(sed -n 2p "$DIR/err")" "^usage: lab.sh $usage"
		[ "$usage" = up ] ||
			assert_eq "$(grep -c 'lab.sh [uer]' "$DIR/err")" 1 "usages shown"
	done <<-'TEXT'
	up|up needs the NAME of a lab|up
	up a --queues|--queues needs a value|up
	up a --what|up takes --queues, --vlan, --card, --wire or --nic, not '--what'|up
	up a b|up takes --queues, --vlan, --card, --wire or --nic, not 'b'|up
	up a --vlan 1 --vlan 2 --vlan 3|--vlan is given once or twice, not 3 times|up
	exec|exec needs the NAME of a lab|exec
	exec a|exec needs a side of the lab: client or host|exec
	exec a middle true|a side of a lab is client or host; .*, not 'middle'|exec
	exec a host|exec needs a command behind 'host'|exec
	rule a 9000|rule needs a PORT and its QUEUE, or 'none'|rule
	rule a 9000 b|rule takes a UDP port and a queue of the host's, not '9000' and 'b'|rule
	TEXT
	assert_exit 2 lab what
	assert_match "$(head -1 "$DIR/err")" \
		"a command is up, exec, rule, status, down or help, not 'what'"
	assert_exit 2 lab status a b
	assert_match "$(head -1 "$DIR/err")" "status takes one name, or none for all labs"
}

test_bad_words_are_explained_with_status_2() {
	local name
	for name in "" A a_b "a b" ../x 0a aaaaaaaaaaaaaaa -x; do
		assert_exit 2 lab up "$name"
		assert_exit 2 lab down "$name"
	done
	assert_exit 2 lab up a --queues 0
	assert_exit 2 lab up a --queues 65
	assert_exit 2 lab up a --queues
	assert_exit 2 lab up a --vlan 4095
	assert_exit 2 lab up a --vlan 1 --vlan 2 --vlan 3
	assert_exit 2 lab up a --card 65
	assert_exit 2 lab up a --card 2 --queues 2
	assert_exit 2 lab up a --nic 4.19
	assert_exit 2 lab up a --nic --wire 2
	assert_exit 2 lab up a --what
	assert_exit 2 lab exec a middle true
	assert_exit 2 lab exec a host
	assert_exit 2 lab
	assert_match "$(cat "$DIR/err")" "usage: lab.sh up .*lab.sh down NAME"
	assert_nothing_left
}

test_a_lab_that_is_not_there_is_named() {
	assert_exit 1 lab exec a host true
	assert_match "$(cat "$DIR/err")" "there is no lab 'a'"
	assert_exit 1 lab status a
	assert_match "$(cat "$DIR/err")" "there is no lab 'a'"
}

test_the_command_s_status_is_that_of_exec() {
	lab up a
	assert_exit 7 lab exec a client sh -c 'exit 7'
}

run_tests "$@"
