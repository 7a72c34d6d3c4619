# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# lib.sh - for tests in bash: every test_* function runs in a sandbox of its own, in a fresh lab
#
# A test file sources this, defines functions test_name_is_a_claim and ends with "run_tests". Its
# sandbox is a set of kernel namespaces: processes, mounts, network. So bpffs, /run (sockets,
# network namespaces, $DIR) and every process are the test's own and vanish with it, however it
# ends; and nothing that it does reaches the machine's interfaces.
#
#   LAB_ARGS=(--queues 2)   in the file, before run_tests: options of every test's lab
#   NO_LAB=1                in the file: tests that need none
#   TEST_LIMIT=180          in the file: seconds that each test may take
#   SLOWER=10               in the environment: the machine is so much slower, wait so much longer
#   PATIENCE=6              in the environment: how many times longer than it names wait_for waits;
#                           by default 2, or 6 where more processes want to run than there are CPUs
#   TRIES=2                 how often a test that fails is tried; 1 while hunting a bug
#
# In a test: $LAB, $DEV (the host's interface), $DIR (empty folder). `bash FILE NAME…` runs some of
# the tests. V=1 shows all output, not only that of failed tests.
#
# A test of real time runs on machines whose hypervisor takes CPUs away for as long as it likes: one
# that fails is tried once more in a fresh sandbox, its failure is shown, and run.sh lists it. A
# broken invariant (`broken`) is never tried again.
set -Eeuo pipefail

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$TESTS")
TEST_FILE=$(realpath "$0")
DIR=/run/test
LAB_ARGS=()
NO_LAB=${NO_LAB:-}
TEST_LIMIT=${TEST_LIMIT:-180}
PATIENCE=${PATIENCE:-$(awk -v cpus="$(nproc)" '{ print ($1 > cpus ? 6 : 2) }' /proc/loadavg)}
TRIES=${TRIES:-2}
LONG=${LONG:-} # set by `make test-long`: heavy counts
PATH=$ROOT/build:$PATH
# glibc: memory that nobody has set is not zero. The simulator uses little of its gigabytes.
[[ ${TEST_FILE##*/} == sim* ]] || export MALLOC_PERTURB_=165
declare -A PIDS=()
SAID=2 # where failures are told: not where a command that is waited for writes
BROKEN=99 # exit status of a test whose failure no second try excuses

# --- saying what went wrong ---------------------------------------------------------------------

fail() {
	trap - ERR
	echo "failed: $*" >&"$SAID"
	caller_line >&"$SAID"
	exit 1
}

# Ends the test for good: a claim that holds on any machine at any speed has failed, so no second
# try excuses it.
broken() {
	trap - ERR
	echo "broken: $*" >&"$SAID"
	caller_line >&"$SAID"
	exit $BROKEN
}

on_error() {
	echo "failed: $BASH_COMMAND" >&2
	caller_line >&2
}

# Says in which command the test was when its time ran out; that command is interrupted, too.
out_of_time() {
	trap - ERR TERM
	echo "stopped at its limit of time in: $BASH_COMMAND" >&2
	caller_line >&2
	exit 1
}

# The line of the test file that led here.
caller_line() {
	local i
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		[ "${BASH_SOURCE[i]}" != "$TEST_FILE" ] ||
			echo "at ${TEST_FILE#"$ROOT"/}:${BASH_LINENO[i - 1]} in ${FUNCNAME[i]}"
	done
}

skip() {
	echo "$*" >/run/skip
	exit 77
}

need() { # COMMAND… that the test cannot do without
	local cmd
	for cmd; do
		command -v "$cmd" >/dev/null || skip "no command '$cmd'"
	done
}

assert_eq() { # GOT WANT [WHAT]
	[ "$1" = "$2" ] || fail "${3:-value} is '$1', should be '$2'"
}

assert_ne() { # GOT UNWANTED [WHAT]
	[ "$1" != "$2" ] || fail "${3:-value} is '$1'"
}

assert_ge() { # GOT LEAST [WHAT]; integers
	(($1 >= $2)) || fail "${3:-value} is $1, should be at least $2"
}

assert_le() { # GOT MOST [WHAT]
	(($1 <= $2)) || fail "${3:-value} is $1, should be at most $2"
}

assert_match() { # TEXT REGEX [WHAT]
	[[ $1 =~ $2 ]] || fail "${3:-text} does not match '$2': $1"
}

# CODE COMMAND…: ends with that exit status; what it says is in $DIR/out and $DIR/err.
assert_exit() {
	local want=$1 got=0
	shift
	"$@" >"$DIR/out" 2>"$DIR/err" || got=$?
	[ "$got" = "$want" ] ||
		fail "'$*' ended with status $got, should be $want: $(head \
		-c 2000 "$DIR/err" "$DIR/out")"
}

# --- the lab --------------------------------------------------------------------------------------

# As `lab.sh exec` does it, which takes longer to start than most commands take.
in_ns() { nsenter "--net=/run/netns/shunt-$LAB-$1" -- "${@:2}"; }
host() { in_ns host "$@"; }
client() { in_ns client "$@"; }

# OPTIONS…: this test's lab anew, made otherwise.
new_lab() {
	"$TESTS/lab.sh" down "$LAB"
	"$TESTS/lab.sh" up "$LAB" "$@"
}

# --- processes
# --------------------------------------------------------------------------------------

# NAME COMMAND…: in the background, its output in $DIR/NAME.log. COMMAND may start with host or
# client.
start() {
	local name=$1
	shift
	case $1 in
	host | client) set -- nsenter "--net=/run/netns/shunt-$LAB-$1" -- "${@:2}" ;;
	esac
	"$@" >>"$DIR/$name.log" 2>&1 {SAID}>&- &
	PIDS[$name]=$!
	# Until it has become the command, it is this shell, with its traps: not to be killed yet.
	while cmp -s "/proc/$!/cmdline" /proc/$$/cmdline; do :; done
}

running() { kill -0 "${PIDS[$1]}" 2>/dev/null; }

# NAME [SIGNAL]: ends what was started and waits for it; KILL after 30 s. Its exit status is in
# $STATUS.
stop() {
	local pid=${PIDS[$1]} end=$((SECONDS + 30))
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null && [ "$(state_of "$pid")" != Z ]; do
		((SECONDS < end)) || kill -KILL "$pid" 2>/dev/null || true
		sleep 0.02
	done
	STATUS=0
	wait "$pid" 2>/dev/null || STATUS=$?
	unset "PIDS[$1]"
}

# NAME [SECONDS]: until what was started has ended by itself; its exit status is in $STATUS.
wait_ended() {
	wait_for "${2:-10}" has_ended "${PIDS[$1]}"
	STATUS=0
	wait "${PIDS[$1]}" 2>/dev/null || STATUS=$?
	unset "PIDS[$1]"
}
has_ended() { [ ! -e "/proc/$1" ] || [ "$(state_of "$1")" = Z ]; }

# The letter of a process's state; it follows the name, which may hold anything but a last ')'.
state_of() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	stat=${stat##*) }
	echo "${stat:0:1}"
}

logs() { cat "$DIR/$1.log"; }

# SECONDS COMMAND…: until it succeeds. The seconds are what a quiet machine may take: a busy one
# gets PATIENCE times as many, which costs nothing where the command succeeds.
wait_for() {
	local limit=$(($1 * PATIENCE * ${SLOWER:-1})) \
		end=$((SECONDS + $1 * PATIENCE * ${SLOWER:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "waited $limit s for: $*"
		sleep 0.02
	done
}

# OPTIONS… of a load, in PACED: with SLOWER=N at rates so much lower, and for so much longer.
pace() {
	local arg was=
	PACED=()
	for arg; do
		case $was in
		--rate) PACED+=($((arg / ${SLOWER:-1}))) ;;
		--time) PACED+=("$(jq -n "$arg * ${SLOWER:-1}")") ;;
		*) PACED+=("$arg") ;;
		esac
		was=$arg
	done
}

# --- reading JSON
# -------------------------------------------------------------------------------------

# A test asks some ten times, and jq 1.6 reads its own library for 40 ms at each start. gojq sorts
# the keys of objects: what the benches ask from files (-f) wants jq.
if command -v gojq >/dev/null; then
	jq() { case " $* " in *' -f '*) command jq "$@" ;; *) gojq "$@" ;; esac; }
fi

# FILTER COMMAND…: jq's answer about what the command prints.
json() {
	local filter=$1 text
	shift
	text=$("$@") || fail "'$*' failed"
	jq -er "$filter" <<<"$text" || fail "no '$filter' in what '$*' printed: $text"
}

# --- a verifier that forgives nothing
# -------------------------------------------------------------------

# Each program that is loaded while STRICT is set, a line: "loaded NAME INSTRUCTIONS" or "refused
# ...".
STRICT_LOG=$DIR/strict
export STRICT_LOG

# With BPF_F_TEST_REG_INVARIANTS (tests/strict.c), if this kernel knows it: its trial program was
# loaded with it.
knows_strict() {
	[ -n "${STRICT_KNOWN:-}" ] || {
		LD_PRELOAD=$ROOT/build/tests/strict.so shunt features >"$DIR/out" 2>&1 || true
		STRICT_KNOWN=$(grep -c '^loaded shunt_probe ' "$STRICT_LOG" || true)
		: >"$STRICT_LOG"
	}
	[ "$STRICT_KNOWN" != 0 ]
}

# COMMAND…: its programs are verified strictly, where the kernel can.
strict() {
	if knows_strict; then LD_PRELOAD=$ROOT/build/tests/strict.so "$@"; else "$@"; fi
}

# NAME: how many programs of that name were loaded strictly.
loaded_strictly() { grep -c "^loaded $1 " "$STRICT_LOG"; }

# --- running
# ------------------------------------------------------------------------------------------

show_logs() {
	local log
	for log in "$DIR"/*.log; do
		[ -s "$log" ] || continue
		echo "--- $(basename "$log" .log) (last 40 lines)"
		tail -n 40 "$log"
	done >&"$SAID"
}

# In the sandbox, as its first process.
run_one() {
	export -n SANDBOX SKIP_TO # a test may run tests
	mount -t tmpfs run /run
	mkdir -p /run/netns "$DIR"
	mount -t bpf bpf /sys/fs/bpf
	ip link set lo up
	LAB=lab
	DEV=${LAB}h
	trap 'code=$?; [ $code = 0 ] || [ $code = 77 ] || show_logs
		cp /run/skip "$SKIP_TO" 2>/dev/null || true' EXIT
	exec {SAID}>&2
	trap on_error ERR
	trap out_of_time TERM
	[ -n "$NO_LAB" ] || "$TESTS/lab.sh" up "$LAB" "${LAB_ARGS[@]}"
	cd "$ROOT"
	"$1"
}

# NAME: in a sandbox of its own; what it says in $OUT, its status in $CODE.
try_test() {
	CODE=0
	: >"$REASON"
	SANDBOX=$1 SKIP_TO=$REASON timeout -k 5 "$TEST_LIMIT" \
		unshare --mount --net --pid --fork --kill-child --mount-proc \
		bash "$TEST_FILE" >"$OUT" 2>&1 </dev/null &
	INNER=$!
	wait $INNER || CODE=$?
	INNER=
	[[ $CODE != @(124|137) ]] || echo "ran past $TEST_LIMIT s" >>"$OUT"
}

# Ends the sandbox with this program; timeout has made it a process group of its own.
end_sandbox() {
	[ -z "${INNER:-}" ] || kill -KILL -- "-$INNER" 2>/dev/null || true
	rm -f "$OUT" "$REASON"
}

# N NAME: prints one TAP line, and the output of a failed test.
run_test() {
	local began=${EPOCHREALTIME/./} tries=1 word=ok note=
	try_test "$2"
	while [[ $CODE != @(0|77|$BROKEN) ]] && ((tries < TRIES)); do
		echo "# $2 failed with status $CODE, and is tried again"
		sed 's/^/# /' "$OUT"
		tries=$((tries + 1))
		try_test "$2"
	done
	case $CODE in
	0) [ $tries = 1 ] || note=" # TRIES $tries" ;;
	77) note=" # SKIP $(cat "$REASON")" ;;
	*) word='not ok' ;;
	esac
	echo "$word $1 - $2$note"
	if [ -n "${V:-}" ] || [ "$word" != ok ]; then
		echo "# $2 took $(((${EPOCHREALTIME/./} - began) / 1000)) ms, status $CODE"
		sed 's/^/# /' "$OUT"
	fi
	[ "$word" = ok ]
}

run_tests() {
	local name n=0 failed=0
	if [ -n "${SANDBOX:-}" ]; then
		run_one "$SANDBOX"
		exit 0
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP not root: network namespaces and BPF need it"
		exit 77
	fi
	local -a names=("$@")
	[ $# -gt 0 ] || mapfile -t names < <(grep -oE '^test_[a-z0-9_]+' "$TEST_FILE")
	echo "1..${#names[@]}"
	OUT=$(mktemp)
	REASON=$(mktemp)
	trap end_sandbox EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
	for name in "${names[@]}"; do
		n=$((n + 1))
		run_test $n "$name" || failed=1
	done
	exit $failed
}
