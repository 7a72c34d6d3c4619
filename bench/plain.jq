# SPDX-License-Identifier: BSD-2-Clause
# plain.jq - what plain.sh has measured: p99 with stalls set aside, highest rates, and shunt-fcfs
# against the best of the others; $do says what is asked for: step, wide, plain or table

# A ratio is of numbers with so many windows, of which so much was kept, in bounds so narrow.
def fewest_windows: 12;
def least_kept: 0.3;
def widest: 0.1;

def ours: "shunt-fcfs";
def half_width: .clean.p99_us |
	if .low and .high and .at then (.high - .low) / 2 / .at else null end;
def to4: . * 1e4 | round / 1e4;

# The result of one bisection step: a load of two windows on stdin. More than 1 % of the kept
# requests unanswered: no p99.
def step: .classes.short as $c | ($c.clean // {kept: 0}) as $clean |
	($clean.kept >= least_kept) as $enough |
	(if $enough then $clean.clean.p99_us.at else $c.p99_us end) as $p99 |
	$ARGS.named as {$workload, $system, $rate, $limit} |
	{$workload, $system, $rate, p99_us: $p99, raw_p99_us: $c.p99_us, kept: $clean.kept, valid,
	 holds: ($p99 != null and $p99 <= $limit and ($enough or $c.answered >= 0.99 * $c.sent))};

def in_overload: .overloaded_windows * 2 > .windows;

# Why a system's number at a point is too weak to build a ratio on; "" if it is not.
def weakness:
	if .comparable | not then .why
	elif .clean_windows < fewest_windows then "\(.clean_windows) clean windows"
	elif .kept < least_kept then "\(.kept * 100 | round) % kept"
	elif half_width == null then "p99 without bounds"
	elif half_width > widest then "p99 within \(half_width * 1000 | round / 10) %"
	else "" end;

# Of a point's systems: the one with the least p99, without ours. A system in an overload is none.
def best_other: [to_entries[] | select(.key != ours and .value.comparable and
	.value.clean.p99_us.at != null)] |
	min_by(.value.clean.p99_us.at);

# More than 1 % of the kept requests had no reply: there is no p99.
def loses: (.kept_lost // 0) > 0.01 * (.kept // 0) * (.requests // 0) and .kept_lost != null;

# Could a system that cannot be compared be the best all the same?
def rivals($best): (in_overload or loses | not) and
	([.clean.p99_us.at, .clean.p99_us.low, .widened.p99_us, .placebo.p99_us |
		select(. != null)] |
	 length == 0 or $best == null or min <= $best.value.clean.p99_us.at);

# What is too weak at a point: ours, the best other, or another that cannot be compared and could be
# the best.
def weak_at: .classes.short.systems as $s | ($s | best_other) as $best |
	([{key: ours, value: $s[ours]}] + if $best then [$best] else [] end +
	 [$s | to_entries[] | select(.key != ours) |
		select(.value | (.comparable | not) and rivals($best))]) |
	map(.key as $k | .value | weakness | select(. != "") | "\($k): \(.)") |
	if $best then . else . + ["no other system can be compared"] end;

# Points whose systems want more windows: "WORKLOAD RATE" a line.
def wide: $ARGS.named.compared[] | select(weak_at != []) | "\(.workload) \(.rate)";

def system: {p99_us: .clean.p99_us.at, lo: .clean.p99_us.low, hi: .clean.p99_us.high,
	raw_p99_us: .raw.p99_us.at, kept, p50_us: .clean.p50_us.at, windows, clean_windows,
	placebo_p99_us: .placebo.p99_us, widened_p99_us: .widened.p99_us,
	client_gaps_s: .client.gaps_s, server_gaps_s: .server.gaps_s, comparable, why};

# How the comparison of ours with NAME came out.
def verdict($pairs; $windows; $name):
	first($pairs[] | select([.a, .b] | sort == ([ours, $name] | sort))) |
	if .p99 == "not told apart" then "not told apart by \($windows) windows"
	elif .p99 == "not compared" then .p99
	elif (.a == ours) == (.p99 == "lower") then "lower" else "higher" end;

def point: .classes.short as $c | ($c.systems | best_other) as $best |
	{key: (.rate | tostring), value: {systems: ($c.systems | map_values(system)),
	 best_other: ($best.key // null),
	 p99_ratio: (if $best and $c.systems[ours].clean.p99_us.at then
		$c.systems[ours].clean.p99_us.at / $best.value.clean.p99_us.at | to4 else null end),
	 against_best: (if $best then
		verdict($c.pairs; $c.systems[ours].windows; $best.key) else null end),
	 weak: weak_at}};

# Of a workload's steps: each system's highest rate that held; null: none did.
def most: group_by(.system) | map({key: .[0].system, value:
	([.[] | select(.holds) | .rate] | max)}) | from_entries;

def rate_ratio: . as $m | ([to_entries[] | select(.key != ours) | .value // 0] | max) as $other |
	if $m[ours] and $other and $other > 0 then $m[ours] / $other | to4 else null end;

def one_workload($name; $capacity):
	$ARGS.named as {$steps, $compared} |
	[$steps[] | select(.workload == $name)] as $mine | ($mine | most) as $most |
	{xdp_rtc_capacity_rps: $capacity,
	 rates: ([$compared[] | select(.workload == $name) | point] | from_entries),
	 max_rps_at_300us: $most, rate_ratio: ($most | rate_ratio), steps: $mine};

def plain: $ARGS.named as {$capacity, $compared, $limit, $kernel, $commit} |
	($capacity | split("\n") | map(select(. != "") | split(" "))) as $all |
	($all | map({key: .[0], value: one_workload(.[0]; .[1] | tonumber)}) | from_entries) as $w |
	{workloads: $w,
	 worst_p99_ratio: ([$w[].rates[].p99_ratio | select(. != null)] | max),
	 worst_rate_ratio: ([$w[].rate_ratio | select(. != null)] | min),
	 aims: {worst_p99_ratio: 1.1, worst_rate_ratio: 0.95},
	 weak: [$w | to_entries[] | .key as $name | .value.rates | to_entries[] | .key as $rate |
		.value.weak[] | "\($name) at \($rate)/s: \(.)"],
	 rule: $compared[0].rule, limit_us: $limit, $kernel, $commit};

# --- for a terminal -------------------------------------------------------------------------------
def short: if . == null then "-" elif . >= 100 then round else . * 10 | round / 10 end | tostring;
def pad($n): . + " " * ([$n - length, 0] | max) // .;

def row: "  \(.key | pad(18)) \(.value | "\(.p99_us | short | pad(7)) (\(.lo | short) to \(.hi |
	short)); raw \(.raw_p99_us | short); \(.kept * 100 | round) % kept of \(.windows) windows" +
	if .comparable then "" else "; not compared: \(.why)" end)";
def against: if .best_other then "  shunt-fcfs against \(.best_other), the best other: " +
	"\(.p99_ratio | . * 1000 | round / 1000) times its p99, \(.against_best)"
	else "  no other system can be compared" end;

def table: (.workloads | to_entries[] | .key as $name | .value |
	"\($name): xdp-rtc serves \(.xdp_rtc_capacity_rps | round)/s at most",
	(.rates | to_entries[] | " \(.key)/s, p99 in us (95 %)",
		(.value.systems | to_entries[] | row), (.value | against)),
	" highest rate with p99 <= 300 us: " + (.max_rps_at_300us | to_entries |
		map("\(.key) \(.value // "none")") | join(", ")) +
		(if .rate_ratio then "; shunt-fcfs \(.rate_ratio) of the best other" else "" end)),
	"worst p99 ratio \(.worst_p99_ratio) (aim: at most \(.aims.worst_p99_ratio)), " +
	"worst rate ratio \(.worst_rate_ratio) (aim: at least \(.aims.worst_rate_ratio))",
	(.weak[] | "too weak: \(.)");

if $do == "step" then step elif $do == "wide" then wide elif $do == "plain" then plain
else table end
