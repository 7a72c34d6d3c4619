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
		["p50_us", "p99_us", "server_p50_us", "server_p90_us"] as $needed |
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
	def short: if . == null then "-" elif . >= 100 then round else . * 10 | round / 10 end;
	["class", "us", "sent", "answered", "p50", "p99 (95 % sure)", "raw p99", "slowdown p99",
	 "| in the server: p50", "p90"],
	(.classes | to_entries[] | .value.clean.clean.p99_us as $p99 | [.key, .value.service_us,
		.value.sent, .value.answered, .value.p50_us,
		"\($p99.at | short) (\($p99.low | short) to \($p99.high | short))",
		(.value.p99_us | short),
		(if $p99.at then $p99.at / .value.service_us | short else "-" end),
		"| \(.value.server_p50_us)", .value.server_p90_us])
	| @tsv' <<<"$report" | column -t -s "$(printf '\t')" | sed 's/^/  /'
jq -r '
	.classes.short | .clean as $c |
	if $c == null then "  no stalls are set aside: \(.clean_why)" else
		"  Stalls set aside: \($c.kept * 100 | round) % of the requests are kept; the CPU was " +
		"away \($c.client.gaps_s | round) times a second for the client, " +
		"\($c.server.gaps_s | round) for the server." +
		if $c.comparable then "" else " Not to be compared: \($c.why)." end end
	' <<<"$report"
