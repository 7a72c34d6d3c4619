#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reflect.sh - two servers with a router between them: a datagram that pretends to be from one of
# them is answered by none
# runs: pairs
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

OTHER=shunt-lab-other

in_other() { nsenter --net=/run/netns/$OTHER -- "$@"; }

# The lab's client becomes the router; behind it, in 198.18.1.0/24, there is another host.
add_other_host() {
	ip netns add $OTHER
	ip -n "shunt-$LAB-client" link add r0 type veth peer name other0 netns $OTHER
	client ethtool -K r0 gro on >/dev/null
	client ip addr add 198.18.1.1/24 dev r0
	client ip link set r0 up
	in_other ip addr add 198.18.1.2/24 dev other0
	in_other ip link set other0 up
	in_other ip route add default via 198.18.1.1
	host ip route add 198.18.1.0/24 via 198.18.0.1
	client sysctl -qw net.ipv4.ip_forward=1
}

serve_on_both() {
	load fcfs
	start_worker
	in_other shunt load fcfs --dev other0 --config "$DIR/config.yaml"
	start shuntd2 nsenter --net=/run/netns/$OTHER -- shuntd --dev other0
	wait_for 10 test -S /run/shunt/other0.sock
	start spin2 nsenter --net=/run/netns/$OTHER -- shunt-spin --dev other0 --idle sleep
	wait_for 10 other_up
}
other_stat() { in_other shunt stats -j --dev other0 | jq -e "$1"; }
other_up() { other_stat '[.domains[].up] | add > 0'; }

# FROM TO: one datagram; the router sends it, from any address.
spoof() {
	client python3 - "$@" <<-'PY'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.setsockopt(socket.SOL_IP, 19, 1) # IP_TRANSPARENT: from an address that is another's
	s.bind((sys.argv[1], 9000))
	s.sendto(bytes(16), (sys.argv[2], 9000))
	PY
}

denied() { (($(stat_of .denied.service_port) >= $1)); }

test_a_spoofed_datagram_between_two_servers_goes_round_with_neither() {
	need python3
	add_other_host
	serve_on_both
	spoof 198.18.1.2 198.18.0.2
	wait_for 5 denied 1
	# An answer would have been at the other server, and back here, long before this client's.
	in_other ping -c 2 -i 0.2 -W 2 198.18.0.2 >/dev/null
	assert_eq "$(stat_of .denied.service_port)" 1 "denied here"
	assert_eq "$(stat_of .total.arrived)" 0 "requests here"
	assert_eq "$(other_stat .total.arrived)" 0 "requests there"
	assert_eq "$(other_stat .denied.service_port)" 0 "denied there"
}

run_tests "$@"
