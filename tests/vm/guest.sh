#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh - the first process of the guest: one line a check, "ok NAME" or "FAIL NAME: reason"
# shellcheck source=tests/vm/guest_lib.sh
. /guest_lib.sh
# shellcheck source=tests/vm/dispatcher.sh
. /dispatcher.sh
export SHUNT_OBJECT_PATH=/bpf

for o in /bpf/*.o /shunt/build/nic/*.o /shunt/build/nic-loop/*.o /shunt/build/host/*.o; do
	name=${o#/bpf/} name=${name#/shunt/build/}
	mkdir -p /sys/fs/bpf/t
	check "loads $name" bpftool prog loadall "$o" /sys/fs/bpf/t/p pinmaps /sys/fs/bpf/t/m
	[ ! -e /sys/fs/bpf/t/p/shunt_ingress ] ||
		echo "# $name: $(bpftool prog show pinned /sys/fs/bpf/t/p/shunt_ingress |
		grep -o 'xlated [0-9]*B')"
	rm -rf /sys/fs/bpf/t
done

# The verifier gives up at a million instructions, an older one sooner: at the branches that it has
# still to follow.
for o in /bpf/darc.o /bpf/slo.o; do
	name=${o#/bpf/} name=${name%.o}
	shunt -j lint "$o" >/tmp/lint 2>/tmp/err
	most=$(jq '[.verifier.programs[] | select(.name == "shunt_planner").instructions] | max' \
		/tmp/lint)
	echo "# $name: $most instructions of shunt_planner are followed"
	check "the verifier has room for what $name plans" [ "$most" -le 120000 ]
done

# The real path: a client in its own namespace, the host here.  (/bin/ip: "ip" alone is a
# part of busybox, and another one.)
check "a namespace for the client" /bin/ip netns add client
check "a veth pair" /bin/ip link add eth0 type veth peer name eth1 netns client
ip addr add 198.18.0.2/24 dev eth0
ip link set lo up
ip link set eth0 up
nsenter --net=/run/netns/client ip addr add 198.18.0.1/24 dev eth1
nsenter --net=/run/netns/client ip link set eth1 up
ethtool -K eth0 gro on txvlan off rxvlan off >/dev/null 2>&1
nsenter --net=/run/netns/client ethtool -K eth1 gro on txvlan off rxvlan off >/dev/null 2>&1

cat >/tmp/config.yaml <<YAML
domains:
  - {queue: 0, cpus: [1, 0]}
hang: {after: 10s}
classes:
  - {name: short, slo: 50us}
  - {name: long, slo: 1ms}
ports:
  - {port: 9000, default: short}
rules:
  - {port: 9000, offset: 0, value: 0x02, class: long}
YAML

answered() { # NAME
	nsenter --net=/run/netns/client shunt-load --to 198.18.0.2:9000 --rate 200 --count 300 \
		--time 20 \
		--json --mix short=0.7:1us,long=0.3:20us >/tmp/client 2>&1
	sent=0 got=0
	for k in $(grep -o '"sent":[0-9]*' /tmp/client | cut -d: -f2); do sent=$((sent + k)); done
	for k in $(grep -o '"answered":[0-9]*' /tmp/client | cut -d: -f2); do got=$((got + k)); done
	if [ $sent = 300 ] &&
		[ $got = 300 ]; then ok "$1"; else bad \
		"$1: $got of $sent answered $(tail -n 2 /tmp/client)"; fi
}

# Workers, from the first to the one after a kill.
serve() {
	shunt-spin --dev eth0 --idle sleep >/tmp/spin 2>&1 &
	spin=$!
	wait_for 30 sh -c 'shunt status | grep -q "2 of 2 cores up"' ||
		bad "shunt-spin: $(cat /tmp/spin /tmp/shuntd | tr '\n' ' ')"
	answered "fcfs answers every request"
	check "shunt switch" shunt switch mq --dev eth0
	answered "mq answers every request"
	kill -9 $spin
	wait_for 20 sh -c 'shunt status | grep -q "0 of 2 cores up"' ||
		bad "the dead worker's cores are still up"
	shunt-spin --dev eth0 --idle sleep >/tmp/spin 2>&1 &
	wait_for 30 sh -c 'shunt status | grep -q "2 of 2 cores up"' ||
		bad "the next worker: $(cat /tmp/spin /tmp/shuntd | tr '\n' ' ')"
	answered "the next worker answers every request"
	shunt stats >/tmp/stats 2>&1
	shows "stats add up" 'difference 0' /tmp/stats
}

check "shunt load" shunt load fcfs --dev eth0 --config /tmp/config.yaml
shuntd --dev eth0 >/tmp/shuntd 2>&1 &
wait_for 30 ls /run/shunt/eth0.sock || bad "shuntd: $(cat /tmp/shuntd)"
case $(uname -r) in
5.*|6.[0-3].*) workers='' ;; # rings of a bound socket cannot be mapped by another process
*) workers=1 ;;
esac
if [ $workers ]; then
	serve
else # said, and the kernel's stack gets the requests
	wait_for 30 grep -q 'needs Linux 6.4' /tmp/shuntd
	shows "shuntd says that workers need Linux 6.4" 'needs Linux 6.4' /tmp/shuntd
fi
check "shunt features" shunt features
shunt doctor --dev eth0 >/tmp/doctor 2>&1
check "shunt unload" shunt unload --dev eth0
check "nothing stays pinned" sh -c '! ls /sys/fs/bpf/shunt 2>/dev/null | grep .'
dispatcher
# The wire transport's NIC needs nothing that 6.1 has not. Cores are the lab's own, sockets of the
# kernel, except where workers run.
wire_lab() { # FILE TEST…
	(cd /shunt && SLOWER=20 TEST_LIMIT=400 bash tests/e2e/$1.sh $2) >/tmp/tap 2>&1
	sed -n 's/^ok [0-9]* - \(test_.* # SKIP\)/FAIL wire lab: \1/p
		s/^not ok [0-9]* - test_/FAIL wire lab: /p
		s/^ok [0-9]* - test_/ok wire lab: /p' /tmp/tap
	! grep -q '^not ok\|^1..0' /tmp/tap || grep -v '^ok' /tmp/tap | head -n 30
}
wire_lab wire 'test_held_requests_are_served_by_credits test_copies_by_a_loop_serve_as_well
	test_parked_requests_are_resumed_once_even_under_loss
	test_a_nic_that_starts_anew_gets_its_cores_back'
wire_lab wire_faults test_frames_that_arrive_twice_or_late_are_taken_once_or_sent_again
wire_lab wire_forged test_the_cookie_alone_makes_frames_worthless
wire_lab on_wire "test_the_nic_serves_cores_that_are_the_protocol_alone
	${workers:+test_requests_over_ipv4_are_answered}"

kernel_log_is_clean

guest_done
