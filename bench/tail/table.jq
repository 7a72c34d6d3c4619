# SPDX-License-Identifier: BSD-2-Clause
# table.jq - the results for a terminal

def pad($n): tostring | . + (" " * ([$n - length, 0] | max) // "");
def lpad($n): tostring | (" " * ([$n - length, 0] | max) // "") + .;
def rate: if . == null then "none" else . end;

"\(.title)\(if .quick then ": QUICK RUN, not for claims" else "" end)",
"\(.machine.cpu), \(.machine.cpus) CPUs, Linux \(.kernel); \(.cores) worker core\(if .cores > 1 then "s" else "" end); commit \(.commit), seed \(.seed)",
"\(.rounds) rounds of \(.rounds_wanted); bounds hold with \(.confidence * 1000 | round / 10) %; claimed: \(.claims)",
"\(.samples) samples; in \(.stalled_samples) the machine stalled (\(.stalls.stolen_ms) ms stolen, \(.stalls.waited_ms) ms others had the CPUs, the client stood still \(.stalls.client) times); \(.invalid_samples) invalid; \(.stalls.repeated_points) points measured again since others were at work",
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
"",
"!: most rounds of this point were invalid (the client fell behind). >=: no higher rate was offered. Latencies are the client's, from when a request was due."
