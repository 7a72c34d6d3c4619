#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# demo_table.sh - the client's report of one phase of the demo, a JSON object on stdin, as a table
#
# On a machine without a CPU to spare, few requests of a class are answered in a phase, or none.
# Then this says what is missing and how to go on, and fails.
set -euo pipefail
. "$(dirname "$0")/demo_advice.sh"

report=$(cat)

# A line for each class that lacks something.
lacks() {
	jq -r '
		["p50_us", "p99_us", "p999_us", "slowdown_p99", "server_p50_us", "server_p90_us",
		 "server_p99_us"] as $needed |
		.classes as $classes | ("short", "long") as $name | $classes[$name] |
		if . == null then "anything of \($name) requests"
		elif .answered == 0 or .answered < 0.9 * .sent then
			"answers to \($name) requests: \(.sent) were sent, \(.answered) answered"
		else . as $class | [$needed[] | select($class[.] == null)] | select(length > 0) |
			"\(join(", ")) of \($name) requests: \($class.sent) were sent, " +
			"\($class.answered) answered"
		end' 2>/dev/null || echo "a report that can be read"
}

missing="any report"
[ -z "$report" ] || missing=$(lacks <<<"$report")
if [ -n "$missing" ]; then
	{
		echo "demo: of this phase the client lacks"
		sed 's/^/  /' <<<"$missing"
		demo_advice
	} >&2
	exit 1
fi

jq -r '
	["class", "us", "sent", "answered", "p50", "p99", "p99.9", "slowdown p99",
	 "| in the server: p50", "p90", "p99"],
	(.classes | to_entries[] | [.key, .value.service_us, .value.sent, .value.answered,
		.value.p50_us, .value.p99_us, .value.p999_us, .value.slowdown_p99,
		"| \(.value.server_p50_us)", .value.server_p90_us, .value.server_p99_us])
	| @tsv' <<<"$report" | column -t -s "$(printf '\t')" | sed 's/^/  /'
