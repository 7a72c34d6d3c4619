# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# kinds.sh - sourced by checks.sh: which claims are checked on which NIC, in which mode, on which
# kernel
LINES_OF_KIND=()

# NAME MODE [CONFIG LINES…]: one way to serve, from load to unload; what else is to be checked while
# workers serve, is in MORE.
serve_on() {
	KIND=$1 MODE=$2 COPY=
	[ "$MODE" != copy ] || COPY=1
	LINES_OF_KIND=("${@:3}")
	FAILED=0
	check "loads, and workers serve" serve_first
	if [ $HELD ]; then
		check "$REQUESTS requests are answered, none is unaccounted for" answered_by_all
		${MORE:-:}
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

# All policies, one after the other under load, with preemption.
policies() {
	local policy n=0
	check "preemption is turned on" preempt_at_20us
	load_begins
	for policy in bpf/policies/*.c; do
		policy=$(basename "$policy" .c)
		[ "$policy" != slo ] || continue
		check "$policy serves from the switch on, with preemption" switched_to "$policy"
		n=$((n + 1))
	done
	check "$n switches under load lose nothing" load_ends
	check "slo answers or refuses" slo_serves
	check "requests made room, and went on" some_yielded
}

switches() {
	load_begins
	check "a switch to mq under load serves" switched_to mq
	check "a switch to p2c under load serves" switched_to p2c
	check "2 switches under load lose nothing, and leave the link alone" load_ends
}

queues() { check "what comes through each queue is served" each_queue_served; }

on_igb() {
	two_domains
	on_nic igb
	check "igb: doctor names the hash of addresses alone, and its cure" doctor_names_the_hash
	check "igb: fit proposes the hash of ports" fit_proposes_the_hash
	check "igb: fit proposes a queue a domain" fit_proposes_queues
	check "igb: fit applies that, and puts back what was there" fit_applies_and_undoes
	use_queues 2
	serve_on "igb, copy" copy 'zerocopy: off'
	MORE=switches serve_on "igb, zero copy" 'zero copy' 'zerocopy: on'
}

on_virtio() {
	two_domains
	on_nic virtio-net
	check "virtio-net: fit proposes a queue a domain" fit_proposes_queues
	check "virtio-net: fit applies that, and puts back what was there" fit_applies_and_undoes
	use_queues 2
	check "virtio-net: doctor finds no failure" doctor_finds_no_failure
	serve_on "virtio-net, copy" copy 'zerocopy: off'
	MORE=policies serve_on "virtio-net, zero copy" 'zero copy' 'zerocopy: on'
}

on_vmxnet3() {
	on_nic vmxnet3
	one_domain_of_queues 4
	check "vmxnet3: load, status and doctor say that it has no room for metadata" \
		no_room_is_named
	note "vmxnet3: serves" "$([ $HELD ] && echo "no: no room for metadata" || echo '?')"
}

on_many_queues() {
	on_nic virtio-net
	one_domain_of_queues "$GUEST_QUEUES"
	use_queues "$GUEST_QUEUES"
	MORE=queues POLICY=p2c serve_on "virtio-net, zero copy, a domain of $GUEST_QUEUES queues" \
		'zero copy' 'zerocopy: auto'
}

wire() {
	KIND="the wire, four cores"
	FAILED=0
	check "$REQUESTS requests, preemption, switches and $KILLS kills lose nothing uncounted" \
		wire_serves
	note_kind
	KIND=
}

# 6.18
all_kinds() {
	on_virtio
	on_igb
	on_many_queues
	on_vmxnet3
	wire
}

# 6.12: both drivers copy.
few_kinds() {
	two_domains
	for nic in virtio-net igb; do
		on_nic $nic
		use_queues 2
		check "$nic: 'zerocopy: on' is refused, and why" zerocopy_is_refused
		[ ! $HELD ] || note "$nic, zero copy" "no: the driver copies"
		serve_on "$nic, copy" copy 'zerocopy: auto'
	done
	on_vmxnet3
}

# 5.10
too_old() {
	two_domains
	for nic in igb virtio-net; do
		on_nic $nic
		check "$nic: load names the kernel that it needs, and leaves nothing" needs_newer
		note "$nic: loads" "$([ $HELD ] && echo no || echo '?')"
	done
	note "policies that load" none
	check "doctor names the kernel that is needed" doctor_names_the_kernel
}

policies_load() {
	local policy all=() taken=()
	for policy in bpf/policies/*.c; do
		policy=$(basename "$policy" .c)
		all+=("$policy")
		check "the verifier takes $policy" policy_is_verified "$policy"
		[ ! $HELD ] || taken+=("$policy")
	done
	note "policies that load" "${#taken[@]} of ${#all[@]}"
}

# 6.1
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
