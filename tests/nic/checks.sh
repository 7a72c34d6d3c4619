#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# checks.sh SERIES [FUNCTION…] - a guest with that Linux, and what shunt does on its NICs: all that
# kinds.sh has for that kernel, or these functions of it; in a sandbox of test.sh, or in a lab "nic"
# that is up already. A line a check: "ok CLAIM (SECONDS s)", "FAIL CLAIM" or "skip CLAIM: REASON"
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/nic.sh"
. "$(dirname "$0")/claims.sh"
. "$(dirname "$0")/kinds.sh"

SERIES=$1
REQUESTS=$([ -n "$LONG" ] && echo 100000 || echo 2000)
KILLS=$([ -n "$LONG" ] && echo 20 || echo 2)
SWITCHES=$([ -n "$LONG" ] && echo 100 || echo 8)
SEED=${SEED:-$RANDOM}
SKIPPED=77
FAILED=0

# CLAIM FUNCTION [ARGUMENT…]: whether it holds, also in $HELD.
check() {
	local claim="$SERIES${KIND:+ $KIND}: $1" began=$SECONDS code
	shift
	set +e
	(
		set -e
		trap on_error ERR
		"$@"
	) >"$DIR/said" 2>&1
	code=$?
	set -e
	HELD=
	case $code in
	0) echo "ok $claim ($((SECONDS - began)) s)" ;;
	"$SKIPPED") echo "skip $claim: $(cat /run/skip)" ;;
	*)
		echo "FAIL $claim ($((SECONDS - began)) s)"
		{ tail -n 40 "$DIR/said"; guest_logs; } | sed 's/^/# /'
		;;
	esac
	if [ $code = 0 ]; then HELD=1; else FAILED=$((FAILED + 1)); fi
	[ -z "${V:-}" ] || [ ! $HELD ] || sed 's/^/# /' "$DIR/said"
}

echo "# seed $SEED"
RANDOM=$SEED
mkdir -p "$DIR"
here=
if ! has_guest $LAB; then
	check "a guest comes up" "$TESTS/lab.sh" up $LAB --nic "$SERIES"
	[ $HELD ] || exit
	here=1
fi
shift
[ $# -gt 0 ] || case $SERIES in
6.18) set -- all_kinds ;;
6.12) set -- few_kinds ;;
6.1) set -- loading ;;
*) set -- too_old ;;
esac
for kind; do
	$kind
done
check "the kernel's log is clean" log_is_clean
[ ! $here ] || "$TESTS/lab.sh" down $LAB
