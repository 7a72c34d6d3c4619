#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lab.sh - a client and a host on one machine: two network namespaces joined by a veth pair; or with
# a card in between, in a third one; or a client, a switch, a NIC and its hosts, four namespaces or
# more; or a client and a guest of QEMU with NICs of several queues.
#
# No address of it is reachable from outside, and nothing in it reaches out. Every lab has the same
# addresses; only its names differ, since pins and sockets go by the interface's name.
set -euo pipefail

NETNS=/run/netns
HERE=$(dirname "$(realpath "$0")")
. "$HERE/nic/reach.sh"
BPFFS=/sys/fs/bpf
CLIENT_MAC=02:00:c6:12:00:01
core_mac() { printf '02:00:c6:12:01:%02x' "$1"; }
HOST_MAC=02:00:c6:12:00:02
SIDES="client or host; of a card, nic, too; with --wire nic, switch, host1, host2 or host3, too"

synopsis() {
	cat <<TEXT
lab.sh up NAME [--queues N] [--vlan ID]...
lab.sh up NAME --card QUEUES
lab.sh up NAME --wire [CORES[,CORES]...]
lab.sh up NAME --nic [SERIES]
lab.sh exec NAME client|host|nic|switch|host1... COMMAND...
lab.sh rule NAME PORT QUEUE|none
lab.sh status [NAME]
lab.sh down NAME|--all
TEXT
}

usage() {
	synopsis | sed '1s/^/usage: /; 2,$s/^/       /'
	cat <<TEXT

NAME: at most 14 of a-z, 0-9 and -, a letter first. Its interfaces are
      NAMEc  in the client's namespace: 198.18.0.1/24, fd00:198:18::1/64
      NAMEh  in the host's namespace:   198.18.0.2/24, fd00:198:18::2/64
--queues N   receive and send queues at both ends (default 1)
--vlan ID    tag every frame on the wire, both ways; given twice: 802.1ad outside, 802.1Q inside
--card N     a card between the two, side 'nic': NAMEw is its port on the wire, and a program there
             may choose which of the host's N receive queues a packet gets (tests/lab_card.bpf.c);
             or 'lab.sh rule', as a NIC's rule would; else packets are spread by hash
--wire       a NIC that shares no memory with its hosts: the addresses are those of its port NAMEn,
             and each core of a host is a virtual function, NAMEh0, NAMEh1, ..., at the same switch.
             CORES of each host (default 2): '2,1' makes host with two and host1 with one. The name
             'wire' implies it
--nic        the host is a guest, emulated, with NICs of several queues: NAMEh is virtio-net,
             NAMEi igb (198.18.1.2/24; the client's end is NAMEd, 198.18.1.1), NAMEv vmxnet3
             (198.18.2.2/24, NAMEe), on which shunt cannot serve. SERIES: its Linux,
             5.10, 6.1, 6.12 or 6.18 (default). Packages are fetched once. The name 'nic' implies it
TEXT
}

die() {
	echo "lab.sh: $*" >&2
	exit 1
}

# Says what is wrong, and how the command that was given is used: all of them if it is none.
bad_usage() {
	local lines
	lines=$(synopsis | grep "^lab.sh $COMMAND ") || lines=$(synopsis)
	{
		echo "lab.sh: $*"
		sed '1s/^/usage: /; 2,$s/^/       /' <<<"$lines"
		echo "'lab.sh help' explains each word"
	} >&2
	exit 2
}

check_name() {
	[ $# != 0 ] || bad_usage "$COMMAND needs the NAME of a lab"
	[[ $1 =~ ^[a-z][a-z0-9-]{0,13}$ ]] ||
		bad_usage "'$1' is no name for a lab: at most 14 of a-z, 0-9 and -, a letter first"
}

ns() { echo "shunt-$1-$2"; }
sides() { # LAB: the namespaces that it has
	local at
	for at in "$NETNS/shunt-$1-"{client,host,nic,host[1-9]*,switch}; do
		[ ! -e "$at" ] || echo "${at##*/shunt-"$1"-}"
	done
}
exists() { [ -n "$(sides "$1")" ]; }
inside() { nsenter --net="$NETNS/$(ns "$1" "$2")" -- "${@:3}"; }

labs() {
	local at
	for at in "$NETNS"/shunt-*; do
		at=${at##*/shunt-}
		[[ $at =~ ^(.*)-(client|host[0-9]*|nic|switch)$ ]] && echo "${BASH_REMATCH[1]}"
	done | sort -u
}

# SIDE: commands of ip(8) there, a line each on stdin.
ip_there() { ip -n "$(ns "$LAB" "$1")" -batch -; }

# SIDE IFNAME [FEATURE on|off]...: nothing leaves the interface of itself. GRO turns on the NAPI
# that veth's XDP needs. Offloaded VLAN tags would be hidden from XDP.
quieten() {
	# shellcheck disable=SC2016 # for the shell there
	inside "$LAB" "$1" sh -ec 'cd "/proc/sys/net/ipv6/conf/$1"
		for what in accept_dad accept_ra router_solicitations; do echo 0 >$what; done
		exec ethtool -K "$@" gro on txvlan off rxvlan off >/dev/null' quieten "${@:2}"
}

# Makes one end of the lab a plain interface that sends nothing by itself.
set_up_end() { # SIDE IFNAME ADDR4 ADDR6 PEER4 PEER6 PEER_MAC
	# those of 802.1ad have names of their own
	quieten "$1" "$2" tx-vlan-stag-hw-insert off rx-vlan-stag-hw-parse off
	ip_there "$1" <<-TEXT
	link set $2 addrgenmode none
	addr add $3/24 dev $2
	addr add $4/64 dev $2 nodad
	link set lo up
	link set $2 mtu 1500 up
	neigh replace $5 lladdr $7 dev $2 nud permanent
	neigh replace $6 lladdr $7 dev $2 nud permanent
	TEXT
}

# LAB SIDE DEVICE DIRECTION OBJECT SECTION: tc makes folders in the bpffs that it finds, and leaves
# them: it gets one that goes with it.
run_at() {
	# shellcheck disable=SC2016 # for the shell there
	inside "$1" "$2" unshare --mount sh -ec 'mount -t bpf -o mode=0700 bpf /sys/fs/bpf
		exec tc filter add dev "$1" "$2" bpf direct-action object-file "$3" section "$4"' \
			run_at "${@:3}"
}

# Kernels without 802.1Q interfaces can still tag: a BPF program on the way out, one on the way in.
tag_end() { # LAB SIDE IFNAME OBJECT
	inside "$1" "$2" tc qdisc add dev "$3" clsact
	run_at "$1" "$2" "$3" egress "$4" push
	run_at "$1" "$2" "$3" ingress "$4" pop
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

# --- a card between client and host
# ----------------------------------------------------------------------

# IFNAME IFNAME2 SIDE PEER_MAC QUEUES [PEER_OPTIONS…]: a port of the card, and what is plugged into
# it.
plug_card() {
	ip -n "$(ns "$LAB" nic)" link add "$1" numtxqueues "$5" numrxqueues "$5" type veth \
		peer name "$2" address "$4" numtxqueues "$5" numrxqueues "$5" netns \
		"$(ns "$LAB" "$3")"
	inside "$LAB" nic sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1"
	inside "$LAB" nic ethtool -K "$1" gro on txvlan off rxvlan off >/dev/null
	inside "$LAB" nic ip link set "$1" mtu 1500 up
}

# QUEUES
up_card() {
	local side object
	command -v clang >/dev/null ||
		die "--card needs clang, to compile the programs that forward"
	for side in client nic host; do
		ip netns add "$(ns "$LAB" $side)"
	done
	plug_card "${LAB}w" "${LAB}c" client "$CLIENT_MAC" 1
	plug_card "${LAB}p" "${LAB}h" host "$HOST_MAC" "$1"
	object=$(mktemp --suffix=.o)
	# shellcheck disable=SC2064
	trap "rm -f '$object'; undo $LAB" EXIT
	clang -O2 -g -target bpf -I"/usr/include/$(uname -m)-linux-gnu" \
		-DWIRE_PORT="$(inside "$LAB" nic ip -j link show "${LAB}w" | jq '.[0].ifindex')" \
		-DHOST_PORT="$(inside "$LAB" nic ip -j link show "${LAB}p" | jq '.[0].ifindex')" \
		-c "$HERE/lab_card.bpf.c" -o "$object"
	for side in "w wire" "p host"; do
		inside "$LAB" nic tc qdisc add dev "$LAB${side% *}" clsact
		run_at "$LAB" nic "$LAB${side% *}" ingress "$object" "${side#* }"
	done
	rm -f "$object"
	trap 'undo "$LAB"' EXIT
}

# --- a NIC, its hosts, and the switch that is in the card
# ------------------------------------------------

switch_pins() { echo "$BPFFS/switch-$1"; }

# SIDE IFNAME MAC PORT: a device there, and its port at the switch, which knows where its MAC is.
plug() {
	local side
	ip -n "$(ns "$LAB" switch)" link add "$4" type veth \
		peer name "$2" address "$3" netns "$(ns "$LAB" "$1")"
	for side in "$1 $2" "switch $4"; do
		read -r side name <<<"$side"
		quieten "$side" "$name"
		# Room for what the wire's header adds to a packet of 1500 bytes.
		ip_there "$side" <<-TEXT
		link set $name addrgenmode none
		link set $name mtu 1600 up
		TEXT
	done
	ip -n "$(ns "$LAB" switch)" link set "$4" master br0
	inside "$LAB" switch bridge link set dev "$4" learning off
	inside "$LAB" switch bridge fdb add "$3" dev "$4" master static
}

# Programs at the switch's ports: a veth that answers with XDP_TX needs one at its peer, and the
# uplink's lets no client send frames of a core.
guard_switch() { # PORT...
	local pins port object=$HERE/../build/tests/wire/switch.o
	pins=$(switch_pins "$LAB")
	[ -e "$object" ] || die "there is no '$object': make wire"
	inside "$LAB" switch bpftool prog loadall "$object" "$pins" pinmaps "$pins" >/dev/null
	inside "$LAB" switch bpftool net attach xdpdrv pinned "$pins/uplink" dev up0
	for port; do
		inside "$LAB" switch bpftool net attach xdpdrv pinned "$pins/port" dev "$port"
	done
}

up_wire() { # CORES[,CORES...]
	local side cores host=host core=0 ports=(nic0) i n=0
	for side in client switch nic; do
		ip netns add "$(ns "$LAB" $side)"
		inside "$LAB" "$side" ip link set lo up
	done
	ip_there switch <<-TEXT
	link add name br0 type bridge mcast_snooping 0
	link set dev br0 addrgenmode none
	link set dev br0 mtu 1600 up
	TEXT
	plug client "${LAB}c" "$CLIENT_MAC" up0
	plug nic "${LAB}n" "$HOST_MAC" nic0
	for cores in ${1//,/ }; do
		ip netns add "$(ns "$LAB" $host)"
		inside "$LAB" $host ip link set lo up
		for ((i = 0; i < cores; i++, core++)); do
			plug $host "${LAB}h$core" "$(core_mac $core)" "vf$core"
			ports+=("vf$core")
		done
		n=$((n + 1))
		host=host$n
	done
	guard_switch "${ports[@]}"
	for side in "client c 1 2 $HOST_MAC" "nic n 2 1 $CLIENT_MAC"; do
		read -r side i core n host <<<"$side"
		ip_there "$side" <<-TEXT
		addr add 198.18.0.$core/24 dev $LAB$i
		addr add fd00:198:18::$core/64 dev $LAB$i nodad
		neigh replace 198.18.0.$n lladdr $host dev $LAB$i nud permanent
		neigh replace fd00:198:18::$n lladdr $host dev $LAB$i nud permanent
		TEXT
	done
}

# N: as four bytes, the lowest first.
word() { echo "$(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))"; }

# PORT QUEUE: a rule of the card's, by which datagrams for the UDP port go to that queue; "none"
# takes it away.
rule() {
	local id map queue=-1
	[ "$2" = none ] || queue=$2
	id=$(inside "$LAB" nic tc -j filter show dev "${LAB}w" ingress |
		jq '[.[].options.prog.id? // empty][0]')
	map=$(bpftool -j prog show id "$id" | jq '.map_ids[0]')
	# shellcheck disable=SC2046
	bpftool map update id "$map" key $(word "$1") value $(word $((queue + 1)))
}

# QUEUES: a cable between client and host.
join() {
	ip -n "$(ns "$LAB" client)" link add "${LAB}c" address "$CLIENT_MAC" \
		numtxqueues "$1" numrxqueues "$1" type veth \
		peer name "${LAB}h" address "$HOST_MAC" \
		numtxqueues "$1" numrxqueues "$1" netns "$(ns "$LAB" host)"
}

# --- a guest with NICs in place of the host
# ----------------------------------------------------------------------

up_nic() { # SERIES
	cd "$HERE/.."
	. tests/nic/machine.sh
	get_guest "$1" || die "no guest: $WHY"
	ip netns add "$(ns "$LAB" client)"
	inside "$LAB" client ip link set lo up
	boot_guest "$LAB" || { echo "lab.sh: $WHY" >&2; return 1; }
	cat <<-TEXT
	'$LAB' has a guest, Linux $KERNEL with $GUEST_CPUS CPUs, as its host; in it are this folder,
	${LAB}h (virtio-net, 198.18.0.2) and ${LAB}i (igb, 198.18.1.2)
	  tests/lab.sh exec $LAB host bash                           a shell in it
	  tests/lab.sh exec $LAB client build/shunt-load --to 198.18.0.2:9000
	  tests/lab.sh down $LAB                                     ends it
	TEXT
}

undo() {
	trap - EXIT
	down "$1"
	die "'$1' was not made; what there was of it is gone"
}

up() {
	local queues=1 vlans=() wire='' card='' nic='' option
	check_name "$@"
	LAB=$1
	[ "$LAB" != wire ] || wire=2
	[ "$LAB" != nic ] || nic=6.18
	shift
	while [ $# -gt 0 ]; do
		option=$1
		case $1 in
		--queues) queues=${2-}; shift ;;
		--card) card=${2-}; shift ;;
		--vlan) vlans+=("${2-}"); shift ;;
		--wire)
			wire=2
			[[ ${2-} != [0-9]* ]] || { wire=$2; shift; }
			;;
		--nic)
			nic=6.18
			[[ ${2-} != [0-9]* ]] || { nic=$2; shift; }
			;;
		*)
			bad_usage "up takes --queues, --vlan, --card, --wire or --nic, not '$1'"
			;;
		esac
		shift || bad_usage "$option needs a value"
	done
	[[ $queues =~ ^[0-9]{1,2}$ && $queues -ge 1 && $queues -le 64 ]] ||
		bad_usage "--queues takes 1 to 64, not '$queues'"
	for id in ${vlans+"${vlans[@]}"}; do
		[[ $id =~ ^[0-9]{1,4}$ && $id -ge 1 && $id -le 4094 ]] ||
			bad_usage "--vlan takes 1 to 4094, not '$id'"
	done
	((${#vlans[@]} <= 2)) || bad_usage "--vlan is given once or twice, not ${#vlans[@]} times"
	[[ -z $wire || $wire =~ ^[1-9][0-9]?(,[1-9][0-9]?){0,3}$ ]] ||
		bad_usage \
		"--wire takes the cores of one to four hosts, such as 2 or 2,1, not '$wire'"
	[[ -z $card || $card =~ ^([1-9]|[1-5][0-9]|6[0-4])$ ]] ||
		bad_usage "--card takes 1 to 64 queues, not '$card'"
	[[ -z $nic || $nic =~ ^(5\.10|6\.1|6\.12|6\.18)$ ]] ||
		bad_usage "--nic takes 5.10, 6.1, 6.12 or 6.18, not '$nic'"
	[ -z "$wire$card$nic" ] || [ "$queues${#vlans[@]}" = 10 ] ||
		bad_usage "--wire, --card and --nic go without --queues and --vlan"
	[[ $(printf '%s\n' "$wire" "$card" "$nic" | grep -c .) -le 1 ]] ||
		bad_usage "--wire, --card or --nic: one of them"
	[ "$(id -u)" = 0 ] || die "network namespaces need root"
	! exists "$LAB" || die "'$LAB' is there already; 'lab.sh down $LAB' removes it"

	mountpoint -q "$BPFFS" || mount -t bpf bpf "$BPFFS" ||
		die "no bpffs at '$BPFFS', and it could not be mounted"
	trap 'undo "$LAB"' EXIT
	if [ -n "$wire$nic" ]; then
		if [ -n "$wire" ]; then up_wire "$wire"; else up_nic "$nic"; fi
		trap - EXIT
		return
	fi
	# Made inside: the root namespace never sees these interfaces.
	if [ -n "$card" ]; then
		up_card "$card"
	else
		ip netns add "$(ns "$LAB" client)"
		ip netns add "$(ns "$LAB" host)"
		join "$queues"
	fi
	set_up_end client "${LAB}c" 198.18.0.1 fd00:198:18::1 198.18.0.2 fd00:198:18::2 "$HOST_MAC"
	set_up_end host "${LAB}h" 198.18.0.2 fd00:198:18::2 198.18.0.1 fd00:198:18::1 "$CLIENT_MAC"
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
	for side in $(sides "$1"); do
		end_inside "$(ns "$1" "$side")"
		ip -n "$(ns "$1" "$side")" link del "$1${side:0:1}" 2>/dev/null || true
		ip netns del "$(ns "$1" "$side")"
	done
	rm -rf "$(switch_pins "$1")" "$(guest_folder "$1")"
}

# LAB: the ends of it that there must be, and those that there are besides.
ends() {
	[ ! -e "$NETNS/$(ns "$1" nic)" ] || echo nic
	echo client
	has_guest "$1" || echo host
	sides "$1" | grep '^host[1-9]' || :
}

guest_status() {
	local pid
	pid=$(cat "$(guest_folder "$1")/pid" 2>/dev/null) || true
	if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
		echo "$1 host: a guest, process $pid"
	else
		echo "$1 host is gone"
	fi
}

# Prints a line an end, from ip(8).
status() {
	local lab side
	for lab in ${1-$(labs)}; do
		exists "$lab" || die "there is no lab '$lab'"
		! has_guest "$lab" || guest_status "$lab"
		for side in $(ends "$lab"); do
			[ -e "$NETNS/$(ns "$lab" "$side")" ] ||
				{ echo "$lab $side is gone"; continue; }
			inside "$lab" "$side" ip -j -d addr show 2>/dev/null |
				jq -re --arg lab "$lab" \
				--arg side "$side" '[.[] | select(.ifname | startswith($lab))][] |
				"\($lab) \($side): " +
				"\(.ifname) \(.operstate | ascii_downcase), MAC \(.address), " +
				"\(.num_rx_queues) queue\(if .num_rx_queues == 1 then "" else "s" end), " +
				"\([.addr_info[] | .local] | join(" "))" +
				if .xdp then ", XDP program \(.xdp.prog.id)" else "" end' ||
				echo "$lab $side: '$lab${side:0:1}' is gone"
		done
	done
}

COMMAND=${1-}
case $COMMAND in
up)
	shift
	up "$@"
	;;
exec)
	check_name "${@:2}"
	[ $# -ge 3 ] || bad_usage "exec needs a side of the lab: $SIDES"
	[[ $3 =~ ^(client|nic|switch|host[1-3]?)$ ]] ||
		bad_usage "a side of a lab is $SIDES, not '$3'"
	[ $# -ge 4 ] || bad_usage "exec needs a command behind '$3'"
	exists "$2" || die "there is no lab '$2'; 'lab.sh up $2' makes it"
	if [ "$3" = host ] && has_guest "$2"; then
		in_guest "$2" "${@:4}"
		exit
	fi
	[ -e "$NETNS/$(ns "$2" "$3")" ] ||
		die "the lab '$2' has no $3; it has $(sides "$2" | paste -sd ' ')"
	# Not "ip netns exec": its fresh /sys hides bpffs.
	exec nsenter --net="$NETNS/$(ns "$2" "$3")" -- "${@:4}"
	;;
rule)
	check_name "${@:2}"
	[ $# = 4 ] || bad_usage "rule needs a PORT and its QUEUE, or 'none'"
	[[ $3 =~ ^[0-9]{1,5}$ && $4 =~ ^([0-9]{1,2}|none)$ ]] ||
		bad_usage "rule takes a UDP port and a queue of the host's, not '$3' and '$4'"
	[ -e "$NETNS/$(ns "$2" nic)" ] && [ ! -e "$NETNS/$(ns "$2" switch)" ] ||
		die "the lab '$2' has no card: lab.sh up $2 --card QUEUES"
	LAB=$2
	rule "$3" "$4"
	;;
status)
	[ $# -le 2 ] || bad_usage "status takes one name, or none for all labs"
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
'')
	bad_usage "a command is needed: up, exec, rule, status, down or help"
	;;
*)
	bad_usage "a command is up, exec, rule, status, down or help, not '$1'"
	;;
esac
