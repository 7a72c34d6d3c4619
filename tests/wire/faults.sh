# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# faults.sh - a bad link between NIC and cores: loss, duplication and reordering (faults.bpf.c)
#
# Sourced after lab.sh. "lose" of lab.sh is for a good link's programs; here all faults are set at
# once.

FAULTS=/sys/fs/bpf/faults

# A number as four bytes, lowest first.
bytes4() { echo $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# CORES: the switch's ports between NIC and cores become bad ones.
bad_link() {
	local i port
	ip -n "shunt-$LAB-switch" link add again type veth peer name back
	for port in again back; do
		in_ns switch sysctl -qw "net.ipv6.conf.$port.disable_ipv6=1"
		in_ns switch ethtool -K $port gro on >/dev/null
		ip -n "shunt-$LAB-switch" link set $port mtu 1600 up
	done
	ip -n "shunt-$LAB-switch" link set back master br0
	in_ns switch bridge link set dev back learning off flood off
	in_ns switch bpftool prog loadall build/tests/wire/faults.o $FAULTS pinmaps $FAULTS \
		>/dev/null
	for i in 0 1; do
		# shellcheck disable=SC2046
		in_ns switch bpftool map update pinned $FAULTS/again key $(bytes4 $i) \
			value $(bytes4 "$(in_ns switch ip -j link show again | jq '.[0].ifindex')")
	done
	in_ns switch bpftool net attach xdpdrv pinned $FAULTS/late dev back
	for port in nic0 $(seq -f 'vf%g' 0 $(($1 - 1))); do
		in_ns switch bpftool net attach xdpdrv pinned $FAULTS/faulty dev "$port" overwrite
	done
}

# LOST BURST TWICE LATE [TYPE]: percent of frames, each way; lost ones in bursts of so many, and of
# that type alone. Counts begin anew.
set_faults() {
	local zero8="0 0 0 0 0 0 0 0"
	# shellcheck disable=SC2046,SC2086
	bpftool map update pinned $FAULTS/loss key 0 0 0 0 \
		value $(bytes4 $(($1 * 65536 / 100))) $(bytes4 "$2") 0 0 0 0 $(bytes4 "${5:-0}") \
		$zero8
	# shellcheck disable=SC2046,SC2086
	bpftool map update pinned $FAULTS/faults key 0 0 0 0 \
		value $(bytes4 $(($3 * 65536 / 100))) $(bytes4 $(($4 * 65536 / 100))) $zero8 \
		$zero8 $zero8 $zero8
}

# MAP FIELD: the count.
faults() { bpftool -j map lookup pinned "$FAULTS/$1" key 0 0 0 0 | jq ".formatted.value.$2"; }
