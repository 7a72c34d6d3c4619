#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# surroundings.sh - shuntd where what it is started with, or what is around it, is not as it should
# be: folders that others may write, descriptors that are closed, a stderr that nobody reads, limits
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"

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

# A worker of the user that shuntd lets in comes, and is told when it asks for its domain.
let_in() { as $STRANGER timeout 10 build/tests/harm given $SOCK 0; }
# WORDS for the shell: shuntd, started so, from one of its own.
start_so() {
	start shuntd nsenter "--net=/run/netns/shunt-$LAB-host" bash \
		-c "$1 exec shuntd --dev $DEV --user $STRANGER $2"
}

test_closed_standard_descriptors_are_replaced_before_any_other_is_made() {
	local fd
	load_only
	start_so '' '<&- >&- 2>&-'
	wait_for 10 listens $SOCK
	for fd in 0 1 2; do
		assert_eq "$(readlink "/proc/$(keeper_pid)/fd/$fd")" /dev/null \
			"descriptor $fd of the keeper"
		assert_eq "$(readlink "/proc/$(agent_pid)/fd/$fd")" /dev/null \
			"descriptor $fd of the agent"
	done
	let_in
	# The next agent has all that the first had: the lock, too.
	kill -KILL "$(agent_pid)"
	wait_for 10 let_in
	assert_exit 1 host timeout 10 shuntd --dev "$DEV"
	assert_match "$(cat "$DIR/err")" "serves already"
}

test_a_reader_of_stderr_that_ends_does_not_end_shuntd() {
	local agent keeper
	load_only
	start_so '' '2> >(head -n 1 >/dev/null)'
	wait_for 10 listens $SOCK
	agent=$(agent_pid) keeper=$(keeper_pid)
	# The moment when the reader ends is not known; shuntd writes a line for each of these
	# tries.
	for _ in 1 2 3 4 5; do
		as 61000 build/tests/harm given $SOCK 0 && fail "a stranger was let in"
	done
	let_in
	assert_eq "$(agent_pid) $(keeper_pid)" "$agent $keeper" "processes of shuntd"
	# Programs that shuntd executes start with SIGPIPE's usual effect.
	assert_eq "$((0x$(awk '/^SigIgn/ { print $2 }' "/proc/$agent/status") >> 12 & 1))" 0 \
		"SIGPIPE is ignored by inheritance"
}

# The kernel's pipe holds 64 KiB, and its reader does not read.
test_a_stderr_that_is_full_holds_nobody_up() {
	load_only
	mkfifo "$DIR/full"
	start full sleep 1000
	exec {full}<>"$DIR/full"
	dd if=/dev/zero bs=4096 count=17 oflag=nonblock 1>&"$full" 2>/dev/null || true
	start_so '' "2>$DIR/full"
	wait_for 10 listens $SOCK
	let_in
	let_in
	dd bs=65536 count=1 iflag=fullblock <&"$full" of=/dev/null 2>/dev/null
	let_in
	assert_match "$(timeout 2 cat <&"$full" | tr -d '\0' || true)" \
		"[0-9]+ lines were dropped: nobody read standard error"
}

test_a_plain_file_at_the_sockets_path_is_left_alone() {
	local path
	load_only
	for path in "$DIR/it" "$DIR/it.ctl" "$DIR/it.lock"; do
		echo precious >"$path"
		assert_exit 1 host timeout 10 shuntd --dev "$DEV" --socket "$DIR/it"
		assert_match "$(cat "$DIR/err")" \
			"cannot (listen at|lock) '$path': what is there is no .*: remove it, or name another --socket"
		assert_eq "$(cat "$path")" precious "the file"
		rm "$path"
	done
}

test_a_terminal_that_hangs_up_ends_shuntd_and_keeps_what_it_has() {
	load_only
	start_agent --user $STRANGER
	kill -HUP "$(agent_pid)" "$(keeper_pid)"
	wait_ended shuntd
	assert_eq $STATUS 0 "exit status"
	assert_match "$(logs shuntd)" "keeps memory and sockets for the next shuntd"
	start_agent --user $STRANGER
	wait_for 10 agent_pid
	assert_match "$(logs shuntd)" "took over from"
	let_in
}

test_workers_reach_the_socket_whatever_the_umask_was() {
	load_only
	start_so 'umask 077;' ''
	wait_for 10 listens $SOCK
	assert_eq "$(stat -c %a /run/shunt)" 755 "mode of /run/shunt"
	let_in
}

test_a_limit_of_file_sizes_is_named() {
	load_only
	start shuntd prlimit --fsize=100000:unlimited nsenter "--net=/run/netns/shunt-$LAB-host" \
		shuntd --dev "$DEV"
	wait_for 10 listens $SOCK
	wait_for 10 agent_pid
	stop_shuntd
	assert_exit 1 host timeout 10 prlimit --fsize=100000 shuntd --dev "$DEV"
	assert_match "$(cat "$DIR/err")" \
		"files may be 100000 bytes long \(RLIMIT_FSIZE\).*LimitFSIZE="
}

test_a_cpu_that_this_machine_has_not_is_refused_with_the_range() {
	local cpus
	cpus=$(getconf _NPROCESSORS_CONF)
	(umask 077 && printf '%032x\n' 5 >"$DIR/key")
	assert_exit 2 host timeout 10 shuntd --role host --dev "$DEV:$cpus" \
		--nic 02:00:00:00:00:01 --key "$DIR/key"
	assert_match "$(cat "$DIR/err")" \
		"no such CPU in '$DEV:$cpus': this machine has CPUs 0 to $((cpus - 1))"
}

test_a_key_that_is_no_plain_file_is_refused_at_once() {
	mkfifo -m 600 "$DIR/key"
	assert_exit 2 host timeout 10 shuntd --role host --dev "$DEV" --nic 02:00:00:00:00:01 \
		--key "$DIR/key"
	assert_match "$(cat "$DIR/err")" "the key '$DIR/key' is no plain file"
	assert_exit 2 host timeout 10 shuntd --role host --dev "$DEV" --nic 02:00:00:00:00:01 \
		--key /dev/zero
	assert_match "$(cat "$DIR/err")" "the key '/dev/zero' is no plain file"
}

# MAP EDIT: jq's change of the bytes of its first value.
write_map() {
	local pin=$PINS/$DEV/$1 value
	value=$(bpftool -j map lookup pinned "$pin" key 0 0 0 0 | jq -r "$2 | .value | join(\" \")")
	# shellcheck disable=SC2086 # bytes
	bpftool map update pinned "$pin" key 0 0 0 0 value $value
}

# More frames of a driver than 32 bits can count; a domain of queues without a core, and of as many
# queues as there can be numbers.
test_nonsense_in_the_maps_of_a_load_is_told_or_bounded() {
	need bpftool
	load_only
	write_map cfg '.value[123] = "0x80"'
	assert_exit 1 host timeout 10 shuntd --dev "$DEV" --once
	assert_match "$(cat "$DIR/err")" "'cfg' makes no sense: driver_frames is more than 32768"
	write_map cfg '.value[123] = "0x00"'
	write_map domains '.value[12,13,14,15] = "0x00" | .value[16,17,18,19,20] = "0xff"'
	start shuntd host shuntd --dev "$DEV"
	wait_for 10 grep "waiting: queue 0 is in use" "$DIR/shuntd.log" # by 64 cores
	assert_eq "$(grep -c 'died of signal' "$DIR/shuntd.log")" 0 "agents that died"
}

run_tests "$@"
