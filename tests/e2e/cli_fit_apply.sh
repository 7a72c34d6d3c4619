#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_fit_apply.sh - what shunt fit changes on a veth and on a NIC that is played, and puts back
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/fit.sh"

NO_LAB=1

# A veth with four queues at both ends, in the test's own namespace.
make_veth() {
	ip link add fith numtxqueues 4 numrxqueues 4 type veth peer name fitc numtxqueues 4 \
		numrxqueues 4
}
channels_of() {
	ethtool -l "$1" | awk '/^RX:/ { rx = $2 } /^TX:/ { tx = $2 } END { print rx, tx }'
}
has_channels() { [ "$(channels_of fith)" = "$1" ]; }
rxvlan_of() { ethtool -k "$1" | awk '/^rx-vlan-offload:/ { print $2 }'; }
records() { find /run/shunt -name 'fit-*.json' 2>/dev/null | wc -l; }

# --- a veth -------------------------------------------------------------------------------------

test_the_proposal_is_a_configuration_that_load_takes() {
	make_veth
	shunt -j fit --dev fith --port 9000 >"$DIR/fit.json"
	assert_eq "$(command_of channels)" "ethtool -L fith rx 1 tx 1"
	of_fit .config >"$DIR/service.yaml"
	shunt load mq --dev fith --config "$DIR/service.yaml" --dry-run
	assert_eq "$(channels_of fith)" "4 4" "queues after a proposal"
}

# QUEUES FILE: load makes of the file's "auto" what fit proposes for as many domains.
auto_domains() {
	local of='.domains | map("\(.queues):\(.cpus)") | join(" ")'
	ethtool -L fith rx "$1" tx "$1"
	ethtool -L fitc tx "$1"
	assert_eq "$(json "$of" shunt -j load mq --dev fith --config "$2" --dry-run)" \
		"$(json "$of" shunt -j fit --dev fith --domains "$1")" "domains of $1 queues"
}

test_auto_makes_domains_of_the_queues_that_there_are() {
	make_veth
	printf 'domains: auto\nports:\n  - {port: 9000}\n' >"$DIR/auto.yaml"
	auto_domains 1 "$DIR/auto.yaml"
	[ "$(nproc)" = 1 ] || auto_domains 2 "$DIR/auto.yaml"
}

test_auto_may_stand_anywhere_and_other_words_are_errors() {
	make_veth
	printf '# \u00fc: {domains: list}\n{ports: [{port: 9000}], domains: auto}\n' \
		>"$DIR/flow.yaml"
	auto_domains 1 "$DIR/flow.yaml"
	printf '{domains: auto , ports: [{port: 9000}]}\n' >"$DIR/flow.yaml"
	auto_domains 1 "$DIR/flow.yaml"
	printf 'domains: automatic\nports: [{port: 9000}]\n' >"$DIR/wrong.yaml"
	assert_exit 1 shunt load mq --dev fith --config "$DIR/wrong.yaml" --dry-run
	assert_match "$(cat "$DIR/err")" "wrong.yaml:1: "
	printf 'domains: auto\nports: [{port: 9000, default: none}]\n' >"$DIR/wrong.yaml"
	assert_exit 1 shunt load mq --dev fith --config "$DIR/wrong.yaml" --dry-run
	assert_match "$(cat "$DIR/err")" "wrong.yaml:2: "
}

test_auto_refuses_queues_for_which_there_are_no_cores() {
	play igb
	play_cores 2
	printf 'domains: auto\nports: [{port: 9000}]\n' >"$DIR/auto.yaml"
	assert_exit 1 shunt load mq --dev eth0 --config "$DIR/auto.yaml" --dry-run
	assert_match "$(cat "$DIR/err")" "has 4 receive queues, and there are cores for 1 of them"
	assert_match "$(cat "$DIR/err")" "shunt fit --dev eth0 --apply"
}

test_apply_changes_the_nic_and_undo_puts_back_what_was_there() {
	make_veth
	shunt fit --dev fith --domains 2 --apply >"$DIR/out"
	assert_match "$(cat "$DIR/out")" "ethtool -L fith rx 2 tx 2.*ethtool -K fith rxvlan off"
	assert_eq "$(channels_of fith) $(rxvlan_of fith)" "2 2 off"
	assert_eq "$(stat -c %a /run/shunt/fit-*.json)" 600
	assert_match "$(shunt fit --dev fith --domains 2 --apply)" "nothing to change"
	# a second proposal's changes do not hide what was there before the first
	shunt fit --dev fith --apply
	assert_eq "$(channels_of fith)" "1 1"
	shunt fit --dev fith --undo
	assert_eq "$(channels_of fith) $(rxvlan_of fith)" "4 4 on"
	assert_eq "$(records)" 0
	assert_match "$(shunt fit --dev fith --undo)" "nothing to change"
}

test_undo_leaves_alone_another_interface_of_that_number() {
	ip link add fith index 77 numrxqueues 4 numtxqueues 4 type veth peer name fitc \
		numrxqueues 4 numtxqueues 4
	shunt fit --dev fith --apply
	ip link del fith
	ip link add fith index 77 numrxqueues 8 numtxqueues 8 type veth peer name fitc
	ethtool -L fith rx 2 tx 2
	assert_exit 1 shunt fit --dev fith --undo
	assert_match "$(cat "$DIR/err")" "is of another interface .*driver 'veth', MAC '..:..:..:"
	assert_eq "$(channels_of fith)" "2 2"
	rm /run/shunt/fit-*.json
}

# The program that changes the second setting kills shunt before it does so, or behind it.
test_a_process_that_was_killed_leaves_what_undo_understands() {
	local when ethtool
	ethtool=$(command -v ethtool)
	mkdir "$DIR/bin"
	make_veth
	for when in before behind; do
		cat >"$DIR/bin/ethtool" <<-SH
		#!/bin/bash
		[ "\$1" = -K ] || exec $ethtool "\$@"
		[ $when = before ] || $ethtool "\$@"
		kill -KILL \$PPID
		SH
		chmod +x "$DIR/bin/ethtool"
		assert_exit 137 env PATH="$DIR/bin:$PATH" shunt fit --dev fith --apply
		assert_eq "$(channels_of fith)" "1 1" "queues when it was killed"
		assert_eq "$(records)" 1
		shunt fit --dev fith --undo
		assert_eq "$(channels_of fith) $(rxvlan_of fith)" "4 4 on" "after undo, $when"
		assert_eq "$(records)" 0
	done
}

# The program that changes the second setting kills shunt, and changes it when it is let.
test_undo_waits_for_what_a_process_that_was_killed_has_begun() {
	local ethtool
	ethtool=$(command -v ethtool)
	mkdir "$DIR/bin"
	make_veth
	cat >"$DIR/bin/ethtool" <<-SH
	#!/bin/bash
	[ "\$1" = -K ] && [ ! -e $DIR/go ] || exec $ethtool "\$@"
	kill -KILL \$PPID
	until [ -e $DIR/go ]; do sleep 0.02; done
	exec $ethtool "\$@"
	SH
	chmod +x "$DIR/bin/ethtool"
	assert_exit 137 env PATH="$DIR/bin:$PATH" shunt fit --dev fith --apply
	start undo shunt fit --dev fith --undo
	wait_for 5 grep lock "/proc/${PIDS[undo]}/wchan" # of kernel functions
	touch "$DIR/go"
	wait_ended undo
	assert_eq "$STATUS $(channels_of fith) $(rxvlan_of fith) $(records)" "0 4 4 on 0"
}

test_an_undo_that_was_killed_goes_on() {
	local ethtool
	ethtool=$(command -v ethtool)
	mkdir "$DIR/bin"
	make_veth
	shunt fit --dev fith --apply
	printf '#!/bin/bash\n[ "$1" != -L ] || kill -KILL $PPID\nexec %s "$@"\n' "$ethtool" \
		>"$DIR/bin/ethtool"
	chmod +x "$DIR/bin/ethtool"
	assert_exit 137 env PATH="$DIR/bin:$PATH" shunt fit --dev fith --undo
	assert_eq "$(records)" 1
	wait_for 5 has_channels "4 4" # which the program did behind the kill
	shunt fit --dev fith --undo
	assert_eq "$(channels_of fith) $(rxvlan_of fith) $(records)" "4 4 on 0"
}

test_a_veth_whose_peer_sends_on_more_queues_is_told_as_that() {
	make_veth
	shunt fit --dev fith --apply
	assert_exit 3 shunt load mq --dev fith --port 9000
	assert_match "$(cat "$DIR/err")" "its peer sends on no more queues.*ethtool -L PEER tx 1,"
	ethtool -L fitc tx 1
	shunt load mq --dev fith --port 9000
}

test_queues_are_not_changed_below_a_program() {
	make_veth
	shunt load mq --dev fith --port 9000
	assert_exit 1 shunt fit --dev fith --apply
	assert_match "$(cat "$DIR/err")" "an XDP program is on 'fith'.*shunt unload"
	assert_eq "$(channels_of fith)" "4 4"
	shunt unload
	shunt fit --dev fith --apply
	assert_eq "$(channels_of fith)" "1 1"
}

test_only_root_changes_settings() {
	make_veth
	assert_exit 1 setpriv --reuid 65534 --clear-groups shunt fit --dev fith --apply
	assert_match "$(cat "$DIR/err")" "root"
	assert_eq "$(channels_of fith)" "4 4"
}

# --- a NIC that is played -----------------------------------------------------------------------

# NIC: ethtool from here on is a program that answers by copies of its texts, and changes them.
play() {
	cp -r "$NICS/$1" "$DIR/nic"
	sed -i '/bus-info/d' "$DIR/nic/ethtool-i" # of this machine's interrupts none is its
	mkdir "$DIR/bin"
	install -m 755 "$NICS/played.sh" "$DIR/bin/ethtool"
	cp -r "$DIR/nic" "$DIR/was"
	ip link add eth0 type veth peer name peer0
	NIC=$DIR/nic
	PATH=$DIR/bin:$PATH
}
# What is shown of it now is what was shown at first.
assert_as_before() {
	local text
	for text in l x k c n n-udp4 n-udp6; do
		[ ! -e "$DIR/was/ethtool-$text" ] ||
			diff -bB <(sed '/^RSS/,$d' "$DIR/was/ethtool-$text") \
				<(sed '/^RSS/,$d' "$NIC/ethtool-$text") ||
			fail "ethtool -$text is another than before"
	done
}

# N: so many cores of one thread.
play_cores() {
	printf '#!/bin/bash\nfor ((c = 0; c < %d; c++)); do echo $c,$c,0,0; done\n' "$1" \
		>"$DIR/bin/lscpu"
	chmod +x "$DIR/bin/lscpu"
}

test_weights_are_set_behind_the_queues_and_undone_with_them() {
	play igb
	play_cores 8
	shunt -j fit --dev eth0 --domains 2 --cores 3 --apply >"$DIR/fit.json"
	assert_eq "$(of_fit '[.done[].command][:2] | join(", ")')" \
		"ethtool -L eth0 combined 2, ethtool -X eth0 weight 2 1"
	shunt fit --dev eth0 --undo
	assert_as_before
	[ ! -e "$NIC/own" ] || fail "the table is not the driver's own again"
}

# So many queues at most, of which it has four.
play_most() {
	sed -i "1,/^Current/s/^Combined:.*/Combined:	$1/" "$NIC/ethtool-l"
	cp "$NIC/ethtool-l" "$DIR/was"
}
assert_table_is_the_drivers() {
	assert_as_before
	[ ! -e "$NIC/own" ] || fail "the table is not the driver's own again"
	assert_eq "$(json .nic.table shunt -j fit --dev eth0)" "equal 4"
	assert_eq "$(records)" 0
}

# igb with eight queues at most, on a machine of 24 cores
play_large() {
	play igb
	play_most 8
	play_cores 24
}

test_undo_after_weights_and_then_more_queues_leaves_the_drivers_table() {
	play_large
	shunt fit --dev eth0 --domains 2 --cores 3 --apply
	shunt fit --dev eth0 --domains 8 --apply
	shunt fit --dev eth0 --undo
	assert_table_is_the_drivers
}

test_undo_after_more_queues_and_then_fewer_puts_back_queues_before_the_table() {
	play_large
	shunt fit --dev eth0 --domains 8 --cores 12 --apply
	shunt fit --dev eth0 --domains 2 --apply
	shunt fit --dev eth0 --undo
	assert_table_is_the_drivers
}

test_a_set_table_that_looks_as_the_drivers_is_undone_before_queues_go() {
	play_large
	shunt fit --dev eth0 --domains 8 --cores 12 --apply
	shunt fit --dev eth0 --domains 8 --cores 16 --apply
	shunt fit --dev eth0 --undo
	assert_table_is_the_drivers
}

# The NIC has a rule of that port already, for queue 1.
test_a_rule_that_is_there_is_replaced_and_put_back() {
	play igb
	shunt fit --dev eth0 --domains 2 --port 9001,9002 --apply
	assert_eq "$(grep -c 'Dest port: 9001 ' "$NIC/ethtool-n")" 1 "rules of port 9001"
	assert_match "$(cat "$NIC/log")" "-N eth0 flow-type udp4 dst-port 9001 action 0 loc 14"
	shunt fit --dev eth0 --undo
	assert_as_before
}

# As bnxt_en answers: EINVAL for a place, EEXIST for a second rule of a port.
test_a_rule_of_bnxt_is_deleted_and_made_anew_and_put_back() {
	play igb
	sed -i 's/^driver: .*/driver: bnxt_en/' "$NIC/ethtool-i"
	touch "$NIC/no-places"
	cp "$NIC/ethtool-i" "$DIR/was/ethtool-i"
	shunt fit --dev eth0 --domains 2 --port 9001,9002 --apply
	assert_eq "$(grep -A 1 'Dest port: 9001 ' "$NIC/ethtool-n" | tail -n 1)" \
		"	Action: Direct to queue 0"
	shunt fit --dev eth0 --undo
	assert_eq "$(grep -A 1 'Dest port: 9001 ' "$NIC/ethtool-n" | tail -n 1)" \
		"	Action: Direct to queue 1"
	assert_eq "$(grep -c 'Dest port: 900[12] ' "$NIC/ethtool-n")" 1 "rules of the ports"
	assert_eq "$(records)" 0
}

# Interrupts 45 to 48 of its queues, as far as /proc tells.
play_interrupts() {
	local irq
	for irq in 45 46 47 48; do
		mkdir -p "$DIR/irq/$irq"
		echo 0-3 >"$DIR/irq/$irq/smp_affinity_list"
	done
	cp "$NIC/interrupts" "$DIR/interrupts"
	mount --bind "$DIR/interrupts" /proc/interrupts
	mount --bind "$DIR/irq" /proc/irq
}
affinities() { cat "$DIR"/irq/*/smp_affinity_list | paste -sd ' '; }

test_interrupts_are_placed_and_put_back() {
	play igb
	play_interrupts
	shunt fit --dev eth0 --domains 2 --apply
	shunt -j fit --dev eth0 --domains 2 >"$DIR/fit.json"
	assert_eq "$(affinities)" "$(of_fit '.domains[0].interrupts[0]') $(of_fit \
		'.domains[1].interrupts[0]') 0-3 0-3"
	assert_eq "$(of_fit '.steps | map(select(.choice | not)) | length')" 0
	shunt fit --dev eth0 --undo
	assert_eq "$(affinities)" "0-3 0-3 0-3 0-3"
	assert_as_before
}

# virtio-net spreads its interrupts over the CPUs whenever the number of its queues changes.
test_interrupts_that_the_driver_moves_with_its_queues_are_put_back() {
	play igb
	play_cores 4
	play_interrupts
	touch "$NIC/spreads"
	echo 1-2 >"$DIR/irq/45/smp_affinity_list"
	shunt fit --dev eth0 --domains 2 --apply
	shunt fit --dev eth0 --undo
	assert_eq "$(affinities)" "1-2 0-3 0-3 0-3" "after fewer queues"
	ethtool -L eth0 combined 2
	echo 1-2 >"$DIR/irq/45/smp_affinity_list"
	shunt fit --dev eth0 --domains 4 --apply
	shunt fit --dev eth0 --undo
	assert_match "$(affinities)" "^1-2 2 " "after more queues"
}

test_undo_leaves_alone_what_the_nic_does_not_have_any_more() {
	play igb
	play_interrupts
	shunt fit --dev eth0 --apply
	mv "$NIC/ethtool-i" "$DIR/ethtool-i"
	: >"$DIR/interrupts"
	assert_exit 1 shunt fit --dev eth0 --undo # nothing can be read: not known to be gone
	assert_eq "$(records)" 1
	mv "$DIR/ethtool-i" "$NIC/ethtool-i"
	shunt fit --dev eth0 --undo 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "interrupt-0 is left alone: no name in /proc/interrupts"
	assert_as_before
	assert_eq "$(records)" 0
}

test_all_kinds_of_settings_are_done_and_put_back() {
	play igb
	shunt -j fit --dev eth0 --domains 2 --port 9000,9002 --no-coalesce --apply >"$DIR/fit.json"
	assert_eq "$(of_fit '[.done[].setting] | join(" ")')" \
		"channels hash-udp4 hash-udp6 ntuple rule-9000 rule-9002 rxvlan coalesce"
	assert_match "$(shunt fit --dev eth0 --domains 2 --port 9000,9002 --no-coalesce)" \
		"nothing to change"
	shunt fit --dev eth0 --undo
	assert_as_before
	assert_eq "$(records)" 0
}

test_a_table_of_ones_own_is_put_back_too() {
	play igb
	"$DIR/bin/ethtool" -X eth0 weight 0 0 1 1
	cp "$NIC/ethtool-x" "$DIR/was/ethtool-x"
	shunt fit --dev eth0 --domains 2 --apply
	assert_eq "$(json .nic.table shunt -j fit --dev eth0)" "equal 2"
	shunt fit --dev eth0 --undo
	assert_as_before
	assert_match "$(cat "$NIC/log")" "-X eth0 weight 0 0 64 64"
}

# As ice does while irdma has its queues.
test_the_first_failure_ends_it_and_says_what_was_done() {
	play igb
	touch "$NIC/refuse-L"
	assert_exit 1 shunt fit --dev eth0 --domains 2 --apply
	assert_match "$(cat "$DIR/err")" "'ethtool -L eth0 combined 2' failed: .* busy"
	assert_match "$(cat "$DIR/err")" "shunt fit --dev eth0 --undo"
	grep -q -- '-N eth0' "$NIC/log" && fail "it went on after the failure"
	rm "$NIC/refuse-L"
	shunt fit --dev eth0 --undo
	assert_as_before
}

# A driver may take a value and have another one.
test_a_value_that_the_nic_does_not_have_then_is_a_failure() {
	play igb
	sed -i 's/rxvlan) name=rx-vlan-offload/rxvlan) exit 0/' "$DIR/bin/ethtool"
	assert_exit 1 shunt fit --dev eth0 --apply
	assert_match "$(cat "$DIR/err")" "was taken, but rxvlan is 'on' after it"
}

run_tests "$@"
