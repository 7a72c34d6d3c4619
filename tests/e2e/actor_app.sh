#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# actor_app.sh - examples/counter.c: actors that count, tell each other, and go on where a process
# that was killed left them
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

KILLS=${KILLS:-$([ -n "$LONG" ] && echo 40 || echo 5)}

# Byte 0 says whom a request is for: 1 is a counter, by bytes 1 and 2; 2 is the total. ROWS: of
# actors, in place of these.
rows() {
	[ -z "${ROWS:-}" ] || { printf '%s\n' "$ROWS"; return; }
	echo "  - {name: count, kind: ${KIND:-counter}, class: add, count: 4}"
	echo "  - {name: total, kind: counter, class: ask}"
}
config() {
	cat <<-YAML
	domains:
	  - $(domain)
	classes:
	  - {name: add}
	  - {name: ask}
	ports:
	  - {port: 9000, default: ask, key: {offset: 1, length: 2}}
	actors:
	$(rows)
	rules:
	  - {port: 9000, offset: 0, value: 0x01, actor: count}
	  - {port: 9000, offset: 0, value: 0x02, actor: total}
	hang: {after: 10s}
	YAML
}

build_counter() {
	cc -Wall -Wextra -Wno-unused-parameter -Werror -O2 "$ROOT/examples/counter.c" \
		-I"$ROOT/include" "$ROOT/build/libshunt-actor.a" "$ROOT/build/libshunt.a" -pthread \
		-o "$DIR/counter"
}

start_counter() {
	start counter host "$DIR/counter" "$DEV" "$@"
	wait_for 10 all_up
}

# N KEYS [SECONDS]: adds i to the counter of key i % KEYS, for i below N. Prints what was sent, how
# much of it was answered, and the sum of that.
add() {
	client python3 - "$1" "$2" "${3:-10}" <<-'PYTHON'
	import socket, struct, sys
	n, keys, wait = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.connect(("198.18.0.2", 9000))
	s.settimeout(wait)
	answered = total = 0
	for i in range(n):
	    s.send(struct.pack("<BHxI", 1, i % keys, i))
	    try:
	        s.recv(64)
	    except (TimeoutError, ConnectionRefusedError):
	        continue
	    answered, total = answered + 1, total + i
	print(n, answered, total)
	PYTHON
}

# ACTOR [KEY]: its sum, and how often it was added to.
ask() {
	client python3 - "$1" "${2:-0}" <<-'PYTHON'
	import socket, struct, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.connect(("198.18.0.2", 9000))
	s.settimeout(1)
	s.send(struct.pack("<BH", int(sys.argv[1]), int(sys.argv[2])))
	print(*struct.unpack("<QQ", s.recv(64)))
	PYTHON
}
asks_to() { [ "$(ask "$1" "$2")" = "$3" ]; }
open_actors() { host shunt actor ls -j --dev "$DEV" | jq -e '.actors | map(.open) | add'; }
closed() { [ "$(open_actors)" = 0 ]; }

test_counters_count_and_the_total_hears_of_it() {
	local sent answered sum
	build_counter
	load sq
	start_counter
	read -r sent answered sum < <(add 400 64)
	assert_eq "$answered" "$sent" "requests answered"
	wait_for 5 asks_to 2 0 "$sum $sent"
	assert_eq "$(host shunt actor ls -j --dev "$DEV" |
		jq '[.actors[] | select(.actor != "total").replied] | add')" "$sent" \
		"requests that the counters answered"
	wait_for 5 closed
	stop counter
	assert_eq "$STATUS" 0 "exit status of the worker"
	assert_conserved
}

pieces() { # of the actors' memory: more than one
	local pid
	pid=$(tail -n 1 "$DIR/scans" | jq .pid)
	[ "$(grep -c shunt-place "/proc/$pid/maps")" -gt 1 ]
}

test_actors_whose_memory_is_split_for_shunt_mem_serve_on() {
	local sent answered sum
	build_counter
	load sq
	start counter host shunt mem run --dry-run --batch 64 --interval 0.1 -o "$DIR/scans" -- \
		"$DIR/counter" "$DEV"
	wait_for 10 all_up
	wait_for 20 pieces
	read -r sent answered sum < <(add 400 64)
	assert_eq "$answered" "$sent" "requests answered"
	wait_for 5 asks_to 2 0 "$sum $sent"
	wait_for 5 closed
	stop counter
	assert_eq "$STATUS" 0 "exit status of the worker"
	assert_conserved
}

test_a_killed_worker_s_counters_go_on_where_they_were() {
	local i sent=0 answered=0 got n requests sum adding
	build_counter
	load sq
	start_counter "$DIR/memory"
	for ((i = 0; i < KILLS; i++)); do
		add 3000 1 0.2 >"$DIR/added.$i" &
		adding=$!
		read -rt 0.2 <> <(:) || true
		kill -KILL "${PIDS[counter]}"
		wait "${PIDS[counter]}" 2>/dev/null || true
		wait_for 20 no_worker
		start_counter "$DIR/memory"
		wait "$adding"
		read -r n got sum <"$DIR/added.$i"
		sent=$((sent + n)) answered=$((answered + got))
	done
	read -r sum requests < <(ask 1 0)
	assert_ge "$requests" "$answered" "times that it was added to: all that was answered"
	assert_le "$requests" "$sent" "times that it was added to: what was sent"
	assert_ge "$answered" 100 "requests answered, between kills"
	wait_for 10 closed
	assert_conserved
}

# ROWS: 'shunt unload', then a load with these; shuntd and the worker live on.
load_anew() {
	ROWS=$1 config >"$DIR/config.yaml"
	host shunt unload --dev "$DEV"
	host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 20 all_up
	assert_eq "$(stat_of '.domains[0].agent.worker_pid')" "${PIDS[counter]}" "the worker"
}

# Rows come in another order, and there is one more: each request still comes to its actor.
test_a_worker_that_lives_through_a_load_has_its_actors() {
	local rows sums=() key
	build_counter
	load sq
	start_counter "$DIR/memory"
	add 40 64 >/dev/null
	for key in 0 1 2 3; do
		sums[key]=$(ask 1 $key)
	done
	rows='  - {name: first, kind: counter, class: add}
  - {name: total, kind: counter, class: ask}
  - {name: count, kind: counter, class: add, count: 4}'
	for ((i = 0; i < 2; i++)); do
		wait_for 5 asks_to 2 0 "780 40"
		load_anew "$rows"
		for key in 0 1 2 3; do
			assert_eq "$(ask 1 $key)" "${sums[key]}" "the counter of key $key"
		done
		rows=
	done
	stop counter
	assert_eq "$STATUS" 0 "exit status of the worker"
}

# It says why, and ends: no request comes to an actor of the former load.
test_a_worker_ends_if_a_load_has_a_kind_that_it_lacks() {
	build_counter
	load sq
	start_counter
	ROWS='  - {name: count, kind: other, class: add}
  - {name: total, kind: counter, class: ask}' config >"$DIR/config.yaml"
	host shunt unload --dev "$DEV"
	host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	wait_ended counter
	assert_eq "$STATUS" 1 "exit status of the worker"
	logs counter | grep -q "actor 'count' is of kind 'other', which this program does not" ||
		fail "said: $(logs counter)"
}

# Nobody asks it anything meanwhile, so its core sleeps.
test_timers_wake_a_core_that_sleeps() {
	cat >"$DIR/ticker.c" <<-'C'
	#include <string.h>
	#include <shunt/actor.h>
	static int init(struct shunt_actor *self, const void *arg, size_t len)
	{
		return shunt_tell_after(self, 5000000, 1, 0);
	}
	static long handle(struct shunt_actor *self, struct shunt_message *m)
	{
		uint64_t *n = shunt_actor_state(self);

		if (m->req) {
			memcpy(m->data, n, 16);
			return 16;
		}
		++*n;
		return shunt_tell_after(self, 5000000, 1, 0);
	}
	static const struct shunt_actor_kind ticker = { .name = "counter", .version = 1,
		.state = 16, .init = init, .handle = handle };
	static const struct shunt_actor_kind *const kinds[] = { &ticker, NULL };
	int main(int argc, char **argv)
	{
		struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1],
					     .idle = SHUNT_IDLE_SLEEP };
		struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker,
						 .kinds = kinds };
		return shunt_actor_serve(&opts) ? 1 : 0;
	}
	C
	cc -O2 "$DIR/ticker.c" -I"$ROOT/include" "$ROOT/build/libshunt-actor.a" \
		"$ROOT/build/libshunt.a" -pthread -o "$DIR/counter"
	load sq
	start_counter
	wait_for 5 ticked 1
	TICKS=$(ask 2)
	wait_for 5 ticked $((${TICKS% *} + 20))
	assert_ge "$(stat_of '[.domains[0].core[].counts.slept] | add')" 10 "times a core slept"
}
ticked() { local n; n=$(ask 2) && [ "${n% *}" -ge "$1" ]; }

test_a_kind_that_the_program_lacks_is_named() {
	build_counter
	KIND=other load sq
	assert_exit 1 host "$DIR/counter" "$DEV"
	grep -q "actor 'count.0' is of kind 'other', which this program does not have" "$DIR/err" ||
		fail "said: $(cat "$DIR/err")"
}

test_a_memory_of_another_process_is_refused() {
	build_counter
	load sq
	start_counter "$DIR/memory"
	exec 3<>"$DIR/memory"
	stop counter
	wait_for 10 no_worker
	python3 -c '
import fcntl, struct, sys, time
fcntl.fcntl(3, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)) # F_OFD_SETLK
print("locked", flush=True)
sys.stdin.read()' <> <(:) >"$DIR/locked" &
	wait_for 5 grep -q locked "$DIR/locked"
	assert_exit 1 host "$DIR/counter" "$DEV" "$DIR/memory"
	grep -q "is the memory of another process" "$DIR/err" || fail "said: $(cat "$DIR/err")"
	kill %%
}

run_tests "$@"
