# SPDX-License-Identifier: BSD-2-Clause
# preempt_lab.jq - of the rounds of preempt_lab.sh the results: medians of rounds, and the same with
# stalls set aside

def median: sort | .[length / 2 | floor];
def p99($policy; $mix): [$r[] | select(.policy == $policy and .mix == $mix) |
	.a.server_p99_us];
def client($policy; $mix): [$r[] | select(.policy == $policy and .mix == $mix) |
	.a.p99_us] | median;
def cut($policy; $mix): [p99("fcfs"; $mix), p99($policy; $mix)] | transpose |
	map(1 - .[1] / .[0]) |
	{median: median, least: min, most: max};
def good($policy): [$s[] | select(.policy == $policy)] | group_by(.rate) |
	map({rate: .[0].rate, p99: (map(.a.server_p99_us) | median),
	     whole: (map(.answered / .sent) | median > 0.995)});
# Stalls set aside: the short class of a system in a mix at its rate, and how much lower its p99 is.
def clean_at($mix; $rate): first($c[] | select(.mix == $mix and .rate == $rate));
def cleaned: {p99_us: .clean.p99_us, raw_p99_us: .raw.p99_us.at, p50_us: .clean.p50_us, kept,
	windows, client, server, comparable, why};
def over($x; $y): if $x and $y then 1 - $x / $y else null end;
def clean_cut($fcfs): .clean.p99_us as $x | $fcfs.clean.p99_us as $y |
	{at: over($x.at; $y.at), low: over($x.high; $y.low), high: over($x.low; $y.high)};
def clean_sweep($policy; $mix): [$c[] | select(.mix == $mix) | .rate as $rate |
	.systems[$policy] | {$rate} + cleaned];
def clean_highest($policy; $mix): [$c[] | select(.mix == $mix) | .rate as $rate |
	.systems[$policy] | select(.comparable and .clean.p99_us.at <= 300) | $rate] | max // 0;
def each(f): $systems | split(" ") | map({key: ., value: f}) | from_entries;
def highest($policy): [good($policy)[] | select(.p99 <= 300 and .whole) | .rate] | max // 0;
{load_percent: ($load | tonumber), rounds: ($r | length),
 mixes: ([($names, $mixes, $quanta) | split(" ")] | transpose | map({key: .[0],
 	value: (.[1] as $m | ([$r[] | select(.mix == $m) | .rate] | max) as $rate | {
	mix: $m, quantum: .[2], $rate,
	clean: (clean_at($m; $rate).systems | map_values(cleaned)),
	clean_lower_by: (clean_at($m; $rate).systems | .fcfs as $fcfs | del(.fcfs) |
		map_values(clean_cut($fcfs))),
	clean_pairs: clean_at($m; $rate).pairs,
	short_p99_us: each(p99(.; $m) | median), short_p99_client_us: each(client(.; $m)),
	lower_by: (each(cut(.; $m)) | del(.fcfs))})}) | from_entries),
 max_rate_at_p99_300us: each(highest(.)),
 clean_max_rate_at_p99_300us: each(clean_highest(.; $mixes | split(" ")[0])), sweep: each(good(.)),
 clean_sweep: each(clean_sweep(.; $mixes | split(" ")[0])),
 difference: $t[0].total.difference, preemption: $t[0].preemption}
