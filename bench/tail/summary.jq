# SPDX-License-Identifier: BSD-2-Clause
# summary.jq - of samples (a line for each round, rate and system) the results: medians over rounds,
# and what they may be
#
# Bounds of a median come from order statistics: they hold whatever the distribution. `confidence`
# is what they have; below 6 rounds least and most do not reach 95 %.

def fact: reduce range(1; . + 1) as $i (1; . * $i);
def choose($n; $k): ($n | fact) / (($k | fact) * ($n - $k | fact));
def confidence($n; $k): 1 - 2 * (reduce range(0; $k) as $i (0; . + choose($n; $i)) / pow(2; $n));
# How far from either end the bounds lie: 1 is least and most.
def depth: . as $n | [range(1; ($n + 1) / 2 | floor) | select(confidence($n; .) >= 0.95)] |
	max // 1;
def round2: . * 100 | round / 100;
def median: sort | length as $n | if $n == 0 then null
	elif $n % 2 == 1 then .[$n / 2 | floor] else (.[$n / 2 - 1] + .[$n / 2]) / 2 end |
		if . then round2 else . end;
def low: sort | .[(length | depth) - 1];
def high: sort | .[length - (length | depth)];

# The machine did something else: the hypervisor took a CPU, others had the CPU of client or server
# for more than 2 % of the time, or the client stood still.
def stalled: .stolen_ms > 0 or .waited_us + .load.waited_ms * 1000 > .time * 20000 or
	.load.stalls > 0;

def class($name): [.[].load.classes[$name] | select(.answered > 0)] as $c |
	if ($c | length) == 0 then empty else
	{($name): ({rounds: ($c | length)} + (["p50_us", "p90_us", "p99_us", "p999_us",
		"slowdown_p50", "slowdown_p99", "slowdown_p999"] |
		map(. as $q | [$c[][$q] | select(. != null)] | select(length > 0) |
			{($q): median} + if $q |
				test("p99") then {($q + "_low"): low,
				($q + "_high"): high} else {} end) | add) +
	 {sent: ([$c[].sent] | add), answered: ([$c[].answered] | add),
	 	lost: ([$c[].lost] | add)})} end;
def share: ([.load.classes[].sent] | add) as $sent |
	if $sent > 0 then ([.load.classes[].answered] | add) / $sent else 0 end;
def metric($limit): ($limit | split(":")[0] | split(".")) as [$class, $what] |
	.load.classes[$class][$what];
def holds($limit): metric($limit) as $x | $x != null and
	$x <= ($limit | split(":")[1] | tonumber) and share >= 0.99;

# A point's values of system $name with stalls set aside, by class. null: nothing was compared.
def cleaned($point; $name): if $point == null then null else
	$point.classes | map_values(.systems[$name] // empty) | if . == {} then null else . end end;
def clean_p99($clean; $limit): ($limit | split(":")[0] | split(".")) as [$class, $what] |
	if $what == "p99_us" then $clean[$class] // null else null end;

def one_point($limit): {offered_rps: .[0].rate, achieved_rps: ([.[].load.achieved_rps] | median),
	classes: ([.[0].load.classes | keys_unsorted[]] as $names | . as $all |
		[$names[] as $n | $all | class($n)] | add // {}),
	answered_share: ([.[] | share] | median),
	rounds: length, valid_rounds: (map(select(.load.valid)) | length),
		stalled_rounds: (map(select(stalled)) | length),
	slo: ([.[] | metric($limit) | select(. != null)] | median)} |
	.valid = (.valid_rounds * 2 > .rounds);
def holds_here($limit): .valid and .slo != null and .slo <= ($limit | split(":")[1] | tonumber) and
	.answered_share >= 0.99;

# At how many of the rates the method holds.
def clean_rates($points; $limit): [$points[] | clean_p99(.clean; $limit) |
	select(. != null and .comparable)] | length;

# Points at which the cleaned p99, or a bound of it, was within the limit, where the method holds.
def clean_most($points; $limit; $which): [$points[] | select(.answered_share >= 0.99) |
	. as $p | clean_p99($p.clean; $limit) | select(. != null and .comparable) |
	.clean.p99_us[$which] | select(. != null and . <= ($limit | split(":")[1] | tonumber)) |
	$p.offered_rps] | max;

def one_system($limit; $compared):
	.[0].system as $name |
	(group_by(.rate) | map(one_point($limit) | .offered_rps as $r |
		.clean = cleaned([$compared[] | select(.rate == $r)][0]; $name))) as $points |
	(group_by(.round) | map([.[] | select(holds($limit)) | .rate] | max // 0)) as $each |
	([$points[] | select(holds_here($limit)) | .offered_rps] | max) as $most |
	{points: ($points | map(del(.slo))), max_rps_at_slo: $most,
	 more_was_offered: ($most != ([$points[].offered_rps] | max)),
	 	max_achieved_rps: ([$points[].achieved_rps] | max),
	 max_rps_at_slo_low: ($each | low), max_rps_at_slo_high: ($each | high),
	 clean_rates: clean_rates($points; $limit),
	 clean_max_rps_at_slo: clean_most($points; $limit; "at"),
	 clean_max_rps_at_slo_low: clean_most($points; $limit; "high"),
	 clean_max_rps_at_slo_high: clean_most($points; $limit; "low")};

def one_workload($samples): . as $w |
	[$compared[] | select(.workload == $w.name)] as $compared | {key: .name, value: {
	figures, mix, quantum, wire_k, objectives, closed_loop_rps: .capacity,
	slo: {metric: (.limit | split(":")[0]), limit: (.limit | split(":")[1] | tonumber)},
	systems: ([$samples[] | select(.workload == $w.name)] | group_by(.system) |
		map({key: .[0].system, value: one_system($w.limit; $compared)}) | from_entries),
	comparisons: [$compared[] | {offered_rps: .rate, rule,
		classes: (.classes | map_values(.pairs))}]}};

($samples | length) as $n | ([$samples[].round] | unique | length) as $rounds |
{title: $title, suite: $suite, quick: $quick,
 machine: {cpu: $machine, cpus: $cpus, cpuidle: $cpuidle, kept_awake: $awake}, kernel: $kernel,
 	cores: $workers, seed: $seed, commit: $commit,
 mode: ("native XDP, AF_XDP copy mode, veth; the client on CPU 0, workers on the others, all " +
	"spinning but linux-…-block and memcached; …-wire: switch and NIC in the call of whoever " +
	"sends; all of them at nice -20"),
 rounds: $rounds, rounds_wanted: $rounds_wanted, requests_each: $enough,
 confidence: (if $rounds > 0 then confidence($rounds; $rounds | depth) | . * 1000 |
 	round / 1000 else null end),
 samples: $n, invalid_samples: ([$samples[] | select(.load.valid | not)] | length),
 stalled_samples: ([$samples[] | select(stalled)] | length),
 stalls: {stolen_ms: ([$samples[].stolen_ms] | add // 0),
 	waited_ms: ([$samples[] | .waited_us / 1000 + .load.waited_ms] | add // 0 | round),
	  client: ([$samples[].load.stalls] | add // 0), waited_s: $waited,
	  	repeated_points: $repeated},
 claims: (if $workers == 1 then
	"preemption only: with one worker core there is nothing to spread" else
	"spreading and preemption" end),
 shuntd_cpu: ([$samples[] | select(.shuntd_us)] | group_by(.system) | map({key: .[0].system,
 	value: ((map(.shuntd_us) | add) / (map(.took_us) | add) * 1e6 | round / 1e6)} |
	select(.value > 0)) | from_entries),
 skipped: ($skipped | add // {}),
 workloads: ($workloads | map(select(.capacity != null) | one_workload($samples)) | from_entries)}
