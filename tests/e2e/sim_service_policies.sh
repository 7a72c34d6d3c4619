#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_service_policies.sh - the simulator: services of which each has a policy of its own
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

GET='quick=0.5:1us/slo=20us/service=get,slow=0.1:20us/slo=400us/service=get'
TWO="$GET,scan=0.4:modes(0.9:2us;0.1:32us)/slo=100us/service=scan"
THREE="$GET,scan=0.3:5us/slo=100us/service=scan,log=0.1:2us/slo=50us/service=log"

run() { sim --json - "$@" | jq '.runs[0]' >"$DIR/run"; }
# SERVICE: what became of its requests
of() { jq -c ".services[] | select(.service == \"$1\") | del(.policy)" "$DIR/run"; }
policies() { jq -r '[.services[].policy] | join(" ")' "$DIR/run"; }

refusing() {
	cat >"$DIR/none.c" <<-'EOF'
		#include <shunt/policy.h>
		SHUNT_POLICY("none", 0, "lets nothing in");
		static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_REJECT; }
		static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }
	EOF
}

# Services with cores of their own do not meet: each fares as where its policy is that of all.
test_each_service_is_served_as_its_policy_serves() {
	local fcfs_get fcfs_scan mq_get mq_scan
	local how=(-w "$TWO" -c 8 -l 0.8 -n 100k -C services=split)
	run -p fcfs "${how[@]}"
	fcfs_get=$(of get) fcfs_scan=$(of scan)
	assert_eq "$(policies)" "fcfs fcfs" "policies where one is given"
	how+=(-q 2us)
	run -p mq "${how[@]}"
	mq_get=$(of get) mq_scan=$(of scan)
	[ "$fcfs_get" != "$mq_get" ] || fail "mq does to get what fcfs does: $mq_get"
	[ "$fcfs_scan" != "$mq_scan" ] || fail "mq does to scan what fcfs does: $mq_scan"
	run -p get=mq+scan=fcfs "${how[@]}"
	assert_eq "$(policies)" "mq fcfs" "policies"
	assert_eq "$(jq -r .policy "$DIR/run")" get=mq+scan=fcfs "policy of the run"
	assert_eq "$(of get)" "$mq_get" "get by mq beside fcfs"
	assert_eq "$(of scan)" "$fcfs_scan" "scan by fcfs beside mq"
	run -p scan=mq+get=fcfs "${how[@]}"
	assert_eq "$(of get)" "$fcfs_get" "get by fcfs beside mq"
	assert_eq "$(of scan)" "$mq_scan" "scan by mq beside fcfs"
}

test_a_policy_decides_for_its_service_alone_however_services_share_cores() {
	local how
	refusing
	for how in split 'elastic -C elastic_us=5' seats spin; do
		# shellcheck disable=SC2086 # words
		run -p "get=$DIR/none.c+scan=fcfs" -w "$TWO" -c 4 -l 0.5 -n 50k \
			-C services=$how
		jq -e '(.services[0] | .service == "get" and .policy == "none" and .done == 0 and
				.rejected == .arrived and .arrived > 20000) and
			(.services[1] | .rejected == 0 and .done == .arrived and
				.arrived > 10000)' \
			"$DIR/run" >/dev/null || fail "$how: $(jq -c .services "$DIR/run")"
	done
	run -p "get=fcfs+scan=$DIR/none.c+log=mq" -w "$THREE" -c 2 -l 0.5 -n 50k \
		-C services=seats
	jq -e '[.services[] | .rejected == .arrived] == [false, true, false]' "$DIR/run" \
		>/dev/null || fail "three services: $(jq -c .services "$DIR/run")"
}

# fcfs preempts nobody, whatever its neighbour's policy does.
test_requests_of_a_service_are_preempted_if_its_policy_says_so() {
	local both get scan
	local how=(-w "$TWO" -c 8 -l 0.8 -n 100k -q 2us -C services=split)
	run -p mq "${how[@]}"
	both=$(jq .preempted "$DIR/run")
	run -p get=mq+scan=fcfs "${how[@]}"
	get=$(jq .preempted "$DIR/run")
	run -p get=fcfs+scan=mq "${how[@]}"
	scan=$(jq .preempted "$DIR/run")
	assert_ge "$get" 1000 "preempted requests of get"
	assert_ge "$scan" 1000 "preempted requests of scan"
	assert_eq $((get + scan)) "$both" "preempted where both have mq"
	refused "/quantum= of class 'scan' would change nothing" -p get=mq+scan=fcfs -n 1000 \
		-c 8 -C services=split -w "$GET,scan=0.4:5us/quantum=1us/service=scan"
}

test_policies_of_services_are_compared_with_one_for_all() {
	sim -p fcfs,get=mq+scan=fcfs -w "$TWO" -c 4 -l 0.5 -n 20k -C services=seats \
		--csv "$DIR/csv" >"$DIR/out"
	assert_eq "$(cut -d, -f2 "$DIR/csv" | sed 1d | sort -u | tr '\n' ' ')" \
		"fcfs get=mq+scan=fcfs " "policies in the CSV"
	assert_match "$(cat "$DIR/out")" 'service get: [0-9]+ of '
	assert_match "$(cat "$DIR/out")" 'service get, by mq: [0-9]+ of '
	assert_match "$(cat "$DIR/out")" 'service scan, by fcfs: [0-9]+ of '
}

test_policies_that_do_not_fit_the_services_are_refused() {
	local how=(-w "$TWO" -c 4 -C services=seats)
	refused "service 'scan' has no policy in 'get=mq': add \+scan=NAME" -p get=mq "${how[@]}"
	refused 'has policies of 3 services, and .* has 2' -p get=mq+scan=fcfs+log=fcfs "${how[@]}"
	refused "'fcfs' is not SERVICE=POLICY" -p get=mq+fcfs "${how[@]}"
	refused "'=mq' is not SERVICE=POLICY" -p =mq+scan=fcfs "${how[@]}"
	refused "service 'get' is given two policies" -p get=mq+get=fcfs "${how[@]}"
	refused "unknown policy 'fastest'" -p get=mq+scan=fastest "${how[@]}"
	refused "'ps' is an ideal, of the whole machine" -p get=mq+scan=ps "${how[@]}"
	refused 'want services with domains of their own' -p get=mq+scan=fcfs -w "$TWO" \
		-C change_ns=100
	refused 'want services with domains of their own' -p get=mq+scan=fcfs -w exp1
	refused 'advise names the one policy of an interface' advise -p get=mq+scan=fcfs \
		-w "$TWO" -r 1M
}

run_tests "$@"
