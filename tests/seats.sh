# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# seats.sh - for tests of two services that share a CPU: their load, their workers, their clients
#
# Sourced after serve.sh.

LAB_ARGS=(--queues 2)
SEATS=
HANG=10s
export SERVICE=any # by the client's CPU

# Service a has queue 0, b queue 1: what the client sends on its first CPU comes to a, on its last
# to b. Both have the last CPU.
domain() {
	echo "{queue: 0, cpus: [$(($(nproc) - 1))], service: a}"
	echo "  - {queue: 1, cpus: [$(($(nproc) - 1))], service: b}"
}

# [--policy POLICY] [CONFIG LINES…]: both services, without workers.
load_seats() {
	local policy=fcfs
	[ "$(nproc)" -ge 2 ] || skip "one CPU alone cannot send to two queues"
	[ "${1:-}" != --policy ] || { policy=$2; shift 2; }
	queues_by_cpu 0 1
	load "$policy" "$@" ${SEATS:+"seats: $SEATS"} "hold_ring: 4096"
}

# NAME [OPTIONS…]: the worker of a service. It spins while it is on, unless IDLE says otherwise, so
# that no seat sleeps. BY: words that start it.
start_service() {
	local domain=0
	[ "$1" = a ] || domain=1
	# shellcheck disable=SC2086 # words
	start "$1" host ${BY:-} "$ROOT/build/shunt-spin" --dev "$DEV" --domain "$domain" \
		--cores 1 --idle "${IDLE:-spin}" "${@:2}"
	wait_for 10 stat_of ".domains[$domain].up == 1"
}

# a|b OPTIONS…: requests for one service, the client's JSON in $DIR/NAME.json.
offer_to() {
	local cpu=0
	[ "$1" = a ] || cpu=$(($(nproc) - 1))
	pace "${@:2}"
	client taskset -c "$cpu" shunt-load --to 198.18.0.2:9000 --json --sleep \
		--wait $((3 * PATIENCE * ${SLOWER:-1} / 2))s "${PACED[@]}" >"$DIR/$1.json"
}

offer_both() {
	local pid
	offer_to a "$@" &
	pid=$!
	offer_to b "$@"
	wait "$pid"
}

sum_of() { jq "[.classes[].$2] | add" "$DIR/$1.json"; }

assert_answered_by() {
	local sent
	sent=$(sum_of "$1" sent)
	assert_ge "$sent" 1 "requests sent to $1"
	[ "$(sum_of "$1" answered)" = "$sent" ] || host shunt status >&2
	assert_eq "$(sum_of "$1" answered)" "$sent" "requests that $1 answered"
}

# As assert_frames(), of each service.
assert_frames_of_both() {
	local domain counts
	wait_for 5 no_worker
	for domain in 0 1; do
		counts=$(host build/tests/peer census "/run/shunt/$DEV.sock" $domain)
		[ "$(jq .twice <<<"$counts")" = 0 ] || broken "frames are there twice: $counts"
		assert_le "$(jq .missing <<<"$counts")" 2 "missing frames of $counts"
		wait_for 5 no_worker
	done
}

# FILTER: of the one seat.
seat() { host shunt status -j | jq -e ".interfaces[0].seats[0] | $1"; }
is_on() { [ "$(seat .on)" = "\"$1\"" ]; }
answers() { # a|b: one request, soon
	offer_to "$1" --rate 100 --count 1 --mix short=1:1us
	assert_answered_by "$1"
}
