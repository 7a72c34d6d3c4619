#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh - offload without a card: netdevsim, our programs and the probes before the card's own verifier and JIT
#
# test.sh OBJECT… : programs that the card must accept. What is in PROBES (folder, with the objects in
# build/) says in its first lines what it must be: "card: accepts" or "card: refuses RULE".
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh
. tests/nfp/lib.sh
PROBES=tests/nfp/probes
BUILT=build/tests/nfp
CARD_INSNS=2560 # of the card's, for a program

passed=0 failed=0
ok() {
	echo "ok $*"
	passed=$((passed + 1))
}
bad() {
	echo "FAIL $*"
	failed=$((failed + 1))
}

# What the card said of an object, as "accepts 223" or "refuses reason".
verdict() { sed -n "s/^\(accepts\|refuses\) $1 /\1 /p" "$LOG"; }

# What the checks need besides the programs.
fill_checks() {
	cp tests/nfp/checks.sh "$ROOT/"
	cp "$NFP/$KERNEL/netdevsim/netdevsim.ko" "$OUT/$KERNEL/lib/modules/$KERNEL/kernel/net/psample/psample.ko" "$ROOT/nfp/"
	strip -g "$ROOT"/nfp/*.ko
	cp build/bpf/*.o $BUILT/small.o "$ROOT/bpf/"
	cp build/nfp/*.o build/nfp/*.why "$ROOT/nfp/"
}

show_checks() {
	grep -E '^(ok|FAIL|#) ' "$LOG" || true
	passed=$((passed + $(grep -c '^ok ' "$LOG" || true)))
	failed=$((failed + $(grep -c '^FAIL ' "$LOG" || true)))
}

check_ours() {
	local said
	for o; do
		said=$(verdict "$(basename "$o")")
		case $said in
		accepts*) ok "the card accepts $(basename "$o" .o): ${said#accepts } of $CARD_INSNS instructions" ;;
		*) bad "the card refuses $(basename "$o" .o): ${said#refuses }" ;;
		esac
	done
}

# A probe is for the card what it says itself, and for lint, where there is one, what it is for the card.
check_probe() {
	local name expected said
	name=$(basename "$1" .bpf.c)
	expected=$(sed -n 's|^// card: \([a-z]*\).*|\1|p' "$1" | head -n 1)
	said=$(verdict "$name.o")
	if [ "${said%% *}" = "$expected" ]; then
		ok "probe $name: $said"
	else
		bad "probe $name: the probe says '$expected', the card '$said'"
	fi
	$LINT || return 0
	if build/shunt lint "$BUILT/probes/$name.o" >/dev/null 2>&1; then
		expected=accepts
	else
		expected=refuses
	fi
	[ "${said%% *}" = "$expected" ] && ok "lint agrees on $name" || bad "lint: $name: lint '$expected', the card '$said'"
}

prepare_guest || { echo "skip: $WHY" && exit 0; }
build/shunt help lint >/dev/null 2>&1 && LINT=true || LINT=false
probes=()
for p in $PROBES/*.bpf.c; do [ ! -e "$p" ] || probes+=("$p"); done
objects=("$@")
for p in "${probes[@]}"; do objects+=("$BUILT/probes/$(basename "$p" .bpf.c).o"); done

fill_root bpftool ip ethtool build/shunt build/shuntd -- "${objects[@]}"
fill_checks
LOG=$NFP/console.log
boot "$KERNEL" "$LOG" || { bad "the guest did not end; see ${LOG#"$PWD"/}" && tail -5 "$LOG"; }
show_checks
check_ours "$@"
for p in "${probes[@]}"; do check_probe "$p"; done
$LINT || echo "# shunt has no lint: the probes were not compared with it"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
