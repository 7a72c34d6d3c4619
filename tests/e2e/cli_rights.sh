#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_rights.sh - the capabilities that shunt needs: enough with three, named where one is missing
# runs: beside
. "$(dirname "$0")/../lib.sh"

PINS=/sys/fs/bpf/shunt
AS_NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)

program_id() { host ip -j link show dev "$DEV" | jq '.[0].xdp.prog.id // 0'; }
nothing_left() { [ ! -e $PINS ] && [ "$(program_id)" = 0 ]; }

test_without_rights_the_capabilities_are_named() {
	need setpriv
	chmod 1777 /sys/fs/bpf
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=-all \
		"$ROOT/build/shunt" load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"
	nothing_left || fail "something is left"
	host shunt load mq --dev "$DEV" --port 9000
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=-all \
		"$ROOT/build/shunt" unload --dev "$DEV"
	assert_match "$(cat "$DIR/err")" "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"
	assert_ne "$(program_id)" 0 "program"
}

# As the README says: no more is needed, but root's shuntd takes no pins of another user.
test_three_capabilities_are_enough_to_load() {
	local caps=-all,+bpf,+perfmon,+net_admin
	need setpriv
	chmod 1777 /sys/fs/bpf
	host "${AS_NOBODY[@]}" --inh-caps=$caps --ambient-caps=$caps "$ROOT/build/shunt" load mq \
		--dev "$DEV" --port 9000 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "pins are user 65534's: .*load as root"
	host "${AS_NOBODY[@]}" --inh-caps=$caps --ambient-caps=$caps "$ROOT/build/shunt" switch fcfs
	assert_exit 1 host shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/out" "$DIR/err")" "belongs to user 65534"
	host "${AS_NOBODY[@]}" --inh-caps=$caps --ambient-caps=$caps "$ROOT/build/shunt" -j doctor \
		--dev "$DEV" >"$DIR/out" || true
	assert_eq "$(jq -r '.findings[] | select(.check == "rights").level' "$DIR/out")" warn \
		"doctor's word on rights"
	host "${AS_NOBODY[@]}" --inh-caps=$caps --ambient-caps=$caps "$ROOT/build/shunt" unload
	nothing_left || fail "something is left"
}

test_roots_pins_are_called_so_to_who_has_capabilities_alone() {
	local caps=-all,+bpf,+perfmon,+net_admin
	need setpriv
	chmod 1777 /sys/fs/bpf
	host shunt load mq --dev "$DEV" --port 9000
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=$caps \
		--ambient-caps=$caps "$ROOT/build/shunt" switch fcfs --dev "$DEV"
	assert_match "$(cat "$DIR/err")" "hint: the pins are another user's: run it as root"
}

test_without_perfmon_alone_it_is_named() {
	local caps=-all,+bpf,+net_admin
	need setpriv
	chmod 1777 /sys/fs/bpf
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=$caps --ambient-caps=$caps \
		"$ROOT/build/shunt" load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "hint: this process lacks CAP_PERFMON"
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=$caps \
		--ambient-caps=$caps "$ROOT/build/shunt" doctor
	assert_match "$(cat "$DIR/out")" "fail +rights +this process lacks CAP_PERFMON"
}

test_doctor_without_rights_takes_no_program_of_shunts_for_another() {
	need setpriv
	host shunt load mq --dev "$DEV" --port 9000
	assert_exit 1 host "${AS_NOBODY[@]}" --inh-caps=-all "$ROOT/build/shunt" doctor --dev "$DEV"
	assert_match "$(cat "$DIR/out")" \
		"warn +programs +an XDP program is on '$DEV' .*; whose cannot be said"
	! grep -q "xdp off" "$DIR/out" || fail "it tells to detach shunt's own program"
}

run_tests "$@"
