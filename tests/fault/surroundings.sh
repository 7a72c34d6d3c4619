#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# surroundings.sh - shuntd where what it is started with, or what is around it, is not as it should be: folders that others may
# write, descriptors that are closed, a stderr that nobody reads, limits
# runs: pairs
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

SOCK=/run/shunt/labh.sock
STRANGER=60001
TEST_LIMIT=60
PINS=/sys/fs/bpf/shunt

as() { host setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all "${@:2}"; }
load_only() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
}

test_pins_in_a_folder_that_others_may_write_are_not_taken() {
	load_only
	chmod 777 $PINS/"$DEV"
	assert_exit 1 host timeout 10 shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/err")" "'$PINS/$DEV' may be written by others.*load again"
	chmod 755 $PINS/"$DEV"
	chown $STRANGER $PINS
	assert_exit 1 host timeout 10 shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/err")" "'$PINS' belongs to user $STRANGER.*load again"
}

run_tests "$@"
