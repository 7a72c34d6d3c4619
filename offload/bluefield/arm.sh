#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# arm.sh up|down CORES - on the card's Arm side: a scalable function for the scheduler, and the
# switch's rules
#
# Environment, with what BlueField's Ubuntu calls them: UPLINK (p0), PCI (0000:03:00.0), SF (88),
# REP (pf0vf: what the representors of the host's virtual functions are called, up to their number).
# PRINT=1 only shows the commands.
#
# XDP cannot run on representors, and the uplink sees only what the switch has no rule for; a
# scalable function is a whole network device of the Arm side. So: uplink -> SF (XDP, XDP_TX) -> the
# function of the core, by MAC.
. "$(dirname "$0")/common.sh"

UPLINK=${UPLINK:-p0} PCI=${PCI:-0000:03:00.0} SF=${SF:-88} REP=${REP:-pf0vf}
SF_REP=en3f0pf0sf$SF

usage() { die "usage: arm.sh up|down CORES (1 to 64)"; }

# The devlink port of the scalable function, once it is there.
sf_port() {
	[ -z "${PRINT:-}" ] || { echo "pci/$PCI/SF_PORT"; return; }
	devlink -j port show |
		jq -er --arg rep "$SF_REP" '.port | to_entries[] | select(.value.netdev == $rep) |
		.key' ||
		die \
		"no devlink port has the representor $SF_REP: see 'devlink port show', and set SF"
}

# Its network device here, which comes some time after it was activated.
sf_dev() {
	local dev i
	[ -z "${PRINT:-}" ] || { echo SF_DEV; return; }
	for ((i = 0; i < 100; i++)); do
		for dev in /sys/class/net/*; do
			if [ "$(cat "$dev/address")" = "$NIC_MAC" ] &&
				[[ ${dev##*/} != "$SF_REP" ]]; then
				echo "${dev##*/}"
				return
			fi
		done
		sleep 0.1
	done
	die "the scalable function has no network device: is mlx5_core's SF support on" \
		"(devlink dev param)?"
}

make_sf() {
	local dev
	run devlink port add "pci/$PCI" flavour pcisf pfnum 0 sfnum "$SF"
	run devlink port function set "$(sf_port)" hw_addr "$NIC_MAC" state active
	dev=$(sf_dev)
	# One channel: the program has no locks. XDP and merged packets exclude each other.
	run ethtool -L "$dev" combined 1
	run ethtool -K "$dev" lro off rx-gro-hw off
	run ip link set "$dev" mtu $MTU up
	run ip link set "$SF_REP" mtu $MTU up
}

# DEVICE PRIORITY PROTOCOL MATCH… ACTION…
rule() { run tc filter add dev "$1" ingress prio "$2" protocol "$3" flower skip_sw "${@:4}"; }

to() { echo "action mirred egress redirect dev $1"; }

# shellcheck disable=SC2046
make_rules() {
	local i dev
	for dev in "$UPLINK" "$SF_REP" $(seq -f "$REP%g" 0 $(($1 - 1))); do
		run tc qdisc replace dev "$dev" ingress
	done
	# Nobody outside is a core or a NIC, and what cores and NIC say stays inside.
	rule "$UPLINK" 1 0x88b5 action drop
	rule "$UPLINK" 2 all dst_mac $NIC_MAC $(to "$SF_REP")
	for ((i = 0; i < $1; i++)); do
		rule "$SF_REP" 1 all dst_mac "$(core_mac $i)" $(to "$REP$i")
		rule "$REP$i" 1 0x88b5 src_mac "$(core_mac $i)" dst_mac $NIC_MAC $(to "$SF_REP")
		rule "$REP$i" 2 0x88b5 action drop
		rule "$REP$i" 3 all src_mac "$(core_mac $i)" $(to "$UPLINK")
	done
	rule "$SF_REP" 2 0x88b5 action drop
	rule "$SF_REP" 3 all $(to "$UPLINK")
}

# The functions' MACs, as the host will see them.
set_macs() {
	local i port
	for ((i = 0; i < $1; i++)); do
		port="pci/$PCI/PORT_OF_$REP$i"
		[ -n "${PRINT:-}" ] ||
			port=$(devlink -j port show | jq -er --arg rep "$REP$i" '.port |
			to_entries[] | select(.value.netdev == $rep) | .key') ||
			die \
			"no representor $REP$i: has the host made its virtual functions (host.sh)?"
		run devlink port function set "$port" hw_addr "$(core_mac $i)"
		run ip link set "$REP$i" mtu $MTU up
	done
}

up() {
	make_sf
	set_macs "$1"
	run ip link set "$UPLINK" mtu $MTU up
	make_rules "$1"
}

down() {
	local dev port
	port=$(sf_port)
	for dev in "$UPLINK" "$SF_REP" $(seq -f "$REP%g" 0 $(($1 - 1))); do
		run tc qdisc del dev "$dev" ingress
	done
	run devlink port function set "$port" state inactive
	run devlink port del "$port"
}

[ $# = 2 ] && [[ $2 =~ ^[0-9]+$ ]] && (($2 >= 1 && $2 <= 64)) || usage
need_root
case $1 in
up | down) "$1" "$2" ;;
*) usage ;;
esac
