#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--beside FILE...] [--together FILE...] [--alone] FILE... - runs test programs, prints a
# line a test and one closing line; fails if any test did
#
# A test program prints TAP (cmocka's, or lib.sh's). Exit status 77 without a plan: all of it was
# skipped, and its last line says why. A program that dies, or ends before its plan does, is a
# failure of its own. Programs after --beside only compute: as many at once as there are CPUs.
# Programs after --together serve, but time nothing: one more at once. Programs after --alone (and
# without any of the three) have the machine. A bug of the kernel that its log tells is a failure of
# the test during which it came (complaints.sh). V=1 passes everything on. LIMIT=SECONDS bounds each
# program (600).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. tests/complaints.sh

LIMIT=${LIMIT:-600}
V=${V:-}
# the line behind a program's last one; processes that it left may keep its output open for ever
ENDED="ended $$ $RANDOM"
DIR=$(mktemp -d)
trap 'end_watch; rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
: >"$DIR/all" # a line a test, by whichever program: WHAT NAME

# A sanitizer's report is a failure; stdbuf's preloaded library is not a mistake.
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS:-}
export TSAN_OPTIONS=halt_on_error=1:${TSAN_OPTIONS:-}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# A test's name without what follows it in TAP.
test_name() { echo "${1%% # *}"; }

# BEGAN NAME: a test ended just now.
note_time() { echo "$1 $(now_ms) $2" >>"$DIR/times"; }

# WHAT NAME MS [REASON]; WHAT is ok, again (ok, but not at once), skip or FAIL.
report() {
	echo "$1 $2${4:+: $4}" >>"$DIR/all"
	printf '%-4s %-64s %6d ms%s\n' "${1/again/ok}" "$2" "$3" "${4:+  ($4)}"
}

count() { grep -cE "^($1) " "$DIR/all"; }

# A HEADING and the tests of a kind, if there are any.
list() { # WHAT HEADING
	[ "$(count "$1")" = 0 ] || { echo "$2:"; sed -n "s/^$1 /  /p" "$DIR/all"; }
}

# The output of the test that failed; with V=1 it was printed already.
show_said() { [ -n "$V" ] || tail -n 60 "$JOB/said"; }

# FILE NAME MS NOT-OR-NOTHING REASON-FOR-A-SKIP: one test's line of TAP.
read_result() {
	local name=$2
	if [[ $name =~ ^(.*)#\ SKIP\ ?(.*)$ ]]; then
		# lib.sh: NAME # SKIP REASON; cmocka: # SKIP NAME, the reason in a line before
		name=${BASH_REMATCH[1]% }
		report skip "$1: ${name:-${BASH_REMATCH[2]}}" "$3" "${5:-${BASH_REMATCH[2]}}"
	elif [ -n "$4" ]; then
		report FAIL "$1: $name" "$3"
		show_said
		echo fail >>"$JOB/counted"
	elif [[ $name =~ ^(.*)\ #\ TRIES\ (.*)$ ]]; then
		report again "$1: ${BASH_REMATCH[1]}" "$3" "${BASH_REMATCH[2]} tries"
		show_said
	else
		report ok "$1: $name" "$3"
	fi
}

# Reads a program's output: one report a TAP line; what else it prints is kept for failures.
read_tap() { # FILE
	local line not='' began at plan=0 seen=0 skip_reason=''
	began=$(now_ms)
	: >"$JOB/said"
	while IFS= read -r line; do
		case $line in
		'') continue ;;
		"$ENDED "*)
			echo "${line#"$ENDED "}" >"$JOB/code"
			break
			;;
		esac
		[ -z "$V" ] || printf '     %s\n' "$line"
		if [[ $line =~ ^1\.\.([0-9]+)(.*SKIP\ (.*))? ]]; then
			plan=${BASH_REMATCH[1]}
			[ -z "${BASH_REMATCH[3]}" ] || echo "${BASH_REMATCH[3]}" >"$JOB/skipped"
		elif [[ $line =~ ^(not\ )?ok\ [0-9]+\ (-\ )?(.*) ]]; then
			seen=$((seen + 1))
			not=${BASH_REMATCH[1]}
			at=$(now_ms)
			note_time "$began" "$1: $(test_name "${BASH_REMATCH[3]}")"
			read_result "$1" "${BASH_REMATCH[3]}" $((at - began)) "$not" "$skip_reason"
			began=$at
			skip_reason=
			: >"$JOB/said"
		else
			[[ ! $line =~ ^#?\ ?skip:\ (.*) ]] || skip_reason=${BASH_REMATCH[1]}
			# A failure is explained after its line.
			if [[ $not && $line == '# '* ]]; then
				[ -n "$V" ] || printf '     %s\n' "$line"
			else
				printf '     %s\n' "$line" >>"$JOB/said"
			fi
		fi
	done
	note_time "$began" "$1"
	echo "$plan $seen" >"$JOB/plan"
}

# FILE STATUS: what is wrong with a program beyond its tests; nothing if nothing is.
program_failure() {
	local plan seen
	read -r plan seen <"$JOB/plan"
	if [ "$2" = 124 ] || [ "$2" = 137 ]; then
		echo "ran past $LIMIT s, after $seen tests"
	elif (($2 > 128)); then
		echo "died of signal $(($2 - 128)) after $seen tests"
	elif [ "$seen" -lt "$plan" ]; then
		echo "ended with status $2 after $seen of $plan tests"
	elif [ "$seen" = 0 ]; then
		echo "ran no test, status $2"
	elif [ "$2" != 0 ] && [ ! -s "$JOB/counted" ]; then
		echo "status $2 though no test failed"
	fi
}

run_file() { # FILE
	local name=${1#build/tests/} code began why
	JOB=$(mktemp -d -p "$DIR")
	began=$(now_ms)
	: >"$JOB/plan"
	case $1 in
	*.sh) set -- bash "$1" ;;
	*) set -- stdbuf -oL "./$1" ;;
	esac
	read_tap "$name" < <(
		echo "$BASHPID $name" >>"$DIR/programs"
		code=0
		timeout -k 10 "$LIMIT" "$@" 2>&1 </dev/null || code=$?
		printf '\n%s %s\n' "$ENDED" $code
	)
	code=$(cat "$JOB/code" 2>/dev/null || echo 1)
	if [ "$code" = 77 ] && [[ $(cat "$JOB/plan") == *" 0" ]]; then
		report skip "$name" $(($(now_ms) - began)) \
			"$(cat "$JOB/skipped" 2>/dev/null || tail -n 1 "$JOB/said" |
			sed 's/^ *\(skip: \)\?//')"
		return
	fi
	why=$(program_failure "$name" "$code")
	[ -n "$why" ] || return 0
	report FAIL "$name" $(($(now_ms) - began)) "$why"
	show_said
}

run_quietly() { # FILE
	local text
	text=$(run_file "$1"; echo .)
	flock "$DIR/all" printf %s "${text%.}"
}

# N FILE...: N at once; each one's lines stay together.
run_beside() {
	local file most=$1 running=0
	for file in "${@:2}"; do
		((running < most)) || { wait -n; running=$((running - 1)); }
		run_quietly "$file" &
		running=$((running + 1))
	done
	wait
}

usage() {
	echo "usage: tests/run.sh [--beside FILE...] [--together FILE...] [--alone] FILE..." >&2
	exit 2
}

[ $# -gt 0 ] || usage
BESIDE=() TOGETHER=() ALONE=()
declare -n kind=ALONE
for word; do
	case $word in
	--beside) declare -n kind=BESIDE ;;
	--together) declare -n kind=TOGETHER ;;
	--alone) declare -n kind=ALONE ;;
	-*) usage ;;
	*) kind+=("$word") ;;
	esac
done
watch_kernel
run_beside "$(nproc)" "${BESIDE[@]}"
run_beside $(($(nproc) + 1)) "${TOGETHER[@]}"
for file in "${ALONE[@]}"; do
	run_file "$file"
done
report_complaints
list again "passed, but not at once"
list FAIL failed
echo "$(count again) needed a second try"
echo "$(count 'ok|again') passed, $(count FAIL) failed, $(count skip) skipped"
[ "$(count FAIL)" = 0 ]
