#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_plan.sh - plan() in the simulator: called every 10 ms of its time, and what darc makes of that
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

plan() { sim "$@" --json - | jq -r '.runs[0].domains[0].plan | join(" ")'; }

test_darc_reserves_cores_by_the_part_of_work() {
	local run=(-p darc -l 0.5 -n 200k)
	assert_eq "$(plan "${run[@]}" -c 8 -w 'short=0.9:1us,long=0.1:9us')" "0xff 0xf0" "half"
	assert_eq "$(plan "${run[@]}" -c 8 -w 'long=0.1:9us,short=0.9:1us')" "0xf0 0xff" "reversed"
	assert_eq "$(plan "${run[@]}" -c 16 -w 'a=0.6:1us,b=0.3:10us,c=0.1:100us')" \
		"0xffff 0xfffe 0xffe0" "three classes"
}

test_a_policy_that_does_not_plan_has_no_plan() {
	sim -p fcfs -w exp1 -l 0.5 -n 1k --json - |
		jq -e '.runs[0].domains[0].plan | not' >/dev/null
}

# SECONDS SHARE: so many of every 10 requests are short.
mix() {
	awk -v s="$1" -v short="$2" -v at="${3:-0}" 'BEGIN {
		for (i = 0; i < s * 20000; i++)
			printf "%d %s\n", at * 1e6 + i * 50,
				i % 10 < short ? "short 100" : "long 900"
	}'
}

test_darc_adapts_when_the_mix_changes() {
	{ echo '# workload: short=0.9:100us,long=0.1:900us'; mix 1 9; } >"$DIR/first"
	{ cat "$DIR/first"; mix 3 5 1; } >"$DIR/both"
	assert_eq "$(plan -p darc -a "trace:$DIR/first" -c 16)" "0xffff 0xff00" "half"
	assert_eq "$(plan -p darc -a "trace:$DIR/both" -c 16)" "0xffff 0xfffc" "then a tenth"
}

# Persephone's Extreme Bimodal: short ones wait behind long ones unless a core is kept for them.
# Half of the work is theirs, so 7 of 14 cores, which is what the knobs of the last run say.
test_what_darc_learns_is_as_good_as_what_an_operator_knows() {
	local run=(-w 'short=0.999:500ns,long=0.001:500us' -c 14 -l 0.6 -n 2M) fcfs learned told
	fcfs=$(p999_of_short -p fcfs "${run[@]}")
	learned=$(p999_of_short -p darc "${run[@]}")
	told=$(p999_of_short -p darc -k 1=0x3f80 "${run[@]}")
	echo "p99.9 of short requests: fcfs $fcfs, darc $learned, with knobs $told"
	awk -v f="$fcfs" -v l="$learned" -v t="$told" 'BEGIN { exit !(l * 10 < f && l < 1.1 * t) }'
}

p999_of_short() { json '.runs[0].classes[0].p999_us' sim --json - "$@"; }

run_tests "$@"
