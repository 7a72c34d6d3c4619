#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_input.sh - the simulator takes what was meant or says what is wrong with it: lists, workloads,
# traces, files
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

test_a_range_that_ends_before_it_begins_is_refused() {
	refused 'the range ends before it begins' -p fcfs -l 0.9:0.1:0.1
	refused 'the range ends before it begins' -p fcfs -r 2M:1M:100k
}

test_options_that_contradict_each_other_are_refused() {
	refused 'give one of them' -p fcfs -l 0.5 -r 1M
	refused 'leaves nothing to a --quantum' -p fcfs -P no -q 5us
	refused 'is that of a trace' -p fcfs --speed 2
	echo '# workload: a=1:1us' >"$DIR/trace"
	refused '--speed 2 replays it twice as fast' -p fcfs -a "trace:$DIR/trace" -l 0.5
	refused '--speed 2 replays it twice as fast' -p fcfs -a "trace:$DIR/trace" -r 1M
}

test_shares_that_do_not_add_up_are_refused() {
	refused 'add up to 0.9: make them 1' -p fcfs -w 'a=0.5:1us,b=0.4:2us'
	refused 'add up to 2: make them 1' -p fcfs -w 'a=1:1us,b=1:2us'
	refused 'modes.* add up to 0.8: make them 1' -p fcfs -w 'all=1:modes(0.4:1us;0.4:2us)'
	sim -p fcfs -n 1000 -w 'a=30:1us,b=70:2us' >"$DIR/out"
	sim -p fcfs -n 1000 -w 'a=1/3:1us,b=1/3:2us,c=1/3:3us' >"$DIR/out"
}

test_two_classes_of_one_name_are_refused() {
	refused "two classes are called 'a'" -p fcfs -w 'a=0.5:1us,a=0.5:2us'
}

test_a_file_that_cannot_be_written_is_found_before_the_work() {
	for file in csv json svg; do
		refused "cannot write '$DIR/none/x'" -p fcfs -n 1000M --$file "$DIR/none/x"
	done
	sim -p fcfs -n 1000 --json "$DIR/kept" >"$DIR/out"
	refused "unknown policy" -p nonesuch --json "$DIR/kept" --csv "$DIR/new"
	assert_ge "$(stat -c %s "$DIR/kept")" 100 "bytes of the results of before"
	[ ! -e "$DIR/new" ] || fail "a run that failed left a file"
}

trace() { # LINES
	local i
	for ((i = 0; i < $1; i++)); do echo "$((i * 10)) short 4 $i"; done
}

# The tenth of a trace's own requests is left out, not a tenth of a million; load and rate are the
# trace's.
test_a_trace_is_measured_by_its_own_length_and_rate() {
	trace 5000 >"$DIR/trace"
	sim -p fcfs -w short=1:1us -a "trace:$DIR/trace" --json - | jq '.runs[0]' >"$DIR/run"
	assert_eq "$(jq -c '[.requests, .classes[-1].arrived, .classes[-1].done]' "$DIR/run")" \
		'[5000,4500,4500]' requests
	assert_eq "$(jq -c '[.load, .rate | . * 1000 | round / 1000]' "$DIR/run")" '[0.4,100000]' \
		"load, rate"
	assert_eq "$(sim -p fcfs -w short=1:1us -a "trace:$DIR/trace" --speed 2 --json - |
		jq -c '.runs[0] | [.load, .rate, .classes[-1].done | . * 1000 | round / 1000]')" \
		'[0.8,200000,4500]' \
		"load, rate, requests at twice the speed"
}

test_a_trace_that_names_its_classes_needs_no_workload() {
	{
		echo '# workload: short=0.5:exp(2us)/slo=50us,long=0.5:8us'
		trace 1000
		echo '10000 long -'
		echo '10010 long - 7'
	} >"$DIR/trace"
	assert_eq "$(sim -p fcfs -a "trace:$DIR/trace" --json - |
		jq -c '.runs[0] | [.requests, .classes[0].slo_us, .classes[1].done,
		.classes[1].p50_us | floor]')" \
		'[1002,50,2,8]' "requests, objective, drawn services"
	trace 10 >"$DIR/bare"
	refused "has no line '# workload" -p fcfs -a "trace:$DIR/bare"
}

test_a_line_of_a_trace_that_makes_no_sense_is_named() {
	local line want
	while IFS='|' read -r line want; do
		{ trace 10; echo "$line"; } >"$DIR/trace"
		refused "line 11 $want" -p fcfs -w short=1:1us -a "trace:$DIR/trace"
	done <<-'TEXT'
	5 short 1|goes back in time
	100 long 1|has a class that the workload does not have
	100 short|is not 'TIME_US CLASS SERVICE_US
	x short 1|is not 'TIME_US CLASS SERVICE_US
	100 short 1x|has no service time
	100 short -1|has no service time
	100 short 1 c0|has no number as its FLOW
	100 short 1 5x|has no number as its FLOW
	100 short 1 -3|has no number as its FLOW
	100 short 1 3 4|has no number as its FLOW
	TEXT
	: >"$DIR/trace"
	refused "holds no requests" -p fcfs -w short=1:1us -a "trace:$DIR/trace"
	refused "cannot open" -p fcfs -w short=1:1us -a "trace:$DIR/none"
}

test_numbers_are_decimal_and_whole() {
	refused "is no service time" -p fcfs -w all=1:0x10us
	refused "is no service time" -p fcfs -w all=1:-1us
	refused "is no service time" -p fcfs -w all=1:infus
	refused "'0=' has no VALUE" -p jbsq -k 0=
	refused "'=1' is not KNOB=VALUE" -p jbsq -k =1
	refused "--load cannot be '0x1'" -p fcfs -l 0x1
	refused "has no share '-1/-1': give a number above 0" -p fcfs -w a=-1/-1:1us
}

test_a_knob_that_a_policy_does_not_go_by_is_said() {
	sim -p fcfs,jbsq -c 4 -n 1000 -k 9=1 2>"$DIR/err" >"$DIR/out"
	assert_eq "$(grep -cE "warning: --knob 9=1 changes nothing: '(fcfs|jbsq)'.*leave it out" \
		"$DIR/err")" 2 "$(cat "$DIR/err")"
	sim -p jbsq -c 4 -n 1000 -k 0=3 2>"$DIR/err" >"$DIR/out"
	sim -p darc,part -w 'a=0.5:1us,b=0.5:2us' -c 4 -n 1000 -k 1=0x103 \
		2>>"$DIR/err" >"$DIR/out"
	assert_eq "$(cat "$DIR/err")" "" "warnings of knobs that are read"
	shunt-sim advise -Q -s ideal -p fcfs -w all=1:1us/slo=50us -r 2M -c 8 -n 5k -k 3=7 \
		2>"$DIR/err" >"$DIR/out"
	assert_match "$(cat "$DIR/err")" "warning: --knob 3=7 changes nothing: 'fcfs'"
	refused '--knob gives knob 0 twice' -p jbsq -k 0=1 -k 0=2
}

# The mean of 1 over an exponential is infinite: what comes out would be a matter of the shortest
# request.
test_a_mean_slowdown_that_is_infinite_is_not_given() {
	refused "mean slowdown of exponential times is infinite under 'fcfs'.*slowdown_p50 or" \
		-p ps,fcfs -w exp1 -m slowdown
	sim -p ps,srpt,fcfs -w exp1 -n 1000 --json - |
		jq -c '[.runs[].classes[-1] | has("slowdown"), has("slowdown_p99")]' >"$DIR/has"
	assert_eq "$(cat "$DIR/has")" '[true,true,true,true,false,true]' \
		"mean slowdown, p99 of it, of ps, srpt and fcfs"
}

test_expire_is_a_whole_number_of_objectives() {
	local n
	for n in 0 0.5 -1 10001 4us x ''; do
		refused "class 'a' has no option 'expire=$n'" -p mq -w "a=1:1us/slo=5us/expire=$n"
	done
	refused "class 'a' has /expire=.*no objective: give it an /slo=" -p mq -w a=1:1us/expire=2
}

test_an_option_given_twice_is_refused() {
	refused "class 'a' is given 'expire' twice" -p fcfs -w a=1:1us/slo=5us/expire=2/expire=3
	refused "class 'a' is given 'slo' twice" -p fcfs -w a=1:1us/slo=5us/slo=9us
	refused "class 'a' is given 'requeue' twice" -p fcfs \
		-w a=1:1us/requeue=head/slo=9us/requeue=tail
}

test_a_file_of_times_has_nothing_but_times() {
	local line
	for line in '5 ms' '5us' '5,6' '-5' 'x' '5 6'; do
		printf '# us\n1\n\n%s\n' "$line" >"$DIR/times"
		refused "line 4 is '$line': give one time in microseconds a line" -p fcfs \
			-w "a=1:file($DIR/times)"
	done
	printf '# us\n1\n\n3 \r\n' >"$DIR/times"
	assert_eq "$(sim -p fcfs -w "a=1:file($DIR/times)" -l 0.1 -n 1000 --json - |
		jq .runs[0].classes[-1].done)" 900 "requests"
}

test_a_rate_that_outlasts_the_clock_is_refused() {
	refused "take 1.16e.10 days for 1000000 of them" -p fcfs -r 0.000000001
	refused "a run has 100: more requests a second, or fewer" -p fcfs -r 0.1
	sim -p fcfs -r 0.1 -n 1000 >"$DIR/out"
}

# A figure or advice that did not obey it would be taken for one that did.
test_an_option_that_a_verb_would_not_obey_is_refused() {
	local option
	local taken='--csv, --cdf, --svg, --requests, --jobs, --json, --seed, --quiet, --help'
	for option in '-w exp1' '-c 4' '-l 0.5' '-r 1M' '-p fcfs' '-s shared' '-C nic_ns=1' \
		'-q 5us' '-P yes' '-F 0@1ms' '-k 0=1' \
		'-a uniform' '-E 2%' '--seeds 3' '-m p99_us' '-f 10' '-d 2' '--misses 5%' \
		'--rss default' "--page $DIR/page"; do
		# shellcheck disable=SC2086
		refused "paper takes no --[a-z]*: it takes $taken" \
			paper shinjuku-fig4 $option
	done
	for option in '--seeds 3' '-E 2%' '-F 0@1ms' "--json $DIR/json" '-l 0.5'; do
		# shellcheck disable=SC2086
		refused 'advise takes no --[a-z]*: it takes --system, --cost, --workload' advise \
			-w all=1:1us/slo=5us $option
	done
	refused "run takes no --misses, which is an option of 'advise'" -p fcfs --misses 5%
	refused "run takes no --instead, which is an option of 'paper'" -p fcfs --instead 5
	refused "--instead cannot be 'nan': a number" paper shinjuku-fig4 --instead nan
}

# Beside policies that obey it an ideal would look as if it did too; with speeds it was even offered
# another rate.
test_what_an_ideal_does_not_obey_is_refused() {
	local name
	for name in ps srpt c-fcfs oracle; do
		refused "'$name' is an ideal and would not obey --fail" -p fcfs,$name -c 4 -F 0@1ms
		refused "'$name' is an ideal and would not obey --quantum" -p sq,$name -q 5us
		refused "'$name' is an ideal and would not obey --preempt" -p $name -P yes
		refused "'$name' is an ideal and would not obey --rss" -p $name -f 10 --rss default
		refused "'$name' is an ideal and would not obey --domains" -p $name -c 4 -d 2
		refused "'$name' is an ideal and would not obey --knob" -p $name -k 0=1
		refused "'$name' is an ideal, at no cost, and 'ideal' sets nic_ns: .*--system" \
			-p $name -C nic_ns=100
		refused "'$name' is an ideal, at no cost, and 'ideal' sets speeds" -p fcfs,$name \
			-c 2 -C speeds=1x1,1x0.5
		refused "'$name' is an ideal, at no cost, and 'shinjuku' sets nic_ns" -p $name \
			-c 4 -s shinjuku
	done
	sim -p ps,srpt,c-fcfs,oracle,fcfs -q 0us -n 1000 >"$DIR/out"
	sim -s ipipe -p c-fcfs,drr -C actors=4 -c 4 -n 1000 >"$DIR/out"
}

test_what_an_option_wants_is_said_to_who_gave_something_else() {
	refused "--rate cannot be 'x': requests a second" -p fcfs -f 10k/zipf=1 -r x
	refused "--load cannot be '70%': shares of the cores' time up to 10, 0.7 for 70 %" -p fcfs \
		-l 70%
	refused "--load cannot be '70': shares of the cores' time up to 10" -p fcfs -l 70
	refused "--cores cannot be '1-8': numbers of cores: 4,16 or LOW:HIGH:STEP as 4:16:4" \
		-p fcfs -c 1-8
	refused "hint: 'shunt-sim list' names the workloads" -p fcfs -w bimodal
	refused "'shunt-sim --help' lists the options" -p fcfs --slo 5us
	refused "--metric cannot be 'p98': p50_us, p90_us, p99_us" -p fcfs -m p98
	refused "--requests cannot be '10': a whole number from 100 to 10.12" -p fcfs -n 10
	refused "--policy cannot be '': at least one policy" -p ''
	refused "--workload cannot be '': a name of 'shunt-sim list'" -p fcfs -w ''
	refused "--seed cannot be '99999999999999999999': a whole number from 0 to 2.64 - 1" \
		-p fcfs -S 99999999999999999999
	refused "'0=99999999999999999999' is not KNOB=VALUE, VALUE up to 2.64 - 1" -p jbsq \
		-k 0=99999999999999999999
	refused "class 'a' has the objective '0us', which nothing meets" -p fcfs -w a=1:1us/slo=0us
	refused "nic_ns is '-1': give a number from 0 to 10.9" -p fcfs -C nic_ns=-1
	refused "ring is 1.5: give a whole number from 0 to 10.9" -p fcfs -C ring=1.5
}

# shunt takes no time without its unit either: 20 may be meant as ns, us or ms.
test_a_time_without_its_unit_is_refused() {
	refused "'20' has no unit: write 20us" -p fcfs -w a=1:20
	refused "class 'a': slo=20 has no unit: write 20us" -p fcfs -w a=1:1us/slo=20
	refused "class 'a': quantum=5 has no unit: write 5us" -p mq -w a=1:1us/quantum=5
	refused "--quantum cannot be '5': times with their unit, as 500ns, 20us" -p mq -q 5
	refused "--timeout cannot be '50': times with their unit" -p fcfs --timeout 50
	refused "--fail cannot be '0@5': CORE@TIME or CORE@TIME:TIME, as in 3@10ms:5ms" -p fcfs \
		-c 2 -F 0@5
	refused 'no service time' -p fcfs -w 'a=1:exp(5)'
}

test_a_quantum_that_no_policy_obeys_is_refused() {
	refused 'obeyed by policies that preempt, and fcfs does not: leave it out, or add' \
		-p fcfs -q 5us
	refused 'and fcfs and the others do not' -p fcfs,rss -q 5us
	sim -p fcfs,mq -q 5us -n 1000 >"$DIR/out"
	sim -p fcfs -q 5us -P yes -n 1000 >"$DIR/out"
}

test_two_outputs_into_one_file_are_refused() {
	refused "--csv and --json both write to '$DIR/f': give each a file of its own" -p fcfs \
		-n 1000 --csv "$DIR/f" --json "$DIR/f"
	refused "--csv and --json both write to '-'" -p fcfs -n 1000 --csv - --json -
	refused "--svg and --series-svg both write to" -p fcfs -n 1000 --svg "$DIR/f" \
		--series-svg "$DIR/f"
}

test_a_run_that_fails_prints_no_heading() {
	! sim -p srpt -w exp1 -r 1000M -n 3M >"$DIR/out" 2>"$DIR/err" ||
		fail "more at once than there is room for"
	assert_eq "$(cat "$DIR/out")" "" "the table of no runs"
}

test_an_unknown_system_is_told_where_systems_are_listed() {
	refused 'neither a preset .shunt-sim list. nor a file' -p fcfs -s nope
}

test_objectives_that_nobody_gave_are_asked_for() {
	sim -p mq,fcfs -w 'a=0.5:1us,b=0.5:9us' -n 1000 2>"$DIR/err" >"$DIR/out"
	assert_eq "$(grep -c \
		"warning: no class of 'a=.*so mq serves in order of arrival, as fcfs does: .*/slo=TIME" "$DIR/err")" 1 warnings
	printf '# workload: a=0.5:1us,b=0.5:9us\n1 a 1\n2 b 9\n3 a 1\n' >"$DIR/trace"
	sim -p mq -a "trace:$DIR/trace" 2>"$DIR/err" >"$DIR/out"
	assert_match "$(cat "$DIR/err")" 'warning: no class'
	sim -p mq -w 'a=0.5:1us/slo=5us,b=0.5:9us' -n 1000 2>"$DIR/err" >"$DIR/out"
	sim -p mq,fcfs -w exp1 -n 1000 2>>"$DIR/err" >"$DIR/out"
	sim -p fcfs -w 'a=0.5:1us,b=0.5:9us' -n 1000 2>>"$DIR/err" >"$DIR/out"
	assert_eq "$(cat "$DIR/err")" "" "warnings where they are given, or do not matter"
}

# A constructor runs as soon as it is mapped; shunt refuses to load it, in these words.
test_native_code_that_shunt_refuses_is_refused_and_never_run() {
	local says
	mkdir "$DIR/policies"
	cat >"$DIR/mine.c" <<-'C'
		#include <fcntl.h>
		__attribute__((constructor)) static void run(void)
		{
			open(MARK, O_CREAT | O_WRONLY, 0600);
		}
	C
	gcc -shared -fPIC -DMARK="\"$DIR/it-ran\"" "$DIR/mine.c" -o "$DIR/mine.so"
	llvm-objcopy --update-section ".shunt.native.$(uname -m)=$DIR/mine.so" build/bpf/fcfs.o \
		"$DIR/policies/mine.o"
	says=$(SHUNT_OBJECT_PATH=$DIR/policies shunt -j policies |
		jq -r '.policies[] | select(.name == "mine").error')
	assert_match "$says" "^the native code of '.*mine.o' [a-z]"
	! sim -p "$DIR/policies/mine.o" -n 1000 >"$DIR/out" 2>"$DIR/err" || fail "it was taken"
	[ ! -e "$DIR/it-ran" ] || fail "it ran"
	refused "$says" -p "$DIR/policies/mine.o" -n 1000
	assert_match "$(cat "$DIR/err")" 'hint: a policy has no globals'
}

test_a_policy_of_the_users_own_is_built_without_a_word_of_where() {
	cp "$ROOT/bpf/policies/fcfs.c" "$DIR/mine.c"
	sim -p "$DIR/mine.c" -n 1000 >"$DIR/out" 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" "" "what is said beside the results"
	echo 'int x;' >"$DIR/mine.c"
	refused "'$DIR/mine.c' is no policy: it lacks SHUNT_POLICY" -p "$DIR/mine.c"
	! grep 'shunt-sim[.]' "$DIR/err" || fail "a temporary file is named"
}

# A system's outstanding requests a core are the k of jbsq on it: 1 on nanoPU.
test_outstanding_is_the_k_of_jbsq() {
	local run=(-p jbsq -w exp1 -c 4 -n 20k --json -) nanopu k
	nanopu=$(sim -s nanopu "${run[@]}" | jq .runs[0].classes[-1].mean_us)
	for k in 1 2 3; do
		sim -s nanopu -C outstanding=$k "${run[@]}" | jq .runs[0].classes[-1].mean_us
	done >"$DIR/by_k"
	assert_eq "$(sed -n 1p "$DIR/by_k")" "$nanopu" "mean of the preset"
	assert_eq "$(sort -u "$DIR/by_k" | wc -l)" 3 "different values of three k"
	assert_eq "$(sim -s nanopu -k 0=3 "${run[@]}" | jq .runs[0].classes[-1].mean_us)" \
		"$(sed -n 3p "$DIR/by_k")" "mean by the knob"
}

test_every_option_is_in_the_help_and_the_man_page() {
	local name
	shunt-sim --help >"$DIR/help"
	grep -o '{ "[a-z-]*", [a-z]*_argument' "$ROOT/sim/options_names.c" | cut -d'"' -f2 |
		grep -v '^instead$' >"$DIR/names"
	assert_ge "$(wc -l <"$DIR/names")" 40 "options"
	while read -r name; do
		grep -q -- "--$name\b" "$DIR/help" || fail "the help has no --$name"
		grep -q -- "--$name\b" "$ROOT/docs/man/shunt-sim.1.rst" ||
			fail "the man page has no --$name"
	done <"$DIR/names"
}

test_a_folder_in_place_of_a_file_is_named() {
	refused "'$DIR' is a folder: name a file in it" -p fcfs -w "a=1:file($DIR)"
	refused "'$DIR' is a folder: name a file in it" -p fcfs --shape "file($DIR)"
	refused "'$DIR' is a folder: name a file in it" -p fcfs -w exp1 -a "trace:$DIR"
	refused "'$DIR' is neither a preset .*nor a file of costs: it is a folder" -p fcfs -s "$DIR"
}

test_a_word_that_a_cost_does_not_know_is_told_those_that_it_does() {
	refused "marker 'often' is unknown: give waiting or timer" -p mq -C marker=often
	refused "marker '' is unknown: give waiting or timer" -p mq -C marker=
	refused "transport 'x' is unknown: give shared, wire, published or prestaged" -p mq \
		-C transport=x
	refused "stall: '1ms' is no stall: give EVERY/TIME, as in 1ms/50us" -p mq -C stall=1ms
	refused "nic_stall: stalls come every 'x': no time from 1us up" -p mq -C nic_stall=x/1us
	refused "stall: 'soon' is no service time" -p mq -C stall=1ms/soon
}

test_arguments_of_bursts_are_named() {
	refused "'bursty:4' lacks its FACTOR or its TIME: bursty:FACTOR:TIME, as in bursty:4" \
		-p fcfs -a bursty:4
	refused "bursty:1:9us: the factor.* is above 1 and up to 1000" -p fcfs -a bursty:1:9us
	refused "bursty:4:9: '9' is no mean length of a burst: a time with its unit" -p fcfs \
		-a bursty:4:9
}

test_an_unknown_verb_is_told_the_known_ones() {
	refused "'advice' is neither a verb .run, paper, advise, mem, list. nor an option" advice
}

run_tests "$@"
