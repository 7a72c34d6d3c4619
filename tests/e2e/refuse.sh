#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# refuse.sh - replies that say no, as their protocols' own clients understand them: what nobody can
# serve is answered by XDP
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

MARK="{reply: 0xffff, offset: 2, length: 31}" # as shunt-load takes it
DROP="fallback: drop" # with no worker, so that each request is refused

# A veth that answers with XDP_TX needs a program at its peer: one that passes all.
client_takes_replies_of_xdp() {
	client bpftool prog load "$ROOT/build/stub.o" /sys/fs/bpf/pass type xdp
	client bpftool net attach xdpdrv pinned /sys/fs/bpf/pass dev "${LAB}c"
}

# REFUSE [CONFIG LINES…]: fcfs, with that refusal.
load_refusing() {
	[ "$TRANSPORT" = wire ] || client_takes_replies_of_xdp # there, the lab's switch has some
	REFUSE=$1 load fcfs "${@:2}"
}

# Nothing but "said no", once for each request that the client sent.
assert_told() { # N
	wait_for 5 arrived "$1"
	assert_eq "$(stat_of '[.total | .arrived, .dropped + .rejected, .said_no, .unsaid] |
		join(" ")')" "\"$1 $1 $1 0\"" "arrived, refused, told, and not told"
}

test_a_client_that_is_told_no_counts_no_answer_and_no_loss() {
	local to
	load_refusing "$MARK" "$DROP"
	for to in 198.18.0.2 '[fd00:198:18::2]'; do
		TO=$to offer --rate 5000 --count 500 --time 1 --mix short=0.5:1us,long=0.5:1us
		assert_eq "$(jq -c '[.classes[] | .sent - .rejected, .answered, .lost] | unique' \
			"$DIR/client.json")" "[0]" "requests of $to that were not told no"
	done
	assert_told 1000
	assert_conserved
}

test_beyond_the_hold_limit_clients_are_told_and_the_rest_is_answered() {
	load_refusing "$MARK"
	start_worker
	host shunt limit set short 4 >/dev/null
	kill -STOP "${PIDS[spin]}"
	offer --rate 5000 --count 200 --time 1 --wait 1ms --mix short=1:1us
	kill -CONT "${PIDS[spin]}"
	until_quiet
	assert_conserved
	assert_ge "$(stat_of .total.said_no)" 100 "requests told no"
	assert_eq "$(stat_of .total.said_no)" "$(stat_of .total.dropped_by_limit)" "told no"
	assert_le "$(jq '[.classes[].rejected] | add' "$DIR/client.json")" \
		"$(stat_of .total.said_no)" "told no, as the client saw it"
	assert_match "$(host shunt stats --dev "$DEV")" "short +said no to [0-9]+ of" stats
}

test_dig_hears_refused_with_and_without_edns() {
	local to
	need dig
	load_refusing dns "$DROP"
	for to in "198.18.0.2" "fd00:198:18::2 +noedns"; do
		# shellcheck disable=SC2086 # an address and an option
		client dig -p 9000 @$to www.example.org +tries=1 +time=5 >"$DIR/out"
		assert_match "$(<"$DIR/out")" "status: REFUSED.*www.example.org\..*IN.*A" "$to"
		[[ ! $(<"$DIR/out") =~ malformed|"extra bytes" ]] || fail "$to: $(<"$DIR/out")"
	done
	assert_told 2
}

test_rpcinfo_hears_system_err() {
	need rpcinfo
	load_refusing onc-rpc "$DROP"
	assert_exit 1 client rpcinfo -a 198.18.0.2.35.40 -T udp 100003 3
	assert_match "$(<"$DIR/err")$(<"$DIR/out")" "RPC: Remote system error" "what rpcinfo says"
	assert_told 1
}

test_clients_of_memcached_hear_server_error() {
	load_refusing memcached "$DROP"
	client shunt-load --to 198.18.0.2:9000 -P memcached --json -q --rate 2000 --count 200 \
		--time 1 --mix "get=0.5,set=0.5" >"$DIR/client.json"
	assert_eq "$(jq -c '[.classes[] | .sent - .rejected, .answered, .lost] | unique' \
		"$DIR/client.json")" "[0]" "requests that were not told no"
	assert_told 200
	assert_match "$(host shunt status)" "says no on port 9000 by memcached: to 200 of 200"
}

test_no_more_clients_are_told_than_the_rate_allows() {
	load_refusing "{protocol: memcached, rate: 100}" "$DROP"
	client shunt-load --to 198.18.0.2:9000 -P memcached --json -q --rate 5000 --count 2000 \
		--time 1 --mix "get=1" --wait 1ms >"$DIR/client.json"
	wait_for 5 arrived "$(sent)"
	assert_ge "$(stat_of .total.said_no)" 10 "told"
	assert_le "$(stat_of .total.said_no)" "$((sent = $(sent), sent / 4))" "told at 100 a second"
	assert_eq "$(stat_of '.total | .dropped - .said_no - .unsaid')" 0 "neither told nor not"
	assert_eq "$(stat_of '.config.refuse[0] | "\(.port) \(.by) \(.rate)"')" \
		'"9000 memcached 100"' "what is configured"
}

# FIELD: of all classes, as the client counted.
heard() { jq "[.classes[].$1] | add" "$DIR/load.log"; }

# Twice what the core can serve, and a worker that stands still for longer than requests may wait.
test_what_slo_rejects_what_expires_and_what_is_served_is_each_counted_once() {
	CPUS=$(($(nproc) - 1))
	load_refusing "$MARK"
	host shunt switch slo >/dev/null
	host shunt class set short slo=4ms expire=2 >/dev/null
	host shunt class set long slo=20ms expire=2 >/dev/null
	start_worker
	start load client shunt-load --sleep --to 198.18.0.2:9000 --json -q --rate 4000 \
		--count 8000 --time 5 --wait $((PATIENCE / 2))s --mix short=0.5:100us,long=0.5:900us
	wait_for 10 arrived 4000
	kill -STOP "${PIDS[spin]}"
	wait_for 10 arrived 5000
	sleep 0.2 # all that waits is older than twice its objective
	kill -CONT "${PIDS[spin]}"
	wait_ended load 30
	assert_conserved
	host shunt stats --dev "$DEV" | grep -E "in time|said no"
	assert_eq "$(stat_of .total.arrived)" "$(heard sent)" "arrived, of those sent"
	assert_eq "$(stat_of '.total | .rejected + .dropped')" "$(heard rejected)" \
		"refused, of those that were told no"
	assert_eq "$(stat_of '.total | .said_no - .rejected - .dropped')" 0 "not told no"
	assert_eq "$(stat_of .total.replied)" "$(heard answered)" "replied, of those answered"
	assert_eq "$(stat_of .total.expired)" "$(heard lost)" "expired, of those without an answer"
	assert_ge "$(heard rejected)" 500 "refused"
	assert_ge "$(heard lost)" 2 "expired"
	assert_ge "$(heard answered)" 50 "answered" # however little of a CPU there is
}

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
