#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reflect.sh - two servers with a router between them: a datagram that pretends to be from one of
# them is answered by none
# runs: together
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

# FROM TO [FROM_PORT TO_PORT]: one datagram; the router sends it, from any address.
spoof() {
	client python3 - "$@" <<-'PY'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.setsockopt(socket.SOL_IP, 19, 1) # IP_TRANSPARENT: from an address that is another's
	ports = [int(p) for p in sys.argv[3:5]] or [9000, 9000]
	s.bind((sys.argv[1], ports[0]))
	s.sendto(bytes(16), (sys.argv[2], ports[1]))
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

# A veth that answers with XDP_TX needs a program at its peer: one that passes all.
router_takes_replies_of_xdp() {
	client bpftool prog load "$ROOT/build/stub.o" /sys/fs/bpf/pass type xdp
	client bpftool net attach xdpdrv pinned /sys/fs/bpf/pass dev "${LAB}c"
	client bpftool net attach xdpdrv pinned /sys/fs/bpf/pass dev r0
}

# Each refuses all that comes; on ports of their own, which the other one does not know.
refuse_on_both() {
	REFUSE="{reply: no}" load fcfs "fallback: drop"
	sed 's/port: 9000/port: 9001/; s/reply: no/reply: never/' "$DIR/config.yaml" \
		>"$DIR/other.yaml"
	in_other shunt load fcfs --dev other0 --config "$DIR/other.yaml"
}
told_here() { stat_of "\"\(.total.said_no) \(.total.unsaid)\" == \"$1\""; }
told_there() { other_stat "\"\(.total.said_no) \(.total.unsaid)\" == \"$1\""; }

test_a_spoofed_datagram_between_two_servers_that_refuse_ends_after_one_refusal_each() {
	need python3
	add_other_host
	router_takes_replies_of_xdp
	refuse_on_both
	spoof 198.18.1.2 198.18.0.2 9001 9000 # "no", which is too short for "never"
	wait_for 5 told_there "0 1"
	told_here "1 0"
	spoof 198.18.0.2 198.18.1.2 9000 9001 # "never", "no"
	wait_for 5 told_there "1 2"
	in_other ping -c 2 -i 0.2 -W 2 198.18.0.2 >/dev/null
	told_here "2 0"
	told_there "1 2"
}

run_tests "$@"
