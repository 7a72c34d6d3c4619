#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh FILE... - runs test programs, prints a line a test and one closing line; fails if any test did
#
# A test program prints TAP (cmocka's, or lib.sh's). Exit status 77 without a plan: all of it was skipped, and
# its last line says why. A program that dies, or ends before its plan does, is a failure of its own.
# V=1 passes everything on. LIMIT=SECONDS bounds each program (600).
set -uo pipefail
cd "$(dirname "$0")/.." || exit

LIMIT=${LIMIT:-600}
V=${V:-}
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
PASSED=0 FAILED=0 SKIPPED=0
FAILURES=()

# A sanitizer's report is a failure; stdbuf's preloaded library is not a mistake.
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS:-}
export TSAN_OPTIONS=halt_on_error=1:${TSAN_OPTIONS:-}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# WHAT NAME MS [REASON]
report() {
	case $1 in
	ok) PASSED=$((PASSED + 1)) ;;
	skip) SKIPPED=$((SKIPPED + 1)) ;;
	FAIL)
		FAILED=$((FAILED + 1))
		FAILURES+=("$2${4:+: $4}")
		;;
	esac
	printf '%-4s %-64s %6d ms%s\n' "$1" "$2" "$3" "${4:+  ($4)}"
}

# Lines of the kernel's log that tell of a bug in it; nothing if the log may not be read.
kernel_bugs() { dmesg 2>/dev/null | grep -cE 'BUG:|WARNING:|Oops|refcount_t|general protection'; }

# Reads a program's output: one report a TAP line; what else it prints is kept for failures.
read_tap() { # FILE
	local line name not='' began at plan=0 seen=0 skip_reason=''
	began=$(now_ms)
	: >"$DIR/said"
	while IFS= read -r line; do
		[ -z "$V" ] || printf '     %s\n' "$line"
		at=$(now_ms)
		if [[ $line =~ ^1\.\.([0-9]+)(.*SKIP\ (.*))? ]]; then
			plan=${BASH_REMATCH[1]}
			[ -z "${BASH_REMATCH[3]}" ] || echo "${BASH_REMATCH[3]}" >"$DIR/skipped"
		elif [[ $line =~ ^(not\ )?ok\ [0-9]+\ (-\ )?(.*) ]]; then
			seen=$((seen + 1))
			not=${BASH_REMATCH[1]}
			name=${BASH_REMATCH[3]}
			if [[ $name =~ ^(.*)#\ SKIP\ ?(.*)$ ]]; then
				# lib.sh: NAME # SKIP REASON; cmocka: # SKIP NAME, the reason in a line before
				name=${BASH_REMATCH[1]% }
				report skip "$1: ${name:-${BASH_REMATCH[2]}}" $((at - began)) \
					"${skip_reason:-${BASH_REMATCH[2]}}"
			elif [ -n "$not" ]; then
				report FAIL "$1: $name" $((at - began))
				[ -n "$V" ] || tail -n 60 "$DIR/said"
				echo fail >>"$DIR/counted"
			else
				report ok "$1: $name" $((at - began))
			fi
			began=$at
			skip_reason=
			: >"$DIR/said"
		else
			[[ ! $line =~ ^#?\ ?skip:\ (.*) ]] || skip_reason=${BASH_REMATCH[1]}
			if [[ $not && $line == '# '* ]]; then # a failure is explained after its line
				[ -n "$V" ] || printf '     %s\n' "$line"
			else
				printf '     %s\n' "$line" >>"$DIR/said"
			fi
		fi
	done
	echo "$plan $seen" >"$DIR/plan"
}

run_file() { # FILE
	local code=0 began bugs plan seen why=
	began=$(now_ms)
	bugs=$(kernel_bugs)
	rm -f "$DIR/skipped" "$DIR/counted"
	: >"$DIR/plan"
	case $1 in
	*.sh) set -- "$1" bash "$1" ;;
	*) set -- "$1" stdbuf -oL "./$1" ;;
	esac
	read_tap "${1#build/tests/}" < <(timeout -k 10 "$LIMIT" "${@:2}" 2>&1 </dev/null; echo $? >"$DIR/code")
	code=$(cat "$DIR/code" 2>/dev/null || echo 1)
	read -r plan seen <"$DIR/plan"
	if [ "$code" = 77 ] && [ "$seen" = 0 ]; then
		report skip "${1#build/tests/}" $(($(now_ms) - began)) \
			"$(cat "$DIR/skipped" 2>/dev/null || tail -n 1 "$DIR/said" | sed 's/^ *\(skip: \)\?//')"
		return
	fi
	if [ "$code" = 124 ] || [ "$code" = 137 ]; then
		why="ran past $LIMIT s, after $seen tests"
	elif ((code > 128)); then
		why="died of signal $((code - 128)) after $seen tests"
	elif [ "$seen" -lt "$plan" ]; then
		why="ended with status $code after $seen of $plan tests"
	elif [ "$seen" = 0 ]; then
		why="ran no test, status $code"
	elif [ "$code" != 0 ] && [ ! -s "$DIR/counted" ]; then
		why="status $code though no test failed"
	elif [ "$(kernel_bugs)" -gt "$bugs" ]; then # fewer: the log is a ring, old ones fell out
		why="the kernel complained: $(dmesg | grep -E 'BUG:|WARNING:|Oops|refcount_t|general protection' | tail -n 1)"
	fi
	[ -n "$why" ] || return 0
	report FAIL "${1#build/tests/}" $(($(now_ms) - began)) "$why"
	[ -n "$V" ] || tail -n 60 "$DIR/said"
}

[ $# -gt 0 ] || { echo "usage: tests/run.sh FILE..." >&2; exit 2; }
for file; do
	run_file "$file"
done
if [ ${#FAILURES[@]} -gt 0 ]; then
	echo "failed:"
	printf '  %s\n' "${FAILURES[@]}"
fi
echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
[ "$FAILED" = 0 ]
