#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# harm.sh - two domains, two users that may be workers: one of them means harm, and wastes its own
# domain alone
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--queues 2)
SOCK=/run/shunt/labh.sock
GOOD=60001 BAD=60002
SEED=${SEED:-$RANDOM}
TEST_LIMIT=${LONG:+180}
TEST_LIMIT=${TEST_LIMIT:-60}

# Users that the domains are reserved for, if any.
USER_OF_0='' USER_OF_1=''
domain() { echo "{queue: 0, cpus: [0]${USER_OF_0:+, user: $USER_OF_0}}
  - {queue: 1, cpus: [$(($(nproc) - 1))]${USER_OF_1:+, user: $USER_OF_1}}"; }

# USER COMMAND…: on the host, as that user.
as() { host setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all "${@:2}"; }
start_as() { # NAME USER COMMAND…
	start "$1" host setpriv --reuid "$2" --regid "$2" --clear-groups --inh-caps=-all "${@:3}"
}

logged() { logs shuntd | grep -q "$1"; }
said() { grep -q "$2" "$DIR/$1.log"; }
has_worker() { stat_of ".domains[$1].agent.worker_pid != null"; }
is_free() { stat_of ".domains[$1].agent.worker_pid == null"; }
is_up() { stat_of ".domains[$1].up == 1"; }
agent_pid() { stat_of .domains[0].agent.pid; }
# CPU time of the agent so far, in ms.
cpu_ms() { awk '{ print int($1 / 1000000) }' "/proc/$(agent_pid)/schedstat"; }

begin() {
	queues_by_cpu 0 1
	load fcfs "$@"
	wait_for 5 stat_of .domains[1].agent.pid
}

start_good() {
	start_as good $GOOD build/shunt-spin --dev "$DEV" --domain 0 --idle sleep
	wait_for 10 is_up 0
}

# The healthy worker's requests are all answered, and it can go and come again, whatever the other
# one does.
assert_unharmed() {
	offer --cpu 0 --rate 1000 --count 300 --time 5 --mix short=1:1us
	assert_all_answered
}

ALLOWED=(--user "$GOOD" --user "$BAD")
start_agent() {
	start shuntd host prlimit --nofile=1024 shuntd --dev "$DEV" "${ALLOWED[@]}" "$@"
	wait_for 10 test -S $SOCK
}

# Descriptors that were sent and not read are root's: beyond its limit, the kernel would carry none
# for anybody.
test_who_never_reads_its_welcomes_gets_no_more_of_them() {
	local agent keeper
	begin
	agent=$(agent_pid)
	start_good
	start_as bad $BAD build/tests/harm deaf $SOCK 1 200
	wait_for 10 said bad done
	assert_unharmed
	# The keeper is told of a new worker by a descriptor, too.
	stop good
	wait_for 5 is_free 0
	start_good
	assert_unharmed
	assert_eq "$(agent_pid)" "$agent" "process of the agent"
	stop bad KILL
	wait_for 5 is_free 1
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 is_up 1
}

# Neither those that connect and say nothing nor those that connect all the time keep another user
# out, and shuntd does not spend its time on them.
test_connections_of_one_user_do_not_keep_others_out() {
	local i before began spent
	begin
	for i in 1 2 3 4; do start_as "crowd$i" $BAD build/tests/harm crowd $SOCK 60; done
	for i in 1 2; do start_as "storm$i" $BAD build/tests/harm storm $SOCK 20; done
	before=$(cpu_ms)
	began=${EPOCHREALTIME/./}
	for i in 1 2 3; do
		start_good
		stop good
		wait_for 5 is_free 0
	done
	wait_for 5 logged "refused a connection (process .*user $BAD"
	spent=$((($(cpu_ms) - before) * 100000 / (${EPOCHREALTIME/./} - began)))
	assert_le "$spent" 25 "percent of a CPU that shuntd took"
	echo "shuntd took $spent % of a CPU"
	start_good
	assert_unharmed
}

test_rings_are_nobody_elses_before_the_process_that_had_them_has_ended() {
	begin 'drain: 2s'
	start_as ghost $BAD build/tests/harm ghost $SOCK 1
	wait_for 5 said ghost done
	wait_for 5 logged 'said goodbye and lives on'
	assert_match "$(host shunt status)" \
		'queue 1: .* of user 60002 \(said goodbye, and lives on\)'
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 is_up 1
	! running ghost || fail "it lives and has the rings"
	logged 'lives on after its goodbye: killing it'
}

test_a_process_may_come_again_after_its_goodbye() {
	begin
	start_good
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 10 is_up 0
	assert_unharmed
	assert_eq "$(stat_of '.domains[0].agent.worker_left == null')" true "it has come again"
}

test_another_users_worker_gets_nothing_that_the_former_had() {
	local first again other
	begin 'hold: {age: none}'
	first=$(as $BAD build/tests/harm given $SOCK 0)
	again=$(as $BAD build/tests/harm given $SOCK 0)
	assert_eq "$again" "$first" "what the same user is given"
	offer --cpu 0 --rate 1000 --count 50 --time 1 --wait 1ms --mix short=1:1us
	other=$(as $GOOD build/tests/harm given $SOCK 0)
	assert_eq "$(jq -s '[.[0] as $a | .[1] | to_entries[] | select(.value == $a[.key])]' \
		-c <<<"$first$other")" '[]' \
		"what both users had"
	start_good
	assert_unharmed
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 50 "lost: they waited in the other user's memory"
	assert_eq "$(stat_of .events.no_meta)" 0 "packets without metadata"
}

# The bad user's process holds domain 0's sockets, so the good user gets none; pid: that process.
bad_keeps_sockets_by() { # child, or hide
	pid=$(as $BAD build/tests/harm "$1" $SOCK 0)
	wait_for 5 is_free 0
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 0
}

test_sockets_that_a_process_of_the_former_user_keeps_are_named() {
	local pid
	begin
	bad_keeps_sockets_by child
	wait_for 5 logged "process $pid .*still holds the rings of queue 0: end it"
	kill -KILL "$pid"
	start_good
	assert_unharmed
}

# A worker may end before shuntd has its next turn on a CPU, and /proc tells nothing of it then.
test_the_child_of_a_worker_that_ended_at_its_welcome_is_named() {
	local pid
	export LD_PRELOAD=$ROOT/build/tests/outlived.so
	begin
	unset LD_PRELOAD
	bad_keeps_sockets_by child
	wait_for 5 logged "process $pid .*still holds the rings of queue 0: end it"
	kill -KILL "$pid"
}

# Nothing shows which process holds sockets in a message, only who had them last.
test_sockets_that_are_hidden_in_a_message_are_laid_to_the_user_that_had_them() {
	local pid
	begin
	bad_keeps_sockets_by hide
	assert_match "$(cat "$DIR/err")" \
		'queue 0 is still held by a process of before: see the messages of shuntd'
	wait_for 5 logged \
		"held: by a process of user $BAD, whose worker [0-9]* ('harm') had them last, or in a message .*: end that user's"
	! logged 'it seems a child' || fail "it blamed another user's process"
	host shunt doctor --dev "$DEV" >"$DIR/doctor" || true
	assert_match "$(cat "$DIR/doctor")" "process $pid \('innocent'\) has AF_XDP sockets"
	kill -KILL "$pid"
	start_good
	assert_unharmed
}

# The message that comes first has none, and only that one can be looked into.
test_doctor_names_who_may_have_sockets_in_a_message_behind_another() {
	local pid
	begin
	pid=$(as $BAD build/tests/harm hide $SOCK 0 innocent behind)
	wait_for 5 is_free 0
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 0
	host shunt doctor --dev "$DEV" >"$DIR/doctor" || true
	assert_match "$(cat "$DIR/doctor")" \
		"process $pid \('innocent'\), of a user whose workers .* descriptors in messages"
	kill -KILL "$pid"
}

# Any process can call itself so; and what its name holds does not reach root's terminal.
test_doctor_takes_no_users_process_for_shuntd() {
	local one other
	begin
	one=$(as $BAD build/tests/harm hide $SOCK 0 shuntd)
	other=$(as $BAD build/tests/harm hide $SOCK 1 $'a\e[2J\nb')
	wait_for 5 is_free 0
	wait_for 5 is_free 1
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 0
	host shunt doctor --dev "$DEV" >"$DIR/doctor" || true
	assert_match "$(cat "$DIR/doctor")" "process $one \('shuntd'\) has AF_XDP sockets"
	assert_match "$(cat "$DIR/doctor")" "process $other \('a\?\[2J\?b'\) has AF_XDP sockets"
	! grep -q "process $(agent_pid) " "$DIR/doctor" || fail "it names shuntd itself"
	kill -KILL "$one" "$other"
}

# A set-user-ID program is left alone: the user itself could not end it either.
test_a_worker_that_became_a_set_user_id_program_is_left_alone() {
	begin 'drain: 200ms'
	mkdir "$DIR/suid"
	mount -t tmpfs suid "$DIR/suid"
	chmod 711 "$DIR" "$DIR/suid"
	cp "$(command -v sleep)" "$DIR/suid/sleep"
	chmod 4755 "$DIR/suid/sleep"
	start_as became $BAD build/tests/harm become $SOCK 1 "$DIR/suid/sleep" 1000
	wait_for 5 logged \
		'is sent no signal and not ended: it has other rights than those of its user'
	assert_match "$(host shunt status)" \
		'queue 1: .* of user 60002 \(said goodbye, and lives on\) \(with other rights'
	running became || fail "it was ended"
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 1
	assert_match "$(cat "$DIR/err")" 'said goodbye, and lives on'
	start_good
	assert_unharmed
	stop became KILL
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 is_up 1
}

test_a_domain_for_one_user_is_for_nobody_else() {
	USER_OF_1=$BAD ALLOWED=(--user "$GOOD")
	begin
	assert_match "$(host shunt status)" 'queue 1: .*; for user 60002'
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 1
	assert_match "$(cat "$DIR/err")" 'domain 1 is for user 60002 alone'
	assert_exit 1 build/tests/harm given $SOCK 1
	assert_exit 1 as 60003 build/tests/harm given $SOCK 0
	assert_match "$(cat "$DIR/err")" \
		"user 60003 is not allowed: start shuntd with '--user 60003'"
	assert_exit 1 as $BAD build/tests/harm given $SOCK 0
	assert_match "$(cat "$DIR/err")" \
		"domain 0 is not for user 60002: start shuntd with '--user 60002', or ask for no domain"
	start_as bad $BAD build/shunt-spin --dev "$DEV" --idle sleep
	wait_for 10 is_up 1
	start_good
	assert_unharmed
	assert_exit 1 as $BAD build/tests/harm given $SOCK 4294967295
	assert_match "$(cat "$DIR/err")" \
		"each domain for user 60002 has a worker already \(process [0-9]+\): stop it or add one"
	host shunt unload --dev "$DEV"
	wait_for 5 logged 'was unloaded'
	assert_exit 1 as $BAD build/tests/harm given $SOCK 1
	assert_match "$(cat "$DIR/err")" "shunt is not loaded on 'labh'"
}

test_a_user_for_whom_no_domain_is_learns_so() {
	USER_OF_0=$BAD USER_OF_1=$BAD ALLOWED=(--user "$GOOD")
	begin
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 4294967295
	assert_match "$(cat "$DIR/err")" 'each domain is for another user than 60001'
}

test_a_limit_of_open_files_that_is_too_low_is_named() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start shuntd host prlimit --nofile=120 shuntd --dev "$DEV" "${ALLOWED[@]}"
	wait_for 10 logged \
		'no room for the 3 sockets of domain 0: shuntd may have 120 files open (RLIMIT_NOFILE) and'
	assert_exit 1 as $GOOD build/tests/harm given $SOCK 0
	assert_match "$(cat "$DIR/err")" 'domain 0 cannot be served now: see the messages of shuntd'
}

test_a_worker_that_leaves_before_it_is_welcomed_has_left() {
	begin
	start_as hasty $BAD build/tests/harm hasty $SOCK 1
	wait_for 5 said hasty done
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 3 is_up 1
	running hasty || fail "it was killed"
	! logged 'hung up' || fail "it said goodbye"
}

test_a_worker_that_shuntd_cannot_see_is_refused_in_words() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start shuntd host unshare --pid --fork --kill-child shuntd --dev "$DEV"
	wait_for 10 test -S $SOCK
	assert_exit 1 host shunt-spin --dev "$DEV" --domain 1
	assert_match "$(cat "$DIR/err")" 'PID namespace'
}

open_files() { ls "/proc/$(agent_pid)/fd" | wc -l; }
no_more_files_than() { (($(open_files) <= $1)); }

# All of it at once, at random, by a seed: connections, lies, damage, descriptors kept; with
# requests for that domain, too. CPU time is the kernel's to share out, so the harmful ones are
# nice.
test_who_does_everything_harmful_at_once_wastes_its_own_domain_alone() {
	local agent files before half seconds=${LONG:+60}
	seconds=${seconds:-4}
	half=$((seconds / 2 - 1))
	USER_OF_0=$GOOD # or the other may have it while nobody is there
	begin 'drain: 200ms'
	agent=$(agent_pid)
	start_good
	files=$(open_files)
	before=$(cpu_ms)
	echo "seed $SEED"
	[ "$(nproc)" = 1 ] ||
		start client client shunt-load --sleep --to 198.18.0.2 --cpu $(($(nproc) - 1)) \
		--rate 300 --time "$seconds" --mix short=1:1us
	start_as riot $BAD nice -n 19 build/tests/riot $SOCK 1 "$seconds" "$SEED"
	offer --cpu 0 --rate 500 --time "$half" --mix short=1:1us
	assert_all_answered
	# The good worker goes and comes again under the riot: descriptors are handed out, to it and
	# to the keeper.
	stop good
	wait_for 5 is_free 0
	start_good
	offer --cpu 0 --rate 500 --time "$half" --mix short=1:1us
	assert_all_answered
	wait_for 10 said riot hang
	logs riot | grep -E '^[a-z_]+ [0-9]+$' | paste -sd ' '
	echo "shuntd took $((($(cpu_ms) - before) / seconds)) ms of CPU time a second"
	assert_eq "$(agent_pid)" "$agent" "process of the agent"
	assert_eq "$(stat_of .domains[0].agent.workers)" 2 "times that the healthy worker came"
	assert_eq "$(stat_of .domains[0].agent.deaths)" 0 "deaths in its domain"
	wait_for 10 is_free 1
	# The bad user's workers have damaged their memory: the longer they did, the longer that
	# user waits.
	wait_for $((LONG ? 100 : 20)) as $BAD build/tests/harm given $SOCK 1
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 is_up 1
	wait_for 5 no_more_files_than $((files + 8))
	assert_unharmed
}

# A descriptor that comes with a message is closed by its receiver, and a close may take as long as
# its owner likes.
[ -n "${ELSEWHERE:-}" ] ||
test_nobody_can_send_shuntd_a_descriptor() {
	begin
	cat >"$DIR/send.py" <<-'END'
		import errno, os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		try:
		    s.setsockopt(socket.SOL_SOCKET, 83, 0)  # SO_PASSRIGHTS
		except OSError:
		    sys.exit(77)
		s.connect(sys.argv[1])
		try:
		    socket.send_fds(s, [b"x" * 32], [0])
		except OSError as e:
		    sys.exit(0 if e.errno == errno.EPERM else 1)
		sys.exit(1)
	END
	local status=0
	host python3 "$DIR/send.py" $SOCK || status=$?
	[ $status != 77 ] || skip "Linux before 6.16 lets anybody send descriptors"
	assert_eq $status 0 "status of who sends one"
}

# By the time the connection speaks, its process's number may be another process's: the domain's
# worker's.
test_a_connection_that_outlives_its_process_gets_no_answer() {
	begin
	cat >"$DIR/late.py" <<-'END'
		import os, re, socket, struct, sys
		text = open("include/shunt/abi.h").read()
		abi = int(re.search(r"#define SHUNT_ABI (\d+)", text)[1])
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		if not os.fork():
		    s.connect(sys.argv[1])
		    os._exit(0)
		os.wait()
		s.settimeout(5)
		s.send(struct.pack("=IHHII16s", 0x746e6873, abi, 1, 0xffffffff, 0, b"late"))
		try:
		    sys.exit(1 if s.recv(4096) else 0)
		except ConnectionResetError:
		    sys.exit(0)
	END
	host python3 "$DIR/late.py" $SOCK || fail "it was answered"
	start_good
	assert_unharmed
}

# Each damage is answered by new memory, and the former is the kernel's for as long as somebody has
# it.
test_a_user_that_damages_its_memory_again_and_again_has_to_wait_and_keeps_none_of_it() {
	local i got
	begin
	start_good
	for i in 1 2; do
		got=$(as $BAD build/tests/harm spoil $SOCK 1)
		assert_le "$(jq .left <<<"$got")" "$(($(jq .size <<<"$got") / 4))" \
			"bytes of memory $i that its worker keeps"
	done
	assert_exit 1 as $BAD build/tests/harm given $SOCK 1
	assert_match "$(cat "$DIR/err")" \
		"no welcome: workers of this user have damaged their memory"
	assert_match "$(logs shuntd)" \
		"workers of user $BAD have damaged their memory 2 times: none may come for 5 s"
	assert_unharmed
	wait_for 10 as $BAD build/tests/harm given $SOCK 1
}

run_tests "$@"
