#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_switch.sh - policies replaced in place: built-in ones, a user's own, broken ones
# runs: beside
. "$(dirname "$0")/../lib.sh"

PINS=/sys/fs/bpf/shunt

program_id() { host ip -j link show dev "$DEV" | jq '.[0].xdp.prog.id // 0'; }
policy() { json '.interfaces[0].policy' host shunt -j; }
generation() { json '.interfaces[0].generation' host shunt -j; }

# A policy outside the tree, that works; broken ones are made of it.
write_policy() {
	cat >"$DIR/mine.c" <<-C
	#include <shunt/policy.h>

	SHUNT_POLICY("mine", SHUNT_NEEDS_FLOW, "a policy of the user's own");

	static int steer(shunt_view *v, shunt_event *ev)
	{
		return SHUNT_HOLD;
	}

	static int select(shunt_view *v, shunt_event *ev)
	{
		return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
	}
	C
}

# PATTERN REPLACEMENT STATUS REGEX: the policy so changed is refused in these words, the old one
# stays.
assert_refused() {
	sed "s|$1|$2|" "$DIR/mine.c" >"$DIR/broken.c"
	! cmp -s "$DIR/mine.c" "$DIR/broken.c" || fail "'$1' changes nothing"
	assert_exit "$3" host shunt switch "$DIR/broken.c"
	assert_match "$(cat "$DIR/err")" "'$DEV' keeps policy 'fcfs'"
	assert_match "$(cat "$DIR/err")" "$4"
	assert_eq "$(policy)" fcfs
	assert_eq "$(program_id)" "$PROGRAM" program
}

load_fcfs() {
	host shunt load fcfs --dev "$DEV" --port 9000
	PROGRAM=$(program_id)
	write_policy
}

test_every_built_in_policy_loads_and_is_listed() {
	local name n=0
	host shunt load fcfs --dev "$DEV" --port 9000
	for name in $(json '.policies[].name' shunt -j policies); do
		strict host shunt switch "$name"
		assert_eq "$(policy)" "$name"
		n=$((n + 1))
	done
	assert_eq $n "$(find "$ROOT/bpf/policies" -name '*.c' | wc -l)" "policies"
	assert_eq "$(generation)" $((n + 1)) generation
	! knows_strict ||
		assert_eq "$(loaded_strictly shunt_ingress)" $n \
		"programs that a strict verifier accepts"
}

test_a_class_without_quantum_is_told_of_where_a_policy_preempts() {
	local words="class 'long' has no quantum: .* while those of 'short' wait"
	cat >"$DIR/c.yaml" <<-YAML
	classes: [{name: short, slo: 100us}, {name: long, slo: 2ms}]
	ports: [{port: 9000}]
	YAML
	host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml" >/dev/null 2>"$DIR/err"
	! grep -q quantum "$DIR/err" || fail "fcfs does not preempt: $(cat "$DIR/err")"
	host shunt switch slo >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "$words; shunt quantum set long 5us"
	host shunt quantum set long 5us >/dev/null
	host shunt switch mq >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
}

# The first that lacks one need not be the one that blocks longest.
test_all_classes_that_block_the_tightest_for_want_of_a_quantum_are_named() {
	cat >"$DIR/c.yaml" <<-YAML
	classes:
	  - {name: some, slo: 400us}
	  - {name: tight, slo: 100us}
	  - {name: yields, slo: 2ms, quantum: 5us}
	  - {name: most}
	ports: [{port: 9000}]
	YAML
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml" >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "classes 'some', 'most' have no quantum: their requests $(
		)run to their end while those of 'tight' wait; shunt quantum set some 5us; $(
		)shunt quantum set most 5us"
	assert_match "$(json '.notes[0]' host shunt -j switch sq)" "^classes 'some', 'most' have no"
}

test_slo_is_said_to_reject_nothing_where_no_class_has_an_objective() {
	local words="no class has an objective: 'slo' rejects nothing.*; shunt slo set default"
	host shunt load slo --dev "$DEV" --port 9000 >/dev/null 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "$words"
	assert_match "$(json '.notes[0]' host shunt -j switch slo)" "$words"
	host shunt switch mq >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
	host shunt slo set default 1ms >/dev/null
	host shunt switch slo >/dev/null 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" ""
}

test_a_switch_to_the_policy_that_is_loaded_is_called_a_reload() {
	host shunt load mq --dev "$DEV" --port 9000 >/dev/null
	assert_eq "$(host shunt switch mq --dry-run)" "would reload 'mq' on '$DEV'"
	assert_eq "$(host shunt switch mq)" "reloaded 'mq' on '$DEV'"
	assert_eq "$(host shunt switch fcfs)" "switched '$DEV' from 'mq' to 'fcfs'"
}

test_a_switch_keeps_tunables_counters_and_link() {
	local link
	cat >"$DIR/c.yaml" <<-YAML
	fallback: drop
	ports: [{port: 9000}]
	YAML
	host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml"
	client bash -c 'for i in 1 2 3; do echo >/dev/udp/198.18.0.2/9000; done'
	wait_for 5 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt -j stats | jq -e '.total.arrived == 3'"
	host shunt slo set default 77us
	link=$(json '.interfaces[0].link_id' host shunt -j)
	host shunt switch mq
	assert_eq "$(json '.interfaces[0].link_id' host shunt -j)" "$link" "link"
	assert_eq "$(json '.classes[0].slo_us' host shunt -j slo get)" 77
	assert_eq "$(json '.total.arrived' host shunt -j stats)" 3 arrived
	client bash -c 'echo >/dev/udp/198.18.0.2/9000'
	wait_for 5 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt -j stats | jq -e '.total.arrived == 4'"
}

test_a_users_policy_from_outside_the_tree_loads() {
	load_fcfs
	mkdir -m 1777 "$DIR/tmp" # of this test alone: others compile beside it
	export TMPDIR=$DIR/tmp
	host shunt switch "$DIR/mine.c"
	assert_eq "$(policy)" mine
	assert_eq "$(json '.interfaces[0].text' host shunt -j)" "a policy of the user's own"
	host shunt unload
	host shunt load "$DIR/mine.c" --dev "$DEV" --port 9000
	assert_eq "$(policy)" mine
	assert_eq "$(ls "$TMPDIR")" "" "what compiling left"
}

test_a_bundle_is_built_without_privileges_and_loads_without_a_compiler() {
	need setpriv
	load_fcfs
	mkdir -m 777 "$DIR/bundles"
	chmod 755 "$DIR" /run
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$ROOT/build/shunt" build "$DIR/mine.c" -o "$DIR/bundles/mine.shunt"
	PATH=/nowhere assert_exit 1 "$(command -v nsenter)" "--net=/run/netns/shunt-$LAB-host" -- \
		"$ROOT/build/shunt" switch "$DIR/mine.c"
	assert_match "$(cat "$DIR/err")" "cannot run 'clang': not found"
	PATH=/nowhere "$(command -v nsenter)" "--net=/run/netns/shunt-$LAB-host" -- \
		"$ROOT/build/shunt" switch "$DIR/bundles/mine.shunt"
	assert_eq "$(policy)" mine
}

test_build_says_where_in_the_policy_it_went_wrong() {
	write_policy
	sed -i 's/return SHUNT_HOLD;/return SHUNT_HOLT;/' "$DIR/mine.c"
	cd "$DIR" || return
	assert_exit 1 shunt build mine.c
	assert_match "$(cat err)" "mine.c:7:[0-9]+: error: .*SHUNT_HOLT"
	[ ! -e mine.shunt ] || fail "a bundle was made"
	assert_exit 1 shunt -j build mine.c
	assert_match "$(jq -r .error out)" "mine.c:7:[0-9]+: error"
}

test_broken_policies_are_refused_in_words_and_the_old_one_stays() {
	load_fcfs
	assert_refused 'return SHUNT_HOLD;' 'return SHUNT_HOLT;' 1 "broken.c:7:.*SHUNT_HOLT"
	assert_refused 'return SHUNT_HOLD;' 'static int n; return -n++;' 1 "writable data"
	assert_refused 'return SHUNT_HOLD;' 'extern int other(void); return other();' 1 \
		"calls nothing but what shunt/policy.h offers"
	assert_refused 'return SHUNT_HOLD;' 'return v->done[ev->flow_hash];' 1 \
		"verifier refuses policy 'mine'.*broken.c:7"
	assert_refused 'return SHUNT_HOLD;' \
		'__u64 n = 0; while (shunt_state(v, n) != 77) n++; return n;' 1 \
		"verifier refuses policy 'mine'"
	assert_refused 'SHUNT_POLICY("mine"' 'SHUNT_POLICY("Mi.ne"' 1 "no sound name"
	assert_refused '^SHUNT_POLICY.*' '' 1 \
		"is no policy: it lacks SHUNT_POLICY.*a policy names itself"
	assert_refused 'static int select' 'static int selects' 1 "a policy defines select"
	host shunt switch "$DIR/mine.c"
	assert_eq "$(policy)" mine
}

# FILE OFFSET-FROM-THE-NAME BYTE: changes a byte of the descriptor in a bundle.
damage() {
	local at
	at=$(grep -abo $'mine\x00' "$1" | head -n 1 | cut -d: -f1)
	printf '%b' "$3" | dd of="$1" bs=1 seek=$((at + $2)) conv=notrunc status=none
}

test_damaged_bundles_are_refused() {
	load_fcfs
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	cp "$DIR/mine.shunt" "$DIR/abi.shunt"
	damage "$DIR/abi.shunt" -8 '\x7f'
	assert_exit 1 host shunt switch "$DIR/abi.shunt"
	assert_match "$(cat "$DIR/err")" "built for ABI 127, this shunt has ABI [0-9]+"
	local len
	len=$(stat -c %s "$DIR/mine.shunt")
	for cut in 0 1 60 64 $((len / 3)) $((len / 2)) $((len - 1)); do
		head -c "$cut" "$DIR/mine.shunt" >"$DIR/cut.shunt"
		assert_exit 1 host shunt switch "$DIR/cut.shunt"
	done
	llvm-objcopy --remove-section ".shunt.native.$(uname -m)" "$DIR/mine.shunt" \
		"$DIR/nonative.shunt"
	assert_exit 1 host shunt switch "$DIR/nonative.shunt"
	assert_match "$(cat "$DIR/err")" "no native code for this machine"
	assert_exit 1 host shunt switch /bin/true
	assert_exit 1 host shunt switch nosuch
	assert_match "$(cat "$DIR/err")" "unknown policy 'nosuch'"
	assert_eq "$(policy)" fcfs
	assert_eq "$(program_id)" "$PROGRAM" program
}

# A switch that died between link and generation: made by setting the generation back.
test_an_interrupted_switch_is_seen_and_mended() {
	local before
	host shunt load fcfs --dev "$DEV" --port 9000
	before=$(bpftool -j map lookup pinned $PINS/"$DEV"/cfg key 0 0 0 0 |
		jq -r '.value | join(" ")')
	host shunt switch mq
	# shellcheck disable=SC2086
	bpftool map update pinned $PINS/"$DEV"/cfg key 0 0 0 0 value $before
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" interrupted
	assert_eq "$(json '.interfaces[0].switching_to' host shunt -j)" mq
	host shunt status >"$DIR/out"
	assert_match "$(cat "$DIR/out")" "a switch was interrupted"
	host shunt switch mq
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" attached
	assert_eq "$(policy)" mq
}

# Killed at whatever moment: always a program, and the next switch works.
test_a_killed_switch_leaves_one_policy_or_the_other() {
	local i state kills=${LONG:+200}
	host shunt load fcfs --dev "$DEV" --port 9000
	for ((i = 0; i < ${kills:-6}; i++)); do
		nsenter --net="/run/netns/shunt-$LAB-host" -- shunt switch mq >/dev/null 2>&1 &
		sleep "0.0$((RANDOM % 80 + 10))"
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		assert_ne "$(program_id)" 0 "program after $i kills"
		state=$(json '.interfaces[0].state' host shunt -j)
		assert_match "$state" "^(attached|interrupted)$" state
		host shunt switch fcfs
		assert_eq "$(json '.interfaces[0].state' host shunt -j)" attached
	done
}

test_switches_at_the_same_time_follow_each_other() {
	local i pids=()
	host shunt load fcfs --dev "$DEV" --port 9000
	for i in mq rss jbsq fcfs; do
		host shunt switch $i &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	assert_eq "$(generation)" 5 generation
	assert_eq "$(json '.interfaces[0].state' host shunt -j)" attached
}

run_tests "$@"
