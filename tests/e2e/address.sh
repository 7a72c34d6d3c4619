#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# address.sh - requests are those for the interface's own MAC and addresses, as they change; the
# rest is the kernel's
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

MAC=02:00:c6:12:00:02
OTHER_MAC=02:00:c6:12:00:77

# ADDRESS [MAC]: the client sends packets for ADDRESS to that MAC.
leads_to() { client ip neigh replace "$1" lladdr "${2:-$MAC}" dev "${LAB}c" nud permanent; }
offer_to() {
	client shunt-load --to "$1" --json --wait 300ms --rate 2000 --count 50 \
		--time 1 >"$DIR/client.json"
}
own() { stat_of ".config.own | index(\"$1\")"; }
not_own() { [ "$(stat_of ".config.own | index(\"$1\") == null")" = true ]; }

test_addresses_that_come_and_go_are_served_and_not() {
	load fcfs
	start_worker
	leads_to 198.18.0.3
	leads_to fd00:198:18::3
	offer_to 198.18.0.3:9000
	assert_eq "$(answered)" 0 "answered at an address that is none of the host's"
	assert_eq "$(stat_of .pass.address)" 50 "passed to the kernel"
	host ip addr add 198.18.0.3/24 dev "$DEV"
	host ip addr add fd00:198:18::3/64 dev "$DEV" nodad
	wait_for 5 own 198.18.0.3
	wait_for 5 own fd00:198:18::3
	offer_to 198.18.0.3:9000
	assert_all_answered
	offer_to "[fd00:198:18::3]:9000"
	assert_all_answered
	host ip addr del 198.18.0.3/24 dev "$DEV"
	wait_for 5 not_own 198.18.0.3
	offer_to 198.18.0.3:9000
	assert_eq "$(answered)" 0 "answered at an address that is gone"
	offer_to 198.18.0.2:9000
	assert_all_answered
}

test_frames_for_another_mac_are_the_kernels_unless_any_will_do() {
	load fcfs
	start_worker
	leads_to 198.18.0.2 $OTHER_MAC
	offer_to 198.18.0.2:9000
	assert_eq "$(answered)" 0 answered
	assert_eq "$(stat_of .pass.mac)" 50 "passed to the kernel"
	stop spin
	stop shuntd
	host shunt unload --dev "$DEV"
	load fcfs "any-address: on"
	start_worker
	offer_to 198.18.0.2:9000
	assert_eq "$(stat_of .total.replied)" 50 replied # to whose MAC nobody listens
	leads_to 198.18.0.3
	offer_to 198.18.0.3:9000
	assert_all_answered
}

# A bridge upon the interface has the address; requests to that address are served.
test_addresses_of_a_bridge_are_its_ports() {
	host ip link add br0 type bridge
	host ip link set "$DEV" master br0
	host ip addr flush dev "$DEV"
	host ip addr add 198.18.0.2/24 dev br0
	host ip link set br0 address $MAC up
	load fcfs
	wait_for 5 own 198.18.0.2
	start_worker
	offer_to 198.18.0.2:9000
	assert_all_answered
}

# The broadcast address of the network, and another of one's own.
test_own_and_broadcast_addresses_are_no_sources() {
	need python3
	load fcfs
	start_worker
	host ip addr add 198.18.0.4/24 dev "$DEV"
	wait_for 5 own 198.18.0.4
	client python3 - <<-'PY'
	import socket
	for ip in '198.18.0.255', '198.18.0.4':
	    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	    udp = bytes.fromhex('c001 2328 0010 0000') + bytes(8)
	    head = bytes.fromhex('4500 0024 0001 0000 4011 0000')
	    head += socket.inet_aton(ip) + socket.inet_aton('198.18.0.2')
	    s.sendto(head + udp, ('198.18.0.2', 0))
	PY
	wait_for 5 eval '[ "$(stat_of .denied.own_address)" = 2 ]'
	assert_eq "$(stat_of .total.arrived)" 0 arrived
}

# Replies to what the host itself seems to have sent would go round in it.
test_the_interfaces_own_addresses_are_no_sources_beside_a_configured_one() {
	need python3
	load fcfs 'address: [198.18.0.9, "fd00:198:18::9"]'
	start_worker
	wait_for 5 own 198.18.0.9
	not_own 198.18.0.2 || fail "requests are for the interface's own address, too"
	leads_to 198.18.0.9
	leads_to fd00:198:18::9
	client python3 - <<-PY
	import socket
	udp = bytes.fromhex('c001 2328 0010 0000') + bytes(8)
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	head = bytes.fromhex('4500 0024 0001 0000 4011 0000')
	to = socket.inet_aton('198.18.0.2') + socket.inet_aton('198.18.0.9')
	s.sendto(head + to + udp, ('198.18.0.9', 0))
	s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
	head = bytes.fromhex('6000 0000 0010 1140')
	ends = [socket.inet_pton(socket.AF_INET6, 'fd00:198:18::%d' % n) for n in (2, 9)]
	s.sendto(head + ends[0] + ends[1] + udp, ('fd00:198:18::9', 0))
	PY
	wait_for 5 eval '[ "$(stat_of .denied.own_address)" = 2 ]'
	assert_eq "$(stat_of .total.arrived)" 0 arrived
	offer_to 198.18.0.9:9000
	assert_all_answered
}

run_tests "$@"
