#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# serve.sh - requests from a client through XDP to a core and back, in every form that they come in
# runs: together
TEST_LIMIT=${TEST_LIMIT:-${LONG:+120}}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

MIX=short=0.7:1us,long=0.3:20us
HOLD_RING=4096

rings_are_made() { stat_of '.domains[0].agent.frames > 0'; }

test_requests_over_ipv4_are_answered() {
	load fcfs
	start_worker
	offer --rate 5000 --count 2500 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of '.classes[0].replied + .classes[1].replied')" "$(sent)" replied
	assert_ge "$(stat_of '.classes[1].replied')" 500 "replies of class long"
}

test_requests_over_ipv6_are_answered() {
	load mq
	start_worker
	client shunt-load --to '[fd00:198:18::2]:9000' --json --wait 3s --rate 5000 --count 3000 \
		--time 10 \
		--mix $MIX >"$DIR/client.json"
	assert_all_answered
	assert_conserved
}

# Expedited forwarding, and "congestion was met on the way here".
test_replies_have_not_the_requests_class_of_service_and_ecn() {
	need python3
	load fcfs
	start_worker
	client python3 - <<-'PY'
	import socket
	from socket import IPPROTO_IP, IPPROTO_IPV6
	for address, level, send, receive in (
	        ('198.18.0.2', IPPROTO_IP, socket.IP_TOS, 13), # IP_RECVTOS
	        ('fd00:198:18::2', IPPROTO_IPV6, socket.IPV6_TCLASS, socket.IPV6_RECVTCLASS)):
	    family = socket.AF_INET6 if ':' in address else socket.AF_INET
	    s = socket.socket(family, socket.SOCK_DGRAM)
	    s.settimeout(5)
	    s.setsockopt(level, send, 0xbb)
	    s.setsockopt(level, receive, 1)
	    s.sendto(bytes(64), (address, 9000))
	    answer, ancillary, *_ = s.recvmsg(2048, 64)
	    service = int.from_bytes(ancillary[0][2], 'little')
	    assert not service, f'the reply from {address} has {service:#x}'
	PY
}

test_requests_with_one_vlan_tag_are_answered() {
	new_lab --vlan 100
	load fcfs
	start_worker
	offer --rate 3000 --count 2000 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
}

test_requests_with_two_vlan_tags_are_answered() {
	new_lab --vlan 100 --vlan 200
	load fcfs
	start_worker
	offer --rate 3000 --count 2000 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
}

test_bursts_of_64_are_answered() {
	load fcfs
	start_worker
	offer --rate 20000 --burst 64 --count 16000 --time 10 --mix short=1:500ns
	assert_all_answered
	assert_conserved
	assert_ge "$(stat_of '.classes[0].held')" 1000 "held"
}

test_replies_of_several_datagrams_arrive_whole() {
	load fcfs
	start_worker
	offer --rate 500 --count 250 --time 10 --replies 40 --mix short=1:1us
	assert_all_answered
	assert_conserved
}

test_requests_without_a_reply_are_counted() {
	load fcfs
	start_worker
	offer --rate 2000 --count 500 --time 10 --wait 10ms --replies 255 --mix short=1:1us
	assert_conserved
	assert_eq "$(stat_of '.classes[0].noreply')" 500 noreply
	assert_eq "$(answered)" 0 answered
}

test_every_policy_serves() {
	local policy
	load fcfs 'knobs: [2]'
	start_worker
	for policy in rss steal affinity p2c jbsq prio mq darc fcfs; do
		[ $policy = fcfs ] || host shunt switch $policy --dev "$DEV"
		offer --rate 5000 --count 500 --time 10 --mix $MIX
		assert_all_answered
		assert_conserved
	done
}

test_two_queues_are_two_domains() {
	local last=$(($(nproc) - 1))
	new_lab --queues 2
	config >"$DIR/config.yaml"
	sed -i "s/^  - {queue: 0.*/  - {queue: 0, cpus: [0]}\n  - {queue: 1, cpus: [$last]}/" \
		"$DIR/config.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start spin0 host shunt-spin --dev "$DEV" --domain 0 --idle sleep
	start spin1 host shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 all_up
	offer --rate 4000 --count 4000 --time 10 --flows 64 --mix $MIX
	assert_all_answered
	assert_conserved
	# Flows are spread over both queues, and each domain has counted its own.
	local first
	first=$(bpftool -j map lookup pinned "/sys/fs/bpf/shunt/$DEV/ingress" key 0 0 0 0 |
		jq '.formatted.value.id')
	assert_ge "$first" 200 "requests of domain 0"
	assert_le "$first" 3800 "requests of domain 0"
	# One domain's worker goes; the other's requests do not notice.
	stop spin0
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host shunt stats -j --dev $DEV |
		jq -e '.domains[0].up == 0 and .domains[1].up == 1'"
}

# Queues 3 and 1 of four feed domains 0 and 1.
test_domains_go_by_their_place_in_the_configuration_not_by_their_queues() {
	new_lab --queues 4
	queues_by_cpu 3 1
	config >"$DIR/config.yaml"
	local both="  - {queue: 3, cpus: [0]}\n  - {queue: 1, cpus: [$(($(nproc) - 1))]}"
	sed -i "s/^  - {queue: 0.*/$both/" "$DIR/config.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start spin0 host shunt-spin --dev "$DEV" --domain 0 --idle sleep
	start spin1 host shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 all_up
	assert_match "$(host shunt status)" 'domain 0, queue 3: 1 of 1 core up'
	local hist="/sys/fs/bpf/shunt/$DEV/hist1"
	assert_eq "$(bpftool -j map show pinned "$hist" | jq .max_entries)" 1 "cores' histograms"
	offer --cpu 0 --rate 2000 --count 100 --time 5 --mix $MIX
	assert_all_answered
	offer --cpu $(($(nproc) - 1)) --rate 2000 --count 200 --time 5 --mix $MIX
	assert_all_answered
	assert_conserved
	local want='[[0,3,100,100],[1,1,200,200]]'
	[ "$(nproc)" -gt 1 ] || want='[[0,3,300,300],[1,1,0,0]]'
	assert_eq "$(stat_of '[.domains[] | [.domain, .queues[0], .arrived, .replied]]' | jq -c)" \
		"$want" domains
	# Deaths of worker and agent leave each with its own.
	kill -KILL "${PIDS[spin0]}"
	wait "${PIDS[spin0]}" 2>/dev/null || true
	unset 'PIDS[spin0]'
	stop shuntd
	start_agent
	wait_for 10 stat_of '.domains[0].agent | .alive and .deaths == 1 and .worker_pid == null'
	start next host shunt-spin --dev "$DEV" --domain 0 --idle sleep
	wait_for 10 all_up
	offer --cpu 0 --rate 2000 --count 100 --time 5 --mix $MIX
	assert_all_answered
	assert_conserved
}

test_labs_side_by_side_do_not_meet() {
	load fcfs
	start_worker
	"$TESTS/lab.sh" up other
	config >"$DIR/other.yaml"
	"$TESTS/lab.sh" exec other host shunt load mq --dev otherh --config "$DIR/other.yaml"
	start shuntd2 nsenter --net=/run/netns/shunt-other-host shuntd --dev otherh
	wait_for 10 test -S /run/shunt/otherh.sock
	start spin2 nsenter --net=/run/netns/shunt-other-host shunt-spin --dev otherh --idle sleep
	wait_for 10 grep -q serving "$DIR/spin2.log"
	offer --rate 2000 --count 1000 --time 10 --mix $MIX
	assert_all_answered
	"$TESTS/lab.sh" exec other client shunt-load --to 198.18.0.2:9000 --json --wait 3s \
		--rate 2000 \
		--count 700 --time 10 --mix $MIX >"$DIR/client2.json"
	assert_eq "$(jq -s '[.[].classes[].answered] | add' "$DIR/client2.json")" 700 \
		"answered in the other"
	assert_eq "$(stat_of .total.arrived)" 1000 "arrived in the first"
	"$TESTS/lab.sh" down other
}

test_what_is_not_the_service_reaches_the_kernel() {
	load fcfs
	start_worker
	client ping -q -c 3 -i 0.2 -W 2 198.18.0.2
	client ping -q -c 3 -i 0.2 -W 2 fd00:198:18::2
	start echo host timeout 60 nc -u -l 198.18.0.2 7000
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -uln | grep -q :7000"
	echo hello | client timeout 30 nc -u -q 0 198.18.0.2 7000
	wait_for 5 grep -q hello "$DIR/echo.log"
	start listen host timeout 60 nc -l 198.18.0.2 9000
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -tln | grep -q :9000"
	echo tcp | client timeout 30 nc -N 198.18.0.2 9000
	wait_for 5 grep -q tcp "$DIR/listen.log"
	assert_eq "$(stat_of .total.arrived)" 0 arrived
}

test_a_worker_needs_no_privileges() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_agent --user nobody
	start spin host setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$ROOT/build/shunt-spin" --dev "$DEV" \
		--idle sleep
	wait_for 10 all_up
	assert_match "$(grep CapEff "/proc/${PIDS[spin]}/status")" '0000000000000000'
	offer --rate 2000 --count 1000 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
}

test_a_worker_of_another_user_is_refused() {
	load fcfs
	assert_exit 1 host setpriv --reuid nobody --regid nogroup --clear-groups \
		"$ROOT/build/shunt-spin" --dev "$DEV"
	assert_match "$(cat "$DIR/err")" 'shuntd'
	assert_eq "$(stat_of '.domains[0].up')" 0 "cores up"
}

test_a_second_worker_of_a_domain_is_refused() {
	load fcfs
	start_worker
	assert_exit 1 host shunt-spin --dev "$DEV"
	offer --rate 2000 --count 500 --time 10 --mix $MIX
	assert_all_answered
}

test_a_worker_that_stops_serves_what_it_was_steered() {
	load fcfs
	start_worker
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate 5000 --time 60 --mix $MIX
	wait_for 5 arrived 1000
	stop spin
	assert_eq "$STATUS" 0 "the worker's exit status"
	start_worker
	wait_for 5 arrived $(($(stat_of .total.arrived) + 1000))
	stop client INT
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_without_a_worker_requests_wait_pass_or_drop_as_configured() {
	local what
	for what in hold pass drop; do
		load fcfs "fallback: $what"
		wait_for 5 rings_are_made
		offer --rate 1000 --count 50 --time 1 --wait 10ms --mix short=1:1us
		case $what in
		hold) assert_eq "$(stat_of '.classes[0].held')" 50 held ;;
		pass) assert_eq "$(stat_of '.classes[0].passed')" 50 passed ;;
		drop) assert_eq "$(stat_of '.classes[0].dropped')" 50 dropped ;;
		esac
		start_worker
		assert_conserved
		stop spin
		stop shuntd
		host shunt unload --dev "$DEV"
	done
}

test_a_flood_breaks_nothing_and_every_packet_is_counted() {
	local n seconds=2
	[ -z "$LONG" ] || seconds=30
	load mq
	start_worker
	n=$(client taskset -c 0 "$ROOT/build/tests/flood" "${LAB}c" $seconds)
	assert_ge "$n" 10000 "packets sent"
	wait_for 10 quiet
	# Packets that the veth's own ring refused never came as far as XDP; the sender's end counts
	# them.
	n=$((n - $(client ethtool -S "${LAB}c" |
		awk '/xdp_xmit_errors/ { n += $2 } END { print n + 0 }')))
	assert_eq "$(stat_of '.total.arrived')" "$n" arrived
	assert_conserved
	offer --rate 2000 --count 500 --time 5 --mix $MIX
	assert_all_answered
}

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
