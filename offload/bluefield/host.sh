#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# host.sh up|down PF CORES - on the host: a virtual function a core, each with one queue
#
# PF is the physical function's interface. Make the functions first (up), then run arm.sh up on the
# card, which gives them their MACs, then "host.sh tune": a function takes its new MAC when its
# driver starts again. PRINT=1 only shows the commands.
. "$(dirname "$0")/common.sh"

usage() { die "usage: host.sh up|tune|down PF CORES (1 to 64)"; }

# NUMBER: its network device.
vf_dev() {
	[ -z "${PRINT:-}" ] || { echo "VF$1"; return; }
	basename "$(echo /sys/class/net/"$PF"/device/virtfn"$1"/net/*)"
}

up() {
	put "/sys/class/net/$PF/device/sriov_numvfs" "$CORES"
	run ip link set "$PF" mtu $MTU up
}

tune() {
	local i dev slot
	for ((i = 0; i < CORES; i++)); do
		slot=VF_SLOT
		[ -n "${PRINT:-}" ] ||
			slot=$(basename "$(readlink "/sys/class/net/$PF/device/virtfn$i")")
		put /sys/bus/pci/drivers/mlx5_core/unbind "$slot"
		put /sys/bus/pci/drivers/mlx5_core/bind "$slot"
		dev=$(vf_dev "$i")
		[ -n "${PRINT:-}" ] ||
			[ "$(cat "/sys/class/net/$dev/address")" = "$(core_mac "$i")" ] ||
			die \
			"$dev has not the MAC $(core_mac "$i"): has arm.sh been run on the card?"
		run ethtool -L "$dev" combined 1 # one queue: its core's
		run ethtool -K "$dev" lro off rx-gro-hw off
		run ip link set "$dev" mtu $MTU up
	done
}

down() { put "/sys/class/net/$PF/device/sriov_numvfs" 0; }

[ $# = 3 ] && [[ $3 =~ ^[0-9]+$ ]] && (($3 >= 1 && $3 <= 64)) || usage
PF=$2 CORES=$3
need_root
case $1 in
up | tune | down) "$1" ;;
*) usage ;;
esac
