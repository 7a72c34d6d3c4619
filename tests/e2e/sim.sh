#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim.sh - what the simulator promises: equal results, memory, speed, what is kept when it is
# interrupted, requests that are all accounted for
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
N=${LONG:+20M}
N=${N:-2M}
[ -z "$LONG" ] || TEST_LIMIT=900

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

# Stalls that would come after the end make the engine ready for all that can happen to a run;
# without them most is left out.
test_results_do_not_depend_on_what_the_engine_leaves_out() {
	local run=(-p 'fcfs,mq,jbsq,steal,sq' -s 'ideal,shared,wire,stale' -w bimodal-100 \
		-c '8,70' -l '0.6,0.9' -n 30k)

	sim "${run[@]}" --json "$DIR/plain" >/dev/null
	sim "${run[@]}" -C stall=3600s/1us --json "$DIR/whole" >/dev/null
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
	what|'what' is neither a verb .run, paper, advise, mem, list. nor an option
	TEXT
}

# What still waits when all cores are dead waits for good: nobody answers it, and the run ends.
test_a_run_whose_cores_all_die_says_that_requests_were_not_served() {
	local how dead='-c 2 -w exp1 -n 20k -F 0@1ms -F 1@1ms'
	for how in '-p fcfs' '-p rss' '-s wire' '-s nfp' '-p fcfs -C stall=1ms/1us' \
		'-p fcfs --clients 10' '-p fcfs --fanout 3' '-p p2c -s nfp --clients 10'; do
		# shellcheck disable=SC2086
		sim $how $dead >"$DIR/out"
		assert_match "$(grep ' all ' "$DIR/out")" ' unserved$' "state of $how"
	done
	# shellcheck disable=SC2086
	sim -p fcfs $dead --timeout 100us >"$DIR/out"
	assert_match "$(grep ' all ' "$DIR/out")" ' fails$' "state of calls that time out"
	sim -p fcfs -c 2 -w exp1 -n 20k -l 0.3 -F 0@1ms >"$DIR/out"
	! grep -E 'unserved|sheds' "$DIR/out" || fail "a core is left"
}

run_tests "$@"
