#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_fit.sh - what shunt fit proposes for NICs whose texts are in tests/e2e/fit (SOURCE beside them
# says where they were published)
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/fit.sh"

NO_LAB=1

# --- published NICs -----------------------------------------------------------------------------

test_each_nic_says_where_its_texts_are_from() {
	local nic n=0
	for nic in "$NICS"/*/; do
		grep -q '^https://' "$nic/SOURCE" || fail "no source of '$nic'"
		n=$((n + 1))
	done
	assert_ge $n 5 NICs
}

test_each_nic_gets_one_queue_in_the_form_that_it_takes() {
	local nic want
	while read -r nic want; do
		fit_from "$nic"
		assert_eq "$(command_of channels)" "$want" "-L of $nic"
		assert_eq "$(of_fit '.domains | length')" 1 "domains of $nic"
		assert_eq "$(of_fit '.domains[0].queues | join(",")')" 0
	done <<-LIST
	ice ethtool -L eth0 combined 1
	i40e ethtool -L eth0 combined 1
	mlx5_core ethtool -L ge-0-0-2 combined 1
	ena ethtool -L eth1 combined 1
	bnxt_en ethtool -L ens10f0 combined 1
	igb ethtool -L eth0 combined 1
	LIST
}

test_a_proposal_ends_with_the_command_that_loads_it() {
	local line="shunt load mq --dev eth0 --config service.yaml"
	assert_eq "$(shunt fit --from "$NICS/igb" | tail -n 1)" "$line"
	fit_from igb
	assert_eq "$(of_fit .load)" "$line"
}

# Else it would be taken for somebody's own, and another one be put back.
test_a_table_of_more_queues_than_shunt_serves_is_the_drivers_own() {
	local rings
	cp -r "$NICS/igb" "$DIR/wide"
	for rings in 192 4096; do
		sed -i "s/^Combined:.*/Combined:	$rings/" "$DIR/wide/ethtool-l"
		awk -v n=$rings 'BEGIN {
			printf "RX flow hash indirection table for eth0 with %d RX ring(s):", n
			for (i = 0; i < 4 * n; i++)
				printf "%s %5d", i % 8 ? "" : sprintf("\n%5d: ", i), i % n
			print ""
		}' >"$DIR/wide/ethtool-x"
		shunt -j fit --from "$DIR/wide" >"$DIR/fit.json"
		assert_eq "$(command_of table)" none
		assert_eq "$(of_fit '.nic.table // "unknown"')" \
			"$([ $rings = 192 ] && echo "equal 192" || echo unknown)"
	done
}

test_a_name_for_a_shell_is_no_interfaces() {
	cp -r "$NICS/igb" "$DIR/named"
	# shellcheck disable=SC2016 # for another shell
	sed -i 's/^Channel.*/Channel parameters for `reboot`:/' "$DIR/named/ethtool-l"
	assert_match "$(shunt fit --from "$DIR/named")" "ethtool -L IF combined 1"
}

test_bnxt_with_queues_apart_is_told_to_combine_them() {
	cp -r "$NICS/bnxt_en" "$DIR/split"
	awk '/^Current/ { now = 1 } now && /^[RT]X:/ { $2 = 8 } now && /^Comb/ { $2 = 0 }
		{ print }' "$NICS/bnxt_en/ethtool-l" >"$DIR/split/ethtool-l"
	NICS=$DIR fit_from split --domains 2
	assert_eq "$(command_of channels)" "ethtool -L ens10f0 rx 0 tx 0 combined 2"
	assert_match "$(notes)" "bnxt_en takes XDP with combined queues only"
}

test_ena_and_bnxt_get_at_most_half_of_its_queues() {
	fit_from ena --domains 8
	assert_eq "$(command_of channels)" "ethtool -L eth1 combined 4"
	assert_eq "$(of_fit '.domains | length')" 4
	assert_match "$(notes)" "ena runs XDP on at most half of its queues, which is 4"
	fit_from bnxt_en --by-queue
	assert_eq "$(command_of channels)" "ethtool -L ens10f0 combined 32"
}

test_the_table_of_each_nic_is_understood() {
	fit_from i40e
	assert_eq "$(of_fit .nic.table)" "equal 34"
	fit_from mlx5_core
	assert_eq "$(of_fit .nic.table)" "equal 6"
	fit_from ena
	assert_eq "$(of_fit .nic.table)" "equal 8"
	fit_from igb
	assert_eq "$(of_fit .nic.table)" "equal 4"
	own_table igb
	assert_eq "$(of_fit .nic.table)" "weight 0 0 64 64"
}

# NIC: as if somebody had set a table that names queues 2 and 3 alone; in $DIR/own.
own_table() {
	cp -r "$NICS/$1" "$DIR/own"
	{ sed '/^  *[0-9]*:/,$d' "$NICS/$1/ethtool-x"
	for ((i = 0; i < 128; i += 8)); do echo "$i: 2 3 2 3 2 3 2 3"; done; } >"$DIR/own/ethtool-x"
	NICS=$DIR fit_from own "${@:2}"
}

test_a_table_of_ones_own_is_changed_before_queues_go() {
	own_table igb --domains 2 --cores 2
	assert_eq "$(of_fit '[.steps[].setting] | index("table") < index("channels")')" true
	assert_eq "$(command_of table)" "ethtool -X eth0 equal 2"
	fit_from i40e
	assert_eq "$(command_of table)" none
}

test_queues_get_requests_by_the_cores_of_their_domains() {
	fit_from i40e --domains 2 --cores 7
	assert_eq "$(of_fit '[.domains[].cpus | length] | join(" ")')" "4 3"
	assert_eq "$(command_of table)" "ethtool -X eth0 weight 4 3"
	assert_eq "$(of_fit '[.steps[] | select(.setting == "table").check][0]')" true
}

test_a_hash_of_addresses_only_is_mended_where_there_are_several_queues() {
	fit_from igb --domains 2
	assert_eq "$(command_of hash-udp4)" "ethtool -N eth0 rx-flow-hash udp4 sdfn"
	assert_eq "$(command_of hash-udp6)" "ethtool -N eth0 rx-flow-hash udp6 sdfn"
	fit_from igb
	assert_eq "$(command_of hash-udp4)" none
	fit_from i40e --domains 2
	assert_match "$(notes)" "which fields the NIC hashes cannot be read"
	cp -r "$NICS/igb" "$DIR/none"
	printf '%s\n' "UDP over IPV4 flows use these fields for computing Hash flow key:" None \
		>"$DIR/none/ethtool-n-udp4"
	NICS=$DIR fit_from none --domains 2
	assert_match "$(notes)" "the NIC hashes nothing of UDP"
	assert_eq "$(command_of hash-udp4)" none
}

# The NIC has a rule for port 9001 that is right, and one for 9000 that asks for an address, too.
test_ports_get_rules_for_their_domains_queues() {
	fit_from igb --domains 2 --port 9000,9001
	assert_eq "$(command_of ntuple)" "ethtool -K eth0 ntuple on"
	assert_eq "$(command_of rule-9000)" "ethtool -N eth0 flow-type udp4 dst-port 9000 action 0"
	assert_eq "$(command_of rule-9001)" none
	fit_from ena --domains 2 --port 9000,9001
	assert_match "$(notes)" "cannot steer ports"
}

# PORT QUEUE: a rule as `ethtool -n` shows it, for the NIC in $DIR/ruled.
ID=20
add_rule() {
	ID=$((ID + 1))
	printf '%s\n' "Filter: $ID" "	Rule Type: UDP over IPv4" \
		"	Src IP addr: 0.0.0.0 mask: 255.255.255.255" \
		"	Dest IP addr: 0.0.0.0 mask: 255.255.255.255" "	TOS: 0x0 mask: 0xff" \
		"	Src port: 0 mask: 0xffff" "	Dest port: $1 mask: 0x0" \
		"	Action: Direct to queue $2" "" >>"$DIR/ruled/ethtool-n"
}

test_a_port_of_two_rules_is_left_to_whoever_made_them() {
	cp -r "$NICS/igb" "$DIR/ruled"
	echo >>"$DIR/ruled/ethtool-n"
	add_rule 9002 1
	add_rule 9002 0
	NICS=$DIR fit_from ruled --domains 2 --port 9002,9003
	assert_eq "$(command_of rule-9002)" none
	assert_eq "$(command_of rule-9003)" "ethtool -N eth0 flow-type udp4 dst-port 9003 action 1"
	assert_match "$(notes)" "port 9002 has 2 rules \(21, 22\).*ethtool -N IF delete 22"
}

test_bnxt_has_a_rule_deleted_and_made_anew_where_others_replace_it() {
	cp -r "$NICS/bnxt_en" "$DIR/ruled"
	cp "$NICS/igb/ethtool-k" "$DIR/ruled/ethtool-k"
	printf '8 RX rings available\nTotal 1 rules\n\n' >"$DIR/ruled/ethtool-n"
	add_rule 9000 1
	NICS=$DIR fit_from ruled --domains 2 --port 9000,9001
	assert_eq "$(command_of rule-9000)" "ethtool -N ens10f0 delete 21 && ethtool -N ens10f0 $(
		)flow-type udp4 dst-port 9000 action 0"
	assert_eq "$(command_of rule-9001)" \
		"ethtool -N ens10f0 flow-type udp4 dst-port 9001 action 1"
}

test_vlan_tags_stay_in_packets_where_the_nic_can_leave_them() {
	fit_from mlx5_core
	assert_eq "$(command_of rxvlan)" "ethtool -K ge-0-0-2 rxvlan off"
	cp -r "$NICS/mlx5_core" "$DIR/fixed"
	sed -i 's/rx-vlan-offload: on/& [fixed]/' "$DIR/fixed/ethtool-k"
	NICS=$DIR fit_from fixed
	assert_eq "$(command_of rxvlan)" none
	assert_match "$(notes)" "serve no VLANs"
}

test_what_fewer_queues_mean_for_other_traffic_is_told() {
	fit_from i40e
	assert_match "$(notes)" "for seconds the link may be down.*comes to that one queue, too"
	fit_from mlx5_core --by-queue
	[[ $(notes) != *"all other traffic"* ]] || fail "told where no queue goes"
}

test_coalescing_is_a_choice_with_its_cost() {
	fit_from mlx5_core
	assert_eq "$(command_of coalesce)" "ethtool -C ge-0-0-2 adaptive-rx off rx-usecs 0"
	assert_eq "$(of_fit '.steps[] | select(.setting == "coalesce").choice')" true
	assert_match "$(of_fit '.steps[] | select(.setting == "coalesce").reason')" "the cost: "
	fit_from igb
	assert_eq "$(command_of coalesce)" "ethtool -C eth0 rx-usecs 0"
}

# Names as each driver has them; a row is: NIC, interrupt of queue 0.
test_the_interrupt_of_each_nics_queue_is_found() {
	local nic irq
	while read -r nic irq; do
		fit_from "$nic"
		assert_match "$(command_of interrupt-0)" "/proc/irq/$irq/smp_affinity_list" "$nic"
	done <<-LIST
	ice 1000
	i40e 60
	mlx5_core 36
	ena 33
	bnxt_en 300
	igb 45
	LIST
}

test_an_interrupt_that_serves_two_queues_is_that_of_both() {
	cp -r "$NICS/ice" "$DIR/pairs"
	for i in 0 1 2 3; do
		echo "$((500 + i)): 0 0 PCI-MSI 1-edge ice-eth0-TxRx-$((2 * i))-$((2 * i + 1))"
	done >"$DIR/pairs/interrupts"
	NICS=$DIR fit_from pairs --domains 4
	assert_match "$(command_of interrupt-3)" "/proc/irq/501/"
}

# --- CPUs ---------------------------------------------------------------------------------------

# Of 64 CPUs in two nodes the NIC is near 16-31 and 48-63; 24-31 and 56-63 are isolated.
test_workers_get_isolated_cores_of_the_nics_node() {
	fit_from ice
	assert_eq "$(of_fit '.domains[0].cpus | join(",")')" 24,25,26,27,28,29,30,31
	assert_eq "$(of_fit '.domains[0].interrupts | join(",")')" 16
	rm -rf "$DIR/nic"
	cp -r "$NICS/ice" "$DIR/nic"
	echo >"$DIR/nic/isolated"
	NICS=$DIR fit_from nic
	assert_eq "$(of_fit '.domains[0].cpus | join(",")')" \
		17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	assert_eq "$(of_fit '.domains[0].interrupts | join(",")')" 16
}

test_no_cpu_is_given_twice_and_no_worker_shares_a_core() {
	local domains
	for domains in 1 2 3 5 16; do
		fit_from bnxt_en --domains $domains
		assert_eq "$(of_fit '[.domains[].cpus[]] | length == (unique | length)')" true
		assert_eq "$(of_fit '[.domains[].cpus[] % 64] | length == (unique | length)')" \
			true "cores of $domains domains"
		assert_eq "$(of_fit '([.domains[].cpus[]] - [.domains[].interrupts[]] | length) ==
			([.domains[].cpus[]] | length)')" true "interrupts of $domains domains"
		assert_eq "$(of_fit '.domains | length')" $domains
	done
}

test_queues_with_a_core_each_have_their_interrupt_on_its_other_thread() {
	fit_from ena --by-queue
	assert_eq "$(of_fit '.domains | length')" 1
	assert_eq "$(of_fit '.domains[0].cpus | join(",")')" 1,2,3
	assert_eq "$(of_fit '.domains[0].interrupts | join(",")')" 5,6,7
	assert_match "$(of_fit .config)" 'queues: \[0, 1, 2\]'
	fit_from igb --by-queue
	assert_eq "$(of_fit '.domains[0].cpus == .domains[0].interrupts')" true
	assert_match "$(notes)" "they take turns"
}

test_more_cores_than_a_domain_takes_make_more_domains() {
	awk 'BEGIN { for (c = 0; c < 200; c++) print c "," c ",0,0" }' >"$DIR/lscpu"
	cp -r "$NICS/bnxt_en" "$DIR/large"
	cp "$DIR/lscpu" "$DIR/large/lscpu"
	NICS=$DIR fit_from large
	assert_eq "$(of_fit '.domains | length')" 4
	assert_eq "$(of_fit '[.domains[].cpus | length] | add')" 196
}

test_there_are_at_most_16_domains_however_many_cores() {
	local cores
	cp -r "$NICS/bnxt_en" "$DIR/vast"
	for cores in 1026 4096; do
		awk -v n=$cores 'BEGIN { for (c = 0; c < n; c++) print c "," c ",0,0" }' \
			>"$DIR/vast/lscpu"
		NICS=$DIR fit_from vast
		assert_eq "$(of_fit '.domains | length')" 16 "domains of $cores cores"
		assert_le "$(of_fit '[.domains[].cpus | length] | max')" 64
	done
	assert_match "$(notes)" "cores are left over"
}

# --- texts of somebody else -----------------------------------------------------------------------

# NUMBER: of queues, of the table's rings, of a rule, of an interrupt, of a NUMA node.
huge_numbers() {
	rm -rf "$DIR/huge"
	cp -r "$NICS/igb" "$DIR/huge"
	sed -i "s/^Combined:.*/Combined:	$1/" "$DIR/huge/ethtool-l"
	sed -i "s/with [0-9]* RX/with $1 RX/" "$DIR/huge/ethtool-x"
	sed -i "s/^Filter: .*/Filter: $1/; s/to queue .*/to queue $1/" "$DIR/huge/ethtool-n"
	sed -i "s/^\( *\)4[5-8]:/\1$1:/" "$DIR/huge/interrupts"
	echo "$1" >"$DIR/huge/numa_node"
	echo "1,1,0,$1" >>"$DIR/huge/lscpu"
}

test_numbers_beyond_all_that_nics_have_are_no_numbers() {
	local number
	for number in 2147483647 2147483648 2294967291 4294967291 99999999999999999999; do
		huge_numbers $number
		NICS=$DIR fit_from huge --domains 2 --port 9000,9001
		assert_eq "$(command_of channels)" none "for $number queues"
		assert_eq "$(of_fit '[.. | numbers | select(. < 0 or . > 1000000)] | length')" 0
		assert_eq "$(of_fit '[.steps[].command | select(test(" -[0-9]"))] | length')" 0
	done
}

test_what_is_not_printable_reaches_no_terminal() {
	local out
	cp -r "$NICS/igb" "$DIR/odd"
	printf 'driver: a\033]0;x\007\377\376\nbus-info: \033[2J\303\n' >"$DIR/odd/ethtool-i"
	NICS=$DIR fit_from odd
	assert_eq "$(of_fit .nic.driver)" "a?]0;x???"
	out=$(shunt fit --from "$DIR/odd")
	[[ $out != *[^[:print:][:space:]]* ]] || fail "characters that are not printable: $out"
}

test_what_cannot_be_read_is_told() {
	assert_exit 1 shunt fit --from "$DIR/nowhere"
	assert_match "$(cat "$DIR/err")" "nothing can be read"
	mkdir "$DIR/bare"
	cp "$NICS/ice/ethtool-i" "$NICS/ice/lscpu" "$DIR/bare"
	NICS=$DIR fit_from bare --domains 2
	assert_match "$(notes)" "cannot be changed here.*interrupts are left as they are"
}

test_wrong_options_are_refused() {
	assert_exit 2 shunt fit
	assert_match "$(cat "$DIR/err")" "which interface"
	assert_exit 2 shunt fit --from "$NICS/ice" --apply
	assert_exit 2 shunt fit --dev lo --apply --undo
	assert_exit 2 shunt fit --from "$NICS/ice" --port 70000
	assert_exit 1 shunt fit --dev none0
}

run_tests "$@"
