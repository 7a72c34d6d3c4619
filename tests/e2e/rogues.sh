#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rogues.sh - two services of two users share a CPU, both behind systemd's @system-service filter,
# and the one of them (b) does not play fair: what that costs the other one (a)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
# shellcheck source=tests/systemd.sh
. "$(dirname "$0")/../systemd.sh"

LAB_ARGS=(--card 2)
HOLD_RING=4096
CPU=$(($(nproc) - 1))
HOLD_MS=20
TURN_MS=$((HOLD_MS + 10)) # and one look of shuntd: what one that stays has at a time
TEST_LIMIT=60
SPAN=0.8 # seconds of each load
[ -z "$LONG" ] || TEST_LIMIT=240 SPAN=2
USER_A=65534 USER_B=1

config() {
	cat <<-YAML
	domains:
	  - {queue: 0, cpus: [$CPU], service: a, user: $USER_A}
	  - {queue: 1, cpus: [$CPU], service: b, user: $USER_B}
	classes:
	  - {name: short, slo: 1ms}
	  - {name: long, slo: 10ms}
	ports:
	  - {port: 9000, default: short, service: a}
	  - {port: 9001, default: long, service: b}
	seats: {quantum: 200us, hold: ${HOLD_MS}ms}
	hang: {after: 10s}
	hold_ring: $HOLD_RING
	stamp: true
	YAML
}

FILTER=SystemCallFilter=@system-service
# NAME USER COMMAND…: a service of that user behind the filter, which kills where it refuses;
# REFUSES=EPERM: or says no.
service() {
	unit "$1.service" '[Service]' "User=$2" "ExecStart=${*:3}" LimitMEMLOCK=infinity \
		"StandardOutput=append:$DIR/$1.log" "StandardError=append:$DIR/$1.log" \
		$FILTER "SystemCallErrorNumber=${REFUSES:-}" \
		NoNewPrivileges=yes \
		SystemCallArchitectures=native "Environment=VICTIM=$(main_of a)"
	ctl daemon-reload
	ctl start "$1" || fail "$(ctl status "$1" 2>&1)"
}
main_of() { ctl show -P MainPID "$1" 2>/dev/null || true; }

start_a() {
	[ "$(nproc)" -ge 2 ] || skip "one CPU alone cannot serve and send"
	boot_systemd host
	"$TESTS/lab.sh" rule "$LAB" 9000 0
	"$TESTS/lab.sh" rule "$LAB" 9001 1
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml" >/dev/null
	install_unit 'Environment="SHUNTD_OPTIONS=--user 65534 --user 1"'
	cp build/tests/rogue "$DIR/bin"
	ctl start "shuntd@$DEV"
	start_fair a
}

start_fair() { # a|b [OPTIONS…]
	local domain=0 user=$USER_A
	[ "$1" = a ] || domain=1 user=$USER_B
	service "$1" "$user" "$DIR/bin/shunt-spin" --dev "$DEV" --domain "$domain" \
		--idle spin "${@:2}"
	until_up "$1" "$domain"
}
until_up() { # SERVICE DOMAIN
	wait_for 5 has_come "$1" "$2"
	is_active "$1" || fail "$(ctl status "$1" 2>&1)"
}
is_active() { [ "$(ctl is-active "$1")" = active ]; }
has_come() { stat_of ".domains[$2].up == 1" || ! is_active "$1"; }

start_rogue() { # HOW [THREADS]
	REFUSES=EPERM service b $USER_B "$DIR/bin/rogue" "$1" "/run/shunt/$DEV.sock" 1 "${2:-1}"
	wait_for 10 has_begun # it may have lost its core again for what it wrote
	is_active b || fail "$(ctl status b 2>&1)"
}
has_begun() { grep -q begun "$DIR/b.log" || ! is_active b; }

# The rogue's last words.
end_b() {
	ctl stop b
	assert_eq "$(ctl show -P Result b)" success "end of b"
	wait_for 10 stat_of '(.domains[1].agent.worker_pid // 0) == 0'
}

seat() { host shunt status -j | jq -e ".interfaces[0].seats[0] | $1"; }

# FAIR: looks at the seat until it is told to end; a bit for each service that obeys.
watch() { start watch build/tests/seat_watch "/sys/fs/bpf/shunt/$DEV" "$1"; }
# Ends the watch: no word was wrong, no request was stranded, no service kept the seat. The last two
# are of time: a stall of the other CPU that nothing tells of may look like one.
unwatch() {
	stop watch
	WATCHED=$(tail -n 1 "$DIR/watch.log")
	jq -e '.looks > 100 and .bad_words == 0' <<<"$WATCHED" >/dev/null ||
		broken "seen at the seat: $WATCHED"
	jq -e ".stranded == 0 and (.kept == 0 or ${MAY_KEEP:-false})" <<<"$WATCHED" >/dev/null ||
		fail "seen at the seat: $WATCHED"
}

# SERVICE OPTIONS…: requests for it; the client's JSON in $DIR/SERVICE.json.
call() {
	local port=9000
	[ "$1" = a ] || port=9001
	client taskset -c 0 shunt-load --to 198.18.0.2:$port --json --sleep \
		--wait $((3 * PATIENCE))s "${@:2}" >"$DIR/$1.json"
}
of_a() { jq "[.classes[]][0].$1" "$DIR/a.json"; }

# WHAT: requests for a that need 3 % of the CPU, and more than a quantum each; all are
# answered. Says how long they took at the host, and how often shuntd had to take the seat.
measure() {
	local taken
	taken=$(seat .taken)
	watch "${FAIR:-1}"
	call a --rate 100 --time "$SPAN" --mix short=1:300us
	unwatch
	assert_ge "$(of_a sent)" 50 "requests sent"
	assert_eq "$(of_a answered)" "$(of_a sent)" "requests that a answered beside: $1"
	P50=$(of_a 'server_p50_us | round') P99=$(of_a 'server_p99_us | round')
	echo "$1: p50 $P50 us, p99 $P99 us, seat taken $(($(seat .taken) - taken)) times;" \
		"$(jq -c '{turns, gaps, gap_us}' <<<"$WATCHED")"
}

# HOW [P50_US]: what the rogue costs; its requests are nobody's.
beside() {
	start_rogue "$1"
	# who reads nothing has no room for what would let it on
	MAY_KEEP=$([ "$1" = deaf ] && echo true || echo false) measure "$1"
	end_b
	tail -n 1 "$DIR/b.log" | jq -e '.on > 0 and .did > 0 and .broke == 0' >/dev/null ||
		broken "the rogue '$1' did what it must not: $(tail -n 1 "$DIR/b.log")"
	: >"$DIR/b.log"
	assert_le "$P50" $((1000 * PATIENCE * TURN_MS)) "median beside the rogue '$1', in us"
	assert_le "$P99" $((3000 * PATIENCE * TURN_MS)) "p99 beside the rogue '$1', in us"
}

# Of its own domain alone: the rogue's counts are the rogue's.
assert_a_conserved() {
	stat_of '.domains[0] | .arrived == .replied' >/dev/null ||
		broken "a is out of balance: $(stat_of '.domains[0]')"
	stat_of '.domains[0].core[0] | .queued == 0' >/dev/null || fail "requests of a are left"
}

test_two_services_behind_the_filter_share_the_cpu() {
	local client
	start_a
	start_fair b
	FAIR=3
	call b --rate 500 --time 1.2 --mix long=1:20us &
	client=$!
	measure obeys
	wait $client
	assert_eq "$(jq '[.classes[]][0] | .sent - .answered' "$DIR/b.json")" 0 "b's unanswered"
	assert_ge "$(jq .turns <<<"$WATCHED")" 50 "turns of the seat"
	assert_eq "$(grep -o 'Seccomp:.*' \
		"/proc/$(outer_of a)/status")" $'Seccomp:\t2' "the filter of a"
	assert_conserved
}

test_who_keeps_the_seat_leaves_the_other_one_half_of_the_time() {
	local how
	start_a
	for how in idle ${LONG:+busy} again; do
		beside "$how"
	done
	assert_ge "$(seat .taken)" 2 "times that the seat was taken"
	assert_a_conserved
}

# Where the kernel lets nobody refuse them, they do cost the other one seconds.
descriptors() {
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.getsockopt(socket.SOL_SOCKET, 83)  # SO_PASSRIGHTS
print("descriptors")' 2>/dev/null || true
}

test_who_abuses_what_it_was_given_harms_itself() {
	local how
	start_a
	for how in deaf $(descriptors) forge ${LONG:+steal} nonsense; do
		beside "$how"
	done
	assert_a_conserved
	start_fair b
	call b --rate 500 --time 1 --mix long=1:20us
	assert_eq "$(jq '[.classes[]][0] | .sent - .answered' "$DIR/b.json")" 0 \
		"requests of the next b that are not answered"
}

# --- control groups -------------------------------------------------------------------------------

# The process here that is a service's main one there.
outer_of() {
	cat /proc/[0-9]*/status 2>/dev/null | awk -v at="$(main_of "$1")" '
		/^NSpid:/ && NF == 3 && $3 == at { pid = $2 } END { print pid }'
}

# Where CPU time is shared out by groups: "folder file", of v2 or v1.
find_cpu_groups() {
	local at
	at=$(findmnt -rn -o TARGET -t cgroup2 | head -n 1)
	if [ -n "$at" ] && grep -qw cpu "$at/cgroup.subtree_control" 2>/dev/null; then
		GROUPS_AT=$at WEIGHT=cpu.weight UNIT=100
	else
		at=$(findmnt -rn -o TARGET -t cgroup -O cpu | head -n 1)
		[ -n "$at" ] || skip "no control groups share out the CPU here"
		GROUPS_AT=$at WEIGHT=cpu.shares UNIT=1024
	fi
	GROUP=$GROUPS_AT/shunt-rogues-$$-$(stat -Lc %i /proc/self/ns/mnt)
	mkdir "$GROUP" 2>/dev/null || skip "no control group can be made"
	[ $WEIGHT = cpu.shares ] || echo +cpu >"$GROUP/cgroup.subtree_control"
	mkdir "$GROUP"/{a,b,both}
}
# GROUP SERVICE…
put() { local name; for name in "${@:2}"; do outer_of "$name" >"$GROUP/$1/cgroup.procs"; done; }
end_groups() {
	local task
	for task in $(cat "$GROUP"/{a,b,both}/cgroup.procs 2>/dev/null); do
		echo "$task" >"$GROUPS_AT/cgroup.procs" 2>/dev/null || true
	done
	rmdir "$GROUP"/{a,b,both} "$GROUP" 2>/dev/null || true
	trap end_systemd EXIT
}
ran_ns() { # SERVICE
	cat "/proc/$(outer_of "$1")/task/"*/schedstat | awk '{ n += $1 } END { printf "%d", n }'
}

# Percent of what both ran that a did, while it is on and idle, so spins.
share_of_a() {
	local a b
	a=$(ran_ns a) b=$(ran_ns b)
	sleep 1
	a=$(($(ran_ns a) - a)) b=$(($(ran_ns b) - b))
	echo $((100 * a / (a + b)))
}

test_a_control_group_a_service_bounds_what_threads_cost() {
	local share
	find_cpu_groups
	start_a
	trap 'end_groups; end_systemd' EXIT
	start_rogue idle 8
	call a --rate 100 --count 3 --mix short=1:5us
	wait_for 5 seat '.on == "a" and .barred == ["b"]'
	put both a b
	share=$(share_of_a)
	echo "eight threads in a's own group: a has $share % of the CPU"
	assert_le "$share" 25 "percent of the CPU that a has beside eight threads"
	put a a
	put b b
	share=$(share_of_a)
	echo "a group for each: a has $share %"
	assert_ge "$share" 40 "percent that a has with a group of its own"
	echo $((4 * UNIT)) >"$GROUP/a/$WEIGHT"
	echo $UNIT >"$GROUP/b/$WEIGHT"
	share=$(share_of_a)
	echo "of fourfold weight: a has $share %"
	assert_ge "$share" 65 "percent that a has with fourfold weight"
	end_groups
}

# --- with LONG=1
# -----------------------------------------------------------------------------------

# What the filter keeps from them, the kernel refuses as well.
long_test_rogues_without_a_filter_do_no_more_harm() {
	local how
	start_a
	FILTER=
	for how in steal forge nonsense; do
		beside "$how"
	done
	assert_a_conserved
}

long_test_a_minute_of_rogues_kills_and_stops_strands_nothing() {
	local end=$((SECONDS + 60)) n=0 how client
	local ways=(idle busy again deaf descriptors forge steal nonsense)
	start_a
	watch 1
	call a --rate 500 --time 62 --mix short=0.9:5us,long=0.1:100us &
	client=$!
	while ((SECONDS < end)); do
		case $((n++ % 4)) in
		0 | 2)
			how=${ways[RANDOM % 8]}
			start_rogue "$how"
			sleep 2
			end_b
			;;
		1)
			start_fair b --no-safepoints
			call b --rate 50 --time 1 --mix long=1:5ms || true
			kill -STOP "$(outer_of b)"
			sleep 0.$((RANDOM % 5 + 1))
			kill -CONT "$(outer_of b)"
			end_b
			;;
		3)
			start_fair b
			call b --rate 1000 --time 1 --mix long=1:20us &
			sleep 0.$((RANDOM % 9 + 1))
			kill -KILL "$(outer_of b)"
			wait $! || true
			wait_for 10 stat_of '(.domains[1].agent.worker_pid // 0) == 0'
			ctl reset-failed b || true
			;;
		esac
	done
	wait $client
	MAY_KEEP=true unwatch # beside one that reads nothing
	assert_eq "$(jq '[.classes[]] | map(.sent - .answered) | add' "$DIR/a.json")" 0 \
		"a's unanswered"
	jq -c '[.classes[]] | map({name, sent, server_p50_us, server_p99_us})' "$DIR/a.json"
	echo "$WATCHED; $n turns of events; $(seat .taken) times taken"
	assert_a_conserved
}

if [ -n "$LONG" ]; then
	for name in $(declare -F | grep -oE ' long_test_.*'); do
		eval "${name#long_}() { $name; }"
	done
fi
[ $# -gt 0 ] || mapfile -t ALL < <(declare -F | grep -oE '\<test_.*')
run_tests "${@:-${ALL[@]}}"
