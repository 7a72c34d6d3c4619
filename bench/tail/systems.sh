# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# systems.sh - what is compared: each system has a lab of its own (no XDP program beside a kernel server), one server process,
# and only the one that is measured runs; all others are stopped
#
# The client is on CPU 0; workers have all other CPUs.

CPUS=$(seq -s , 1 $((NPROC - 1)))
WORKERS=$((NPROC - 1))
cat >"$DIR/shunt.yaml" <<YAML
domains:
  - {queue: 0, cpus: [$CPUS]}
classes:
$(printf "  - {name: %s, slo: 1ms}\n" "${CLASSES[@]}")
ports:
  - {port: $PORT, default: ${CLASSES[0]}}
$(rules)
YAML

declare -A LAB_OF=() PIDS_OF=() QUANTUM_OF=() SKIPPED=()
RUNNING= GROUP_NICE=
BASE=$LAB

# SYSTEM: why it is not here; fails if it is.
why_not() {
	case $1 in
	linux-reuseport | linux-select-* | linux-steal | shunt-rss | shunt-steal | shunt-jbsq)
		[ "$WORKERS" -lt 2 ] && echo "with one worker core it is what linux-shared or shunt-fcfs is" ;;
	dispatcher-*)
		[ "$NPROC" -lt 3 ] && echo "needs 3 CPUs: client, dispatcher, worker" ;;
	*)
		return 1 ;;
	esac
}

# SYSTEM: the policy or mode in its name; a time at the end of shunt-… is a quantum.
policy_of() {
	local name=${1#shunt-}
	[[ $name =~ -[0-9]+us$ ]] && name=${name%-*}
	echo "$name"
}

own_quantum_of() { [[ $1 =~ -([0-9]+us)$ ]] && echo "${BASH_REMATCH[1]}"; }

# Systems that differ only by a quantum share a lab.
key_of() { [[ $1 == shunt-* ]] && echo "shunt-$(policy_of "$1")" || echo "$1"; }

# All processes of KEY get SIGNAL: its server, and shuntd (keeper and agent), who would take the client's CPU for 50 us a hundred times a second.
signal() { kill "-$2" ${PIDS_OF[$1]} 2>/dev/null; }

pause() {
	[ -z "$RUNNING" ] || signal "$RUNNING" STOP
	RUNNING=
}

set_up_shunt() { # KEY
	host shunt load "$(policy_of "$1")" --dev "${LAB}h" --config "$DIR/shunt.yaml" >/dev/null
	start "shuntd-$1" host taskset -c 0 shuntd --dev "${LAB}h"
	wait_for 10 test -S "/run/shunt/${LAB}h.sock"
	start "$1" host "$SERVER" --dev "${LAB}h" --idle spin "${ENGINE[@]//KEY/$1}"
}

set_up_baseline() { # KEY
	local mode=${1#*-} more=()
	case $1 in
	*-block) mode=${mode%-block} more=(--idle block) ;;
	*-select-idle) mode=select more=(--select idle) ;;
	xdp-rtc) mode=xdp more=(--dev "${LAB}h") ;;
	dispatcher-fcfs) mode=dispatcher ;;
	esac
	start "$1" host shunt-baseline --mode "$mode" --cpus "$CPUS" --port "$PORT" "${more[@]}" "${APP[@]}" "${ENGINE[@]//KEY/$1}"
}

set_up_memcached() {
	start "$1" host taskset -c "$CPUS" memcached -u nobody -p 0 -U "$PORT" -l 0.0.0.0 -t "$WORKERS" -m 256 -v
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -uln | grep -q $PORT"
	nsenter "--net=/run/netns/shunt-$LAB-client" -- shunt-load --to "198.18.0.2:$PORT" -P memcached "${LOAD_OPTIONS[@]}" \
		--preload --count 1 -q >/dev/null
	echo serving >>"$DIR/$1.log"
}

set_up() { # KEY
	local LAB=$BASE${#LAB_OF[@]} queues=1
	[ "$1" != xdp-rtc ] || queues=$WORKERS
	"$ROOT/tests/lab.sh" up "$LAB" --queues "$queues"
	LAB_OF[$1]=$LAB
	# A kernel server as it is on a plain veth pair. XDP turns on for itself what it needs.
	case $1 in
	shunt-*) set_up_shunt "$1" ;;
	memcached) set_up_memcached "$1" ;;
	*) set_up_baseline "$1" ;;
	esac
	wait_for 60 grep -q serving "$DIR/$1.log"
	PIDS_OF[$1]="${PIDS[$1]} ${PIDS[shuntd-$1]-} $(pgrep -d " " -P "${PIDS[shuntd-$1]-0}" || true)"
	signal "$1" STOP
}

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

# SYSTEM QUANTUM: this one runs, all others stand.
activate() {
	local key LAB cls quantum
	key=$(key_of "$1")
	quantum=$(own_quantum_of "$1") || quantum=$2
	if [ "$RUNNING" != "$key" ]; then
		pause
		signal "$key" CONT
		RUNNING=$key
		sleep 0.05 # shuntd sees that a core moves again, within 10 ms
	fi
	[[ $key == shunt-* && $quantum != none && ${QUANTUM_OF[$key]-} != "$quantum" ]] || return 0
	LAB=${LAB_OF[$key]}
	for cls in "${CLASSES[@]}"; do
		host shunt quantum set "$cls" "$quantum" --dev "${LAB}h" >/dev/null
	done
	QUANTUM_OF[$key]=$quantum
}

# TIMES…: the objectives of the classes, in order, wherever shunt is.
set_objectives() {
	local key i LAB
	for key in "${!LAB_OF[@]}"; do
		[[ $key == shunt-* ]] || continue
		LAB=${LAB_OF[$key]}
		for ((i = 0; i < $#; i++)); do
			host shunt slo set "${CLASSES[i]}" "${@:i + 1:1}" --dev "${LAB}h" >/dev/null
		done
	done
}

# All that is measured goes before whatever else the machine does. Where sessions share the CPUs as groups (autogroup), niceness counts
# only within one, and the group has its own, which is put back at the end.
step_forward() {
	if [ "$(cat /proc/sys/kernel/sched_autogroup_enabled 2>/dev/null)" = 1 ] && [ -w /proc/self/autogroup ]; then
		GROUP_NICE=$(sed "s/.* nice //" /proc/self/autogroup)
		echo -20 >/proc/self/autogroup
	else
		renice -n -20 -p $$ >/dev/null
	fi
}

tear_down() {
	local key LAB
	trap - EXIT
	[ -z "$GROUP_NICE" ] || echo "$GROUP_NICE" >/proc/self/autogroup
	for key in "${!PIDS_OF[@]}"; do
		signal "$key" CONT || true
	done
	for key in "${!LAB_OF[@]}"; do
		LAB=${LAB_OF[$key]}
		kill "${PIDS[$key]}" 2>/dev/null || true
		wait "${PIDS[$key]}" 2>/dev/null || true
		[[ $key != shunt-* ]] || host shunt unload --dev "${LAB}h" >/dev/null 2>&1 || true
		"$ROOT/tests/lab.sh" down "$LAB" >/dev/null 2>&1 || true
	done
	rm -rf "/dev/shm/shunt-$BASE"*
	clean_up
}
trap tear_down EXIT
