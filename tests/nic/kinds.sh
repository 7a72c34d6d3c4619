# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# kinds.sh - sourced by checks.sh: which claims are checked on which NIC, in which mode, on which
# kernel
LINES_OF_KIND=()

# NAME [CONFIG LINES…]: one way to serve, from load to unload; what else is to be checked while
# workers serve, is in MORE.
serve_on() {
	KIND=$1
	LINES_OF_KIND=("${@:2}")
	FAILED=0
	check "loads, and workers serve" serve_first
	if [ $HELD ]; then
		check "$REQUESTS requests are answered, none is unaccounted for" answered_by_all
		$MORE
		check "$KILLS kills of all workers lose only what is counted" kills
		check "after them no frame is in two places" no_frame_twice
	fi
	note_kind
	check "unload leaves nothing" unload
	KIND=
}

# ROW CELL: of the table in docs, a column a kernel.
note() { echo "# $SERIES | $1 | $2"; }
note_kind() { note "$KIND" "$([ $FAILED = 0 ] && echo yes || echo no)"; }

nothing_more() { :; }

policies() {
	local policy
	check "$SWITCHES switches under load lose nothing" switches_lose_nothing
	check "preemption is turned on" preempt_at_20us
	for policy in bpf/policies/*.c; do
		policy=$(basename "$policy" .c)
		check "$policy serves, with preemption" policy_serves "$policy"
	done
	check "requests made room, and went on" some_yielded
}

switches() { check "$SWITCHES switches under load lose nothing" switches_lose_nothing; }

queues() { check "what comes through each queue is served" each_queue_served; }

# NIC: both domains, with copying and without.
both_modes() {
	MORE=$2 COPY=1 serve_on "$1, with copying"
}

policies_load() {
	local policy refused=() n=0
	for policy in bpf/policies/*.c; do
		policy=$(basename "$policy" .c)
		n=$((n + 1))
		check "the verifier takes $policy" policy_is_verified "$policy"
		[ $HELD ] || refused+=("$policy")
	done
	note "policies that load" "$((n - ${#refused[@]})) of $n${refused:+: not ${refused[*]}}"
}

on_igb() {
	two_domains
	on_nic igb
	check "igb: doctor names the hash of addresses alone, and its cure" doctor_names_the_hash
	check "igb: fit proposes the hash of ports" fit_proposes_the_hash
	check "igb: fit proposes a queue a domain" fit_proposes_queues
	use_queues 2
	both_modes igb switches
}

on_virtio() {
	two_domains
	on_nic virtio-net
	check "virtio-net: fit proposes a queue a domain" fit_proposes_queues
	use_queues 2
	check "virtio-net: doctor finds no failure" doctor_finds_no_failure
	both_modes virtio-net policies
}

on_many_queues() {
	on_nic virtio-net
	one_domain_of_queues "$GUEST_QUEUES"
	use_queues "$GUEST_QUEUES"
	MORE=queues COPY=1 POLICY=p2c serve_on "virtio-net, a domain of $GUEST_QUEUES queues"
}

wire() {
	local test
	KIND="wire, five cores"
	for test in test_requests_over_ipv4_are_answered test_every_policy_serves \
		test_switches_under_load_lose_no_packet; do
		check "${test//_/ }" test_of_tree on_wire $test
	done
	KIND=
}

# 6.18
all_kinds() {
	on_virtio
	on_igb
	on_many_queues
	wire
}

# 6.12
few_kinds() {
	two_domains
	on_nic virtio-net
	use_queues 2
	both_modes virtio-net nothing_more
	on_nic igb
	use_queues 2
	both_modes igb nothing_more
}

# 6.1 and 5.10
loading() {
	two_domains
	for nic in igb virtio-net; do
		on_nic $nic
		check "$nic: loads and unloads" loads_and_unloads
		note "$nic: loads" "$([ $HELD ] && echo yes || echo no)"
	done
	policies_load
	check "shuntd says which kernel workers need" says_workers_need_newer
	check "unload leaves nothing" unload
}
