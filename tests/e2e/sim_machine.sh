#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_machine.sh - the simulator's machines: flows through RSS, domains that help each other, cores
# of different speed, services
#                  that share cores
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../theory.sh"

NO_LAB=1

test_a_heavy_flow_makes_a_heavy_domain() {
	sim -p rss -w exp1 -c 8 -d 8 -l 0.3 -n 200k -f 10k/zipf=1.2 --rss default \
		--json "$DIR/a.json" --csv "$DIR/csv" >"$DIR/table"
	assert_eq "$(jq '[.runs[0].domains[].arrived] | add' "$DIR/a.json")" 200000 \
		"requests of all domains"
	# The first flow alone is 1 of the sum over i^-1.2, 4.8: a fifth, where 1/8 is even.
	assert_match "$(tail -n 1 "$DIR/table")" \
		'the 8 domains get 0\.[0-9]+ to [1-3]\.[0-9]+ times an even share; the busiest is [0-9]+ % busy'
	jq -e '[.runs[0].domains[].arrived] | max / add > 0.2' "$DIR/a.json" >/dev/null ||
		fail "$(jq -c '.runs[0].domains' "$DIR/a.json")"
	jq -e '[.runs[0].domains[].busy] | max <= 1' "$DIR/a.json" >/dev/null ||
		fail "a core is more than all busy"
}

test_flows_of_their_own_are_spread_evenly_by_any_key() {
	local key
	for key in default symmetric "$(printf '%080d' 0 | sed 's/00/3c/g; s/^..../6d5a/')"; do
		sim -p fcfs -w exp1 -c 8 -d 8 -l 0.5 -n 200k --rss "$key" --json - |
			jq '[.runs[0].domains[].arrived / 25000]' >"$DIR/shares"
		[ "$key" != default ] ||
			jq -e 'min > 0.97 and max < 1.03' "$DIR/shares" >/dev/null ||
			fail "$(cat "$DIR/shares")"
	done
	# A key of equal bytes hashes to few values, which shows the harm of a bad key.
	sim -p fcfs -w exp1 -c 8 -d 8 -l 0.1 -n 100k --rss "$(printf '%080d' 0)" --json - |
		jq '[.runs[0].domains[].arrived]' >"$DIR/shares"
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

# Two cores of which the fast one is preferred: four states, and a geometric tail.
two_speeds() { # RATE FAST SLOW: mean sojourn
	awk -v l="$1" -v a="$2" -v b="$3" 'BEGIN {
		rho = l / (a + b)
		slow = a / (l + b); fast = (a + b) / l - slow; none = (a * fast + b * slow) / l
		n = fast + slow + (2 - rho) / (1 - rho) ^ 2
		print n / l / (none + fast + slow + 1 / (1 - rho))
	}'
}

test_cores_of_two_speeds_are_those_of_theory() {
	assert_near "$(value mean_us -p fcfs -w exp1 -c 2 -r 800k -n 2M -C speeds=1x1,1x0.5)" \
		"$(two_speeds 0.8 1 0.5)" 2 "a fast and a slow core"
	assert_near "$(value mean_us -p fcfs -w exp1 -c 2 -r 2M -n 2M -C speeds=1x3,1x0.5)" \
		"$(two_speeds 2 3 0.5)" 2 "3 and 0.5"
	# The load is that of what they can do together.
	assert_eq "$(json .runs[0].rate sim -p fcfs -w exp1 -c 5 -l 0.5 -n 1000 -C speeds=1x3,1x1 \
		--json -)" 5500000 "rate at load 0.5"
}

test_cores_at_half_speed_are_requests_of_twice_the_time() {
	local p
	for p in fcfs sq; do
		assert_near "$(value p99_us -p $p -q 5us -w 'a=0.9:1us,b=0.1:50us' -c 4 -r 200k \
			-n 200k -C speeds=1x0.5)" \
			"$(value p99_us -p $p -q 5us -w 'a=0.9:2us,b=0.1:100us' -c 4 -r 200k \
			-n 200k)" 0.5 "p99 of $p"
	done
}

test_domains_that_help_each_other_are_one_queue() {
	assert_near "$(value wait_us -p fcfs -w exp1 -c 8 -d 2 -l 0.8 -n 2M -C far_ns=0.001)" \
		"$(erlang_wait 0.8 8)" 3 "M/M/8 of two domains"
	assert_near "$(value wait_us -p steal -w exp1 -c 8 -d 4 -l 0.8 -n 2M -C far_ns=0.001)" \
		"$(erlang_wait 0.8 8)" 3 "M/M/8 of four"
	assert_near "$(value wait_us -p fcfs -w exp1 -c 128 -l 0.95 -n 2M -C far_ns=0.001)" \
		"$(erlang_wait 0.95 128)" 6 "M/M/128"
	assert_ge "$(json .runs[0].stolen sim -s shared -p mq -w bimodal-100 -c 130 -l 0.9 -n 100k \
		-C far_ns=500 --json -)" 100 "requests from afar"
}

# A change of service before every second request, on average: M/G/1 with services of 1 and 1.5 us,
# half each.
test_changes_of_service_cost_what_they_cost() {
	local two='a=0.5:1us/service=x,b=0.5:1us/service=y'
	assert_near "$(value wait_us -p fcfs -w "$two" -r 600k -n 2M -C change_ns=500)" \
		"$(awk 'BEGIN { r = 0.6 * 1.25;
		print 0.6 * (0.5 + 0.5 * 2.25) / 2 / (1 - r) + 0.25 }')" 2 \
			"mean wait, the changes included"
	assert_eq "$(value mean_us -p fcfs -w "$two" -r 600k -n 50k -C change_ns=0.0001)" \
		"$(value mean_us -p fcfs -w 'a=0.5:1us,b=0.5:1us' -r 600k -n 50k)" \
		"mean where a change costs nothing"
}

test_services_that_have_cores_each_do_not_help_each_other() {
	local two='a=0.5:exp(1us)/service=x,b=0.25:exp(1us)/service=y,c=0.25:exp(1us)/service=y'
	sim -p fcfs -w "$two" -c 8 -l 0.7 -n 2M -C services=split --json - |
		jq '.runs[0]' >"$DIR/run"
	assert_eq "$(jq -c '[.domains[].cores]' "$DIR/run")" '[4,4]' "cores by work"
	assert_near "$(jq .classes[-1].wait_us "$DIR/run")" "$(erlang_wait 0.7 4)" 3 "two M/M/4"
}

# A service's burst gets the cores that the other service does not need; no request is lost.
test_elastic_cores_come_and_go() {
	local two='web=0.5:exp(5us)/service=x,batch=0.5:exp(5us)/service=y' \
		run=(-p fcfs -c 16 -l 0.8 -n 500k --json -)
	sim "${run[@]}" -w "$two" -C services=split >"$DIR/split.json"
	sim "${run[@]}" -w "$two" -C services=elastic -C change_ns=1000 -C elastic_us=2 \
		>"$DIR/elastic.json"
	sim "${run[@]}" -w 'web=0.5:exp(5us),batch=0.5:exp(5us)' >"$DIR/shared.json"
	for how in split elastic shared; do
		jq '.runs[0]' "$DIR/$how.json" >"$DIR/$how"
		assert_eq "$(jq '.classes[-1] | .arrived - .done' "$DIR/$how")" 0 \
			"requests of $how that were lost"
	done
	assert_ge "$(jq .moved_cores "$DIR/elastic")" 1000 "cores that moved"
	jq -e -s 'map(.classes[-1].p99_us) | .[0] > 1.03 * .[1] and .[1] > .[2]' "$DIR/split" \
		"$DIR/elastic" "$DIR/shared" >/dev/null ||
		fail "p99: $(jq -c .classes[-1].p99_us "$DIR/split" "$DIR/elastic" "$DIR/shared" |
		tr '\n' ' ')"
	# The dearer a change, the less there is to be had.
	assert_ge "$(value p99_us "${run[@]}" -w "$two" -C services=elastic -C change_ns=20000 \
		-C elastic_us=2 | cut -d. -f1)" \
		"$(jq '.classes[-1].p99_us | floor' "$DIR/elastic")" \
		"p99 where a change takes 20 us"
}

test_machines_that_make_no_sense_are_refused() {
	local args want
	while IFS='|' read -r args want; do
		# shellcheck disable=SC2086
		! shunt-sim -p fcfs -n 1000 $args >"$DIR/out" 2>"$DIR/err" ||
			fail "'$args' was taken"
		assert_match "$(cat "$DIR/err")" "$want" "what '$args' says"
	done <<-'TEXT'
	-C speeds=2x|are no NUMBERxSPEED
	-C speeds=0x1|are no NUMBERxSPEED
	-C speeds=65x1|are no NUMBERxSPEED
	-C speeds=1x0|are no NUMBERxSPEED
	-C speeds=1x1;1x2|are no NUMBERxSPEED
	-s wire -C far_ns=100|far_ns wants transport=shared
	-C services=both|services 'both' is unknown
	-c 4 -C services=split|want two services: /service=NAME
	-c 1 -w a=0.5:1us/service=x,b=0.5:1us/service=y -C services=split|2 services want 2 to
	-c 4 -d 2 -w a=0.5:1us/service=x,b=0.5:1us/service=y -C services=split|leave --domains out
	-c 4 -w a=0.5:1us/service=x,b=0.5:1us/service=y -C services=elastic|elastic_us of 0.1
	-w a=0.5:1us/service=x,b=0.5:1us|some classes have a /service= and some none
	-w a=1:1us/service=|has no option 'service='
	TEXT
}

run_tests "$@"
