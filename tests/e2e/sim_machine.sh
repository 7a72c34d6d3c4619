#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_machine.sh - the simulator's machines: flows through RSS, domains that help each other, cores of different speed, services
#                  that share cores
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../theory.sh"

NO_LAB=1

test_a_heavy_flow_makes_a_heavy_domain() {
	sim -p rss -w exp1 -c 8 -d 8 -l 0.3 -n 200k -f 10k/zipf=1.2 --rss default --json "$DIR/a.json" --csv "$DIR/csv" >"$DIR/table"
	assert_eq "$(jq '[.runs[0].domains[].arrived] | add' "$DIR/a.json")" 200000 "requests of all domains"
	# The first flow alone is 1 of the sum over i^-1.2, 4.8: a fifth, where 1/8 is even.
	assert_match "$(tail -n 1 "$DIR/table")" 'the 8 domains get 0\.[0-9]+ to [1-3]\.[0-9]+ times an even share; the busiest is [0-9]+ % busy'
	jq -e '[.runs[0].domains[].arrived] | max / add > 0.2' "$DIR/a.json" >/dev/null || fail "$(jq -c '.runs[0].domains' "$DIR/a.json")"
	jq -e '[.runs[0].domains[].busy] | max <= 1' "$DIR/a.json" >/dev/null || fail "a core is more than all busy"
}

test_flows_of_their_own_are_spread_evenly_by_any_key() {
	local key
	for key in default symmetric "$(printf '%080d' 0 | sed 's/00/3c/g; s/^..../6d5a/')"; do
		sim -p fcfs -w exp1 -c 8 -d 8 -l 0.5 -n 200k --rss "$key" --json - | jq '[.runs[0].domains[].arrived / 25000]' >"$DIR/shares"
		[ "$key" != default ] || jq -e 'min > 0.97 and max < 1.03' "$DIR/shares" >/dev/null || fail "$(cat "$DIR/shares")"
	done
	# A key of equal bytes hashes to few values: what a bad key does is seen.
	sim -p fcfs -w exp1 -c 8 -d 8 -l 0.1 -n 100k --rss "$(printf '%080d' 0)" --json - | jq '[.runs[0].domains[].arrived]' >"$DIR/shares"
	assert_eq "$(jq max "$DIR/shares")" 100000 "requests of one domain, by a key of zeros"
}

test_keys_and_flows_that_make_no_sense_are_refused() {
	local args want
	while IFS='|' read -r args want; do
		# shellcheck disable=SC2086
		! shunt-sim -p fcfs $args >"$DIR/out" 2>"$DIR/err" || fail "'$args' was taken"
		assert_match "$(cat "$DIR/err")" "$want" "what '$args' says"
	done <<-'TEXT'
	--rss abc|--rss cannot be 'abc': default, symmetric, or 80 hexadecimal digits
	-f 10/zipf=-1|N/zipf=SKEW
	-f 10/zipf=|N/zipf=SKEW
	-f 10/pareto=1|N/zipf=SKEW
	-f 0/zipf=1|--flows cannot be
	TEXT
}

run_tests "$@"
