#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_load_dispatcher.sh - shunt load beside other XDP programs, and the dispatcher
# runs: beside
. "$(dirname "$0")/../lib.sh"

PINS=/sys/fs/bpf/shunt

program_id() { host ip -j link show dev "$DEV" | jq '.[0].xdp.prog.id // 0'; }
nothing_left() { [ ! -e $PINS ] && [ "$(program_id)" = 0 ]; }

# A program of somebody else's on the interface.
attach_other() {
	need clang
	cat >"$DIR/other.c" <<-C
	__attribute__((section("xdp"), used)) int other_prog(void *ctx) { return 2; }
	char _license[] __attribute__((section("license"), used)) = "GPL";
	C
	clang -O2 -target bpf -c "$DIR/other.c" -o "$DIR/other.o"
	host ip link set dev "$DEV" xdp obj "$DIR/other.o" sec xdp
}

test_another_xdp_program_is_named_and_left_alone() {
	local id
	attach_other
	id=$(program_id)
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" \
		"another XDP program is on '$DEV': 'other_prog' \(id $id, native mode\)"
	assert_eq "$(program_id)" "$id" "the other program"
	[ ! -e $PINS ] || fail "pins are left"
	assert_exit 1 host shunt -j doctor --dev "$DEV"
	jq -e '.findings[] | select(.check == "programs" and .level == "fail")' "$DIR/out" \
		>/dev/null ||
		fail "doctor does not see it"
}

# Where a kernel takes dispatchers: tests/vm/dispatcher.sh.
test_a_kernel_that_takes_no_dispatcher_is_told_and_nothing_stays() {
	if host shunt load mq --dev "$DEV" --port 9000 --dispatcher 2>"$DIR/err"; then
		host shunt unload --dev "$DEV"
		skip "this kernel takes libxdp's dispatcher"
	fi
	assert_match "$(cat "$DIR/err")" "takes no dispatcher|does not take programs that write"
	nothing_left || fail "something is left"
	host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" attached
	takes_dispatchers || return 0
	host shunt load mq --dev "$DEV" --port 9000 --dispatcher --dry-run >"$DIR/out" 2>&1
	assert_match "$(cat "$DIR/out")" "only a load tells whether libxdp takes shunt's program"
	assert_match "$(cat "$DIR/out")" "would need 'shunt unload --dev $DEV' first"
}

takes_dispatchers() {
	json '.features[] | select(.feature == "freplace").available' host shunt -j features |
		grep -q true
}

test_a_dry_run_knows_of_dispatchers_what_features_knows() {
	! takes_dispatchers || skip "this kernel has what a dispatcher needs"
	assert_exit 3 host shunt load mq --dev "$DEV" --port 9000 --dispatcher --dry-run
	assert_match "$(cat "$DIR/err")" "this kernel takes no dispatcher.*hint: load without"
}

test_a_program_without_a_dispatcher_leaves_no_place_in_one() {
	attach_other
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000 --dispatcher
	assert_match "$(cat "$DIR/err")" "another XDP program is on '$DEV', without a dispatcher"
	assert_match "$(cat "$DIR/err")" "xdp-loader load"
	[ ! -e $PINS ] || fail "pins are left"
}

test_of_two_loads_by_two_bpffs_one_is_refused_with_the_way_out() {
	local i one other
	mkdir "$DIR/bpffs"
	mount -t bpf -o mode=0700 bpf "$DIR/bpffs"
	for i in 1 2 3; do
		start other host shunt --bpffs "$DIR/bpffs" load mq --dev "$DEV" --port 9000
		one=0
		host shunt load mq --dev "$DEV" --port 9000 >"$DIR/other.log.1" 2>&1 || one=$?
		wait_ended other 20
		other=$STATUS
		assert_eq $((one + other)) 1 "of two loads the exit statuses' sum"
		assert_match "$(cat "$DIR"/other.log*)" \
			"hint: shunt is loaded on '$DEV' by pins that are not below '.*--bpffs"
		rm "$DIR"/other.log*
		host shunt --bpffs "$([ $one = 0 ] && echo /sys/fs/bpf || echo "$DIR/bpffs")" \
			unload --dev "$DEV" >/dev/null
	done
}

test_a_place_in_the_dispatcher_is_asked_for_with_the_dispatcher() {
	assert_exit 2 host shunt load mq --dev "$DEV" --port 9000 --priority 20
	assert_match "$(cat "$DIR/err")" "say --dispatcher, too"
	assert_exit 2 host shunt load mq --dev "$DEV" --port 9000 --dispatcher --offload nfp
	assert_match "$(cat "$DIR/err")" "goes without --dispatcher"
	assert_exit 2 host shunt load mq --dev "$DEV" --port 9000 --dispatcher --priority 0
}

run_tests "$@"
