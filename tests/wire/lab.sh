# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lab.sh - client, switch, NIC and host: four namespaces, for tests of the wire transport
#
# Sourced after ../lib.sh, with NO_LAB=1. The switch is a bridge without learning; each core's virtual
# function is a port of it.

NIC_MAC=02:00:c6:12:00:02

core_mac() { printf '02:00:c6:12:01:%02x' "$1"; }
in_ns() { nsenter "--net=/run/netns/shunt-$LAB-$1" -- "${@:2}"; }

# NAMESPACE IFNAME MAC PORT: a device there, and its port at the switch.
plug() {
	ip -n "shunt-$LAB-switch" link add "$4" type veth peer name "$2" address "$3" netns "shunt-$LAB-$1"
	in_ns "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	in_ns switch sysctl -qw "net.ipv6.conf.$4.disable_ipv6=1"
	in_ns "$1" ethtool -K "$2" gro on txvlan off rxvlan off >/dev/null
	in_ns switch ethtool -K "$4" gro on txvlan off rxvlan off >/dev/null
	ip -n "shunt-$LAB-$1" link set "$2" mtu 1600 up
	ip -n "shunt-$LAB-switch" link set "$4" master br0 mtu 1600 up
	in_ns switch bridge link set dev "$4" learning off
	in_ns switch bridge fdb add "$3" dev "$4" master static
}

# CORES
wire_lab() {
	local name i
	for name in client switch nic host; do
		ip netns add "shunt-$LAB-$name"
		in_ns $name ip link set lo up
	done
	ip -n "shunt-$LAB-switch" link add name br0 type bridge mcast_snooping 0
	in_ns switch sysctl -qw net.ipv6.conf.br0.disable_ipv6=1
	ip -n "shunt-$LAB-switch" link set dev br0 mtu 1600 up
	plug client "${LAB}c" 02:00:c6:12:00:01 up0
	plug nic "${LAB}n" $NIC_MAC nic0
	for ((i = 0; i < $1; i++)); do
		plug host "${LAB}h$i" "$(core_mac $i)" "vf$i"
	done
	in_ns client ip addr add 198.18.0.1/24 dev "${LAB}c"
	in_ns client ip neigh replace 198.18.0.2 lladdr $NIC_MAC dev "${LAB}c" nud permanent
	in_ns switch bpftool prog loadall build/tests/wire/switch.o /sys/fs/bpf/switch pinmaps /sys/fs/bpf/switch >/dev/null
	in_ns switch bpftool net attach xdpdrv pinned /sys/fs/bpf/switch/uplink dev up0
	in_ns switch bpftool net attach xdpdrv pinned /sys/fs/bpf/switch/port dev nic0
	for ((i = 0; i < $1; i++)); do
		in_ns switch bpftool net attach xdpdrv pinned /sys/fs/bpf/switch/port dev "vf$i"
	done
}

# PERCENT BURST: of the frames between NIC and cores, each way.
lose() {
	local rate=$(($1 * 65536 / 100))
	bpftool map update pinned /sys/fs/bpf/switch/loss key 0 0 0 0 value \
		$((rate & 255)) $((rate >> 8)) 0 0 "$2" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
}

lost() { bpftool -j map lookup pinned /sys/fs/bpf/switch/loss key 0 0 0 0 | jq .formatted.value.lost; }

# OBJECT CORES [VAR=VALUE…]
start_nic() {
	local macs=() i
	for ((i = 0; i < $2; i++)); do macs+=("$(core_mac $i)"); done
	start nic nsenter "--net=/run/netns/shunt-$LAB-nic" -- env "${@:3}" \
		build/tests/wire/nic "$1" "${LAB}n" "${macs[@]}"
	# Its handlers are there with its first answer.
	wait_for 10 attached
}

attached() { in_ns nic ip -j link show "${LAB}n" | jq -e '.[0].xdp.prog.id'; }

# NUMBER [VAR=VALUE…]
start_core() {
	start "core$1" nsenter "--net=/run/netns/shunt-$LAB-host" -- env "${@:2}" \
		build/tests/wire/core "${LAB}h$1" "$1" $NIC_MAC
}

# [OPTION…] FILTER: of the NIC's state now.
nic_state() {
	local had
	had=$(wc -l <"$DIR/nic.log")
	kill -USR1 "${PIDS[nic]}"
	wait_for 5 eval "(( \$(wc -l <'$DIR/nic.log') > $had ))"
	tail -n 1 "$DIR/nic.log" | jq -e "$@"
}

cores_up() { [ "$(nic_state .up)" = "$1" ]; }
