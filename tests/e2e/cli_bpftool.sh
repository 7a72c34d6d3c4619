#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_bpftool.sh - the bpftool lines of the README, run as they stand there, change the order of
# service
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

AHEAD=1
CPUS=$(($(nproc) - 1)) # one core, so that there is an order

p50() { jq ".classes.$1.p50_us" "$DIR/client.json"; }

# Bursts of both classes with the same work: the class that goes first waits less.
assert_first() { # CLASS OTHER
	offer --rate 2000 --burst 40 --count 2000 --time 10 --mix short=0.5:50us,long=0.5:50us
	assert_all_answered
	jq -e ".classes.$1.p50_us < .classes.$2.p50_us * 0.85" "$DIR/client.json" >/dev/null ||
		fail "$1 does not go before $2: p50 $(p50 "$1") and $(p50 "$2") us"
}

readme_line() { # N: the Nth line that updates slo_us
	grep -E '^    bpftool map update pinned /sys/fs/bpf/shunt/eth0/slo_us ' "$ROOT/README.md" |
		sed -n "$1{s/^ *//;p}"
}

test_the_readmes_bpftool_lines_change_the_order_of_service() {
	local first second
	need bpftool
	first=$(readme_line 1)
	second=$(readme_line 2)
	assert_match "$first" "key 1 0 0 0 value 200 0 0 0$" "the README's first line"
	assert_match "$second" "key 1 0 0 0 value 0x10 0x27 0 0$" "the README's second line"
	host ip link set dev "$DEV" down
	host ip link set dev "$DEV" name eth0
	DEV=eth0
	host ip link set dev "$DEV" up
	host ip neigh replace 198.18.0.1 lladdr 02:00:c6:12:00:01 dev "$DEV"
	config >"$DIR/config.yaml"
	sed -i 's/slo: 50us/slo: 1ms/' "$DIR/config.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start_worker
	$first
	assert_first long short
	$second
	assert_first short long
	host shunt slo set long 200us
	assert_first long short
	assert_conserved
}

run_tests "$@"
