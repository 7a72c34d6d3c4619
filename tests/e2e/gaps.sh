#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gaps.sh - stalls are set aside: a server that is stopped now and then, as the hypervisor would, on
# shunt and under a baseline
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

CPUS=$(($(nproc) - 1)) AHEAD=1

# Stops the server for 5 ms, again and again, until it ends.
disturb() { # PID
	while kill -STOP "$1" 2>/dev/null; do
		sleep 0.005
		kill -CONT "$1"
		sleep 0.05
	done
}

measure() { # NAME PID
	local pid
	disturb "$2" &
	pid=$!
	client shunt-load --to 198.18.0.2:9000 --rate 2000 --time 2 --mix short=1:5us --json -q \
		--wait 1s --cpu 0 --gaps "$DIR/gaps-$1" --windows "$DIR/windows-$1" >"$DIR/$1.json"
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	kill -CONT "$2"
}

# NAME: the server's stalls are a tenth of the time: raw p99 has them, and cleaned p99 does not.
check_set_aside() {
	jq -e '.classes.short.clean | .server_notes_gaps == "yes" and .windows == 8 and
		.server.share > 0.04 and .kept < 0.95 and .raw.p99_us.at > 2000 and
		.clean.p99_us.at < .raw.p99_us.at / 2' "$DIR/$1.json" >/dev/null ||
		fail "$1: $(jq -c .classes.short.clean "$DIR/$1.json")"
}

test_a_workers_stalls_are_set_aside_and_so_are_a_baselines() {
	load fcfs
	start spin host shunt-spin --dev "$DEV" --idle spin --gaps "$DIR/gaps-shunt"
	wait_for 10 all_up
	measure shunt "${PIDS[spin]}"
	check_set_aside shunt
	stop spin
	client shunt-load --to 198.18.0.2:9000 --rate 1000 --count 10 --gaps "$DIR/gaps-shunt" \
		--wait 10ms --json -q >"$DIR/dead.json"
	assert_match "$(jq -r .classes.short.clean_why "$DIR/dead.json")" "has ended, or stands"
	host shunt unload --dev "$DEV"
	start base host shunt-baseline --mode shared --cpus "$CPUS" --gaps "$DIR/gaps-linux"
	wait_for 10 grep -q serving "$DIR/base.log"
	measure linux "${PIDS[base]}"
	check_set_aside linux
	shunt-compare --json "shunt=$DIR/windows-shunt" "linux=$DIR/windows-linux" >"$DIR/both.json"
	jq -e ".classes.short | (.systems | length == 2) and (.pairs | length == 1)" \
		"$DIR/both.json" >/dev/null || fail "compared: $(cat "$DIR/both.json")"
	assert_match "$(shunt-compare "a=$DIR/windows-shunt" "b=$DIR/windows-linux")" "raw p99"
}

# NAME COMMAND…: how many steps that server says are 1 us of work.
steps_of() {
	start "$@"
	wait_for 10 grep -q serving "$DIR/$1.log"
	stop "$1"
	sed -n 's/.*serving, 1 us of work is \([0-9.]*\) steps$/\1/p' "$DIR/$1.log"
}

# What slows a CPU for some milliseconds was taken for its speed: at times 5 to 14 % less work.
test_servers_that_are_compared_agree_how_long_work_is() {
	local i steps=()
	for i in 1 2 3 4 5 6; do
		steps+=("$(steps_of base$i host shunt-baseline --mode shared --cpus "$CPUS" \
			--gaps "$DIR/gaps-$i")")
	done
	load fcfs
	steps+=("$(steps_of spin host shunt-spin --dev "$DEV" --idle spin --gaps "$DIR/gaps")")
	printf '%s\n' "${steps[@]}" |
		jq -es 'length == 7 and min > 0 and max < min * 1.05' >/dev/null ||
		fail "steps of work in 1 us: ${steps[*]}"
}

# Scans that each take ten times as long as a gap is, at least: if they were taken for gaps, there
# would be one for each.
test_a_scan_of_a_key_value_server_is_no_gap() {
	start base host shunt-baseline --mode shared --cpus "$CPUS" --app kv --port 11211 \
		--fill 15000 --gaps "$DIR/gaps-kv"
	wait_for 10 grep -q serving "$DIR/base.log"
	client shunt-load --to 198.18.0.2:11211 -P memcached --keys 15000 --rate 1500 --time 2 \
		--mix scan2000=1 --json -q --wait 2s --cpu 0 --gaps "$DIR/gaps-kv" \
		>"$DIR/kv.json" || fail "$(cat "$DIR/base.log")"
	jq -e '.to_s as $seconds | .classes[] | .clean.server_notes_gaps == "yes" and
		.clean.server.gaps_s * $seconds < .answered / 2' "$DIR/kv.json" >/dev/null ||
		fail "$(cat "$DIR/kv.json")"
}

run_tests
