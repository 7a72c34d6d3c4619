# SPDX-License-Identifier: BSD-2-Clause
# overload.jq - $points, a line each of overload.sh, as medians of their rounds

def median: sort | if length == 0 then null else .[length / 2 | floor] end;
def digits: if . then . * 10000 | round / 10000 else null end;
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
def kept_refused: ([kept[] | .clean | .requests * .kept] | add) as $kept |
	if $kept then ([kept[] | .clean.kept_lost] | add) / $kept else null end;
def p99_over_slo: [kept[] | .clean.answered_p99_us as $p99 | select($p99) | $p99 / .slo_us] | max;
def p99_over_slo_raw: [.load[] | select(.p99_us) | .p99_us / .slo_us] | max;

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
			refused: (map(kept_refused | numbers) | median | digits),
			refused_all: (map(share(.counts.rejected; .counts.arrived)) | median |
				digits),
			late: (map(share(.counts.late; .counts.replied + .counts.noreply)) |
				median | digits),
			rounds: length, valid_rounds: (map(select(.valid)) | length)}}) |
			from_entries)}) | from_entries)}}] | from_entries)}
