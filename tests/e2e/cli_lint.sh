#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_lint.sh - shunt lint against what the card's own verifier and JIT said (make test-nfp records
# it), and on bad files
# runs: beside
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit
. tests/nfp/lint.sh

NO_LAB=1

# The card's instructions depend on the compiler: elsewhere verdicts alone are compared.
test_lint_says_of_every_probe_what_the_card_said() {
	local name verdict insns n=0
	while read -r name verdict insns; do
		[ "$name" != "#" ] || { [ "# $(compiler)" = "$name $verdict $insns" ] ||
			COUNTS=no; continue; }
		[ -z "${COUNTS:-}" ] || insns=$(lint_says "$BUILT/probes/$name.o" | cut -d' ' -f2)
		lint_agrees "$name" "$verdict" "$insns" ||
			fail "lint says of $name '$LINT_SAID', the card '$verdict $insns'"
		n=$((n + 1))
	done <$VERDICTS
	assert_eq "$n" "$(ls $PROBES/*.bpf.c | wc -l)" "probes on record"
}

test_every_rule_has_a_probe_that_breaks_it_and_one_that_does_not() {
	local rule probe rules
	rules=$(sed -n 's/.*X([A-Z_0-9]*, "\([a-z-]*\)".*/\1/p' offload/nfp/lint/rules.h)
	assert_ge "$(wc -w <<<"$rules")" 45 rules
	for rule in $rules; do
		probe=${rule//-/_}
		[ "$(rule_of "${probe}_no" 2>/dev/null)" = "$rule" ] ||
			[ "$(warning_of "${probe}_warned" 2>/dev/null)" = "$rule" ] ||
			fail "no probe breaks $rule"
		assert_match "$(grep "^${probe}_ok " $VERDICTS)" ' accepts ' \
			"the probe that keeps $rule"
	done
}

test_all_programs_for_the_card_are_accepted() {
	local o
	for o in build/nfp/*.o; do
		assert_exit 0 shunt lint "$o"
		assert_match "$(lint_says "$o")" '^accepts [0-9]+( \(packet-depth\))?$' \
			"what lint says of $o"
	done
}

test_a_finding_names_the_line_of_the_source() {
	assert_exit 1 shunt -j lint $BUILT/probes/helper_no.o
	assert_eq "$(jq -r '.findings[0] | "\(.rule) \(.file | sub(".*/"; "")):\(.line)"' \
		"$DIR/out")" \
		"helper helper_no.bpf.c:$(grep -n ktime $PROBES/helper_no.bpf.c | cut -d: -f1)"
}

# Lint says that a file is cut off, or refuses the rest, or accepts it, wherever the cut is.
test_what_is_no_object_has_an_exit_status_of_its_own() {
	local whole=$BUILT/probes/map_value_ok.o len n
	assert_exit 2 shunt lint "$DIR/nothing.o"
	assert_exit 2 shunt lint "$DIR"
	assert_exit 2 shunt lint build/shunt
	assert_match "$(cat "$DIR/err")" "no BPF object"
	len=$(stat -c %s $whole)
	for ((n = 0; n < len; n += 191)); do
		head -c $n $whole >"$DIR/cut.o"
		assert_exit 2 shunt lint "$DIR/cut.o"
		assert_match "$(cat "$DIR/err")" "cannot judge '$DIR/cut.o': [a-z]" \
			"what lint says of $n bytes"
	done
}

# A file of unknown origin may ask for anything: lint ends.
test_what_would_take_too_long_is_not_judged() {
	awk 'BEGIN {
		print ".section .text,\"ax\",@progbits"
		for (i = 0; i < 2000; i++) {
			printf ".globl f%d\n.type f%d,@function\nf%d:\n", i, i, i
			for (n = 0; i && n < 10; n++) print "call f0"
			printf "r0 = 2\nexit\n.size f%d, .-f%d\n", i, i
		}
		print ".section xdp,\"ax\",@progbits"
		for (p = 0; p < 60; p++) {
			printf ".globl p%d\n.type p%d,@function\np%d:\n", p, p, p
			for (i = 1; i < 2000; i++) printf "call f%d\n", i
			printf "r0 = 2\nexit\n.size p%d, .-p%d\n", p, p
		}
	}' >"$DIR/calls.s"
	awk 'BEGIN {
		print ".section xdp,\"ax\",@progbits"
		for (p = 0; p < 60; p++) {
			printf ".globl p%d\n.type p%d,@function\np%d:\n", p, p, p
			print "r1 = 0\nr1 += 1\nr2 = r1\nif r1 != 240000 goto -3"
			printf "r0 = 2\nexit\n.size p%d, .-p%d\n", p, p
		}
	}' >"$DIR/loops.s"
	clang -target bpf -c "$DIR/calls.s" -o "$DIR/calls.o"
	clang -target bpf -c "$DIR/loops.s" -o "$DIR/loops.o"
	assert_exit 2 shunt lint "$DIR/calls.o"
	assert_match "$(cat "$DIR/err")" "together are larger than can be judged"
	assert_exit 2 shunt lint "$DIR/loops.o"
	assert_match "$(cat "$DIR/err")" "more paths than can be followed"
}

# The card's findings about one are some hundred, and no defect of a policy that is for hosts.
test_of_a_policys_bundle_the_policy_is_told_and_the_card_in_one_line() {
	local all
	assert_exit 0 shunt lint build/bpf/affinity.o
	assert_le "$(wc -l <"$DIR/out")" 12 "lines about a bundle"
	assert_match "$(cat "$DIR/out")" "policy 'affinity' \(.*\), a bundle for hosts"
	assert_match "$(cat "$DIR/out")" \
		"runs on: XDP of a host, workers on $(uname -m), a NIC that schedules"
	assert_match "$(cat "$DIR/out")" \
		"reads, beside classes and loads: .*hash of a request's key"
	assert_match "$(cat "$DIR/out")" \
		"program 'shunt_ingress': this kernel's verifier follows [0-9]+ instructions"
	assert_match "$(cat "$DIR/out")" "on a Netronome card: refused, [0-9]+ findings"
	all=$(sed -n 's/.* refused, \([0-9]*\) findings.*/\1/p' "$DIR/out")
	assert_exit 1 shunt lint --card build/bpf/affinity.o
	assert_eq "$(grep -c '^ *instead: ' "$DIR/out")" "$all" "findings with --card"
	assert_exit 0 shunt -j lint build/bpf/affinity.o
	assert_eq "$(jq '.findings | length' "$DIR/out")" "$all" "findings in JSON"
	assert_eq "$(jq -r .policy.name "$DIR/out")" affinity "policy in JSON"
}

# The card takes no bundle, but a bundle is for hosts.
test_the_exit_status_of_a_policy_is_the_verifiers_verdict() {
	cat >"$DIR/mine.c" <<-C
	#include <shunt/policy.h>
	SHUNT_POLICY("mine", 0, "x");
	static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_HOLD; }
	static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }
	C
	assert_exit 0 shunt lint "$DIR/mine.c"
	assert_match "$(cat "$DIR/out")" "mine.c: policy 'mine' \(x\), a bundle for hosts"
	assert_match "$(cat "$DIR/out")" "program 'shunt_ingress': this kernel's verifier follows"
	assert_exit 1 shunt lint --card "$DIR/mine.c"
	assert_exit 0 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	assert_exit 0 shunt lint "$DIR/mine.shunt"
	assert_exit 1 setpriv --inh-caps=-all --bounding-set=-all --reuid 65534 \
		--clear-groups "$ROOT/build/shunt" lint build/bpf/mq.o
	assert_match "$(cat "$DIR/out")" "not verified by this kernel"
	sed -i 's/return SHUNT_HOLD/return nothing/' "$DIR/mine.c"
	assert_exit 2 shunt lint "$DIR/mine.c"
	assert_match "$(cat "$DIR/err")" "mine.c:3"
}

# The verifier gives up at a million instructions: additions to the programs must leave policies
# room.
test_policies_cost_the_verifier_no_more_than_they_may() {
	local o name
	for o in build/bpf/*.o; do
		name=$(basename "$o" .o)
		[ -n "$LONG" ] || [[ $name =~ ^(mq|hint|affinity)$ ]] || continue
		shunt -j lint "$o" >"$DIR/out" || true
		assert_eq "$(jq -r '[.verifier.programs[].name] - ["shunt_planner"] |
			sort | join(" ")' "$DIR/out")" \
			"shunt_actors shunt_ask shunt_ingress shunt_nic shunt_nic_actors" "$name"
		assert_le "$(jq '.verifier.programs[] |
			select(.name == "shunt_ingress").instructions' "$DIR/out")" 500000 \
			"$name: instructions of shunt_ingress"
		assert_le "$(jq '.verifier.programs[] |
			select(.name == "shunt_actors").instructions' "$DIR/out")" 700000 \
			"$name: instructions of shunt_actors"
		assert_le "$(jq '.verifier.programs[] |
			select(.name == "shunt_nic").instructions' "$DIR/out")" 700000 \
			"$name: instructions of shunt_nic"
		assert_le "$(jq '.verifier.programs[] |
			select(.name == "shunt_nic_actors").instructions' "$DIR/out")" 700000 \
			"$name: instructions of shunt_nic where rules name actors"
	done
}

run_tests "$@"
