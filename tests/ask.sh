# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# ask.sh - for tests that send a worker one word at a time and read its answer (tests/lang/edges.cpp
# and its kin)
#
# Sourced after serve.sh.

# [SIGNAL [FLAGS]]: the worker, with its cores up.
start_edges() {
	start edges host "$ROOT/build/tests/edges" "${WORKER_DEV:-$DEV}" "$@"
	wait_for 10 all_up
}

# WORD N: the first N datagrams of the answer, in one line.
ask_all() {
	client bash -c 'exec 3<>/dev/udp/198.18.0.2/9000; printf %s "$1" >&3
		for ((i = 0; i < $2; i++)); do timeout 3 dd bs=2048 count=1 <&3 2>/dev/null; done' \
			- "$1" "$2" |
		paste -sd " "
}

ask() { ask_all "$1" 1; }

# WORD: no answer is waited for.
ask_nothing() { client bash -c 'printf %s "$1" >/dev/udp/198.18.0.2/9000' - "$1"; }
