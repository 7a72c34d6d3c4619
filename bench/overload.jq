# SPDX-License-Identifier: BSD-2-Clause
# overload.jq - $points, a line each of overload.sh, as medians of their rounds; and $simulated

def median: sort | if length == 0 then null else .[length / 2 | floor] end;
def digits: if . then . * 10000 | round / 10000 else null end;
def five_digits: if . then . * 100000 | round / 100000 else null end;
# Service of a mean request, in us.
def mean_us: ([.[] | .sent * .service_us] | add) / ([.[].sent] | add);

def share($of; $n): if $n > 0 then $of / $n else 0 end;

# Of one sample: classes that had requests which were due in no stall.
def kept: [.load[] | select(.clean and .clean.requests * .clean.kept >= 1)];
# Time that replies in time took, in us, with so much beside the work of each. null: all were due in
# stalls.
def in_time_us($beside): [kept[] | .clean.in_time / (.clean.requests * .clean.kept) * .sent *
	(.service_us + $beside)] | add;
def goodput($capacity): (.load | mean_us) as $mean | in_time_us(0) |
	if . then . / ($capacity * $mean * $seconds) else null end;
def core_in_time($capacity): (1e6 / $capacity - (.load | mean_us)) as $beside |
	in_time_us($beside) | if . then . / 1e6 / $seconds else null end;
def admitted_late: [kept[] | .clean | .requests * .kept - .kept_lost | select(. >= 1)] as $n |
	share([kept[] | .clean | .requests * .kept - .kept_lost - .in_time] | add; $n | add // 0);
# Neither answered late nor in time, of those that were due in no stall: the policy refused them, or
# a full queue did. A client that stood still sends at once what was due: none could take that.
def kept_refused: {kept: ([kept[] | .clean | .requests * .kept] | add // 0),
	lost: ([kept[] | .clean.kept_lost] | add // 0)};
# The share of all rounds together, and bounds that hold the true one with 95 %: each round deviates
# by its own requests, so this takes no more for granted than that rounds are alike.
def pooled: map(select(.kept > 0)) | length as $n | (map(.kept) | add) as $kept |
	if $n == 0 then {} else ((map(.lost) | add) / $kept) as $at | {at: $at} +
	if $n < 6 then {} else
		(map(.lost - $at * .kept | . * .) | add * $n / ($n - 1) | sqrt) as $s |
		((if $n < 12 then 2.57 else 2.2 end) * $s / $kept) as $half |
		{low: ([0, $at - $half] | max), high: ($at + $half)} end end;
def p99_over_slo: [kept[] | .clean.answered_p99_us as $p99 | select($p99) | $p99 / .slo_us] | max;
def p99_over_slo_raw: [.load[] | select(.p99_us) | .p99_us / .slo_us] | max;

# A run of the simulator: of each class the service is the mix's.
def simulated($capacity; $mix): .beside as $beside | .rate as $rate |
	[$mix | scan(":([0-9.]+)us") | .[0] | tonumber] as $us |
	(.classes | map(.arrived) | add) as $arrived |
	([.classes, $us] | transpose | map(.[1] as $us | .[0] | {$us,
		in_time: ((.done // 0) * (1 - (.miss // 0)) * $rate / $arrived),
		p99: (if .p99_us then .p99_us / .slo_us else null end)})) as $c |
	{goodput: ($c | map(.in_time * .us) | add / (1e6 - $beside * $capacity) | digits),
	 core_in_time: ($c | map(.in_time * (.us + $beside)) | add / 1e6 | digits),
	 admitted_p99_over_slo: ($c | map(.p99 | numbers) | max | digits),
	 refused: (([.classes[].rejected] | add) / $arrived | five_digits)};

($names / " ") as $name | ($mixes / " ") as $mix |
($capacities / " " | map(tonumber)) as $capacity |
{capacity_rps: $capacity[0], rounds: $rounds, seconds_each: $seconds, kernel: $kernel,
 commit: $commit, difference: $stats[0].total.difference,
 workloads: ([range($name | length) as $i | {key: $name[$i], value: {mix: $mix[$i],
	capacity_rps: $capacity[$i],
	offered: ([$points[] | select(.name == $name[$i])] | group_by(.offered | tonumber) |
		map({key: .[0].offered, value: (group_by(.policy) | map({key: .[0].policy, value: {
			goodput: (map(goodput($capacity[$i]) | numbers) | median | digits),
			goodput_least: (map(goodput($capacity[$i]) | numbers) | min | digits),
			goodput_most: (map(goodput($capacity[$i]) | numbers) | max | digits),
			core_in_time: (map(core_in_time($capacity[$i]) | numbers) | median |
				digits),
			admitted_p99_over_slo: (map(p99_over_slo | numbers) | median | digits),
			admitted_p99_over_slo_raw: (map(p99_over_slo_raw) | median | digits),
			admitted_late: (map(admitted_late) | median | digits),
			refused: (map(kept_refused) | pooled.at | five_digits),
			refused_low: (map(kept_refused) | pooled.low | five_digits),
			refused_high: (map(kept_refused) | pooled.high | five_digits),
			refused_all: (map(share(.counts.rejected; .counts.arrived)) | median |
				digits),
			late: (map(share(.counts.late; .counts.replied + .counts.noreply)) |
				median | digits),
			rounds: length, valid_rounds: (map(select(.valid)) | length)}}) |
			from_entries)}) | from_entries),
	simulated: ([$simulated[] | select(.name == $name[$i])] | group_by(.offered | tonumber) |
		map({key: .[0].offered, value: (map({key: .policy,
			value: simulated($capacity[$i]; $mix[$i])}) | from_entries)}) |
		from_entries)}}] | from_entries)}
