# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# wire.sh - the functions of serve.sh where a NIC schedules: the same tests run on both transports
#
# Sourced by serve.sh with TRANSPORT=wire. Configuration and counts are on the NIC, so $DEV is its
# port and `host shunt ...` runs there; workers are on the host, and go by the name of their first
# core, $WORKER_DEV.

WATCH=${WATCH:-100us} # how often the agent of the NIC looks for requests over their quantum
KEY=$DIR/key
WIRE=${WIRE:-} # more lines of the section "wire"

use_wire() {
	local cpus
	IFS=", " read -ra cpus <<<"$CPUS"
	CORES=${#cpus[@]} # of the host: one a CPU, as where memory is shared
	HOSTS=${HOSTS:-$CORES}
	DEV=${LAB}n
	WORKER_DEV=${LAB}h0
	make_keys
	[ -e "/run/netns/shunt-$LAB-nic" ] || new_lab --wire "$HOSTS"
}

# Makes a key a host: $KEY of the first, $KEY1 and so on of the others.
make_keys() {
	local host=0
	for _ in ${HOSTS//,/ }; do
		[ -e "$(key_of $host)" ] ||
			(umask 077 &&
			printf '112233445566778899aabbccddeeff%02x\n' $host >"$(key_of $host)")
		host=$((host + 1))
	done
}

key_of() { echo "$KEY${1/#0/}"; }

host() {
	case $1 in
	shunt | bpftool) in_ns nic "$@" ;;
	*) in_ns host "$@" ;;
	esac
}

wire_keys() {
	local host=0
	[[ $HOSTS == *,* ]] || { echo "  key: $KEY" && return; }
	echo "  hosts:"
	for _ in ${HOSTS//,/ }; do
		echo "    - key: $(key_of $host)"
		host=$((host + 1))
	done
}

# The configuration's cores, those of each host a group.
wire_config() {
	local core=0 group=0 n i
	echo "wire:"
	wire_keys
	[ -z "$WIRE" ] || printf '  %s\n' "$WIRE"
	echo "  cores:"
	for n in ${HOSTS//,/ }; do
		for ((i = 0; i < n; i++, core++)); do
			printf '    - {mac: "02:00:c6:12:01:%02x", host: %d}\n' $core $group
		done
		group=$((group + 1))
	done
}

# The agents: the NIC's, and one of each host.
start_agent() {
	start_nic_agent
	start_host_agent "$@"
}

start_nic_agent() {
	start shuntd nsenter "--net=/run/netns/shunt-$LAB-nic" -- shuntd --role nic \
		--dev "$DEV" "$@"
}

start_host_agent() {
	local devs=() cpus i
	IFS=', ' read -ra cpus <<<"$CPUS"
	for ((i = 0; i < CORES; i++)); do
		devs+=(--dev "${LAB}h$i:${cpus[i % ${#cpus[@]}]}")
	done
	start shuntd_host host shuntd --role host "${devs[@]}" --nic 02:00:c6:12:00:02 \
		--key "$KEY" "$@"
	wait_for 10 listens "/run/shunt/$WORKER_DEV.sock"
}

up() { host shunt stats -j --dev "$DEV" | jq -e '[.wire.core[] | select(.up)] | length'; }
all_up() { host shunt stats -j --dev "$DEV" | jq -e '.wire.core | all(.up)'; }
