#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh - examples/ is what README prints, and it works
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/serve.sh"

# FILE: what of it README prints, with tabs as README has them: all from the first line of the block
# on.
as_printed() { expand -t 8 "$1" | awk '/^(#include|domains:)/ { on = 1 } on'; }

# FILE-FIRST-LINE LAST-LINE: the block of README that begins and ends with these, without its
# indentation.
block() {
	awk -v first="    $1" -v last="    $2" '
		index($0, first) == 1 && !done { on = 1 }
		on { sub("^    ", ""); print }
		on && index("    " $0, last) == 1 { on = 0; done = 1 }' "$ROOT/README.md"
}

test_examples_are_the_text_of_the_readme() {
	assert_eq "$(as_printed "$ROOT/examples/service.yaml")" \
		"$(block domains: '  - {port: 9000, offset')"
	# A policy's last line is the brace of its second function.
	assert_eq "$(as_printed "$ROOT/examples/mine.c")" \
		"$(block '#include <shunt/policy.h>' '## none' |
		awk '{ print } /^}/ && ++n == 2 { exit }')"
	assert_eq "$(as_printed "$ROOT/examples/server.c")" \
		"$(block '#include <signal.h>' '## none' |
		awk '{ print } /^}/ && ++n == 3 { exit }')"
}

# CLASSES: the demo is told that the client reported these, and shall say what is missing.
assert_demo_lacks() { # CLASSES WORDS
	assert_exit 1 scripts/demo_table.sh <<<"{\"classes\":{$1}}"
	assert_match "$(cat "$DIR/err")" "lacks.*$2.*Run 'make demo' again"
	assert_eq "$(cat "$DIR/out")" "" "the table of a report that lacks something"
}

test_the_demo_says_what_a_report_lacks_and_how_to_go_on_and_fails() {
	local all='"sent":9,"answered":9,"service_us":1,"p50_us":1,"p99_us":2,"p999_us":3,
		"slowdown_p99":4,"server_p50_us":5,"server_p90_us":6,"server_p99_us":7'
	assert_demo_lacks "\"short\":{$all}" "anything of long requests"
	assert_demo_lacks "\"short\":{$all},\"long\":{\"sent\":5,\"answered\":0}" \
		"answers to long requests: 5 were sent, 0 answered"
	assert_demo_lacks "\"short\":{$all},\"long\":{${all/9/11}}" \
		"answers to long requests: 11 were sent, 9 answered"
	assert_demo_lacks "\"long\":{$all},\"short\":{${all/\"server_p90_us\":6,/}}" \
		"server_p90_us of short requests: 9 were sent, 9 answered"
	assert_exit 1 scripts/demo_table.sh </dev/null
	assert_match "$(cat "$DIR/err")" "lacks.*any report.*Run 'make demo' again"
	assert_exit 0 scripts/demo_table.sh <<<"{\"classes\":{\"short\":{$all},\"long\":{$all}}}"
	assert_match "$(cat "$DIR/out")" "class.*short +1 +9 +9 .*long +1 +9 +9 "
}

# WANT: what the server answers to one request, until it does: the first may find it starting.
ping() {
	client python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.sendto(b"ping!", ("198.18.0.2", 9000))
print(s.recv(64).decode()[:4])'
}
answers() { [ "$(ping)" = pong ]; }

# FILE FIRST-LINE: the commands of a lab that the page prints, from that line to "lab.sh down", with
# files of ours in the place of those in /tmp.
lab_commands() {
	sed -n "/^    ${2//\//\\/}/,/^    tests\/lab.sh down/{ s/^    //; s|/tmp/|$DIR/|g; p }" \
		"$ROOT/$1"
}

# The page's lab has a name of its own. What its commands say is in $DIR/said.
run_lab() { # FILE FIRST-LINE
	tests/lab.sh down "$LAB"
	lab_commands "$1" "$2" >"$DIR/commands"
	assert_ge "$(wc -l <"$DIR/commands")" 8 "lines of commands in $1"
	! grep -qE '^ *sleep' "$DIR/commands" || fail "it waits for a time, not for a state"
	timeout 60 bash -e "$DIR/commands" >"$DIR/said" 2>&1 || fail "$(tail -n 20 "$DIR/said")"
	assert_eq "$(tests/lab.sh status)" "" "labs that are left"
}

assert_lab_serves() { # FILE FIRST-LINE
	run_lab "$@"
	# shunt-load's table: class, sent, answered
	awk '$1 == "short" || $1 == "default" { n += $2; if (!$2 || $3 < 0.5 * $2) bad = 1 }
		END { exit !n || bad }' "$DIR/said" || fail "$(cat "$DIR/said")"
}

test_the_lab_of_the_wire_s_page_serves() {
	assert_lab_serves docs/wire.md 'tests/lab.sh up wire'
}

test_the_lab_of_the_readme_serves() {
	assert_lab_serves README.md 'tests/lab.sh up play'
}

test_the_lab_of_the_actors_page_counts_and_goes_on_where_it_was() {
	run_lab docs/actors.md 'cc examples/counter.c'
	assert_eq "$(grep -xE '[0-9]+ [0-9]+' "$DIR/said" | paste -sd,)" "100 1,111 2,112 3" \
		"answers: $(cat "$DIR/said")"
	grep -qE '^total +counter +ask ' "$DIR/said" || fail "no table: $(cat "$DIR/said")"
	assert_eq "$(as_printed "$ROOT/examples/counter.yaml")" \
		"$(sed -n '/^    domains:/,/^$/{ s/^    //p }' "$ROOT/docs/actors.md")" \
		"examples/counter.yaml, as printed"
}

test_the_example_of_overload_loads_without_a_word_of_what_it_lacks() {
	sed "s/{queue: 0}/{queue: 0, cpus: [$CPUS]}/" "$ROOT/examples/overload.yaml" \
		>"$DIR/overload.yaml"
	host shunt load slo --dev "$DEV" --config "$DIR/overload.yaml" >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
	assert_match "$(host shunt class)" "ping +1ms +5us +- +off "
}

# With one core instead of one on each CPU but the first: of those a machine for tests may have
# none.
test_the_examples_serve_as_the_readme_has_it() {
	local flags=(-I"$ROOT/include" "$ROOT/build/libshunt.a" -pthread)
	cp "$ROOT"/examples/* "$DIR"
	sed -i "s/{queue: 0}  */{queue: 0, cpus: [$CPUS]} /" "$DIR/service.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/service.yaml"
	start_agent
	cc -Wall -Wextra -Wno-unused-parameter -Werror -O2 "$DIR/server.c" \
		-o "$DIR/server" "${flags[@]}"
	"$ROOT/build/pass/shunt-cc" -O2 "$DIR/server.c" -o "$DIR/server-safepoints" "${flags[@]}"
	start server host "$DIR/server" "$DEV"
	wait_for 10 all_up
	wait_for 5 answers
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	host shunt switch "$DIR/mine.c" --dev "$DEV"
	assert_match "$(host shunt status --dev "$DEV")" "mine"
	wait_for 5 answers
	host shunt slo set scan 200us --dev "$DEV"
	stop server KILL
	start server host "$DIR/server-safepoints" "$DEV"
	wait_for 10 all_up
	wait_for 5 answers
	assert_eq "$(stat_of '.domains[0].agent.deaths')" 1 "deaths: the one that was killed"
}

# SIGNAL: as from a terminal, or from systemd.
assert_ends_without_a_death() {
	start server host "$DIR/server" "$DEV"
	wait_for 10 all_up
	kill "-$1" "${PIDS[server]}"
	wait_ended server 10
	assert_eq "$STATUS" 0 "exit status of the server after SIG$1"
	assert_eq "$(stat_of '.domains[0].agent.deaths')" 0 "deaths"
}

test_the_server_ends_by_a_signal_without_a_death_and_says_how_it_is_called() {
	cp "$ROOT/examples/server.c" "$DIR"
	cc -O2 "$DIR/server.c" -o "$DIR/server" -I"$ROOT/include" "$ROOT/build/libshunt.a" -pthread
	assert_exit 2 "$DIR/server"
	assert_match "$(cat "$DIR/err")" "^usage: .*server INTERFACE$"
	host shunt load mq --dev "$DEV" --port 9000 --cores 1
	start_agent
	assert_ends_without_a_death TERM
	assert_ends_without_a_death INT
}

run_tests "$@"
