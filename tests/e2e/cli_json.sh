#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_json.sh - every verb and every failure as JSON, exit statuses, usage
# runs: beside
. "$(dirname "$0")/../lib.sh"

load() { host shunt load mq --dev "$DEV" --port 9000 >/dev/null; }

verbs() { json '.verbs[].verb' shunt -j help; }

# STATUS ARGS…: what is printed is one JSON value on stdout; on stderr there is nothing of the
# result.
assert_json() {
	local want=$1
	shift
	assert_exit "$want" host shunt -j "$@"
	jq -es 'length == 1' "$DIR/out" >/dev/null || fail "'$*' printed no JSON: $(cat "$DIR/out")"
	assert_eq "$(wc -l <"$DIR/out")" 1 "lines of '$*'"
	if [ "$want" = 1 ] || [ "$want" = 2 ]; then
		jq -e '.error | length > 0' "$DIR/out" >/dev/null ||
			fail "no error in: $(cat "$DIR/out")"
	fi
	[ "$1" != build ] || return 0 # once is enough
	assert_exit "$want" host shunt -p "$@"
	jq -es 'length == 1' "$DIR/out" >/dev/null || fail "'$*' printed no pretty JSON"
}

test_every_verb_answers_in_json() {
	local verb seen=()
	cat >"$DIR/mine.c" <<-C
	#include <shunt/policy.h>
	SHUNT_POLICY("mine", 0, "x");
	static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_HOLD; }
	static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }
	C
	cat >"$DIR/small.c" <<-C
	#include <linux/bpf.h>
	__attribute__((section("xdp"), used)) int small(struct xdp_md *ctx) { return XDP_PASS; }
	C
	clang -O2 -g -target bpf -mcpu=v3 -I"/usr/include/$(gcc -print-multiarch)" \
		-c "$DIR/small.c" -o "$DIR/small.o"
	load
	while read -r verb args; do
		# shellcheck disable=SC2086
		assert_json 0 "$verb" ${args//DIR/$DIR}
		seen+=("$verb")
	done <<-TEXT
	actor
	actor ls
	build DIR/mine.c -o DIR/mine.shunt
	class
	class set default slo=1ms
	doctor
	doctor --dev $DEV
	features
	features --dev $DEV
	fit --dev $DEV
	help
	help slo
	knob get
	knob set 1 2
	limit get
	limit set default 9
	lint DIR/small.o
	mem seen $$ 1ms
	mem watch $$ --dry-run --count 1
	mem run --dry-run -- true
	policies
	preempt get
	quantum get
	quantum set default 9us
	rule
	rule add value=0x01 class=default
	rule flush
	slo get
	slo set default 1ms
	slo bytes 1ms
	stats
	status
	switch fcfs
	switch DIR/mine.shunt --dry-run
	TEXT
	assert_exit 0 host shunt -j unload
	jq -e .interface "$DIR/out" >/dev/null
	assert_exit 0 host shunt -j load mq --dev "$DEV" --port 9000
	jq -e .policy "$DIR/out" >/dev/null
	assert_json 1 wire # only where the configuration names a NIC
	assert_json 1 sched stats # no policy schedules this machine's threads
	seen+=(load sched unload wire)
	assert_eq "$(printf '%s\n' "${seen[@]}" | sort -u)" "$(verbs | sort)" \
		"the verbs that were tried"
}

test_every_verb_fails_in_json_where_nothing_is_loaded() {
	local args
	while read -r args; do
		# shellcheck disable=SC2086
		assert_json 1 $args
	done <<-TEXT
	class
	knob get
	limit get
	preempt get
	quantum get
	rule
	slo get
	stats
	status --dev $DEV
	switch mq
	unload --dev $DEV
	load nosuch --dev $DEV --port 1
	load mq --dev nosuch --port 1
	load mq --dev $DEV --config /nonexistent
	load ./nosuch.c --dev $DEV --port 1
	build /nonexistent.c
	features --dev nosuch
	fit --dev nosuch
	TEXT
}

# Names of the wire's events, by the source: no domain is on a wire here.
wire_events() {
	sed -n '/^const char \*nic_event_name/,/^}/s/.*return "\([a-z_]*\)".*/\1/p' \
		"$ROOT/loader/count_names.c"
}

# The columns of the table, and the names of whatever else is counted.
test_every_count_of_stats_is_explained_in_the_manual() {
	local name n=0
	host shunt load fcfs --dev "$DEV" --port 9000
	for name in $(host shunt stats | sed -n 's/^class //p') \
		$(host shunt -j stats | jq -r '.pass, .denied, .events | keys[]') $(wire_events); do
		grep -qF "**$name**" \
			<(sed -n '/^COUNTS/,/^TUNABLES/p' "$ROOT/docs/man/shunt.8.rst") ||
			fail "the manual's COUNTS lacks '$name'"
		n=$((n + 1))
	done
	assert_ge $n 61 "names"
	for name in 'at safepoints' 'by signals' stayed demoted 'parked at most' 'times full' \
		'came late' "yielded after the quantum's end" 'mean + 3 sigma' \
		frames 'workers came' died 'frames recovered' 'bad peers' \
		'arrivals without a frame' 'slots queued' 'needless preemptions' credits epoch; do
		grep -qF "$name" "$ROOT"/loader/cmd_stats.c || [ "$name" = 'frames' ] ||
			fail "stats does not say '$name'"
		sed -n '/^COUNTS/,/^TUNABLES/p' "$ROOT/docs/man/shunt.8.rst" | tr '\n' ' ' |
			grep -qF "*$name*" || fail "the manual's COUNTS lacks '$name'"
	done
	assert_match "$(shunt stats --help)" "man 8 shunt, COUNTS"
}

test_wrong_usage_is_status_2() {
	local args
	load
	while read -r args; do
		# shellcheck disable=SC2086
		assert_json 2 $args
	done <<-TEXT
	nosuch
	st
	--nosuch
	load
	load mq
	load mq --dev $DEV
	load mq --port 1
	load mq --dev $DEV --port 0
	load mq --dev $DEV --port 65536
	load mq --dev $DEV --port 1 --cores 65
	load mq --dev $DEV --config x --port 1
	load mq fcfs --dev $DEV --port 1
	load mq --dev ../x --port 1
	load mq --dev a-name-that-is-too-long --port 1
	status --port 1
	--port 1
	stats --count 3
	stats --interval 0
	switch
	slo get default short
	slo put
	slo set default
	slo set default 5
	slo bytes
	slo bytes 7
	knob set 1
	knob set 1 x
	class set default
	class set default colour=red
	class set default slo=1ms slo=2ms
	rule add value=0x01
	rule add class=default
	rule add value=0x1 class=default
	rule add value=0x01 class=default at=99
	rule add value=02 class=default
	rule add value=0x02 mask=15 class=default
	rule del
	rule del x
	build
	build x.txt
	help nosuch
	--dev
	TEXT
}

test_an_option_that_a_verb_does_not_take_is_refused_with_those_it_takes() {
	assert_exit 2 shunt stats --port 1
	assert_match "$(cat "$DIR/err")" \
		"'stats' takes no option '--port'.*hint: 'stats' takes --dev IF, --interval SECONDS, --count N"
	assert_exit 2 shunt policies --card
	assert_match "$(cat "$DIR/err")" "hint: 'policies' takes no options"
	assert_exit 2 shunt --count 3
	assert_match "$(cat "$DIR/err")" "'status' takes no option '--count'"
	assert_exit 2 shunt unload --nosuch
	assert_match "$(cat "$DIR/err")" \
		"unknown option '--nosuch'.*hint: 'unload' takes --dev IF; "
	assert_exit 2 shunt status extra
	assert_match "$(cat "$DIR/err")" "hint: usage: shunt status \\[--dev IF\\]"
}

# Options are read before the verb is known, so each name means the same everywhere.
test_options_of_one_name_are_alike_in_all_verbs() {
	assert_eq "$(json \
		'[.verbs[].options[]] | group_by(.option) | map(select(unique | length > 1)) | length' \
		shunt -j help)" 0
	assert_ge "$(json '[.verbs[].options[].option] | unique | length' shunt -j help)" 11 options
}

test_help_and_version_succeed() {
	local verb
	for verb in $(verbs); do
		assert_exit 0 shunt "$verb" --help
		assert_match "$(cat "$DIR/out")" "usage: shunt $verb"
		assert_exit 0 shunt help "$verb"
	done
	assert_exit 0 shunt --help
	assert_exit 0 shunt --version
	assert_match "$(cat "$DIR/out")" "^shunt [0-9.]+ \(ABI [0-9]+\)$"
	assert_eq "$(cat "$DIR/err")" "" "stderr"
}

test_the_usage_of_a_verb_names_every_option_that_it_takes() {
	local verb option n=0 before='[ [(]' behind='[] )]'
	while read -r verb option; do
		[[ $option != --output ]] || option=-o
		assert_match "$(shunt help "$verb" | head -1)" "$before$option$behind"
		assert_match "$(shunt help)" "  $verb( [^$NL]*)?$before$option$behind"
		n=$((n + 1))
	done < <(shunt -j help | jq -r '.verbs[] | .verb + " " + .options[].option')
	assert_ge $n 20 "options of verbs"
}
NL=$'\n'

test_verbs_may_be_shortened() {
	load
	assert_eq "$(json '.interfaces[0].policy' host shunt -j statu)" mq
	host shunt sw fcfs
	assert_eq "$(json '.classes[0].name' host shunt -j sl g)" default
	host shunt u
	assert_eq "$(json '.interfaces | length' host shunt -j)" 0
}

test_failures_go_to_stderr_and_results_to_stdout() {
	assert_exit 1 host shunt load mq --dev nosuch --port 1
	assert_eq "$(cat "$DIR/out")" "" stdout
	assert_match "$(cat "$DIR/err")" "^shunt: there is no interface 'nosuch'"
	assert_match "$(cat "$DIR/err")" "hint: "
	assert_exit 0 host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(cat "$DIR/err")" "" stderr
	assert_exit 1 host sh -c 'shunt status >/dev/full'
}

test_mistakes_in_the_configuration_name_file_and_line() {
	printf 'ports:\n  - port: 9000\n    defualt: x\n' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" \
		"c.yaml:3: unknown key 'defualt', known are port default key"
	printf 'ports:\n  - port: 9000\nclasses:\n  - name: a\n    slo: 5\n' >"$DIR/c.yaml"
	assert_json 1 load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(jq -r .error "$DIR/out")" "c.yaml:5: classes"
	[ ! -e /sys/fs/bpf/shunt ] || fail "something was made"
}

test_a_value_where_a_mapping_belongs_is_told_how_to_write_it() {
	echo 'ports: [9000]' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" "c.yaml:1: each of ports is a mapping: \{port: 9000\}"
	printf 'ports: [{port: 1}]\nclasses: [get]\n' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" "c.yaml:2: each of classes is a mapping: \{name: get\}"
	printf 'ports:\n\t- port: 9000\n' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" \
		"c.yaml:2: no YAML: .*begins with a tab: indent with spaces"
}

run_tests "$@"
