#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh - examples/ is what README prints, and it works
# runs: pairs
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
		"$(block '#include <stdio.h>' '## none' |
		awk '{ print } /^}/ && ++n == 2 { exit }')"
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
}

run_tests "$@"
