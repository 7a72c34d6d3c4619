# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2046
# systems.sh - what is compared: each system has a lab of its own (no XDP program beside a kernel
# server), one server process, and only the one that is measured runs; all others are stopped
#
# The client is on CPU 0; workers have all other CPUs. A wire system's lab has a switch and a NIC
# between the two, which have no CPU of their own: they run in the sender's call.

CPUS=$(seq -s , 1 $((NPROC - 1)))
WORKERS=$((NPROC - 1))
WIRE_K=2 # what a core has outstanding at most, where nothing else is said

what_is_served() {
	echo "classes:"
	printf "  - {name: %s, slo: 1ms}\n" "${CLASSES[@]}"
	printf "ports:\n  - {port: %s, default: %s}\n" "$PORT" "${CLASSES[0]}"
	rules
}
{ echo "domains: [{queue: 0, cpus: [$CPUS]}]"; what_is_served; } >"$DIR/shunt.yaml"
(umask 077 && od -An -N16 -tx8 /dev/urandom | tr -d ' ' >"$DIR/key")
{
	what_is_served
	printf "wire:\n  key: %s\n  cores:\n" "$DIR/key"
	for ((i = 0; i < WORKERS; i++)); do printf '    - {mac: "02:00:c6:12:01:%02x"}\n' $i; done
} >"$DIR/wire.yaml"

declare -A LAB_OF=() PIDS_OF=() NICD_OF=() QUANTUM_OF=() K_OF=() SKIPPED=()
RUNNING=
BASE=$LAB

# SYSTEM: why it is not here; fails if it is.
why_not() {
	case $1 in
	linux-reuseport | linux-select-* | linux-steal | shunt-rss | shunt-steal | shunt-jbsq)
		[ "$WORKERS" -lt 2 ] &&
			echo "with one worker core it is what linux-shared or shunt-fcfs is" ;;
	dispatcher-*)
		[ "$NPROC" -lt 3 ] && echo "needs 3 CPUs: client, dispatcher, worker" ;;
	linux-uring)
		shunt-baseline --help | grep -q "not built in" &&
			echo "built without liburing: make deps" ;;
	memcached)
		! command -v memcached >/dev/null && echo "not installed: make deps" ;;
	*)
		return 1 ;;
	esac
}

# shunt-POLICY[-wire][-QUANTUM][-kN]: a time is a quantum of this system's own, kN what a core has
# outstanding on the wire.
own_quantum_of() { [[ $1 =~ ^shunt-.*-([0-9]+us)(-k[0-9]+)?$ ]] && echo "${BASH_REMATCH[1]}"; }
own_k_of() { [[ $1 =~ ^shunt-.*-k([0-9]+)$ ]] && echo "${BASH_REMATCH[1]}"; }

# Systems that differ only by such numbers share a lab.
key_of() {
	local key=$1
	if [[ $key == shunt-* ]]; then
		[[ ! $key =~ -k[0-9]+$ ]] || key=${key%-*}
		[[ ! $key =~ -[0-9]+us$ ]] || key=${key%-*}
	fi
	echo "$key"
}

policy_of() { # KEY
	local name=${1#shunt-}
	echo "${name%-wire}"
}

# KEY VERB…: shunt, where that system's scheduler is: on the host, or on its NIC.
control() {
	local lab=${LAB_OF[$1]} side=host end=h
	[[ $1 != *-wire ]] || side=nic end=n
	"$ROOT/tests/lab.sh" exec "$lab" $side shunt "${@:2}" --dev "$lab$end"
}

# All processes of KEY get SIGNAL: its server, and shuntd (keeper and agent), which would share the
# client's CPU.
signal() { kill "-$2" ${PIDS_OF[$1]} ${NICD_OF[$1]-} 2>/dev/null; }

pause() {
	[ -z "$RUNNING" ] || signal "$RUNNING" STOP
	RUNNING=
}

# KEY: the file in which its server notes its gaps, and the option for it. memcached has none.
gaps_of() { echo "$GAPS-$1"; }
note_gaps() { echo "--gaps $(gaps_of "$1")"; }

set_up_shunt() { # KEY
	control "$1" load "$(policy_of "$1")" --config "$DIR/shunt.yaml" >/dev/null
	start "shuntd-$1" host taskset -c 0 shuntd --dev "${LAB}h"
	wait_for 10 test -S "/run/shunt/${LAB}h.sock"
	start "$1" host "$SERVER" --dev "${LAB}h" --idle spin "${ENGINE[@]//KEY/$1}" \
		$(note_gaps "$1")
}

wire_is_up() { control "$1" stats -j | jq -e '.wire.core | all(.up)'; }

set_up_wire() { # KEY
	local i=0 cpu devs=()
	control "$1" load "$(policy_of "$1")" --config "$DIR/wire.yaml" >/dev/null
	for cpu in ${CPUS//,/ }; do
		devs+=(--dev "${LAB}h$((i++)):$cpu")
	done
	start "nicd-$1" nic taskset -c 0 shuntd --role nic --dev "${LAB}n"
	start "shuntd-$1" host taskset -c 0 shuntd --role host "${devs[@]}" \
		--nic 02:00:c6:12:00:02 --key "$DIR/key"
	wait_for 10 test -S "/run/shunt/${LAB}h0.sock"
	start "$1" host "$SERVER" --dev "${LAB}h0" --idle spin "${ENGINE[@]//KEY/$1}" \
		$(note_gaps "$1")
	wait_for 60 wire_is_up "$1"
}

set_up_baseline() { # KEY
	local mode=${1#*-} more=()
	case $1 in
	*-block) mode=${mode%-block} more=(--idle block) ;;
	*-select-idle) mode=select more=(--select idle) ;;
	*-busy-poll) mode=shared more=(--busy-poll 50) ;;
	linux-batch) mode=shared more=(--batch 16) ;;
	xdp-rtc) mode=xdp more=(--dev "${LAB}h") ;;
	xdp-batch) mode=xdp more=(--dev "${LAB}h" --kick 16) ;;
	dispatcher-fcfs) mode=dispatcher ;;
	esac
	start "$1" host shunt-baseline --mode "$mode" --cpus "$CPUS" \
		--port "$PORT" "${more[@]}" "${APP[@]}" "${ENGINE[@]//KEY/$1}" $(note_gaps "$1")
}

set_up_memcached() {
	start "$1" host taskset -c "$CPUS" memcached -u nobody -p 0 -U "$PORT" -l 0.0.0.0 \
		-t "$WORKERS" -m 256 -v
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -uln | grep -q $PORT"
	nsenter "--net=/run/netns/shunt-$LAB-client" -- shunt-load --to "198.18.0.2:$PORT" \
		-P memcached "${LOAD_OPTIONS[@]}" \
		--preload --count 1 -q >/dev/null
	echo serving >>"$DIR/$1.log"
}

set_up() { # KEY
	local LAB=$BASE${#LAB_OF[@]} shape=()
	case $1 in
	*-wire) shape=(--wire "$WORKERS") ;;
	xdp-*) shape=(--queues "$WORKERS") ;;
	esac
	"$ROOT/tests/lab.sh" up "$LAB" "${shape[@]}"
	LAB_OF[$1]=$LAB
	# A kernel server as it is on a plain veth pair, but for one that polls: a veth has
	# something to poll with GRO only. XDP turns on for itself what it needs.
	[ "$1" != linux-busy-poll ] || "$ROOT/tests/lab.sh" exec "$LAB" host \
		ethtool -K "${LAB}h" gro on
	case $1 in
	shunt-*-wire) set_up_wire "$1" ;;
	shunt-*) set_up_shunt "$1" ;;
	memcached) set_up_memcached "$1" ;;
	*) set_up_baseline "$1" ;;
	esac
	wait_for 60 grep -q serving "$DIR/$1.log"
	PIDS_OF[$1]="${PIDS[$1]} $(with_children "${PIDS[shuntd-$1]-}")"
	NICD_OF[$1]=$(with_children "${PIDS[nicd-$1]-}")
	signal "$1" STOP
}

# [PID]: itself and its children; nothing for nothing.
with_children() { [ -z "$1" ] || echo "$1 $(pgrep -d " " -P "$1")"; }

# SYSTEM…: labs and servers of all that can be here; the others into SKIPPED.
set_up_all() {
	local system why key
	for system; do
		key=$(key_of "$system")
		[ -z "${SKIPPED[$system]-}${PIDS_OF[$key]-}" ] || continue
		if why=$(why_not "$system"); then
			SKIPPED[$system]=$why
			continue
		fi
		set_up "$key"
	done
}

# KEY QUANTUM of all its classes, and K.
set_numbers() {
	local cls
	if [[ $1 == shunt-* && $2 != none && ${QUANTUM_OF[$1]-} != "$2" ]]; then
		for cls in "${CLASSES[@]}"; do
			control "$1" quantum set "$cls" "$2" >/dev/null
		done
		QUANTUM_OF[$1]=$2
	fi
	[[ $1 == *-wire && ${K_OF[$1]-} != "$3" ]] || return 0
	control "$1" wire set "k=$3" >/dev/null
	K_OF[$1]=$3
}

# SYSTEM QUANTUM K: this one runs, all others stand. The numbers are the workload's, if the system
# has none in its name.
activate() {
	local key
	key=$(key_of "$1")
	if [ "$RUNNING" != "$key" ]; then
		pause
		RUNNING=$key
		kill -CONT ${PIDS_OF[$key]}
		# shuntd sees that a core moves again, within 10 ms
		[[ $key != shunt-* ]] || sleep 0.05
		# The NIC's last: it would take a core that was stopped for one that died.
		[ -z "${NICD_OF[$key]-}" ] || kill -CONT ${NICD_OF[$key]}
	fi
	set_numbers "$key" "$(own_quantum_of "$1" || echo "$2")" "$(own_k_of "$1" || echo "$3")"
}

# TIMES…: the objectives of the classes, in order, wherever shunt is.
set_objectives() {
	local key i
	for key in "${!LAB_OF[@]}"; do
		[[ $key == shunt-* ]] || continue
		for ((i = 0; i < $#; i++)); do
			control "$key" slo set "${CLASSES[i]}" "${@:i + 1:1}" >/dev/null
		done
	done
}

tear_down() {
	local key LAB
	trap - EXIT
	step_back
	for key in "${!PIDS_OF[@]}"; do
		signal "$key" CONT || true
	done
	for key in "${!LAB_OF[@]}"; do
		LAB=${LAB_OF[$key]}
		kill "${PIDS[$key]-}" 2>/dev/null || true
		wait "${PIDS[$key]-}" 2>/dev/null || true
		[[ $key != shunt-* ]] || control "$key" unload >/dev/null 2>&1 || true
		"$ROOT/tests/lab.sh" down "$LAB" >/dev/null 2>&1 || true
	done
	rm -rf "/dev/shm/shunt-$BASE"*
	clean_up
}
trap tear_down EXIT
