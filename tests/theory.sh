# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# theory.sh - for tests of the simulator: its numbers beside those of queueing theory

sim() { shunt-sim "$@" -Q; }

# METRIC OPTIONS…: of one run, all classes together
value() {
	local metric=$1
	shift
	json ".runs[0].classes[-1].$metric" sim --json - "$@"
}

# GOT WANT PERCENT WHAT
assert_near() {
	awk -v got="$1" -v want="$2" -v most="$3" 'BEGIN {
		off = 100 * (got / want - 1)
		printf "%s, should be %s: %+.2f %%\n", got, want, off
		exit !(off <= most && off >= -most)
	}' || fail "$4 is $1, should be within $3 % of $2"
}

# EXPRESSION: of awk
calc() { awk "BEGIN { print $1 }"; }

# WANT ARGUMENTS...: refused with that reason, before anything was simulated
refused() {
	local want=$1
	shift
	! sim "$@" >"$DIR/out" 2>"$DIR/err" || fail "'$*' was taken"
	assert_match "$(cat "$DIR/err")" "$want" "the reason for '$*'"
	assert_eq "$(cat "$DIR/out")" "" "output of '$*'"
}

# RHO CORES: mean wait of M/M/k in units of the mean service (Erlang C)
erlang_wait() {
	awk -v rho="$1" -v k="$2" 'BEGIN {
		a = rho * k; term = 1; sum = 1
		for (i = 1; i < k; i++) { term *= a / i; sum += term }
		last = term * a / k / (1 - rho)
		print last / (sum + last) / (k * (1 - rho))
	}'
}

# RHO SCV: mean wait of M/G/1, FCFS (Pollaczek and Khinchine)
pk_wait() { awk -v r="$1" -v c="$2" 'BEGIN { print r * (1 + c) / 2 / (1 - r) }'; }
