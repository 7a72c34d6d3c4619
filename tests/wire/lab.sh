# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lab.sh - for tests of the wire's protocol: a NIC and cores that do what the protocol says and no
# more
#
# Sourced after ../lib.sh, with NO_LAB=1.

NIC_MAC=02:00:c6:12:00:02
SWITCH=/sys/fs/bpf/switch-lab

core_mac() { printf '02:00:c6:12:01:%02x' "$1"; }

# CORES
wire_lab() { "$TESTS/lab.sh" up "$LAB" --wire "$1"; }

# PERCENT BURST: of the frames between NIC and cores, each way.
lose() {
	local rate=$(($1 * 65536 / 100))
	bpftool map update pinned "$SWITCH/loss" key 0 0 0 0 value \
		$((rate & 255)) $((rate >> 8)) 0 0 "$2" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
}

lost() { bpftool -j map lookup pinned "$SWITCH/loss" key 0 0 0 0 | jq .formatted.value.lost; }

# OBJECT CORES [VAR=VALUE…]
start_nic() {
	local macs=() i
	for ((i = 0; i < $2; i++)); do macs+=("$(core_mac $i)"); done
	start nic nsenter "--net=/run/netns/shunt-$LAB-nic" -- env "${@:3}" \
		build/tests/wire/nic "$1" "${LAB}n" "${macs[@]}"
	# The NIC program's signal handlers are set by the time its XDP program is attached.
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
