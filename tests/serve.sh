# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# serve.sh - for tests that need the whole of it: shunt loaded, shuntd, a worker, and requests
#
# Sourced after lib.sh. Classes: short (0) and long (1, first byte 2); port 9000. TRANSPORT=wire: a
# NIC schedules, see wire.sh; else memory is shared.

# CPUs of the worker's cores: two on whatever machine, so that rings are shared and contended.
TRANSPORT=${TRANSPORT:-shared}

CPUS=${CPUS:-$(($(nproc) - 1)), 0}
# The one domain, as the configuration says it; some files have another.
domain() { echo "{queue: 0, cpus: [$CPUS]}"; }

# The configuration on stdout; more lines of it as arguments. REFUSE, SERVICE: the port's "refuse"
# and "service".
config() {
	[ "$TRANSPORT" = wire ] || cat <<-YAML
	domains:
	  - $(domain)
	YAML
	cat <<-YAML
	classes:
	  - {name: short, slo: 50us}
	  - {name: long, slo: 1ms}
	ports:
	  - {port: 9000, default: short${SERVICE:+, service: $SERVICE}${REFUSE:+, refuse: $REFUSE}}
	rules:
	  - {port: 9000, offset: 0, value: 0x02, class: long}
	YAML
	printf '%s\n' "$@"
	# A machine that loses its CPUs for a second is not a core that is silent, which would be
	# off, or lose what it had.
	[[ "$*" == *hang:* ]] || echo "hang: {after: ${HANG:-10s}}"
	# HOLD_RING=N in a file that wants all of many requests answered: a core without a CPU for a
	# second drops none of them.
	[ -z "${HOLD_RING:-}" ] || [ "$TRANSPORT" = wire ] || echo "hold_ring: $HOLD_RING"
	[ "$TRANSPORT" != wire ] || wire_config
}

# POLICY [CONFIG LINES…]: loads it and starts shuntd.
load() {
	[ "$TRANSPORT" != wire ] || use_wire
	config "${@:2}" >"$DIR/config.yaml"
	host shunt load "$1" --dev "$DEV" --config "$DIR/config.yaml"
	[ "$TRANSPORT" != wire ] || host shunt preempt set watch="$WATCH" >/dev/null
	start_agent
}

# FIRST LAST: what the client sends comes through queue FIRST, but what it sends on its last CPU, if
# it has two, through queue LAST.
queues_by_cpu() {
	local all=$(((1 << $(nproc)) - 1)) last=$(((1 << $(nproc)) / 2))
	client unshare --mount bash \
		-c "mount -t sysfs sysfs /sys && cd /sys/class/net/labc/queues &&
		printf %x $((all > 1 ? last : 0)) >tx-$2/xps_cpus &&
		printf %x $((all > 1 ? all - last : 1)) >tx-$1/xps_cpus"
}

# PATH [PROCESS]: somebody, or that process, listens there; one that was killed leaves its path
# behind, and one that lingers still has the socket.
listens() {
	local socket
	# path, flags and number; 00010000: it listens
	for socket in $(host awk -v at="$1" '$8 == at && $4 == "00010000" { print $7 }' \
		/proc/net/unix); do
		[ -n "${2:-}" ] || return 0
		! find "/proc/$2/fd" -lname "socket:\[$socket\]" | grep -q . || return 0
	done
	return 1
}

start_agent() { # [OPTIONS…]; before others with SHUNTD_AHEAD=1, in a session of its own
	start shuntd host ${SHUNTD_AHEAD:+"${go_ahead[@]}"} shuntd --dev "$DEV" "$@"
	wait_for 10 listens "/run/shunt/$DEV.sock" "${PIDS[shuntd]}"
}

up() { host shunt stats -j --dev "$DEV" | jq -e '[.domains[].up] | add' ; }
all_up() { host shunt stats -j --dev "$DEV" | jq -e '.domains | map(.up) == map(.cores)'; }

# Worker and client go before others on this machine where a file says AHEAD=1: in sessions of their
# own, since the kernel may share CPUs among sessions (autogroup), where niceness counts only within
# one.
# shellcheck disable=SC2016 # for the shell that becomes the command
go_ahead=(setsid nice -n -20 sh -c '{ echo -20 >/proc/self/autogroup; } 2>/dev/null; exec "$@"' \
	ahead)
ahead() { # SIDE COMMAND…, in words for start or host and client
	WORDS=("$1" ${AHEAD:+"${go_ahead[@]}"} "${@:2}")
}

# [OPTIONS…]: a worker; waits until its cores are up.
start_worker() {
	ahead host shunt-spin --dev "${WORKER_DEV:-$DEV}" --idle sleep "$@"
	start spin "${WORDS[@]}"
	wait_for 10 all_up
}

# Scripts that run beside others, as they time nothing, have clients that leave them the CPU.
! grep -q '^# runs: together$' "$TEST_FILE" || CLIENT_SLEEPS=--sleep

# OPTIONS…: the client's JSON in $DIR/client.json. The client waits for the last replies as wait_for
# does.
offer() {
	pace "$@"
	ahead client shunt-load --to "${TO:-198.18.0.2}:9000" --json ${CLIENT_SLEEPS:+--sleep} \
		--wait $((3 * PATIENCE * ${SLOWER:-1} / 2))s "${PACED[@]}"
	"${WORDS[@]}" >"$DIR/client.json"
}

sent() { jq -s '[.[].classes[].sent] | add' "$DIR/client.json"; }
answered() { jq -s '[.[].classes[].answered] | add' "$DIR/client.json"; }

assert_all_answered() {
	local n
	n=$(sent)
	assert_ge "$n" 1 "requests sent"
	[ "$(answered)" = "$n" ] || host shunt stats --dev "$DEV" >&2
	assert_eq "$(answered)" "$n" "requests answered"
}

# The conservation line, from counts: nothing in flight, nothing unaccounted for.
quiet() {
	host shunt stats -j --dev "$DEV" | jq -e '.total.in_flight == 0 and .total.difference == 0'
}

until_quiet() {
	local end=$((SECONDS + 10 * PATIENCE))
	until quiet >/dev/null; do
		((SECONDS < end)) || broken "not conserved: $(host shunt stats -j --dev "$DEV")"
		sleep 0.02
	done
}

assert_conserved() {
	until_quiet
	host shunt stats -j --dev "$DEV" | jq -e '[.classes[] |
		.arrived - .replied - .noreply - .rejected - .dropped - .passed - .refused -
		.lost - .expired] |
		all(. == 0)' >/dev/null ||
		broken "a class is out of balance: $(host shunt stats -j --dev "$DEV")"
}

stat_of() { host shunt stats -j --dev "$DEV" | jq -e "$1"; }

# N: so many requests have arrived.
arrived() { (($(stat_of .total.arrived) >= $1)); }

no_worker() { stat_of '.domains | all((.agent.worker_pid // 0) == 0)'; }

# Each frame is in exactly one place, counted from the rings themselves by a worker that does no
# more. Two may be the kernel's own if a ring has ever refused a packet.
assert_frames() {
	local counts
	wait_for 5 no_worker
	counts=$(host build/tests/peer census "/run/shunt/$DEV.sock")
	[ "$(jq .twice <<<"$counts")" = 0 ] || broken "frames are there twice: $counts"
	assert_le "$(jq .missing <<<"$counts")" "$(($(stat_of .total.refused) ? 2 : 0))" \
		"missing frames of $counts"
	wait_for 5 no_worker
}

# Last: it has some of these of its own.
# shellcheck source=tests/wire.sh
[ "$TRANSPORT" != wire ] || . "$TESTS/wire.sh"
