#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# strict.sh - BPF programs as loader, agents and baselines load them, with constants set and maps
# sized, before a verifier that refuses a program when what it knows of a register contradicts
# itself; cli_switch.sh has the policies' programs
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../wire/lab.sh"
NO_LAB=1
export CPUS=0

need_strict() {
	knows_strict || skip \
		"this kernel does not know BPF_F_TEST_REG_INVARIANTS: it came with Linux 6.8"
}
policies() { find "$ROOT/bpf/policies" -name '*.c' -printf '%f\n' | sed 's/\.c$//' | sort; }
is_loaded() { [ "$(loaded_strictly "$1")" -ge "$2" ]; }

test_the_host_program_of_the_wire_is_verified_strictly() {
	need_strict
	TRANSPORT=wire
	. "$TESTS/wire.sh"
	use_wire
	export LD_PRELOAD=$ROOT/build/tests/strict.so # of shuntd alone: its name is a function's
	start_host_agent
	unset LD_PRELOAD
	wait_for 10 grep shunt_unwrap "$STRICT_LOG"
	assert_eq "$(loaded_strictly shunt_unwrap)" 1 \
		"programs loaded: $(cat "$STRICT_LOG" "$DIR/shuntd_host.log")"
}

test_every_policys_program_for_a_nic_is_verified_strictly() {
	local name n=0
	need_strict
	TRANSPORT=wire
	. "$TESTS/wire.sh"
	use_wire
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	for name in $(policies); do
		strict host shunt switch "$name" --dev "$DEV"
		n=$((n + 1))
	done
	assert_eq "$(loaded_strictly shunt_nic)" "$n" "programs loaded"
}

# For kernels before 5.18; there is no other difference between them.
test_programs_that_copy_by_a_loop_are_verified_strictly() {
	local name n=0 names=(mq)
	need_strict
	[ -z "$LONG" ] || mapfile -t names < <(policies)
	wire_lab 1
	for name in "${names[@]}"; do
		LD_PRELOAD=$ROOT/build/tests/strict.so start_nic "build/nic-loop/$name.o" 1
		stop nic
		n=$((n + 1))
	done
	assert_eq "$(loaded_strictly shunt_nic)" "$n" "programs loaded"
}

test_what_signals_from_xdp_is_verified_strictly() {
	need_strict
	new_lab
	config "preempt: {watch: none, grace: 100us, signals: xdp}" >"$DIR/config.yaml"
	strict host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	assert_eq "$(loaded_strictly shunt_signal) $(loaded_strictly shunt_aim)" "1 1" \
		"programs loaded"
}

# As a program of its own: libxdp loads it as a part of its dispatcher, where the kernel takes one.
test_the_stub_in_a_dispatcher_is_verified_strictly() {
	need_strict
	new_lab
	strict host bpftool prog load "$ROOT/build/stub.o" /sys/fs/bpf/stub
	assert_eq "$(loaded_strictly shunt_stub)" 1 "programs loaded"
}

test_what_the_baselines_load_is_verified_strictly() {
	local mode
	need_strict
	new_lab
	for mode in select xdp; do
		LD_PRELOAD=$ROOT/build/tests/strict.so start baseline host shunt-baseline \
			--mode $mode --cpus 0 --idle block --dev "$DEV"
		wait_for 10 grep -q serving "$DIR/baseline.log"
		stop baseline
		rm "$DIR/baseline.log"
	done
	assert_eq "$(loaded_strictly choose) $(loaded_strictly to_queue)" "1 1" "programs loaded"
}

# A new program belongs in a test of this file. The card's is verified for a card: make test-nfp;
# that of threads in guests: make test-sched; those of benches are loaded by benches alone.
test_every_program_is_known_here() {
	assert_eq "$(find agent apps bpf lib loader offload sim -name '*.bpf.c' | sort |
		paste -sd' ')" \
		"apps/baseline/baseline.bpf.c bpf/host/seat.bpf.c bpf/host/signal.bpf.c bpf/host/stub.bpf.c bpf/host/unwrap.bpf.c bpf/nic/nic.bpf.c bpf/sched/sched.bpf.c bpf/shunt.bpf.c offload/nfp/card.bpf.c"
}

test_the_programs_of_seats_are_verified_strictly() {
	need_strict
	new_lab --queues 2
	printf '%s\n' 'ports: [{port: 9000, service: any}]' 'domains:' \
		'  - {queue: 0, cpus: [0], service: a}' \
		'  - {queue: 1, cpus: [0], service: b}' >"$DIR/config.yaml"
	strict host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	assert_eq "$(loaded_strictly shunt_seat_ask) $(loaded_strictly shunt_seat_move)" "1 1" \
		"programs loaded"
}

run_tests "$@"
