#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# measure.sh - shunt-load tells the truth: against a server that knows what should have been
# measured
. "$(dirname "$0")/../lib.sh"

SPREAD=short=0.7:lognormal:1ms:0.5,long=0.3:exp:5ms

serve() {
	start server host build/tests/delay_server "$@"
	wait_for 5 grep -q serving "$DIR/server.log"
}

load() { client shunt-load --to 198.18.0.2:9000 --json --wait 3s -q "$@" >"$DIR/load.json"; }

# The server's own account in $DIR/truth.json.
end_server() {
	stop server
	tail -n 1 "$DIR/server.log" >"$DIR/truth.json"
	rm "$DIR/server.log"
}

# CLASS TYPE QUANTILE: within 3 % or 2 us of what the server knows.
close() {
	jq -e --slurpfile t "$DIR/truth.json" \
		".classes.\"$1\".$3_us as \$got | \$t[0].\"$2\".$3_us as \$want |
		(\$got - \$want | fabs) <= ([0.03 * \$want, 2] | max)" "$DIR/load.json" >/dev/null
}

all_close() {
	local q
	for q in p50 p90 p99 p999; do
		close short 1 $q && close long 2 $q || return 1
	done
}

test_percentiles_are_those_that_the_server_injected() {
	local try
	# Time that the network adds on a machine that is busy otherwise is no fault of the
	# generator: three tries.
	for try in 1 2 3; do
		serve
		load --rate 4000 --time 1.5 --mix $SPREAD --seed $try
		end_server
		all_close && return
	done
	fail "measured $(cat "$DIR/load.json"), injected $(cat "$DIR/truth.json")"
}

# The record is the run: its classes, its rate, its services.
test_a_recorded_run_is_a_trace_for_the_simulator() {
	serve
	load --rate 2000 --count 1500 --time 3 --mix $SPREAD --record "$DIR/trace"
	end_server
	assert_eq "$(grep -vc '^#' "$DIR/trace")" 1500 "requests recorded"
	assert_match "$(cat "$DIR/trace")" \
		'# workload: short=0.[67][0-9]*:[0-9.]+us,long=0.[23][0-9]*:[0-9.]+us'
	shunt-sim -p c-fcfs -c 4 -a "trace:$DIR/trace" --json - -Q | jq '.runs[0]' >"$DIR/run"
	assert_eq "$(jq -c '[.requests, (.rate > 1700 and .rate < 2300)]' "$DIR/run")" \
		'[1500,true]' "requests, rate"
	assert_eq "$(jq '[.classes[].arrived] | .[0] + .[1] == .[2]' "$DIR/run")" true "classes"
	assert_exit 1 client shunt-load --to 198.18.0.2:9000 --count 1 --record "$DIR/none/trace"
	assert_match "$(cat "$DIR/err")" "none/trace: No such file"
}

test_a_server_of_another_protocol_is_told_with_what_it_said() {
	start server host shunt-baseline --mode shared --app kv --port 9000 --cpus $(($(nproc) - 1))
	wait_for 5 grep -q serving "$DIR/server.log"
	client shunt-load --to 198.18.0.2:9000 --rate 1k --count 0.2k --time 5 \
		--json >"$DIR/load.json" 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" \
		"no replies of the protocol 'spin'.*how 'memcached' answers"
	assert_ge "$(jq .foreign "$DIR/load.json")" 1 "replies of another protocol"
	client shunt-load --to 198.18.0.2:9001 --rate 1k --count 100 --time 5 \
		--json >"$DIR/load.json" 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "nobody listens at 198.18.0.2:9001"
	assert_exit 3 client shunt-load --to 198.18.0.2:9001 --rate 1k --count 10 --time 5 --strict
	assert_exit 2 client shunt-load --to 198.18.0.2:9000 --rate 5x
	assert_match "$(cat "$DIR/err")" "--rate: '5x' is no number .*5k, 1.5M"
}

test_replies_that_were_dropped_are_counted_lost() {
	serve -d 10
	load --rate 3000 --count 2000 --time 3 --wait 300ms --mix short=1:100us
	end_server
	assert_eq "$(jq '.classes.short | .sent, .lost,
		.answered' "$DIR/load.json" | tr '\n' ' ')" "2000 200 1800 "
}

test_a_stall_of_100_ms_shows_in_open_loop() {
	serve -s 100 -n 500
	load --rate 2000 --time 1 --mix short=1:100us
	end_server
	jq -e '.classes.short.p999_us > 90000 and .classes.short.p99_us > 60000' "$DIR/load.json" \
		>/dev/null ||
		fail "no stall in $(cat "$DIR/load.json")"
}

test_a_stall_of_100_ms_hides_in_closed_loop() {
	serve -s 100 -n 50
	load --closed 1 --time 2 --mix short=1:100us
	end_server
	jq -e '.classes.short | .max_us > 90000 and .p90_us < 60000' "$DIR/load.json" >/dev/null ||
		fail "measured $(cat "$DIR/load.json")"
}

# 3000 requests of 100 us are served long after the last of them left.
test_what_was_achieved_is_what_came_back_while_requests_left() {
	start server host shunt-baseline --mode shared --cpus $(($(nproc) - 1))
	wait_for 5 grep -q serving "$DIR/server.log"
	load --rate 20000 --time 0.15 --wait 20s --mix short=1:100us
	jq -e '.classes.short.answered > 2500 and .achieved_rps < 11000' "$DIR/load.json" \
		>/dev/null ||
		fail "served in time: $(cat "$DIR/load.json")"
}

test_a_generator_that_is_late_says_so() {
	serve
	start load client shunt-load --to 198.18.0.2:9000 --json --wait 3s -q --rate 1000 --time 1 \
		--mix short=1:100us --strict
	wait_for 5 grep -q . "/proc/${PIDS[load]}/net/udp"
	sleep 0.3 # what it is stopped for and when is what this test is about
	kill -STOP "${PIDS[load]}"
	sleep 0.2
	kill -CONT "${PIDS[load]}"
	wait_ended load
	assert_eq "$STATUS" 3 "exit status"
	json 'select(.valid == false and .late > 50 and .stalls >= 1 and .lag_max_us > 100000)' \
		head -n 1 "$DIR/load.log" >/dev/null
}

test_the_same_seed_makes_the_same_requests() {
	local a b c
	a=$(shunt-load --plan 5000 --mix persephone-shift --rate 1000 --seed 7 | sha256sum)
	b=$(shunt-load --plan 5000 --mix persephone-shift --rate 1000 --seed 7 | sha256sum)
	c=$(shunt-load --plan 5000 --mix persephone-shift --rate 1000 --seed 8 | sha256sum)
	assert_eq "$a" "$b"
	assert_ne "$a" "$c"
}

test_a_trace_and_a_file_of_service_times_are_followed() {
	printf '0\n# a pause\n0.001\n0.0015\n0.2\n' >"$DIR/trace"
	printf '7\n' >"$DIR/times"
	assert_eq "$(shunt-load --plan 9 --arrival "trace:$DIR/trace" --mix "file:$DIR/times" |
		cut -d, -f1-3 | tr '\n' ' ')" \
		"due_us,class,service_us 0.000,all,7.000 1000.000,all,7.000 1500.000,all,7.000 200000.000,all,7.000 "
}

test_a_server_of_any_make_that_echoes_is_measured() {
	need python3
	start server host python3 -uc '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.18.0.2", 7))
print("serving")
while True:
	s.sendto(*s.recvfrom(2048))'
	wait_for 5 grep -q serving "$DIR/server.log"
	client shunt-load --to 198.18.0.2:7 -P echo --csv --wait 3s -q --rate 500 --count 200 \
		--report 0.2 --size 300 --mix a=0.5,b=0.5 \
		>"$DIR/load.csv"
	assert_eq "$(awk -F, 'NR > 1 { sent += $6; got += $7; odd += NF != 19 } END {
		print (NR > 3), sent, got, odd }' \
		"$DIR/load.csv")" "1 200 200 0"
}

# user + sys of the client, in hundredths of a second
cpu_of_load() {
	local TIMEFORMAT='%U %S' text
	text=$( { time load "$@"; } 2>&1)
	awk '{ printf "%d", 100 * ($1 + $2) }' <<<"$text"
}

test_a_client_that_sleeps_leaves_the_cpu_and_counts_the_same() {
	local awake asleep
	serve
	awake=$(cpu_of_load --rate 500 --time 2 --mix short=1:100us)
	asleep=$(cpu_of_load --rate 500 --time 2 --mix short=1:100us --sleep)
	end_server
	assert_eq "$(jq '.classes.short | .sent == .answered and .sent > 700' "$DIR/load.json")" \
		true "all answered"
	assert_le $((2 * asleep)) "$awake" "twice the CPU time of one that sleeps"
	echo "$awake and $asleep hundredths of a second, in 2 s"
}

test_a_client_that_sleeps_ends_when_it_is_told_to() {
	serve
	start client client shunt-load --to 198.18.0.2 --rate 0.01 --time 3000 --sleep
	wait_for 5 slept client
	stop client INT
	assert_eq "$STATUS" 0 "exit status"
}
slept() { [ "$(state_of "${PIDS[$1]}")" = S ]; }

test_requests_leave_through_af_xdp() {
	serve
	load --xdp "${LAB}c" --rate 5000 --count 2000 --time 2 --flows 8 --mix short=1:100us
	end_server
	assert_eq "$(jq '.classes.short | .sent, .answered' "$DIR/load.json" | tr '\n' ' ')" \
		"2000 2000 "
}

test_nonsense_is_refused_in_words() {
	assert_exit 2 shunt-load --to 198.18.0.2 --mix nonsense
	assert_match "$(cat "$DIR/err")" "what is 'nonsense'"
	assert_exit 2 shunt-load --to 198.18.0.2 --mix a=0.5:1us,b=0.4:1us
	assert_match "$(cat "$DIR/err")" "add up to 0.9"
	assert_exit 2 shunt-load --to 198.18.0.2 --sleep --closed 4
	assert_match "$(cat "$DIR/err")" "--sleep: not with --closed"
	assert_exit 2 shunt-load --to nowhere --rate 10
	assert_match "$(cat "$DIR/err")" "is no ADDR:PORT"
	assert_exit 2 shunt-load --to 198.18.0.2 --rate 0
	assert_exit 2 shunt-load --to 198.18.0.2 --arrival trace:/nonexistent
	assert_exit 1 client shunt-load --to 198.18.0.2 --xdp lo
	assert_match "$(cat "$DIR/err")" "MAC"
}

run_tests "$@"
