#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lab.sh - a client and a host on one machine: two network namespaces joined by a veth pair.
#
# No address of it is reachable from outside, and nothing in it reaches out. Every lab has the same
# addresses; only its names differ, since pins and sockets go by the interface's name.
set -euo pipefail

NETNS=/run/netns
BPFFS=/sys/fs/bpf
CLIENT_MAC=02:00:c6:12:00:01
HOST_MAC=02:00:c6:12:00:02

usage() {
	cat <<TEXT
usage: lab.sh up NAME [--queues N] [--vlan ID]...
       lab.sh exec NAME client|host COMMAND...
       lab.sh status [NAME]
       lab.sh down NAME|--all

NAME: at most 14 of a-z, 0-9 and -, a letter first. Its interfaces are
      NAMEc  in the client's namespace: 198.18.0.1/24, fd00:198:18::1/64
      NAMEh  in the host's namespace:   198.18.0.2/24, fd00:198:18::2/64
--queues N   receive and send queues at both ends (default 1)
--vlan ID    tag every frame on the wire, both ways; given twice: 802.1ad outside, 802.1Q inside
TEXT
}

die() {
	echo "lab.sh: $*" >&2
	exit 1
}

bad_usage() {
	echo "lab.sh: $*" >&2
	usage >&2
	exit 2
}

check_name() {
	[[ ${1-} =~ ^[a-z][a-z0-9-]{0,13}$ ]] ||
		bad_usage "'${1-}' is no name for a lab: at most 14 of a-z, 0-9 and -, a letter first"
}

ns() { echo "shunt-$1-$2"; }
exists() { [ -e "$NETNS/$(ns "$1" client)" ] || [ -e "$NETNS/$(ns "$1" host)" ]; }
inside() { nsenter --net="$NETNS/$(ns "$1" "$2")" -- "${@:3}"; }

labs() {
	local at
	for at in "$NETNS"/shunt-*-host "$NETNS"/shunt-*-client; do
		[ -e "$at" ] || continue
		at=${at##*/shunt-}
		at=${at%-host}
		echo "${at%-client}"
	done | sort -u
}

# One end: what an interface needs to be a quiet, plain one.
set_up_end() { # LAB SIDE IFNAME ADDR4 ADDR6 PEER4 PEER6 PEER_MAC
	inside "$1" "$2" sysctl -qw "net.ipv6.conf.$3.accept_dad=0" "net.ipv6.conf.$3.accept_ra=0" \
		"net.ipv6.conf.$3.router_solicitations=0"
	inside "$1" "$2" ip link set "$3" addrgenmode none
	# GRO turns on the NAPI that veth's XDP needs. Offloaded VLAN tags would be hidden from XDP: those of
	# 802.1Q, and of 802.1ad by names of their own.
	inside "$1" "$2" ethtool -K "$3" gro on txvlan off rxvlan off \
		tx-vlan-stag-hw-insert off rx-vlan-stag-hw-parse off >/dev/null
	inside "$1" "$2" ip addr add "$4/24" dev "$3"
	inside "$1" "$2" ip addr add "$5/64" dev "$3" nodad
	inside "$1" "$2" ip link set lo up
	inside "$1" "$2" ip link set "$3" mtu 1500 up
	inside "$1" "$2" ip neigh replace "$6" lladdr "$8" dev "$3" nud permanent
	inside "$1" "$2" ip neigh replace "$7" lladdr "$8" dev "$3" nud permanent
}

# Kernels without 802.1Q interfaces can still tag: a BPF program on the way out, one on the way in.
tag_end() { # LAB SIDE IFNAME OBJECT
	inside "$1" "$2" tc qdisc add dev "$3" clsact
	inside "$1" "$2" tc filter add dev "$3" egress bpf direct-action object-file "$4" section push
	inside "$1" "$2" tc filter add dev "$3" ingress bpf direct-action object-file "$4" section pop
}

tag() { # LAB ID...
	local lab=$1 object
	shift
	command -v clang >/dev/null || die "--vlan needs clang, to compile the program that tags"
	object=$(mktemp --suffix=.o)
	# shellcheck disable=SC2064
	trap "rm -f '$object'; undo $lab" EXIT
	clang -O2 -target bpf -I"/usr/include/$(uname -m)-linux-gnu" -DVLAN1="$1" \
		${2:+-DVLAN2="$2"} -c "$(dirname "$0")/lab_vlan.bpf.c" -o "$object"
	tag_end "$lab" client "${lab}c" "$object"
	tag_end "$lab" host "${lab}h" "$object"
	rm -f "$object"
	trap 'undo "$LAB"' EXIT
}

undo() {
	trap - EXIT
	down "$1"
	die "'$1' was not made; what there was of it is gone"
}

up() {
	local queues=1 vlans=()
	check_name "${1-}"
	LAB=$1
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--queues) queues=${2-}; shift ;;
		--vlan) vlans+=("${2-}"); shift ;;
		*) bad_usage "what is '$1'?" ;;
		esac
		shift || bad_usage "the last option lacks its value"
	done
	[[ $queues =~ ^[0-9]{1,2}$ && $queues -ge 1 && $queues -le 64 ]] ||
		bad_usage "--queues takes 1 to 64, not '$queues'"
	for id in ${vlans+"${vlans[@]}"}; do
		[[ $id =~ ^[0-9]{1,4}$ && $id -ge 1 && $id -le 4094 ]] ||
			bad_usage "--vlan takes 1 to 4094, not '$id'"
	done
	((${#vlans[@]} <= 2)) || bad_usage "at most two VLAN tags"
	[ "$(id -u)" = 0 ] || die "network namespaces need root"
	! exists "$LAB" || die "'$LAB' is there already; 'lab.sh down $LAB' removes it"

	mountpoint -q "$BPFFS" || mount -t bpf bpf "$BPFFS" ||
		die "no bpffs at '$BPFFS', and it could not be mounted"
	trap 'undo "$LAB"' EXIT
	ip netns add "$(ns "$LAB" client)"
	ip netns add "$(ns "$LAB" host)"
	# Made inside: the root namespace never sees these interfaces.
	ip -n "$(ns "$LAB" client)" link add "${LAB}c" address "$CLIENT_MAC" \
		numtxqueues "$queues" numrxqueues "$queues" type veth \
		peer name "${LAB}h" address "$HOST_MAC" \
		numtxqueues "$queues" numrxqueues "$queues" netns "$(ns "$LAB" host)"
	set_up_end "$LAB" client "${LAB}c" 198.18.0.1 fd00:198:18::1 198.18.0.2 fd00:198:18::2 "$HOST_MAC"
	set_up_end "$LAB" host "${LAB}h" 198.18.0.2 fd00:198:18::2 198.18.0.1 fd00:198:18::1 "$CLIENT_MAC"
	[ ${#vlans[@]} = 0 ] || tag "$LAB" "${vlans[@]}"
	trap - EXIT
}

# Processes that still live in a namespace would keep it, and with it the name's pins and sockets.
end_inside() { # NAMESPACE
	local pids end=$((SECONDS + 2)) signal=TERM
	while pids=$(ip netns pids "$1" 2>/dev/null) && [ -n "$pids" ]; do
		((SECONDS < end)) || signal=KILL
		# shellcheck disable=SC2086
		kill -$signal $pids 2>/dev/null || true
		((SECONDS < end + 5)) || { echo "lab.sh: cannot end $pids in '$1'" >&2; break; }
		sleep 0.05
	done
}

down() {
	local side
	for side in client host; do
		[ -e "$NETNS/$(ns "$1" $side)" ] || continue
		end_inside "$(ns "$1" $side)"
		ip -n "$(ns "$1" $side)" link del "$1${side:0:1}" 2>/dev/null || true
		ip netns del "$(ns "$1" $side)"
	done
}

# A line an end: what ip(8) says of it.
status() {
	local lab side
	for lab in ${1-$(labs)}; do
		exists "$lab" || die "there is no lab '$lab'"
		for side in client host; do
			[ -e "$NETNS/$(ns "$lab" $side)" ] || { echo "$lab $side is gone"; continue; }
			inside "$lab" $side ip -j -d addr show "$lab${side:0:1}" 2>/dev/null |
				jq -r --arg lab "$lab" --arg side $side '.[] | "\($lab) \($side): " +
				"\(.ifname) \(.operstate | ascii_downcase), " +
				"\(.num_rx_queues) queues, " +
				"\([.addr_info[] | .local] | join(" "))" +
				if .xdp then ", XDP program \(.xdp.prog.id)" else "" end' ||
				echo "$lab $side: '$lab${side:0:1}' is gone"
		done
	done
}

case ${1-} in
up)
	shift
	up "$@"
	;;
exec)
	check_name "${2-}"
	[[ ${3-} == client || ${3-} == host ]] || bad_usage "which side: client or host, not '${3-}'"
	[ $# -ge 4 ] || bad_usage "exec what?"
	[ -e "$NETNS/$(ns "$2" "$3")" ] || die "there is no lab '$2'; 'lab.sh up $2' makes it"
	# Not "ip netns exec": its fresh /sys hides bpffs.
	exec nsenter --net="$NETNS/$(ns "$2" "$3")" -- "${@:4}"
	;;
status)
	[ $# -le 2 ] || bad_usage "one name at most"
	[ $# -lt 2 ] || check_name "$2"
	status "${@:2}"
	;;
down)
	[ $# = 2 ] || bad_usage "down takes one name, or --all"
	if [ "$2" = --all ]; then
		for lab in $(labs); do
			down "$lab"
		done
	else
		check_name "$2"
		down "$2"
	fi
	;;
help | -h | --help)
	usage
	;;
*)
	bad_usage "what is '${1-}'?"
	;;
esac
