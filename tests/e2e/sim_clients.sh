#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_clients.sh - simulated clients that wait for answers, give up, try again and hedge, beside
# what theory says of them
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

# OPTIONS…: the one run of policy fcfs, in $DIR/run; all classes together in .all
run() { sim -p fcfs "$@" --json - | jq '.runs[0] | .all = .classes[-1]' >"$DIR/run"; }

of_run() { jq -r "$1" "$DIR/run"; }

# CLIENTS CORES: exponential services of 1 us, thinking for 10 us: throughput a us and mean sojourn
# of M/M/k//N
repair() {
	awk -v n="$1" -v k="$2" 'BEGIN {
		p = sum = 1
		for (i = 1; i <= n; i++) {
			p *= (n - i + 1) / 10 / (i < k ? i : k)
			sum += p; busy += p * (i < k ? i : k); there += p * i
		}
		print busy / sum, there / busy
	}'
}

test_a_closed_loop_is_the_machine_repair_model() {
	local clients cores want
	while read -r clients cores; do
		read -ra want < <(repair "$clients" "$cores")
		run -w exp1 -c "$cores" --clients "$clients" --think 'exp(10us)' -n 500k
		assert_near "$(of_run .throughput)" "$(calc "${want[0]} * 1e6")" 1 \
			"throughput of $clients clients on $cores cores"
		assert_near "$(of_run .all.mean_us)" "${want[1]}" 1.5 \
			"mean sojourn of $clients clients on $cores cores"
	done <<-'TEXT'
	1 1
	8 1
	20 1
	40 4
	60 4
	TEXT
}

# Clients are in the server or think: N = throughput x (sojourn + pause), whatever the policy and
# the distributions.
test_the_interactive_law_holds_for_every_policy() {
	local bad
	bad=$(sim -s shared -p fcfs,mq,steal,rss -w bimodal-100 -c 4 --clients 3,30,300 \
		--think 'lognormal(200us;400us)' \
		-n 100k --json - | jq -c '.runs[] | [.policy, .calls.clients,
			.throughput * (.classes[-1].mean_us + 200) / 1e6 / .calls.clients] |
				select(.[2] < 0.97 or .[2] > 1.03)')
	assert_eq "$bad" "" "runs with clients that are nowhere"
}

test_clients_without_a_pause_keep_the_cores_busy() {
	run -w fixed1 -c 4 --clients 4 -n 100k
	assert_near "$(of_run .throughput)" 4000000 0.1 "throughput of as many clients as cores"
	assert_eq "$(of_run '.all.p99_us, .state' | tr '\n' ' ')" "1 ok " "p99, state"
	run -w fixed1 -c 4 --clients 12 -n 100k
	assert_near "$(of_run .all.p50_us)" 3 0.1 "sojourn of three times as many"
}

test_calls_that_wait_for_nothing_else_are_plain_requests() {
	local run=(-s shared -p mq -w bimodal-100 -c 8 -l 0.7 -n 50k --json -)
	local all='.runs[0] | del(.events, .busy, .goodput, .domains[].busy, .calls)'
	sim "${run[@]}" | jq -c "$all" >"$DIR/plain"
	sim "${run[@]}" --timeout 1s | jq -c "$all" >"$DIR/calls"
	cmp "$DIR/plain" "$DIR/calls" || fail "a time-out that never comes changes results"
	run=(-s "$DIR/nic" "${run[@]:2}")
	echo '{"base": "wire", "stamp": "nic", "nic_ns": 500}' >"$DIR/nic"
	assert_eq "$(sim "${run[@]}" --timeout 1s | jq .runs[0].classes)" \
		"$(sim "${run[@]}" | jq .runs[0].classes)" \
		"results by the NIC's stamp"
}

# Alone (other cores work on what timed out) an exponential request is later than T with e^-T; with
# two retries the third power of it fails.
test_time_outs_and_retries_are_as_many_as_theory_says() {
	run -w exp1 -c 8 -l 0.001 --timeout 2us --retries 2 -n 200k
	assert_near "$(of_run '.calls | .timeouts / .copies')" "$(calc 'exp(-2)')" 2 \
		"share of attempts that time out"
	assert_near "$(of_run '.calls.failed / .all.arrived')" "$(calc 'exp(-6)')" 10 \
		"share of calls that fail"
	assert_near "$(of_run .all.mean_us)" "$(awk 'BEGIN { t = exp(-2)
		# the mean of what is below 2 us, and 2 us more for each attempt before it
		print 1 - 2 * t / (1 - t) + 2 * (t + 2 * t * t) / (1 + t + t * t) }')" 1 \
			"mean sojourn of those that do not"
	assert_eq "$(of_run '.all | .arrived - .done - .lost')" 0 "calls unaccounted for"
}

# After a mean of 10 us, then of 20, then of 20 again.
test_retries_back_off() {
	run -w 'all=1:10us' -l 0.001 --timeout 1us --retries 3 --backoff 10us:20us -n 20k
	assert_eq "$(of_run '.calls | .failed == .copies / 4')" true \
		"each call fails after four attempts"
	run -w 'all=1:modes(0.5:1us;0.5:100us)' -c 8 -l 0.001 --timeout 2us --retries 3 \
		--backoff 10us:20us -n 200k
	# Of 15 answered calls 8 are answered at once, 4 after a pause, 2 after two, 1 after three.
	assert_near "$(of_run .all.mean_us)" "$(calc '1 + (4 * 12 + 2 * 34 + 1 * 56) / 15')" 2 \
		"mean sojourn"
}

# 0.7 of what the core can do; for 2 ms it is twice that, and then no longer. Clients wait for 50
# us.
storm() {
	run -w exp1 -l 0.7 --shape 'steps(0s:1;20ms:2;22ms:1)' --duration 100ms --timeout 50us "$@"
}

test_retries_keep_an_overload_alive_that_has_passed() {
	storm
	assert_near "$(of_run .throughput)" 665000 5 "goodput without retries"
	storm --retries 3
	assert_le "$(of_run '.throughput | floor')" 150000 "goodput with retries"
	assert_ge "$(of_run '.calls.wasted * 100 | floor')" 90 "% of the work for nothing"
	assert_ge "$(of_run '.calls.copies / .all.arrived * 10 | floor')" 30 \
		"tenths of requests a call"
}

test_a_budget_or_cancelling_ends_a_storm_of_retries() {
	storm --retries 3 --retry-budget 10%
	assert_near "$(of_run .throughput)" 650000 5 "goodput with a budget"
	assert_le "$(of_run '.calls | .retries * 1000 / .copies | floor')" 105 \
		"retries for 1000 requests"
	assert_ge "$(of_run .calls.denied)" 1000 "retries that the budget did not allow"
	storm --retries 3 --cancel
	assert_near "$(of_run .throughput)" 690000 5 \
		"goodput where nobody serves what nobody waits for"
	assert_le "$(of_run '.calls.wasted * 100 | floor')" 10 "% of the work for nothing"
}

# Two servers, each with nothing else to do.
hedged() { run -w exp1 -l 0.001 --servers 2 -n 200k "$@"; }

test_second_copies_are_a_share_of_calls_or_a_number_each() {
	sim -p fcfs -w exp1 -l 0.01 --servers 10 --fanout 10 --hedge 0us -n 1000 >"$DIR/out"
	assert_match "$(grep requests "$DIR/out")" '[0-9.]+ second copies a call$' "of ten parts"
	! grep '[0-9][0-9][0-9] % hedged' "$DIR/out" || fail "more than all calls"
	sim -p fcfs -w exp1 -l 0.01 --servers 10 --hedge p95 -n 1000 >"$DIR/out"
	assert_match "$(grep requests "$DIR/out")" '[0-9.]+ % hedged$' "of one part"
}

test_a_hedged_request_is_the_shorter_of_two() {
	hedged --hedge 0us
	assert_near "$(of_run .all.mean_us)" 0.5 1.5 "mean of two at once"
	assert_near "$(of_run .all.p99_us)" "$(calc '-log(0.01) / 2')" 2.5 "p99 of two at once"
	# Two of 1 us are begun, half a us is worth it.
	assert_near "$(of_run .calls.wasted)" 0.75 1 "share of the work for nothing"
	assert_near "$(of_run '.calls | .hedges_won / .hedges')" 0.5 1.5 \
		"share that the second copy wins"
	hedged --hedge 2us
	assert_near "$(of_run .all.mean_us)" "$(calc '1 - exp(-2) / 2')" 1 \
		"mean with a second copy after 2 us"
	assert_near "$(of_run '.calls.hedges / .all.arrived')" "$(calc 'exp(-2)')" 3 \
		"share that has a second copy"
}

test_hedging_by_a_quantile_sends_as_many_second_copies() {
	hedged --hedge p90
	assert_near "$(of_run '.calls.hedges / .all.arrived')" 0.1 5 "share that has a second copy"
	assert_near "$(of_run .all.p90_us)" "$(calc '-log(0.1)')" 2 "p90, where hedging begins"
	assert_near "$(of_run .all.p99_us)" "$(calc '-log(0.1) - log(0.1) / 2')" 3 \
		"p99, beyond it two are at it"
}

# At a load, both copies wait: one that is cancelled before it began costs nothing.
test_cancelling_the_slower_copy_saves_its_work() {
	local kept cancelled
	run -w exp1 -c 4 -l 0.7 --servers 4 --hedge p95 -n 200k
	kept=$(of_run .calls.wasted)
	run -w exp1 -c 4 -l 0.7 --servers 4 --hedge p95 --cancel -n 200k
	cancelled=$(of_run .calls.wasted)
	echo "for nothing: $kept of the work, with --cancel $cancelled"
	awk -v k="$kept" -v c="$cancelled" 'BEGIN { exit !(c < k && c > 0) }' ||
		fail "$cancelled is not less than $kept"
	assert_ge "$(of_run .calls.cancelled)" 100 "copies cancelled"
}

# A client is told of what a policy rejects, and hears nothing of what is dropped.
test_what_is_dropped_is_waited_for() {
	run -w 'all=1:1ns' -r 1M -n 100k -C nic_ns=1000 -C nic_queue=1 --timeout 20us --retries 5
	assert_eq "$(of_run '.calls | .timeouts == .refused')" true \
		"each that was dropped timed out"
	assert_ge "$(of_run .calls.refused)" 10000 "dropped"
	assert_eq "$(of_run '.all | .arrived == .done + .lost')" true "all calls accounted for"
	assert_ge "$(of_run '.all.p99_us | floor')" 21 "p99"
}

test_every_call_is_accounted_for_while_cores_die() {
	local bad
	bad=$(sim -s ideal,shared,wire,nfp -p fcfs,jbsq,p2c,mq,steal -w bimodal-100 -c 70 -l 0.6 \
		-n 5k \
		-F 2@100us:500us -F 5@1ms --fanout 4 --servers 6 --quorum 75% --timeout 300us \
		--retries 2 --hedge 200us --backoff 10us --cancel --json - |
		jq -c '.runs[] | . as $r | .classes[] | select(.arrived != .done + .lost or
		.done < 50) | [$r.policy, .]')
	assert_eq "$bad" "" "unaccounted calls"
}

test_tables_csv_and_plots_have_what_calls_came_to() {
	sim -p fcfs,rss -w exp1 -c 4 --clients 1,10 --think 'exp(5us)' --timeout 10us --retries 1 \
		-n 5k --csv "$DIR/a.csv" \
		--svg "$DIR/a.svg" -m copies >"$DIR/table"
	assert_eq "$(grep -c '^  [0-9]* clients; .* requests a call; .* timed out; .* retried$' \
		"$DIR/table")" 4 "lines"
	assert_eq "$(awk -F, '{ print NF }' "$DIR/a.csv" | sort -u | wc -l)" 1 "numbers of columns"
	assert_match "$(head -n 1 "$DIR/a.csv")" ',clients,servers,fanout,wasted,copies,'
	assert_match "$(cat "$DIR/a.svg")" '>clients</text>'
	sim -p fcfs -w exp1 -n 5k --csv "$DIR/b.csv" >/dev/null
	assert_eq "$(awk -F, '{ print NF }' "$DIR/a.csv" "$DIR/b.csv" | sort -u | wc -l)" 1 \
		"columns without calls"
}

test_options_that_contradict_each_other_are_refused() {
	refused 'leave out --load and --rate' -p fcfs --clients 3 -l 0.5
	refused 'leave out --load and --rate' -p fcfs --clients 3 -r 1M
	refused 'leave out --arrivals, --shape' -p fcfs --clients 3 -a uniform
	refused 'leave out --arrivals, --shape' -p fcfs --clients 3 --shape 'sine(1s;1)'
	refused 'leave out --arrivals, --shape' -p fcfs --clients 3 --duration 1s
	refused '--clients are whole numbers' -p fcfs --clients 1.5
	refused '--think is the pause of --clients' -p fcfs --think 1us
	refused "--think: 'x' is no" -p fcfs --clients 3 --think x
	refused 'are those of --retries' -p fcfs --backoff 1us
	refused 'are those of --retries' -p fcfs --retry-budget 10%
	refused 'the longest is shorter' -p fcfs --timeout 9us --retries 1 \
		--backoff 2us:1us
	refused 'no second copy would be sent' -p fcfs --timeout 1us --hedge 1us
	refused '--cancel needs something' -p fcfs --cancel --clients 2
	refused '--retries are of clients that waited for --timeout: give one' -p fcfs --retries 2
	refused "--hedge cannot be 'p100'" -p fcfs --hedge p100
	refused "--retries cannot be '0'" -p fcfs --retries 0
	refused 'is an ideal' -p ps --timeout 1us
	refused 'takes no --clients: it takes' advise --clients 3
	refused 'takes no --hedge: it takes' paper shinjuku-fig2 --hedge p95
}

test_calls_that_fail_are_not_called_shed() {
	state() { sim -p fcfs -w exp1 -n 20k --json - "$@" | jq -r .runs[0].state; }
	assert_eq "$(state --timeout 1us -l 0.5)" fails "of calls that time out"
	assert_eq "$(state --timeout 1ms -r 500k)" ok "of calls that are answered"
	assert_eq "$(state -w 'all=1:1ns' -r 1M -C nic_ns=1000 -C nic_queue=1 --timeout 20us)" \
		sheds "of calls whose requests are turned away"
}

run_tests "$@"
