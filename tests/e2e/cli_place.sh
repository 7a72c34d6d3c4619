#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_place.sh - pins belong to one interface of one network namespace, whoever else has its name
# runs: beside
. "$(dirname "$0")/../lib.sh"

# A namespace with an interface of the lab's name.
other_namespace() {
	ip netns add other
	ip -n other link add "$DEV" type veth peer name peer0
	ip -n other link set "$DEV" up
}

other() { nsenter --net=/run/netns/other -- "$@"; }
loaded() { host shunt load fcfs --dev "$DEV" --port 9000; }

refused_with() { # HINT COMMAND…
	assert_exit 1 other "${@:2}"
	assert_match "$(cat "$DIR/err")" "of another network namespace"
	assert_match "$(cat "$DIR/err")" "$1"
}

test_verbs_of_another_namespace_are_refused_with_the_way_to_it() {
	local hint='nsenter --net=/run/netns/shunt-lab-host shunt'
	loaded
	host shunt slo set default 50us
	other_namespace
	refused_with "$hint" shunt switch mq --dev "$DEV"
	refused_with "$hint" shunt slo set default 1ms --dev "$DEV"
	refused_with "$hint" shunt stats --dev "$DEV"
	refused_with "$hint" shunt unload --dev "$DEV"
	assert_eq "$(host shunt status -j | jq -r '.interfaces[0] |
		"\(.policy) \(.classes[0].slo_us)"')" "fcfs 50" \
		"what is in force"
	refused_with_bpffs
}

refused_with_bpffs() {
	assert_exit 1 other shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "--bpffs DIR"
}

test_status_shows_whose_interface_it_is() {
	local index
	loaded
	index=$(host cat "/sys/class/net/$DEV/ifindex" 2>/dev/null || host ip -j link show "$DEV" |
		jq '.[0].ifindex')
	assert_eq "$(host shunt status -j | jq '.interfaces[0].ifindex')" "$index" interface
	assert_match "$(host shunt status)" \
		"interface $index of the network namespace with cookie [1-9][0-9]*"
	other_namespace
	assert_match "$(other shunt status)" "of another network namespace.*
.*nsenter --net=/run/netns/shunt-lab-host"
}

# Without --dev policies loaded in other namespaces are left out.
test_without_dev_the_interface_of_this_namespace_is_meant() {
	loaded
	ip netns add other
	ip -n other link add eth7 type veth peer name peer7
	ip -n other link set eth7 up
	ip -n other link set peer7 up
	other shunt load fcfs --dev eth7 --port 9000
	other shunt slo set default 70us
	host shunt slo set default 60us
	assert_eq "$(other shunt status -j --dev eth7 | jq '.interfaces[0].classes[0].slo_us')" 70 \
		"slo of eth7"
	assert_eq "$(host shunt status -j --dev "$DEV" | jq '.interfaces[0].classes[0].slo_us')" \
		60 "slo of $DEV"
}

test_shuntd_of_another_namespace_does_not_serve_it() {
	loaded
	other_namespace
	start shuntd nsenter --net=/run/netns/other -- shuntd --dev "$DEV"
	wait_for 5 grep -q 'loaded in another network namespace: nsenter --net=' "$DIR/shuntd.log"
	host shunt switch mq
	stop shuntd
	assert_exit 1 other shuntd --dev "$DEV" --once
	assert_eq "$(host shunt stats -j | jq '.domains[0].agent // "none"')" '"none"' "agent"
}

test_pins_of_a_namespace_that_is_gone_can_be_removed() {
	other_namespace
	ip -n other link set peer0 up
	other shunt load fcfs --dev "$DEV" --port 9000
	ip netns del other
	wait_for 5 host_sees_it_gone
	assert_exit 1 host shunt switch mq --dev "$DEV"
	assert_match "$(cat "$DIR/err")" 'its interface is gone'
	host shunt unload --dev "$DEV"
	loaded
}

host_sees_it_gone() { host shunt status -j | grep -q 'its interface is gone'; }

test_a_hidden_bpffs_is_told_from_one_that_is_not_mounted() {
	loaded
	assert_exit 1 ip netns exec shunt-lab-host shunt status
	assert_match "$(cat "$DIR/err")" 'nsenter --net=/run/netns/shunt-lab-host'
	assert_exit 1 ip netns exec shunt-lab-host shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/err")" 'nsenter --net=/run/netns/shunt-lab-host'
	while umount /sys/fs/bpf 2>/dev/null; do :; done # the sandbox's, and what it hides
	assert_exit 1 host shunt status
	assert_match "$(cat "$DIR/err")" 'mount -t bpf -o mode=0700 bpf /sys/fs/bpf'
}

run_tests "$@"
