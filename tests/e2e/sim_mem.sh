#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_mem.sh - shunt-sim mem: policies of memory on recorded traces, against an oracle
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# SCANS: a process whose batches 0 to 31 are used at every scan, 32 to 63 at every eighth, 64 to 127
# never.
trace() {
	awk -v scans="$1" 'BEGIN {
		print "shunt-mem-trace 1"
		for (s = 0; s < scans; s++) {
			print "scan " 1000 * s
			for (b = 0; b < 128; b++) {
				if (!s)
					printf "+ %d %x 256 256 256\n", b, (b + 1) * 262144
				else if (b < 32 || (b < 64 && s % 8 == 0))
					print "= " b " 256 64"
			}
		}
		print "end " scans
	}' >"$DIR/trace"
}

# JQ-EXPRESSION OPTION…
of_trace() {
	local what=$1
	shift
	json ".traces[0] | $what" shunt-sim mem "$DIR/trace" --json - "$@"
}

test_an_oracle_without_refaults_has_back_what_is_never_used() {
	trace 401
	assert_eq "$(of_trace '.rss_mib, .unused_mib, .oracle_mib' | paste -sd' ')" \
		"32 23 16" "MiB there, unused from scan to scan, never used again"
	assert_eq "$(of_trace '.oracle_refaults')" $((50 * 32 * 16)) "refaults of all"
}

test_policies_are_listed_with_what_they_have_back_and_what_it_costs() {
	trace 400
	assert_eq "$(of_trace '[.runs[] | "\(.policy):\(.scans)"] | join(" ")')" \
		"threshold:3 sol:16" "without --policy"
	shunt-sim mem "$DIR/trace" -p threshold:1,sol:8 >"$DIR/table"
	assert_match "$(cat "$DIR/table")" \
		'threshold:1 +[0-9.]+ +[0-9]+ % .*sol:8 .*oracle, no refault'
	assert_eq "$(of_trace '[.runs[] | .back_mib <= .oracle_mib] | all' \
		-p threshold:1,threshold:64,sol:1,sol:64)" true "nobody is better than the oracle"
}

# 15 of 16 MiB that are never used, and hardly any of those that come back each eighth scan; it
# makes what is used all the time cold a quarter as often.
test_sol_learns_what_stays_away_and_what_does_not() {
	local got
	trace 800
	got=$(of_trace '.runs | .[0] as $t | .[1] | .back_mib > 15,
		.returns < 32 * 100 / 20, .cooled_mib < $t.cooled_mib / 2' -p threshold:1,sol)
	assert_eq "$got" $'true\ntrue\ntrue' "$(shunt-sim mem "$DIR/trace" -p threshold:1,sol)"
}

test_equal_seeds_give_equal_results_and_others_others() {
	local one
	trace 200
	one=$(of_trace '.runs[0]' -p sol --seed 7)
	assert_eq "$(of_trace '.runs[0]' -p sol --seed 7)" "$one" "the same seed"
	[ "$(of_trace '.runs[0]' -p sol --seed 8)" != "$one" ] || fail "the seed changes nothing"
}

test_bad_traces_and_options_are_refused_with_the_reason() {
	local what why
	trace 2
	sed -i 's/^= 3 256 64/= 3 256 257/' "$DIR/trace"
	assert_exit 1 shunt-sim mem "$DIR/trace"
	assert_match "$(cat "$DIR/err")" "trace' line [0-9]+ is not '= ID RSS USED'"
	echo '{}' >"$DIR/trace"
	assert_exit 1 shunt-sim mem "$DIR/trace"
	assert_match "$(cat "$DIR/err")" "is no trace of memory.*shunt mem record"
	trace 1
	assert_exit 1 shunt-sim mem "$DIR/trace"
	assert_match "$(cat "$DIR/err")" "holds no two scans"
	trace 4
	head -n -2 "$DIR/trace" >"$DIR/cut"
	assert_exit 0 shunt-sim mem "$DIR/cut"
	assert_match "$(cat "$DIR/err")" "has no end: its last scan is left out"
	while IFS='|' read -r what why; do
		# shellcheck disable=SC2086
		assert_exit 2 shunt-sim mem $what
		assert_match "$(cat "$DIR/err")" "$why"
	done <<-TEXT
	-p fcfs $DIR/trace|'fcfs' is no policy of memory: threshold, sol
	-p sol:0 $DIR/trace|a number of scans from 1 to 64
	-n 1k $DIR/trace|mem takes no --requests
	-Q|which trace
	TEXT
}

run_tests "$@"
