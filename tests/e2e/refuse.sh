#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# refuse.sh - replies that say no, as their protocols' own clients understand them: what nobody can
# serve is answered by XDP
# runs: pairs
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

MARK="{reply: 0xffff, offset: 2, length: 31}" # as shunt-load takes it
DROP="fallback: drop" # with no worker, so that each request is refused

# A veth that answers with XDP_TX needs a program at its peer: one that passes all.
client_takes_replies_of_xdp() {
	client bpftool prog load build/stub.o /sys/fs/bpf/pass type xdp
	client bpftool net attach xdpdrv pinned /sys/fs/bpf/pass dev "${LAB}c"
}

# REFUSE [CONFIG LINES…]: fcfs, with that refusal.
load_refusing() {
	client_takes_replies_of_xdp
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

run_tests "$@"
