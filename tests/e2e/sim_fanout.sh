#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_fanout.sh - simulated calls to many servers, done when the slowest has answered, beside what
# theory says of them
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

# FIRST LAST: 1/FIRST + … + 1/LAST
harmonic() { awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i <= b; i++) s += 1 / i; print s }'; }

# The mean of the greatest of n exponentials is H_n, and its quantile q that of one at the n-th root
# of q.
test_the_slowest_of_many_is_the_greatest_of_as_many_exponentials() {
	local n
	for n in 2 10 100; do
		sim -p fcfs -w exp1 -l 0.0001 --fanout "$n" -n $((n < 100 ? 100 : 30))k --json - |
			jq '.runs[0]' >"$DIR/run"
		assert_near "$(jq .classes[-1].mean_us "$DIR/run")" "$(harmonic 1 $n)" 1 \
			"mean of $n"
		assert_near "$(jq .classes[-1].p99_us "$DIR/run")" \
			"$(calc "-log(1 - exp(log(0.99) / $n))")" 2 "p99 of $n"
		assert_near "$(jq .calls.request_p99_us "$DIR/run")" "$(calc '-log(0.01)')" 2 \
			"p99 of each"
	done
	sim -p fcfs -w exp1 -l 0.0001 --fanout 1000 -n 2k --json - | jq '.runs[0]' >"$DIR/run"
	assert_near "$(jq .classes[-1].mean_us "$DIR/run")" "$(harmonic 1 1000)" 1.5 "mean of 1000"
}

# The slowest ones are not waited for: the mean of the k-th of n is the sum of 1/i from n - k + 1.
test_a_quorum_leaves_the_slowest_out() {
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.0001 --fanout 20 --quorum 95% -n 100k)" \
		"$(harmonic 2 20)" 1 "19 of 20"
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.0001 --fanout 20 --quorum 50% -n 100k)" \
		"$(harmonic 11 20)" 1 "10 of 20"
	assert_near "$(value p99_us -p fcfs -w exp1 -l 0.0001 --fanout 2 --quorum 50% -n 200k)" \
		"$(calc '-log(0.01) / 2')" 2.5 \
		"p99 of the first of two"
}

test_the_whole_distribution_and_the_share_of_misses_are_those_of_calls() {
	sim -p fcfs -w 'all=1:exp(1us)/slo=4us' -l 0.0001 --fanout 10,20 -n 100k --cdf "$DIR/cdf" \
		--json "$DIR/run" >/dev/null
	assert_near "$(jq '.runs[0].classes[-1].miss' "$DIR/run")" \
		"$(calc '1 - (1 - exp(-4)) ^ 10')" 2 "share that ten make late"
	assert_near "$(jq '.runs[1].classes[-1].miss' "$DIR/run")" \
		"$(calc '1 - (1 - exp(-4)) ^ 20')" 2 "share that twenty make late"
	awk -F, 'NR > 1 {
		want = -log(1 - exp(log($8) / $11))
		if ($8 <= 0.99 && ($9 > want * 1.04 || $9 < want * 0.96)) { print $8, $9, want,
			$11; bad = 1 }
		n[$11]++
	} END { exit bad || n[10] < 100 || n[20] < 100 }' "$DIR/cdf" ||
		fail "quantiles that are not those of the greatest of n"
}

# The tail at scale: of n requests, each late with probability p, one is with 1 - (1 - p)^n.
test_the_share_of_late_calls_to_one_up_to_1000_servers_is_that_of_the_closed_form() {
	sim -p fcfs -w 'all=1:exp(1us)/slo=6us' -l 0.0001 --fanout 1,10,100,1000 -n 4k --json - |
		jq -r '.runs[] | [.calls.fanout, .classes[-1].miss, .classes[-1].done] | @tsv' |
		tee "$DIR/late" |
		awk '{ want = 1 - (1 - exp(-6)) ^ $1; off = $2 - want
			most = 4 * sqrt(want * (1 - want) / $3) + 1 / $3
			print $1, $2, want; bad += off > most || -off > most
		} END { exit bad || NR != 4 }' || fail "shares: $(cat "$DIR/late")"
}

test_a_plot_of_fan_outs_goes_over_decades() {
	sim -p fcfs,rss -w exp1 -c 2 -l 0.2,0.5 --fanout 1,10,100 -n 500 \
		--svg "$DIR/a.svg" >/dev/null
	assert_match "$(cat "$DIR/a.svg")" '>servers that a call goes to \(log scale\)</text>'
	assert_eq "$(grep -c "text-anchor='middle'>10*</text>" "$DIR/a.svg")" 3 "marks on its axis"
	assert_eq "$(grep -c "class='c c[0-9]' " "$DIR/a.svg")" 4 "curves: a policy and a load each"
	assert_match "$(cat "$DIR/a.svg")" '>rss, load 0.5</text>'
}

# Where nothing that ends changes what comes, servers are simulated one after the other, and with a
# series all in turn.
test_servers_by_themselves_and_all_in_turn_give_the_same() {
	local run what='.runs[0] | [.classes, .calls, .throughput, .state] | del(.[0][].ci95_half)'
	for run in '-p fcfs -w exp1 -l 0.7 --fanout 30' \
		'-s nfp -p p2c -w bimodal-100 -c 4 -l 0.6 --fanout 3 --servers 9' \
		'-s shared -p mq -w bimodal-100 -c 70 -l 0.7 --fanout 2 --servers 3 -F 3@1ms:1ms' \
		'-s wire -p sq -w exp1 -c 4 -l 1.2 -C hold=2 -C stamp=nic --fanout 3 --servers 4'; \
		do
		# shellcheck disable=SC2086
		assert_eq "$(sim $run -n 5k --json - | jq -c "$what")" \
			"$(sim $run -n 5k --window 1s --json - | jq -c "$what")" "$run"
	done
}

# Two queues that the same calls come to (Flatto and Hahn): (12 - load) / 8 times the sojourn of
# one.
test_two_servers_under_load_are_a_fork_and_join() {
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.5 --fanout 2 -n 1M)" \
		"$(calc '(12 - 0.5) / 8 / 0.5')" 1.5 "load 0.5"
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.8 --fanout 2 -n 2M)" \
		"$(calc '(12 - 0.8) / 8 / 0.2')" 4 "load 0.8"
}

# Calls to one of n servers at random are M/M/k each, those to some of them meet the load of each
# that was asked for.
test_each_server_has_the_load_that_was_asked_for() {
	local busy
	assert_near "$(value mean_us -p fcfs -w exp1 -l 0.5 --servers 10 -n 1M)" 2 1.5 \
		"mean sojourn at one of ten servers"
	busy=$(sim -p fcfs,mq -s shared -w bimodal-100 -c 4 -l 0.5 --servers 20 --fanout 1,5,20 \
		-n 20k --json - |
		jq -c '[.runs[] | select(.busy < 0.5 or .busy > 0.56) | [.policy, .calls.fanout,
		.busy]]')
	assert_eq "$busy" "[]" "runs whose cores are more or less busy (overheads are 2 % of it)"
}

# With more servers a call the tail of the slowest part grows, and hedging pays the more.
test_the_tail_grows_with_scale_and_hedging_bends_it() {
	local p99
	p99=$(sim -p fcfs -w bimodal-500 -c 16 -l 0.2 --fanout 1,10,100 -n 20k --json - |
		jq '.runs[].classes[-1].p99_us' | tr '\n' ' ')
	echo "p99 of 1, 10, 100 servers: $p99"
	awk -v p="$p99" 'BEGIN { split(p, x, " "); exit !(x[1] < 2 && x[2] > 400 &&
		x[3] >= x[2]) }' || fail "it is $p99"
	assert_le "$(value p99_us -p fcfs -w bimodal-500 -c 16 -l 0.2 --fanout 10 --hedge 5us \
		-n 20k | cut -d. -f1)" 50 "p99 with hedging"
}

test_the_parts_of_a_call_of_a_trace_take_as_long_as_was_recorded() {
	local i
	for ((i = 0; i < 500; i++)); do
		echo "$((i * 100)) short $((i % 2 ? 4 : 30))"
	done >"$DIR/trace"
	sim -p fcfs -w short=1:1us -a "trace:$DIR/trace" --fanout 20 --timeout 20us --retries 2 \
		--json - | jq '.runs[0]' >"$DIR/run"
	assert_eq "$(jq -c '.classes[-1] | [.p50_us, .done, .lost]' "$DIR/run")" '[4,225,225]' \
		"those of 4 us, and of 30"
	assert_eq "$(jq -c '.calls.request_p999_us' "$DIR/run")" 4 \
		"the longest request that was waited for"
}

test_clients_of_a_closed_loop_may_ask_many_servers() {
	local run=(-p fcfs -w exp1 --clients 4 --think 'exp(1ms)' --fanout 10 -n 50k --json -)
	assert_near "$(value mean_us "${run[@]}")" "$(harmonic 1 10)" 3 "mean sojourn"
	assert_near "$(json .runs[0].throughput sim "${run[@]}")" \
		"$(calc "4 / (1000 + $(harmonic 1 10)) * 1e6")" 2 throughput
}

test_memory_does_not_grow_with_the_length_of_a_run() {
	local run=(-p mq -s shared -w bimodal-100 -c 4 -l 0.7 --fanout 50 --timeout 10ms \
		--retries 1 --json -) short long
	short=$(json .memory_kb sim "${run[@]}" -n 1k)
	long=$(json .memory_kb sim "${run[@]}" -n 10k)
	assert_le "$long" $((short + short / 5 + 1000)) "kB of a long run"
}

test_results_do_not_depend_on_the_number_of_jobs() {
	local args=(-p 'fcfs,mq' -w bimodal-100 -s 'shared,wire' -c 2 -l 0.5 --fanout '2,8' \
		--hedge p95 --timeout 5ms -n 5k --json -)
	sim "${args[@]}" -j 1 | jq .runs >"$DIR/one"
	sim "${args[@]}" -j 5 | jq .runs >"$DIR/five"
	assert_eq "$(jq length "$DIR/one")" 8 "runs"
	cmp "$DIR/one" "$DIR/five" || fail "jobs change results"
}

test_numbers_of_servers_that_make_no_sense_are_refused() {
	refused '--fanout 5 needs as many --servers' -p fcfs --fanout 5 --servers 4
	refused '--fanout are whole numbers from 1 to 1000' -p fcfs --fanout 1001
	refused "--servers cannot be '0'" -p fcfs --servers 0
	refused '--quorum is a share of the parts' -p fcfs --quorum 50%
	refused 'is an ideal' -p srpt --fanout 2
	refused 'takes no --fanout: it takes' advise --fanout 2
}

run_tests "$@"
