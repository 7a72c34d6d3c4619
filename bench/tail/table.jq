# SPDX-License-Identifier: BSD-2-Clause
# table.jq - the results for a terminal

def pad($n): tostring | . + (" " * ([$n - length, 0] | max) // "");
def lpad($n): tostring | (" " * ([$n - length, 0] | max) // "") + .;
def rate: if . == null then "none" else . end;
# With stalls set aside: a system that could be compared nowhere may hold any.
def clean_rate: if .clean_rates == 0 then "not known" else .clean_max_rps_at_slo | rate end;
def short: if . == null then "?" elif . >= 100 then round | tostring
	else . * 10 | round / 10 | tostring end;

# A class's values of a system at a rate, with stalls set aside; null: it has none.
def clean_of($system; $class; $rate):
	[$system.points[] | select(.offered_rps == $rate)][0].clean | .[$class]?;

def list($before): if . == [] then "" else $before + join(", ") end;

# Systems whose servers noted far more or fewer gaps than NAME's: one of the two may have set its
# own slow passes aside.
def differing($pairs; $name): [$pairs[]? | select(.server_gaps_differ) |
	select(.a == $name or .b == $name) | if .a == $name then .b else .a end];

# Of comparable systems, sorted by p99: the least p99 with its bounds, and the systems not told
# apart from it.
def least($pairs): .[0] as $first | .[0].it.clean.p99_us.high as $high | length as $n |
	"\($first.name) \($first.it.clean.p99_us.at | short) " +
	"(\($first.it.clean.p99_us.low | short) to \($high | short)) is least" +
	([.[1:][] | select(.it.clean.p99_us.low <= $high) | .name] |
		if $n == 1 then ", the only one that can be compared"
		elif . == [] then ", surely"
		else list("; not told apart by \($first.it.windows) windows: ") end) +
	(differing($pairs; $first.name) | list("; by their servers\u0027 gaps not alike: "));

def lowest($w; $class; $rate):
	[$w.systems | to_entries[] | {name: .key, it: clean_of(.value; $class; $rate)} |
		select(.it != null)] |
	([.[] | select(.it.comparable and .it.clean.p99_us.at != null)] |
		sort_by(.it.clean.p99_us.at)) as $can |
	[$w.comparisons[] | select(.offered_rps == $rate)][0].classes[$class] as $pairs |
	if $can == [] then "nothing can be compared: \(.[0].it.why // "no windows")"
	else ($can | least($pairs)) + ([.[] | select(.it.comparable | not) | .name] |
		list("; not compared: ")) end;

"\(.title)\(if .quick then ": QUICK RUN, not for claims" else "" end)",
"\(.machine.cpu), \(.machine.cpus) CPUs, Linux \(.kernel); \(.cores) worker core\(if .cores > 1 then "s" else "" end); commit \(.commit), seed \(.seed)",
"\(.rounds) rounds of \(.rounds_wanted); bounds hold with \(.confidence * 1000 | round / 10) %; claimed: \(.claims)",
"\(.samples) samples; in \(.stalled_samples) the machine stalled (\(.stalls.stolen_ms) ms stolen, \(.stalls.waited_ms) ms others had the CPUs, the client stood still \(.stalls.client) times); \(.invalid_samples) invalid; \(.stalls.repeated_points) points measured again since others were at work",
(.shuntd_cpu // {} | select(. != {}) | "shuntd itself, percent of a CPU: " + (to_entries |
	map("\(.key) \(.value * 1e5 | round / 1e3)") | join(", "))),
(.skipped | to_entries[] | "skipped: \(.key): \(.value)"),
(.workloads | to_entries[] | .value as $w | ($w.slo.metric | split(".")) as [$class, $what] |
	"",
	"\(.key) (\($w.figures)): \($w.mix)" +
		"\(if $w.quantum != "none" then ", quantum \($w.quantum)" else "" end)",
	("  " + ("\($class) \($what)" | pad(22)) + ([$w.systems[].points[].offered_rps] | unique |
		map(lpad(9)) | join("")) +
		"   at \($what) <= \($w.slo.limit)"),
	([$w.systems[].points[].offered_rps] | unique) as $rates |
	($w.systems | to_entries[] | .value as $s | "  " + (.key | pad(22)) +
		($rates | map(. as $r | [$s.points[] | select(.offered_rps == $r)][0] |
			if . == null then "" elif .classes[$class][$what] == null then "-" else
			(.classes[$class][$what] | if . >= 100 then round else . * 10 |
				round / 10 end | tostring) +
			(if .valid then "" else "!" end) end | lpad(9)) | join("")) +
		"   \(if $s.more_was_offered then "" else ">= " end)\($s.max_rps_at_slo | rate)" +
		(if $s.max_rps_at_slo_low != $s.max_rps_at_slo_high then
			" (\($s.max_rps_at_slo_low) to \($s.max_rps_at_slo_high))" else "" end))),
(.workloads | to_entries[] | .value as $w | ($w.slo.metric | split(".")) as [$class, $what] |
	select(any($w.systems[].points[]; .clean != null)) |
	([$w.systems[].points[].offered_rps] | unique) as $rates |
	"",
	"\(.key), stalls set aside",
	("  " + ("\($class) p99_us" | pad(22)) + ($rates | map(lpad(9)) | join(""))),
	($w.systems | to_entries[] | .value as $s | "  " + (.key | pad(22)) +
		($rates | map(. as $r | clean_of($s; $class; $r) |
			if . == null or .clean.p99_us.at == null then "-" else
				(.clean.p99_us.at | short) + (if .comparable then "" else "~" end)
			end | lpad(9)) | join("")) +
		(if $what == "p99_us" then "   holds \($w.slo.limit) at \($s | clean_rate)"
			else "" end)),
	($rates[] | . as $r | "  at \($r): " + lowest($w; $class; $r))),
"",
"~: not to be compared; classes.CLASS.why in the JSON says the reason.",
"!: most rounds of this point were invalid (the client fell behind). >=: no higher rate was offered. Latencies are the client's, from when a request was due."
