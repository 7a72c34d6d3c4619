#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_rates.sh - the simulator at rates that change with time
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

# M/M/1 at load 0.4 for 2 s, then at 0.8 for 2 s. Of 2.4 M arrivals the first tenth is not measured:
# of what is, 0.56 M have a mean sojourn of 1 / 0.6, and 1.6 M of 1 / 0.2.
test_between_long_steps_a_queue_is_as_at_constant_rates() {
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.4 --shape 'steps(0s:1;2s:2)' \
		--duration 4s)" \
		"$(calc '(0.56 / 0.6 + 1.6 / 0.2) / 2.16')" 4 "mean sojourn"
}

# The queue does not follow a rate that changes faster than it fills and empties.
test_a_fast_sine_is_a_constant_rate() {
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.5 --shape 'sine(200ns;1)' -n 1M)" 2 2 \
		"mean sojourn"
}

# Under a rate that changes slowly the queue is as at each rate in turn. At load r (1 + a sin x),
# the mean over all arrivals of 1 / (1 - load) is the integral of (load / r) / (1 - load) over a
# period.
test_a_slow_sine_is_each_rate_in_turn() {
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.4 --shape 'sine(200ms;0.5)' -n 2M)" \
		"$(awk 'BEGIN {
		for (i = 0; i < 1000; i++) {
			factor = 1 + 0.5 * sin(2 * 3.14159265 * i / 1000)
			sum += factor / (1 - 0.4 * factor)
		}
		print sum / 1000 }')" 2 "mean sojourn"
}

requests() { json '.runs[0].requests' sim -p fcfs -w exp1 -r 1M --json - "$@"; }

test_as_many_arrive_as_the_shape_says() {
	assert_eq "$(requests --duration 100ms)" 100000 "at a constant rate"
	assert_eq "$(requests --duration 100ms --shape 'ramp(0ms:0.2;100ms:0.6)')" 40000 "on a ramp"
	assert_eq "$(requests --duration 100ms --shape 'ramp(0ms:0.2;50ms:0.6)')" 50000 \
		"on a ramp, and after it"
	assert_eq "$(requests --duration 100ms --shape 'steps(10ms:0.5;20ms:0;90ms:1)')" 20000 \
		"in steps, one of them empty"
	assert_near "$(requests --duration 105ms --shape 'sine(10ms;1)')" \
		"$(calc '105000 + 10000 / 3.14159265')" 0.01 \
		"requests in ten periods and a half of a sine"
	printf '# time factor\n0ms 0.5\n20ms 0\n90ms,1\n' >"$DIR/rates"
	assert_eq "$(requests --duration 100ms --shape "file($DIR/rates)")" 20000 "by a file"
	# All that comes in time is answered in time: the rate is that of the whole, the empty step
	# included.
	assert_near "$(json '.runs[0].throughput' sim -p ps -w exp1 -r 100k --duration 300ms \
		--shape 'steps(0ms:1;100ms:0;200ms:1)' --json -)" "$(calc 18000/0.28)" 1 \
		"throughput"
}

test_bursts_and_traces_follow_the_shape() {
	local i
	assert_near "$(json '.runs[0].throughput' sim -p fcfs -w exp1 -c 8 -l 0.2 -a bursty:4:5us \
		--shape 'sine(10us;1)' \
		-n 1M --json -)" 1600000 2 "throughput in bursts"
	for ((i = 0; i < 1000; i++)); do echo "$((i * 10)) short 4"; done >"$DIR/trace"
	assert_near "$(json '.runs[0].throughput' sim -p fcfs -w short=1:1us -a "trace:$DIR/trace" \
		--shape 'steps(0ms:0.5;6ms:1)' --json -)" "$(calc '899 / 0.011')" 1 \
		"throughput of a trace that begins slowly"
}

test_an_ideal_and_a_policy_meet_the_same_requests() {
	local run=(-w exp1 -c 4 -l 0.5 --shape 'ramp(0ms:0.5;50ms:1.5)' --duration 50ms)
	assert_eq "$(value p99_us -p fcfs "${run[@]}")" "$(value p99_us -p c-fcfs "${run[@]}")" p99
}

test_an_overload_that_passes_is_carried() {
	assert_eq "$(json '.runs[0].state' sim -p fcfs -w exp1 -l 0.5 \
		--shape 'steps(0ms:1;100ms:3;150ms:1)' \
		--duration 500ms --json -)" ok "state with an overload of a tenth of the time"
	assert_eq \
		"$(json '.runs[0].state' sim -p fcfs -w exp1 -l 0.5 --shape 'ramp(0ms:1;500ms:4)' \
		--duration 500ms --json -)" unstable "state of a load that rises beyond the cores"
}

test_shapes_that_make_no_sense_are_refused() {
	refused 'is no shape: steps' -p fcfs --shape 2
	refused "no shape is called 'stairs'" -p fcfs --shape 'stairs(1s:1)'
	refused 'does not come after' -p fcfs --shape 'steps(1s:1;1s:2)'
	refused 'the last factor .* is 0' -p fcfs --shape 'ramp(0s:1;1s:0)'
	refused 'is no factor' -p fcfs --shape 'steps(1s:-1)'
	refused 'is no factor' -p fcfs --shape 'steps(1s:1x)'
	refused 'is no time' -p fcfs --shape 'steps(1x:1)'
	refused 'is not TIME:FACTOR' -p fcfs --shape 'steps(1s)'
	refused 'how far the rate goes up and down' -p fcfs --shape 'sine(1s;2)'
	refused 'how far the rate goes up and down' -p fcfs --shape 'sine(0s;1)'
	refused 'cannot open' -p fcfs --shape "file($DIR/none)"
	printf '0s 1\n1s\n' >"$DIR/rates"
	refused "line 2: is not 'TIME FACTOR'" -p fcfs --shape "file($DIR/rates)"
	: >"$DIR/rates"
	refused 'is empty' -p fcfs --shape "file($DIR/rates)"
	refused 'give one of them' -p fcfs --duration 1s -n 1000
	refused '.10 requests arrive in the --duration: it takes 100' -p fcfs -r 1k --duration 10ms
	refused '--precision makes runs longer' -p fcfs --duration 1s --precision 2%
	refused 'takes no --shape: it takes' advise --shape 'sine(1s;1)'
	refused 'takes no --duration: it takes' paper shinjuku-fig2 --duration 1s
}

run_tests "$@"
