# SPDX-License-Identifier: BSD-2-Clause
# dispatcher.sh - sourced by a guest's first process: shunt behind xdp-filter in libxdp's dispatcher
# shellcheck shell=sh

# COUNT PORT: so many datagrams from the client.
send() {
	nsenter --net=/run/netns/client shunt-load --to "198.18.0.2:$2" --rate 2000 --count "$1" \
		--time 20 --wait 100ms >/tmp/sent 2>&1 || true
}
# All that came to shunt's program.
arrived() { shunt stats --json --dev eth0 | jq .total.arrived; }
# Datagrams for a port that nobody listens on: those that the kernel's stack got.
to_the_stack() { awk '/^Udp:/ && $2 ~ /[0-9]/ { print $3 }' /proc/net/snmp; }
# NAME IS SHOULD
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: $2, should be $3"; fi; }

behind_a_filter() {
	send 300 9000
	same "shunt sees what the filter passes" "$(arrived)" 300
	send 200 9999
	same "shunt sees nothing of what the filter drops" "$(arrived)" 300
	before=$(to_the_stack)
	send 4000 9000 &
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		shunt switch mq --dev eth0 && shunt switch fcfs --dev eth0
	done >/tmp/switches 2>&1 || bad "a switch: $(cat /tmp/switches)"
	wait $!
	same "24 switches under load miss no request" "$(arrived)" 4300
	same "24 switches under load pass no request by" "$(to_the_stack)" "$before"
}

# Somebody else's load, as far as bpffs tells.
beside_another_load() {
	mkdir -p /tmp/bpffs && mount -t bpf -o mode=0700 bpf /tmp/bpffs
	! shunt load fcfs --dev eth0 --config /tmp/drop.yaml --dispatcher --bpffs /tmp/bpffs \
		>/tmp/out 2>&1 || bad "a second load took the place of the first"
	shows "a stub that serves is left alone" "serves 'eth0' by a stub" /tmp/out
	check "a load that was refused leaves no pin" sh -c '! ls /tmp/bpffs/shunt/eth0'
	umount /tmp/bpffs
	before=$(arrived)
	send 100 9000
	same "the first load serves on" "$(($(arrived) - before))" 100
}

# By the pins of two bpffs: neither knows of the other before its stub is there.
two_loads_at_once() {
	mount -t bpf -o mode=0700 bpf /tmp/bpffs
	for i in 1 2 3 4; do
		shunt load fcfs --dev eth0 --config /tmp/drop.yaml --dispatcher \
			--bpffs /tmp/bpffs >/tmp/other 2>&1 &
		shunt load fcfs --dev eth0 --config /tmp/drop.yaml --dispatcher >/tmp/one 2>&1 ||
			true
		wait $! || true
		xdp-loader status eth0 | grep -c shunt_stub >>/tmp/stubs || true
		shunt unload --dev eth0 >/dev/null 2>&1 || true
		shunt unload --dev eth0 --bpffs /tmp/bpffs >/dev/null 2>&1 || true
	done
	umount /tmp/bpffs
	check "of two loads at once one stays at most" sh -c '! grep -qv "^[01]$" /tmp/stubs'
}

# All programs are taken off, and shunt is put before packets again.
taken_off() {
	xdp-loader unload eth0 --all >/tmp/out 2>&1
	shunt status --dev eth0 >/tmp/status 2>&1
	shows "status says that the stub is gone" "stub is not in the dispatcher" /tmp/status
	before=$(arrived)
	check "a switch puts shunt there again" shunt switch mq --dev eth0
	send 100 9000
	same "shunt sees requests again" "$(($(arrived) - before))" 100
}

dispatcher() {
	cat >/tmp/drop.yaml <<-YAML
		fallback: drop
		domains:
		  - {queue: 0, cpus: [1]}
		ports:
		  - {port: 9000}
	YAML
	check "xdp-filter" xdp-filter load eth0 -m native
	check "xdp-filter drops port 9999" xdp-filter port 9999 -m dst -p udp
	! shunt load fcfs --dev eth0 --config /tmp/drop.yaml >/tmp/out 2>&1 ||
		bad "load took an interface that xdp-filter has"
	shows "load names the dispatcher and the cure" "load --dispatcher" /tmp/out
	if ! shunt load fcfs --dev eth0 --config /tmp/drop.yaml --dispatcher >/tmp/out 2>&1; then
		shows "load says which libxdp this kernel needs" "libxdp 1.5.5" /tmp/out
		check "xdp-filter is left alone" sh -c 'xdp-loader status eth0 | grep xdpfilt'
		xdp-loader unload eth0 --all
		return
	fi
	ok "shunt load --dispatcher"
	shunt status --dev eth0 >/tmp/status 2>&1
	shows "status shows its place" "program 2 of 2 in libxdp's dispatcher" /tmp/status
	shunt doctor --dev eth0 >/tmp/doctor 2>&1
	shows "doctor shows its place" "stub is program 2 of 2" /tmp/doctor
	behind_a_filter
	beside_another_load
	check "shunt unload leaves the filter" sh -c 'shunt unload --dev eth0 &&
		xdp-loader status eth0 | grep xdpfilt && ! xdp-loader status eth0 | grep shunt_stub'
	two_loads_at_once
	check "load once more" shunt load fcfs --dev eth0 --config /tmp/drop.yaml --dispatcher
	taken_off
	check "unload, the last one" shunt unload --dev eth0
	check "no program stays" sh -c '! ip link show dev eth0 | grep -w xdp'
	check "no pin stays" sh -c '! ls /sys/fs/bpf/shunt 2>/dev/null | grep .'
}
