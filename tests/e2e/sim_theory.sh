#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_theory.sh - the simulator beside queueing theory and definitions that are computed here:
# M/G/1, M/D/1, processor sharing, JBSQ
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../theory.sh"

NO_LAB=1

# WANT JSON METRIC CLASS: within 1.5 times its own 95 % interval
within_interval() {
	jq -e --argjson want "$1" \
		".runs[0].classes[$4] | (.$3 - \$want | fabs) <= 1.5 * .ci95_half.$3" "$2" \
		>/dev/null ||
		fail "$3 should be $1: $(jq -c ".runs[0].classes[$4] | [.$3, .ci95_half.$3]" "$2")"
}

test_waits_of_any_service_are_pollaczeks_and_khinchines() {
	local load scv work
	while read -r load scv work; do
		sim -p fcfs -w "$work" -l "$load" -n 2M --json "$DIR/run" >/dev/null
		within_interval "$(pk_wait "$load" "$scv")" "$DIR/run" wait_us -1
	done <<-'TEXT'
	0.5 0 all=1:1us
	0.8 0 all=1:1us
	0.6 1 all=1:exp(1us)
	0.6 4 all=1:lognormal(1us;2us)
	0.7 0.64 all=1:modes(0.5:0.2us;0.5:1.8us)
	TEXT
}

# All quantiles of M/D/1: Erlang's sum for how much waits.
md1_quantiles() { # LOAD
	awk -v l="$1" '
	function factorial(n, f) { f = 1; while (n > 1) f *= n--; return f }
	function upto(t, k, sum) {
		for (k = 0; k <= t; k++)
			sum += (l * (k - t)) ^ k / factorial(k) * exp(-l * (k - t))
		return (1 - l) * sum
	}
	function quantile(p, low, high, mid) {
		high = 30
		while (high - low > 1e-6) {
			mid = (low + high) / 2
			if (upto(mid) < p) low = mid; else high = mid
		}
		return 1 + low
	}
	BEGIN { print quantile(0.5), quantile(0.9), quantile(0.99) }'
}

test_quantiles_of_a_constant_service_are_those_of_theory() {
	local load want
	for load in 0.6 0.8; do
		read -ra want < <(md1_quantiles $load)
		echo "M/D/1 at $load: ${want[*]}"
		sim -p fcfs -w fixed1 -l $load -n 2M --json "$DIR/run" >/dev/null
		within_interval "${want[0]}" "$DIR/run" p50_us -1
		within_interval "${want[1]}" "$DIR/run" p90_us -1
		within_interval "${want[2]}" "$DIR/run" p99_us -1
	done
}

# Under processor sharing a request of x takes x / (1 - load) on average, whatever the others are.
test_processor_sharing_stretches_all_alike() {
	sim -p ps -w 'short=0.5:1us,long=0.5:10us' -l 0.6 -n 1M --json "$DIR/run" >/dev/null
	within_interval 2.5 "$DIR/run" mean_us 0
	within_interval 25 "$DIR/run" mean_us 1
	sim -p fcfs -P yes -q 20ns -w 'short=0.5:1us/requeue=tail,long=0.5:10us/requeue=tail' \
		-l 0.6 -n 100k --json "$DIR/run" >/dev/null
	assert_near "$(jq '.runs[0].classes[0].mean_us' "$DIR/run")" 2.5 4 \
		"mean of 1 us in slices of 20 ns"
	assert_near "$(jq '.runs[0].classes[1].mean_us' "$DIR/run")" 25 6 \
		"mean of 10 us in slices of 20 ns"
	# With exponential services PS over k cores has as many requests in the system as FCFS.
	sim -p ps -w exp1 -c 4 -l 0.7 -n 1M --json "$DIR/run" >/dev/null
	within_interval "$(awk -v w="$(erlang_wait 0.7 4)" 'BEGIN { print 1 + w }')" "$DIR/run" \
		mean_us -1
}

# A trace of 16 cores at load 0.9: exponential gaps and services of 1 us.
trace() {
	awk 'BEGIN { srand(7); for (i = 0; i < 60000; i++) { t += -log(1 - rand()) / 14.4;
		printf "%.6f a %.6f\n", t + 1, -log(1 - rand()) } }'
}

# K <TRACE: mean, p99 and p99.9 by the definition of JBSQ. A core has up to k requests; one that
# comes goes to the core with the fewest, of equal ones the first, and waits for all where each has
# k; a core that ends one gets the one that has waited longest.
jbsq_by_definition() {
	awk -v k="$1" '
	function give(c, r) { q[c, tail[c]++] = r; if (n[c]++ == 0) start(c) }
	function start(c) { ends[c] = now + service[q[c, head[c]]] }
	function first(c, best) { best = -1; for (c = 0; c < 16; c++) if (n[c] && (best < 0 ||
		ends[c] < ends[best])) best = c; return best }
	function until(t, c, r) {
		while ((c = first()) >= 0 && ends[c] <= t) {
			now = ends[c]; r = q[c, head[c]++]; n[c]--
			if (r >= 6000) print now - at[r]
			if (n[c]) start(c)
			if (waits_from < waits_to) give(c, waits[waits_from++])
		}
		now = t
	}
	{
		at[NR - 1] = $1; service[NR - 1] = $3
		until($1)
		best = -1
		for (c = 0; c < 16; c++) if (n[c] < k && (best < 0 || n[c] < n[best])) best = c
		if (best >= 0 && waits_from == waits_to) give(best, NR - 1)
		else waits[waits_to++ + 0] = NR - 1
	}
	END { until(1e12) }' | sort -g |
		awk '{ x[NR] = $1; sum += $1 } END { print sum / NR, x[int(NR * 0.99)],
		x[int(NR * 0.999)] }'
}

test_jbsq_at_the_nic_is_its_definition() {
	local k want
	trace >"$DIR/trace"
	for k in 1 2 3; do
		read -ra want < <(jbsq_by_definition $k <"$DIR/trace")
		sim -p jbsq -w a=1:1us -c 16 -a "trace:$DIR/trace" -C transport=wire \
			-C outstanding=$k --json "$DIR/run" >/dev/null
		assert_near "$(jq .runs[0].classes[-1].mean_us "$DIR/run")" "${want[0]}" 0.2 \
			"mean, k = $k"
		assert_near "$(jq .runs[0].classes[-1].p99_us "$DIR/run")" "${want[1]}" 1 \
			"p99, k = $k"
		assert_near "$(jq .runs[0].classes[-1].p999_us "$DIR/run")" "${want[2]}" 1 \
			"p99.9, k = $k"
	done
}

# In shared memory what is held is put to no core before that is free: never later than by the
# definition, and later than nothing that came after it.
test_jbsq_in_shared_memory_is_no_later_than_its_definition() {
	local k want i=0 metric
	trace >"$DIR/trace"
	for k in 1 2 3; do
		read -ra want < <(jbsq_by_definition $k <"$DIR/trace")
		sim -p jbsq -k 0=$k -w a=1:1us -c 16 -a "trace:$DIR/trace" \
			--json "$DIR/run" >/dev/null
		i=0
		for metric in mean_us p99_us p999_us; do
			jq -e --argjson most "${want[i]}" \
				".runs[0].classes[-1].$metric <= 1.01 * \$most" "$DIR/run" \
				>/dev/null ||
				fail "$metric, k = $k: $(jq ".runs[0].classes[-1].$metric" \
				"$DIR/run"), by the definition ${want[i]}"
			i=$((i + 1))
		done
	done
}

run_tests "$@"
