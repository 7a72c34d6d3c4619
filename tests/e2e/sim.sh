#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim.sh - the simulator: policies' own code against queueing theory, papers' statements, its own
# promises
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
N=${LONG:+20M}
N=${N:-2M}
LONG_N=${LONG:+3M}
[ -z "$LONG" ] || TEST_LIMIT=900

test_waits_of_fcfs_are_those_of_theory() {
	local k rho
	for rho in 0.5 0.7; do
		assert_near "$(value wait_us -p fcfs -w exp1 -l $rho -n $N)" "$(pk_wait $rho 1)" 2 \
			"M/M/1 at $rho"
		assert_near "$(value wait_us -p fcfs -w fixed1 -l $rho -n $N)" "$(pk_wait $rho 0)" \
			2 "M/D/1 at $rho"
	done
	for k in 4 16; do
		assert_near "$(value wait_us -p fcfs -w exp1 -c $k -l 0.7 -n "${LONG_N:-3M}")" \
			"$(erlang_wait 0.7 $k)" 2 "M/M/$k"
	done
	assert_near "$(value wait_us -p fcfs -w 'all=1:modes(0.5:1us;0.5:3us)' -l 0.7 -n $N)" \
		"$(awk -v w="$(pk_wait 0.7 0.25)" 'BEGIN { print 2 * w }')" 2 "M/G/1 (SCV 0.25)"
	assert_near "$(value wait_us -p fcfs -w 'short=0.9:1us,long=0.1:11us' -l 0.6 -n $N)" \
		"$(awk -v w="$(pk_wait 0.6 2.25)" 'BEGIN { print 2 * w }')" 2 \
		"M/G/1 (SCV 2.25, two classes)"
}

test_slowdown_under_processor_sharing_does_not_depend_on_the_distribution() {
	local w
	for w in fixed1 exp1 bimodal-100; do
		assert_near "$(value slowdown -p ps -w $w -l 0.6 -n $N)" 2.5 2 "mean slowdown of $w"
	done
}

test_round_robin_in_small_slices_comes_near_processor_sharing() {
	assert_near "$(value slowdown -p fcfs -P yes -q 50ns \
		-w 'all=1:modes(0.5:1us;0.5:10us)/requeue=tail' \
		-l 0.6 -n 300k)" 2.5 4 "mean slowdown in slices of 50 ns"
}

test_srpt_has_the_lowest_mean() {
	local means
	means=$(sim -p srpt,ps,c-fcfs,fcfs,mq,prio,jbsq,steal,rss,p2c -w bimodal-100 -c 4 -l 0.8 \
		-n 300k --json - |
		jq -r '.runs[] | "\(.classes[-1].mean_us) \(.policy)"' | sort -n)
	echo "$means"
	assert_match "$(head -n 1 <<<"$means")" srpt "the lowest mean"
}

# 16 cores, exp(1), load 0.9, k = 2: 8.3. As long as arrivals passed what was held it was 13.5, with
# JBSQ's definition it is 8.9.
test_jbsq_holds_while_there_is_a_backlog() {
	assert_near "$(value p999_us -p jbsq -w exp1 -c 16 -l 0.9 -n 1M)" 8.3 6 "p99.9"
}

# The class whose requests are the shortest, as they are measured, first: that is prio where the
# first class is the shortest.
test_a_policy_sees_how_long_requests_take() {
	cat >"$DIR/sept.c" <<-'EOF'
		#include <shunt/policy.h>
		SHUNT_POLICY("sept", SHUNT_IDLE_ONLY, "the class of the shortest mean first");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			__u64 least = ~0U, less;
			int best = SHUNT_GO_ON;
			for (int c = 0; c < SHUNT_CLASSES; c++) {
				less = shunt_bit(ev->waiting, c) &
				       shunt_less(shunt_mean_ns(v, c), least);
				least = shunt_pick(less, shunt_mean_ns(v, c), least);
				best = shunt_pick(less, c, best);
			}
			return best;
		}
	EOF
	local run=(-c 4 -l 0.8 -n 300k) prio
	prio=$(value p99_us -p prio -w 'short=0.9:exp(1us),long=0.1:exp(20us)' "${run[@]}")
	assert_near "$(value p99_us -p "$DIR/sept.c" \
		-w 'short=0.9:exp(1us),long=0.1:exp(20us)' "${run[@]}")" "$prio" 2 \
		"p99, the shortest first"
	assert_near "$(value p99_us -p "$DIR/sept.c" \
		-w 'long=0.1:exp(20us),short=0.9:exp(1us)' "${run[@]}")" "$prio" 8 \
		"p99, whatever their order"
}

test_the_ideal_c_fcfs_and_the_policy_fcfs_agree() {
	assert_eq "$(value p99_us -p fcfs -w bimodal-100 -c 16 -l 0.8 -n 300k)" \
		"$(value p99_us -p c-fcfs -w bimodal-100 -c 16 -l 0.8 -n 300k)" "p99"
}

# A card's p2c by published loads against hashing: 8 cores, exp(10 us), load 0.7, loads 25 us old on
# arrival; what the other simulation says, which knows no costs of replies.
test_published_loads_beat_hashing_as_far_as_another_simulation_says() {
	local run=(-s nfp -w exp10 -c 8 -l 0.7 -C start_ns=0 -C end_ns=0 -n "${LONG_N:-1M}") hashed
	hashed=$(value p99_us "${run[@]}" -p rss)
	assert_near "$hashed" 157 15 "p99 by hash"
	assert_near "$(value p99_us "${run[@]}" -p p2c)" 138 15 \
		"p99 by loads published every 100 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=30000)" 114 15 \
		"p99 by loads published every 30 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=500000)" 280 15 \
		"p99 by loads published every 500 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=2000000)" 674 15 \
		"p99 by loads published every 2 ms"
}

test_results_do_not_depend_on_the_number_of_jobs() {
	local args=(-p 'fcfs,mq,steal,p2c' -w bimodal-100 -s 'shared,wire' -c 8 -l '0.5,0.8' \
		-n 50k --json -)
	sim "${args[@]}" -j 1 | jq .runs >"$DIR/one"
	sim "${args[@]}" -j 5 | jq .runs >"$DIR/five"
	sim "${args[@]}" -j 5 -S 2 | jq .runs >"$DIR/other"
	assert_eq "$(jq length "$DIR/one")" 16 "runs"
	cmp "$DIR/one" "$DIR/five" || fail "jobs change results"
	! cmp -s "$DIR/one" "$DIR/other" || fail "the seed changes nothing"
}

# A core that would fail after the end makes the engine ready for all that can happen to a run;
# without it most is left out.
test_results_do_not_depend_on_what_the_engine_leaves_out() {
	local run=(-p 'fcfs,mq,jbsq,steal,sq' -s 'ideal,shared,wire,stale' -w bimodal-100 \
		-c '8,70' -l '0.6,0.9' -n 30k)

	sim "${run[@]}" --json "$DIR/plain" >/dev/null
	sim "${run[@]}" -F 1@3600s --json "$DIR/whole" >/dev/null
	assert_eq "$(jq '.runs | length' "$DIR/plain")" 80 "runs"
	assert_eq "$(jq -S .runs "$DIR/whole" | md5sum)" "$(jq -S .runs "$DIR/plain" | md5sum)" \
		"results"
}

test_memory_does_not_grow_with_the_length_of_a_run() {
	local short long
	short=$(json .memory_kb sim -p mq -s shared -w bimodal-100 -c 16 -l 0.8 -n 200k --json -)
	long=$(json .memory_kb sim -p mq -s shared -w bimodal-100 -c 16 -l 0.8 -n ${LONG:+5}1M \
		--json -)
	assert_le "$long" $((short + short / 5 + 1000)) "kB of a long run"
}

# Events a second of CPU time. 10 M on a quiet machine; beside other tests half of that must do.
test_events_are_simulated_at_10_million_a_second() {
	local rate
	sim -p fcfs,rss -w exp1 -c 16,1024 -l 0.7 -n 1M -j 1 --json "$DIR/all" >/dev/null
	rate=$(jq '([.runs[].events] | add) / .cpu_s | floor' "$DIR/all")
	echo "$rate events a second"
	assert_ge "$rate" $((LONG ? 10000000 : 5000000)) "events a second"
}

cpu_ticks() { # at least so many of a process
	local stat
	read -r stat <"/proc/$2/stat"
	set -- "$1" ${stat##*) }
	((${13} >= $1))
}

test_an_interrupt_keeps_what_is_complete() {
	start sweep shunt-sim -p fcfs -w exp1 -l 0.3:0.8:0.01 -n 500k -j 1 --json "$DIR/kept"
	wait_for 30 cpu_ticks 50 "${PIDS[sweep]}"
	stop sweep INT
	assert_eq "$STATUS" 130 "exit status"
	assert_match "$(logs sweep)" "interrupted: [0-9]+ of 51 runs are complete and kept"
	assert_eq "$(jq .complete "$DIR/kept")" false complete
	assert_ge "$(jq '.runs | length' "$DIR/kept")" 1 "runs kept"
}

test_an_interrupted_figure_keeps_what_is_complete() {
	start paper shunt-sim paper shinjuku-fig2 -n 1M -j 1 --json "$DIR/kept"
	wait_for 30 cpu_ticks 100 "${PIDS[paper]}"
	stop paper INT
	assert_eq "$STATUS" 130 "exit status"
	assert_eq "$(jq .complete "$DIR/kept")" false complete
	assert_ge "$(jq '.runs | length' "$DIR/kept")" 1 "runs kept"
}

# Three searches of seven steps, 0.2 s each; the first step of the first has ended.
test_interrupted_advice_says_what_it_found() {
	start advise shunt-sim advise -w 'all=1:1us/slo=1ms' -r 800k -p fcfs,mq -q 5us -n 2M -j 1
	wait_for 30 cpu_ticks 100 "${PIDS[advise]}"
	stop advise INT
	assert_eq "$STATUS" 130 "exit status"
	assert_match "$(logs advise)" "fcfs +- +<= [0-9]+ +all [0-9.±~]+ of 1000 us"
	assert_match "$(logs advise)" "interrupted: where '<=' or '\?' stands fewer cores"
}

test_files_are_written_though_nobody_reads_the_table() {
	local closed
	exec {closed}> >(exec true)
	wait $!
	shunt-sim -p fcfs -l 0.1:0.7:0.01 -n 1000 --json "$DIR/a.json" \
		--svg "$DIR/a.svg" >&"$closed" || true
	assert_eq "$(jq '.runs | length' "$DIR/a.json")" 61 "runs"
	assert_match "$(tail -n 1 "$DIR/a.svg")" '</svg>'
}

test_a_policy_of_the_users_own_runs() {
	cp "$ROOT/bpf/policies/fcfs.c" "$DIR/mine.c"
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt" >/dev/null
	for p in "$DIR/mine.c" "$DIR/mine.shunt"; do
		assert_eq "$(value mean_us -p "$p" -w exp1 -c 4 -l 0.8 -n 50k)" \
			"$(value mean_us -p fcfs -w exp1 -c 4 -l 0.8 -n 50k)" "mean by $p"
	done
}

test_requests_are_conserved_while_cores_die_and_come_back() {
	local system policy bad
	for system in shared wire nfp; do
		bad=$(sim -s $system -p fcfs,mq,jbsq,steal,p2c -w bimodal-100 -c 8 -l 0.6 -n 50k \
			-F 2@1ms:5ms -F 5@3ms \
			--json - | jq -c '.runs[] | . as $r | .classes[] |
				select(.arrived != .done + .dropped + .rejected + .lost or
				.done < .arrived * 0.99) |
				[$r.policy, .]')
		assert_eq "$bad" "" "unaccounted requests of $system"
	done
	assert_ge "$(value lost -p fcfs -w bimodal-100 -c 2 -l 0.6 -n 10000 -F 0@200ms)" 1 \
		"lost with core 0"
}

test_domains_divide_what_arrives_and_do_not_help_each_other() {
	# Two domains of 4 cores are two M/M/4.
	assert_near "$(value wait_us -p fcfs -w exp1 -c 8 -d 2 -l 0.6 -n $N)" \
		"$(erlang_wait 0.6 4)" 2 "M/M/4, twice"
	# In a domain the policy's own hash spreads over all cores.
	assert_near "$(value wait_us -p rss -w exp1 -c 256 -l 0.5 -n $N)" 1 3 "256 times M/M/1"
}

test_every_policy_answers_soundly_on_every_system() {
	local bad
	bad=$(sim -s ideal,shinjuku,shinjuku-offload,shared,wire,nfp -c 16 -w trimodal -l 0.5 \
		-n 5k --json - \
		-p "$(cd "$ROOT/bpf/policies" && printf '%s,' *.c | sed 's/\.c,/,/g')" |
		jq -c '.runs[] | select(.bad_answers > 0 or .classes[-1].done < 4000) | [.system,
		.policy]')
	assert_eq "$bad" "" "systems and policies"
}

test_preemption_pays_where_it_should() {
	local p99
	p99=$(sim -s shared -p fcfs,mq -w bimodal-100 -c 4 -l 0.6 -n 300k --json - |
		jq '[.runs[].classes[0].p99_us] | .[0] / .[1] | floor')
	assert_ge "$p99" 4 "short p99 of fcfs over that of mq"
}

test_traces_and_bursts_arrive_as_told() {
	local i
	for ((i = 0; i < 200; i++)); do echo "$((i * 10)) short 4 $i"; done >"$DIR/trace"
	assert_eq "$(value max_us -p fcfs -w short=1:1us -a "trace:$DIR/trace" -n 200)" 4 \
		"sojourn in the trace"
	awk -v b="$(value p99_us -p fcfs -w exp1 -c 4 -l 0.6 -a bursty:4:100us -n 200k)" \
		-v p="$(value p99_us -p fcfs -w exp1 -c 4 -l 0.6 -n 200k)" \
		'BEGIN { exit !(b > 3 * p) }' ||
		fail "bursts do not hurt"
	assert_near "$(json '.runs[0].throughput' sim -p fcfs -w exp1 -c 4 -l 0.6 -a bursty:4:5us \
		-n $N --json -)" \
		2400000 2 "rate with bursts"
}

test_a_file_of_costs_is_a_system() {
	echo '{"name": "mine", "base": "shared", "_host": "lab", "end_ns": 5000,
		"policy": "fcfs"}' >"$DIR/c.json"
	assert_eq "$(value p50_us -s "$DIR/c.json" -w fixed1 -l 0.01 -n 1000 | cut -d. -f1)" 6 \
		"p50 with 5 us more"
	echo '{"base": "shared", "end_nss": 5000}' >"$DIR/c.json"
	assert_exit 1 shunt-sim -s "$DIR/c.json"
	assert_match "$(cat "$DIR/err")" "no cost is called 'end_nss'"
}

# One core alone is up for 1 ms on average, then away for 50 us: so a share of 50/1050 of requests
# waits 50 us more.
test_stalls_delay_what_they_meet() {
	local stall='1ms/exp(50us)'
	assert_near "$(value mean_us -p fcfs -w fixed1 -l 0.001 -n 300k -C "stall=$stall")" 3.43 4 \
		"mean with stalls"
	assert_eq "$(value p99_us -p fcfs -w fixed1 -l 0.001 -n 50k -C "nic_stall=$stall" \
		-C stamp=nic | cut -d. -f1)" 1 \
		"p99 from the NIC's stamp"
	assert_ge "$(value p99_us -p fcfs -w fixed1 -l 0.001 -n 50k -C "nic_stall=$stall" |
		cut -d. -f1)" 20 \
		"p99 from arrival"
}

# With room for one request alone the NIC is an M/D/1/1: half is refused where as much comes as it
# can do.
test_a_full_nic_refuses() {
	local counts='.runs[0].classes[-1] | .dropped / .arrived, .arrived - .done - .dropped'
	json "$counts" sim -p fcfs -w 'all=1:1ns' -r 1M -n "${LONG_N:-500k}" -C nic_ns=1000 \
		-C nic_queue=1 --json - >"$DIR/dropped"
	assert_near "$(head -n 1 "$DIR/dropped")" 0.5 1 "share that is refused"
	assert_eq "$(tail -n 1 "$DIR/dropped")" 0 "requests unaccounted for"
}

# 1 us of work, 2 us there and 1 us back: a core that may have one request is busy a quarter of the
# time.
test_outstanding_requests_cover_the_way_there_and_back() {
	local costs=(-C transport=wire -C deliver_ns=2000 -C feedback_ns=1000) k
	for k in 1 2 4; do
		assert_near \
			"$(json '.runs[0].throughput' sim -p jbsq -w fixed1 -r 2M \
			-n 50k "${costs[@]}" \
			-C outstanding=$k -C hold=64 --json -)" $((250000 * k)) 2 \
			"throughput with $k outstanding"
	done
}

# What is stolen costs the thief, and him whom it is stolen from; what nobody has seen cannot be
# stolen.
test_stealing_has_its_price() {
	local args=(-p steal -w bimodal-500 -c 16 -r 2M -n 100k) free dear blind
	free=$(value p99_us "${args[@]}")
	dear=$(value p99_us "${args[@]}" -C steal_ns=2000 -C steal_home_ns=4000)
	blind=$(value p99_us "${args[@]}" -C unseen=1)
	echo "p99: free $free, dear $dear, unseen $blind us"
	awk -v f="$free" -v d="$dear" -v b="$blind" \
		'BEGIN { exit !(d > 10 * f && b > 100 && b > 10 * f) }' ||
		fail "free $free, dear $dear, unseen $blind"
}

test_all_systems_of_the_literature_are_there() {
	local name
	shunt-sim list >"$DIR/list"
	for name in shinjuku shinjuku-offload ix zygos nanopu shared wire nfp; do
		grep -q "^  $name  *[a-zA-Z]" "$DIR/list" || fail "no system '$name'"
		grep -q "^| $name " "$ROOT/docs/simulator.md" ||
			fail "docs/simulator.md says nothing of '$name'"
	done
}

# JSON of the parts that benchmarks leave: cost, path, yield, lab
costs_of() {
	jq -n -L "$ROOT/bench" --argjson p "[$1]" 'include "costs"; {name: "here", base: "shared"} +
		machine($p[0]; $p[1]; $p[2];
			$p[3]) + if $p[3] then behind_client($p[3]) else {} end' >"$DIR/c.json"
}

test_costs_that_benchmarks_measured_are_a_system() {
	local stalls='{"seconds": 1, "stalls": 4, "share": 0.1, "stall_every_us": 250000,
		"stalls_us": [2, 3, 20, 3000]}'
	costs_of '{"policies": {"fcfs": {"hold_ns": 102}}},
		{"without_rps": {"nic_to_core_ns_p50": 1500}},
		{"mark_to_yield_ns": {"p50": 1100}, "throughput_loss": {"5us": 0.05},
		 "rounds": {"5us": {"seconds": 0.01, "yields": 2000}}},
		'"{\"core_ns\": {\"median\": 2600}, \"client_ns\": {\"median\": 5500},
		  \"stalls\": {\"cpu0\": $stalls, \"cpu1\": $stalls}}"
	assert_eq "$(jq -c '[.nic_ns, .deliver_ns, .yield_ns, .mark_ns, .rest_ns, .stamp,
		._not_measured]' "$DIR/c.json")" \
		'[5500,1500,250,850,2600,"nic",[]]' "costs"
	assert_match "$(jq -r .stall "$DIR/c.json")" '^250000us/modes\(.*;0.25:3000us\)$'
	# XDP to core, the work; what comes after it is not in the sojourn.
	assert_near "$(value p50_us -s "$DIR/c.json" -p fcfs -w fixed1 -l 0.01 -n 10k)" 2.5 1 p50
	costs_of 'false, false, false, false'
	assert_eq "$(jq -c ._not_measured "$DIR/c.json")" \
		'["bench-cost","bench-path","bench-preempt","lab_costs.sh"]'
	assert_eq "$(value p50_us -s "$DIR/c.json" -p fcfs -w fixed1 -l 0.01 -n 10k)" \
		"$(value p50_us -s shared -p fcfs -w fixed1 -l 0.01 -n 10k)" \
		"what was not measured is the preset's"
}

test_advice_meets_the_objectives_with_the_fewest_cores() {
	local most
	sim advise -w 'short=0.5:1us/slo=20us,long=0.5:100us/slo=400us' -r 60k -c 16 -p fcfs,mq \
		-q 5us -n 100k |
		tee "$DIR/advice"
	assert_match "$(cat "$DIR/advice")" "Take mq with a quantum of 5 us on [0-9]+ cores"
	most=$(sed -n 's/^Take mq.* on \([0-9]*\) cores.*/\1/p' "$DIR/advice")
	assert_eq "$(json '[.runs[0].classes[0,1].slo_met] | all' sim -s shared -p mq -q 5us \
		-c "$most" -r 60k -n 100k \
		-w 'short=0.5:1us/slo=20us,long=0.5:100us/slo=400us' --json -)" true \
		"objectives are met"
}

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
	# Of each workload p99 (asked for), p50, p99.9, slowdown, throughput; misses where there is
	# an objective.
	assert_eq "$(grep -c '<svg ' "$DIR/page.html")" 11 plots
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

test_wrong_input_is_refused_with_a_reason() {
	local args want
	while IFS='|' read -r args want; do
		# shellcheck disable=SC2086
		shunt-sim $args >"$DIR/out" 2>"$DIR/err" && fail "'$args' was taken"
		assert_match "$(cat "$DIR/err")" "$want" "what '$args' says"
	done <<-'TEXT'
	-p nonesuch|unknown policy 'nonesuch'
	-w short=0.5|is no class
	-w short=0.5:1parsec|is no service time
	-w all=1:exp(1us)/sla=3us|has no option
	-s nonesuch|neither a preset .*nor a file
	-C mark=3|no cost is called
	-C ring=0|at least 1
	-C stall=1ms|is no stall
	-C stall=1ms/soon|is no service time
	-C stall=1ms/1us,x|is no service time
	-C nic_stall=10ns/1us|no time from 1us up
	-C unseen=2|0 or 1
	-C stamp=later|stamp .later. is unknown
	-l x|--load cannot be 'x'
	-c 2000|--cores are whole numbers
	-c 2 -s shinjuku|leave none to serve
	-F 9@1ms|there is no core 9
	-a sometimes|is no kind of arrivals
	-k 99=1|is not KNOB=VALUE
	-m p98|--metric cannot be
	paper fig99|unknown figure
	advise|advise wants
	what|what is 'what'
	TEXT
}

run_tests "$@"
