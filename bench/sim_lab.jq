# SPDX-License-Identifier: BSD-2-Clause
# sim_lab.jq - what the lab measured beside what the simulator predicted

def spread: sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
def spreads: {p50_us: (map(.p50_us) | spread), p90_us: (map(.p90_us) | spread),
p99_us: (map(.p99_us) | spread)};
def key: [.workload, .policy, .class];

# A row for each workload, policy and class: of the rounds on both sides; error is predicted over
# measured, less 1.
def compare($lab; $sim):
	($sim | group_by(key) | map({key: (.[0] | key | tostring), value: spreads}) |
		from_entries) as $predicted |
	$lab | group_by(key) | map(. as $all | map(select(.stalls == 0 and .waited_ms < 2)) |
		select(length > 0) |
		(.[0] | {workload, policy, class}) as $what | spreads as $m |
			$predicted[$what | key | tostring] as $p |
		$what + {calm: length, rounds: ($all | length), all_rounds: ($all | spreads),
			measured: $m, predicted: $p,
			 lost: ((map(.sent) | add) - (map(.answered) | add)),
			 error: ([["p50", "p50_us"], ["p90", "p90_us"], ["p99", "p99_us"]] |
				 map({(.[0]): ($p[.[1]].median / $m[.[1]].median - 1)}) | add),
			 within: ($p.p99_us.median >= $m.p99_us.least and
			 	$p.p99_us.median <= $m.p99_us.most)});

def absolute: if . < 0 then -. else . end;
# The error's size: of half of the rows at most; the worst; how many predictions lie within what the
# rounds measured.
def summary:
	{rows: length, p99_error_median: (map(.error.p99 | absolute) | spread.median),
	 p99_error_worst: (map(.error.p99 | absolute) | max),
	 	p50_error_median: (map(.error.p50 | absolute) | spread.median),
	 p90_error_median: (map(.error.p90 | absolute) | spread.median),
	 	p99_within_rounds: (map(select(.within)) | length)};

def tenths: . * 10 | round / 10;
def percent: (. * 100 | round) as $p | "\(if $p > 0 then "+" else "" end)\($p) %";
def table:
	"workload\tpolicy\tclass\tcalm rounds\tp50 lab\tsim\t\tp99 lab (least to most)\tsim (least to most)\terror",
	(.results[] | [.workload, .policy, .class, "\(.calm)/\(.rounds)",
		(.measured.p50_us.median | tenths), (.predicted.p50_us.median | tenths),
		(.error.p50 | percent),
		"\(.measured.p99_us.median | tenths) (\(.measured.p99_us.least | tenths) to \(.measured.p99_us.most | tenths))",
		"\(.predicted.p99_us.median | tenths) (\(.predicted.p99_us.least | tenths) to \(.predicted.p99_us.most | tenths))",
		(.error.p99 | percent)] | @tsv),
	"size of the error of p99: median \(.summary.p99_error_median | percent), worst \(.summary.p99_error_worst | percent); within the rounds: \(.summary.p99_within_rounds) of \(.summary.rows)";
