#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh - offload without a card: netdevsim, our programs and the probes before the card's own
# verifier and JIT
#
# test.sh OBJECT… : programs that the card must accept. A probe in tests/nfp/probes says the
# expected verdict in its first lines: "card: accepts" or "card: refuses RULE". UPDATE=1 records the
# card's verdicts anew; LONG=1 has the card and lint judge 600 probes with changed instructions,
# too.
set -euo pipefail
export LC_ALL=C # the record is sorted so
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh
. tests/nfp/lib.sh
. tests/nfp/lint.sh
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

# The card's verdict on an object, as "accepts 223" or "refuses reason".
verdict() { sed -n "s/^\(accepts\|refuses\) $1 /\1 /p" "$LOG"; }

# Puts the checks, modules and objects into the guest's root.
fill_checks() {
	cp tests/nfp/checks.sh "$ROOT/"
	cp "$NFP/$KERNEL/netdevsim/netdevsim.ko" \
		"$OUT/$KERNEL/lib/modules/$KERNEL/kernel/net/psample/psample.ko" "$ROOT/nfp/"
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
	local said lint o
	for o; do
		said=$(verdict "$(basename "$o")")
		lint=$(lint_says "$o")
		case $said in
		accepts*) ok "the card accepts $(basename "$o" \
			.o): ${said#accepts } of $CARD_INSNS instructions" ;;
		*) bad "the card refuses $(basename "$o" .o): ${said#refuses }" ;;
		esac
		case $lint in
		"$said" | "$said (packet-depth)") ok "lint agrees: $lint" ;;
		*) bad "lint says of $(basename "$o" .o): $lint" ;;
		esac
	done
}

# A probe is for the card what it says itself, and for lint what it is for the card.
check_probe() {
	local expected said insns=''
	expected=$(sed -n 's|^// card: \([a-z]*\).*|\1|p' "$PROBES/$1.bpf.c" | head -n 1)
	said=$(verdict "$1.o")
	if [ "${said%% *}" = "$expected" ]; then
		ok "probe $1: the card $said"
	else
		bad "probe $1: it says '$expected', the card '$said'"
	fi
	case $said in accepts*) insns=${said#accepts } ;; esac
	if lint_agrees "$1" "${said%% *}" "$insns"; then
		ok "lint agrees on $1: $LINT_SAID"
	else
		bad "lint on $1: '$LINT_SAID', the card '$said'"
	fi
}

# The guest's verdicts in the record's format.
record() {
	local p
	echo "# $(compiler)"
	for p; do
		verdict "$p.o" | sed "s/^refuses .*/refuses/; s/^/$p /"
	done
}

# The record is what make test, without a guest, holds against lint.
check_record() {
	record "$@" >"$NFP/verdicts"
	[ -z "${UPDATE:-}" ] || cp "$NFP/verdicts" "$VERDICTS"
	if diff -u "$VERDICTS" "$NFP/verdicts"; then
		ok "$VERDICTS is what the card says"
	else
		bad "$VERDICTS is not what the card says (UPDATE=1 make test-nfp records it)"
	fi
}

# Accepted probes that do not take long, with other instructions. SEED and MUTANTS in the
# environment repeat them.
make_mutants() {
	local dir=$NFP/mutants sound=() p
	rm -rf "$dir"
	mkdir -p "$dir"
	for p; do
		case $p in too_long* | unbounded_packet* | map_count* | map_entries* | functions*) \
			;; *_ok) sound+=("$BUILT/probes/$p.o") ;; esac
	done
	echo "# seed ${SEED:=$RANDOM}"
	python3 tests/nfp/mutants.py "$dir" "$SEED" "${MUTANTS:-${LONG:+600}}" "${sound[@]}"
	mutants=("$dir"/*.o)
}

# Lint and card must agree. An object that libbpf cannot open has no verdict; lint need not judge
# one that libbpf cannot load.
check_mutants() {
	local o said lint accepted=0 refused=0
	for o; do
		said=$(verdict "$(basename "$o")")
		lint=$(lint_says "$o")
		case $said in
		"") continue ;;
		accepts*) accepted=$((accepted + 1)) ;;
		*) refused=$((refused + 1)) ;;
		esac
		case "$said, $lint" in
		"$said, $said" | "$said, $said ("* | refuses*", refuses"* | refuses*", ") ;;
		*) bad "lint says of $(basename "$o") '$lint', the card '$said'" ;;
		esac
	done
	ok "mutants: the card accepts $accepted and refuses $refused"
}

prepare_guest || { echo "skip: $WHY" && exit 0; }
probes=() objects=("$@")
for p in "$PROBES"/*.bpf.c; do
	probes+=("$(basename "$p" .bpf.c)")
	objects+=("$BUILT/probes/$(basename "$p" .bpf.c).o")
done

mutants=()
[ -z "${MUTANTS:-${LONG:-}}" ] || make_mutants "${probes[@]}"
objects+=("${mutants[@]}")

fill_root bpftool ip ethtool build/shunt build/shuntd -- "${objects[@]}"
fill_checks
LOG=$NFP/console.log
boot "$KERNEL" "$LOG" || { bad "the guest did not end; see ${LOG#"$PWD"/}" && tail -5 "$LOG"; }
show_checks
check_ours "$@"
for p in "${probes[@]}"; do check_probe "$p"; done
[ ${#mutants[@]} = 0 ] || check_mutants "${mutants[@]}"
check_record "${probes[@]}"
echo "$passed passed, $failed failed; int3 panics of the emulator: $PANICS"
[ $failed = 0 ]
