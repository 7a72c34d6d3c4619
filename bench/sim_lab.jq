# SPDX-License-Identifier: BSD-2-Clause
# sim_lab.jq - what the lab measured beside what the simulator predicted

def spread: sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
def spreads: {p50_us: (map(.p50_us) | spread), p90_us: (map(.p90_us) | spread),
p99_us: (map(.p99_us) | spread)};
def key: [.workload, .policy, .class];

# A row for each workload, policy and class: measured with stalls set aside, the simulator's rounds;
# error is predicted over measured, less 1.
def error($p; $m): if $m then $p / $m - 1 else null end;
def compare($lab; $sim):
	($sim | group_by(key) | map({key: (.[0] | key | tostring), value: spreads}) |
		from_entries) as $predicted |
	[$lab[] | $predicted[key | tostring] as $p | .clean as $m |
		{workload, policy, class, windows, kept, comparable, why, measured: .clean, raw,
		 client, server, predicted: $p, lost: .kept_lost,
		 error: {p50: error($p.p50_us.median; $m.p50_us.at),
			p90: error($p.p90_us.median; $m.p90_us.at),
			p99: error($p.p99_us.median; $m.p99_us.at)},
		 within: ($m.p99_us.low != null and $p.p99_us.median >= $m.p99_us.low and
			$p.p99_us.median <= $m.p99_us.high)}];

def absolute: if . < 0 then -. else . end;
# The error's size: of half of the rows at most; the worst; how many predictions lie within the
# bounds. Of rows where the method holds.
def summary: map(select(.comparable)) |
	{rows: length, p99_error_median: (map(.error.p99 | absolute) | spread.median),
	 p99_error_worst: (map(.error.p99 | absolute) | max),
	 	p50_error_median: (map(.error.p50 | absolute) | spread.median),
	 p90_error_median: (map(.error.p90 | absolute) | spread.median),
	 	p99_within_bounds: (map(select(.within)) | length)};

def tenths: if . then . * 10 | round / 10 else "-" end;
def percent: if . then (. * 100 | round) as $p | "\(if $p > 0 then "+" else "" end)\($p) %"
	else "-" end;
def table:
	"workload\tpolicy\tclass\tkept\tp50 lab\tsim\t\tp99 lab (95 %)\traw\tsim (least to most)\terror",
	(.results[] | [.workload, .policy, .class,
		"\(.kept * 100 | round) %\(if .comparable then "" else " ~" end)",
		(.measured.p50_us.at | tenths), (.predicted.p50_us.median | tenths),
		(.error.p50 | percent),
		"\(.measured.p99_us.at | tenths) (\(.measured.p99_us.low | tenths) to \(.measured.p99_us.high | tenths))",
		(.raw.p99_us.at | tenths),
		"\(.predicted.p99_us.median | tenths) (\(.predicted.p99_us.least | tenths) to \(.predicted.p99_us.most | tenths))",
		(.error.p99 | percent)] | @tsv),
	"size of the error of p99: median \(.summary.p99_error_median | percent), worst \(.summary.p99_error_worst | percent); within the bounds: \(.summary.p99_within_bounds) of \(.summary.rows)",
	"~: the method does not hold there; why in the JSON says the reason";
