#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_outputs.sh - what the simulator writes: tables, CSV, distributions, plots, pages
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

test_csv_has_the_value_of_each_half_width() {
	local name
	sim -p fcfs -w 'a=1:1us/slo=5us' -n 10k --csv - >"$DIR/a.csv"
	for name in $(head -n 1 "$DIR/a.csv" | tr , '\n' | sed -n 's/_half$//p'); do
		head -n 1 "$DIR/a.csv" | tr , '\n' | grep -qx "$name" ||
			fail "$name has a half width and no value"
	done
}

test_plots_tables_and_csv_hold_the_same_runs() {
	sim -p fcfs,rss -w bimodal-100 -c 4 -l 0.2,0.5,0.8 -n 10k --csv "$DIR/a.csv" \
		--json "$DIR/a.json" \
		--svg "$DIR/a.svg" >"$DIR/table"
	assert_eq "$(wc -l <"$DIR/table")" 19 "lines of the table"
	assert_eq "$(tail -n +2 "$DIR/a.csv" | wc -l)" 18 "lines of CSV"
	assert_eq "$(jq '.runs | length' "$DIR/a.json")" 6 "runs"
	assert_eq "$(grep -c "class='c c[0-9]' stroke-width='[0-9.]*' d='M[0-9. ]*L" \
		"$DIR/a.svg")" 4 "curves, 2 a class"
	assert_match "$(tail -n 1 "$DIR/a.svg")" '</svg>'
}

test_a_wide_table_breaks_no_word() {
	sim -p slo -c 8 -l 2 -n 20k -m goodput \
		-w 'short=0.9:10us/slo=100us/quantum=5us,long=0.1:500us/slo=2ms/quantum=5us' \
		>"$DIR/table"
	assert_eq "$(grep -c ' sheds$' "$DIR/table")" 3 "lines of the table, each with its state"
}

# METRIC: its column of the table, from the first class to "all".
column_of() {
	sim -p slo -s shared -w 'short=0.5:1us/slo=20us,long=0.5:100us/slo=400us' -c 1 -l 2 -n 20k \
		-m "$1" --json "$DIR/a.json" | awk -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) from = NF - i }
		NR > 1 && from { print $(NF - from - ($NF !~ /[0-9]/)) }'
}

test_the_table_has_a_column_of_the_metric_that_was_asked_for() {
	assert_near "$(column_of goodput | tail -n 1)" \
		"$(jq '.runs[0].goodput' "$DIR/a.json")" 1 goodput
	assert_eq "$(column_of miss | wc -l)" 3 "lines with a share of misses"
	assert_eq "$(column_of p99_us)" "" "a column of what the table has anyway"
}

test_axes_say_unit_and_scale_and_objectives_are_lines() {
	sim -p fcfs,mq -q 5us -s shared -w 'short=0.5:1us/slo=20us,long=0.5:100us' -c 1 -l 0.1,0.8 \
		-n 20k \
		--svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c 'p99 sojourn, us (log scale)' "$DIR/a.svg")" 2 \
		"panels of one scale, which is named"
	assert_eq "$(grep -c "class='slo'" "$DIR/a.svg")" 1 "lines of objectives"
	assert_eq "$(grep -cE "class='t[01]'.*>(fcfs|mq)<" "$DIR/a.svg")" 4 \
		"names at the ends of curves"
	assert_match "$(cat "$DIR/a.svg")" 'shared, 1 cores, 5 us\. short=' "what the curves share"
	sim -p rss -w exp1 -c 16 -l 0.5,0.8 -n 20k --svg "$DIR/b.svg" >/dev/null
	assert_match "$(cat "$DIR/b.svg")" 'p99 sojourn, us .linear scale' "a linear scale"
	assert_ge "$(grep -c "class='i c0'" "$DIR/b.svg")" 1 "intervals"
}

test_a_single_load_is_drawn_side_by_side() {
	sim -p fcfs,rss,p2c -w bimodal-100 -c 4 -l 0.7 -n 10k --svg "$DIR/a.svg" \
		--json "$DIR/json" >/dev/null
	assert_eq "$(grep -c "load (share of the cores' time): 0.7</text>" "$DIR/a.svg")" 2 \
		"panels that say the load"
	assert_eq "$(grep -cE "text-anchor='middle'>(fcfs|rss|p2c)</text>" "$DIR/a.svg")" 6 \
		"names below their dots"
	assert_eq "$(grep -o "class='d[0-2]'" "$DIR/a.svg" | wc -l)" 6 dots
	assert_match "$(cat "$DIR/a.svg")" \
		">~$(jq -r '.runs[0].classes[0].p99_us' "$DIR/json" | awk '{ printf "%.0f",
		$1 }')</text>" "the value beside its dot"
	! grep -q "class='c c" "$DIR/a.svg" || fail "curves of one point each"
}

test_a_table_of_several_workloads_names_each() {
	sim -p fcfs,rss -w exp1 -w fixed1 -n 1000 >"$DIR/table"
	assert_eq "$(sed -n '2p; 5p' "$DIR/table" | grep -c ':$')" 2 \
		"headings, before the lines of each: $(cat "$DIR/table")"
	assert_eq "$(sim -p fcfs,rss -w exp1 -n 1000 | grep -c ':$')" 0 "headings of one workload"
}

test_values_within_a_decade_have_labels() {
	sim -p fcfs,rss -w exp1 -c 4 -l 0.2,0.4 -n 50k -m slowdown_p99 --svg "$DIR/a.svg" >/dev/null
	assert_ge "$(grep -c "class='grid'" "$DIR/a.svg")" 3 "labels of a log scale from 1 to 5"
}

test_a_page_holds_all_metrics_and_the_table() {
	sim -p fcfs,mq -s shared -q 5us -w 'short=0.5:1us/slo=20us,long=0.5:100us' -w exp1 -c 2 \
		-l 0.2,0.5 -n 10k --page "$DIR/page.html" >"$DIR/table"
	# Of each workload p99 (asked for), p50, p99.9, slowdown, throughput; misses and goodput
	# where there is an objective.
	assert_eq "$(grep -c '<svg ' "$DIR/page.html")" 12 plots
	assert_eq "$(grep -c 'share of requests later than the SLO' "$DIR/page.html")" 1 \
		"panels of misses: of the class with an objective"
	assert_eq "$(sed -n '/<pre>/,/<\/pre>/p' "$DIR/page.html" | sed 's/<[^>]*>//g' |
		grep -c ' fcfs ')" "$(grep -c ' fcfs ' "$DIR/table")" \
		"lines of the table"
	! grep -qE '<script|src=|href=' "$DIR/page.html" || fail "it needs something else"
	sim -p fcfs -n 1000 --svg - | head -n 1 | grep -q '^<svg' || fail "--svg - is no plot"
}

test_distributions_are_written_whole() {
	sim -p fcfs -w 'a=0.5:1us,b=0.5:exp(3us)' -l 0.7 -n 100k --cdf "$DIR/cdf" \
		--json "$DIR/json" >/dev/null
	awk -F, 'NR > 1 {
		if ($7 == class && ($8 <= q || $9 < us)) { print "not sorted: " $0; exit 1 }
		class = $7; q = $8; us = $9; n[class]++
	} END { exit !(n["a"] > 110 && n["b"] > 110 && n["all"] > 110) }' "$DIR/cdf" ||
		fail "$(head -n 5 "$DIR/cdf")"
	assert_near "$(awk -F, '$7 == "b" && $8 == 0.99 { print $9 }' "$DIR/cdf")" \
		"$(jq '.runs[0].classes[1].p99_us' "$DIR/json")" 0.01 "p99 of b"
}

# Colours come again after eight curves, markers do not.
test_curves_of_a_plot_are_told_apart() {
	sim -p fcfs,rss,p2c -c 1,2,4 -l 0.2,0.5 -n 1000 --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c "^<path class='c c0' stroke-width='[0-9.]*' d='M[0-9. ]*L" \
		"$DIR/a.svg")" 2 "curves in blue"
	assert_eq "$(grep -o "class='d0'" "$DIR/a.svg" | wc -l)" 3 \
		"dots of the first, and in the legend"
	assert_eq "$(grep -o "class='m c0'" "$DIR/a.svg" | wc -l)" 3 \
		"squares of the ninth, and in the legend"
}

# RFC 4180
test_csv_quotes_what_would_end_a_field() {
	cat >"$DIR/read.py" <<-'EOF'
		import csv, sys
		for path in sys.argv[2:]:
		    rows = list(csv.reader(open(path), strict=True))
		    assert len({len(r) for r in rows}) == 1, path
		    row = dict(zip(rows[0], rows[1]))
		    assert row['system'] == 'a,"b"' and row['class'] == 'x"y', row
		    assert row.get('workload', sys.argv[1]) == sys.argv[1], row
	EOF
	echo '{"name": "a,\"b\"", "policy": "fcfs"}' >"$DIR/c.json"
	local w='x"y=0.5:1us,z=0.5:2us'
	sim -s "$DIR/c.json" -w "$w" -n 5k --csv "$DIR/csv" --cdf "$DIR/cdf" \
		--series "$DIR/series" >"$DIR/out"
	python3 "$DIR/read.py" "$w" "$DIR/csv" "$DIR/cdf" "$DIR/series" ||
		fail "$(head -n 2 "$DIR/csv")"
}

columns_of() { LC_ALL=C.UTF-8 wc -L <"$1"; }

test_columns_are_as_wide_as_their_widest_cell() {
	local long='a_system_with_a_name_of_its_own'
	sim -p fcfs -w exp1 -n 1000 >"$DIR/narrow"
	assert_le "$(columns_of "$DIR/narrow")" 110 "columns of a short table"
	echo "{\"name\": \"$long\", \"base\": \"shared\"}" >"$DIR/c.json"
	sim -s "$DIR/c.json,shared" -p mq,fcfs -c 16 \
		-w "short_${long:0:24}=0.5:1us,long_${long:0:24}=0.5:99us" \
		-n 200k >"$DIR/wide"
	cat "$DIR/wide"
	assert_le "$(columns_of "$DIR/wide")" 120 "columns of a wide table"
	assert_ge "$(grep -c '^a_sys[a-z_]*…* ' "$DIR/wide")" 6 "names, cut"
	! grep ' $' "$DIR/narrow" "$DIR/wide" || fail "spaces at the end of lines"
	assert_eq "$(sed -n 's/ \(mq\|fcfs\) .*//p' "$DIR/wide" | LC_ALL=C.UTF-8 sed 's/./x/g' |
		sort -u | wc -l)" 1 "places where policies stand"
}

test_long_lines_below_a_table_are_broken() {
	sim -p fcfs -w exp1 -c 4 --clients 100 --servers 20 --fanout 10 --timeout 9us --retries 2 \
		--retry-budget 5% --hedge 2us -n 2000 >"$DIR/out"
	assert_le "$(columns_of "$DIR/out")" 120 "columns"
	assert_match "$(tr -d '\n' <"$DIR/out")" 'a call;? .*timed out; .*retried; .* of the work'
	sim advise -s ideal -p fcfs -r 1M -n 20k >"$DIR/out" \
		-w "$(printf 'class_of_work_%s=0.25:1us/slo=50us,' 1 2 3 4 | sed 's/,$//')"
	assert_le "$(columns_of "$DIR/out")" 120 "columns of advice"
}

run_tests "$@"
