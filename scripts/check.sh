#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check.sh - what needs no run: shellcheck over all scripts, clang -Werror over all C that it does
# not compile anyway, blanks at the ends of lines and files, and lines that are too wide
#
# clang parses only (-fsyntax-only): a third of a minute, where building everything with it a second
# time would take minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
CLANG=${CLANG:-clang}
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
bad=0

# All files of the tree, but the built ones and the fuzzers' corpora.
find . \( -path ./build -o -path ./.git -o -path ./tests/fuzz/corpus \) -prune -o -type f -print |
	sort >"$DIR/files"
text() {
	grep -E '(\.(c|h|S|cpp|sh|mk|md|rst|py|jq|yaml|in|map|service|pml)|/Makefile|/\.ci/run)$' \
		"$DIR/files"
}
scripts() {
	tr '\n' '\0' <"$DIR/files" |
		xargs -0 awk 'FNR == 1 && /^#!\/bin\/(ba)?sh/ || FNR <= 3 &&
		/^# shellcheck shell=/ { print FILENAME } FNR > 3 { nextfile }' | sort -u
}
# BPF's and the fuzzers' are clang's own; tests/rpc/ needs what rpcgen writes; the rest of what is
# left out is included by others.
c_files() {
	grep -E '\.c$' "$DIR/files" |
		grep -vE '\.bpf\.c$|^\./(bpf|tests/(prog/policies|fuzz|e2e/pass|nfp/nfpsim|rpc))/' |
		grep -vE '^\./(examples/(mine|hello)\.c$|bench/reject|bench/safepoints/|bench/rpc/)'
}

# NAME COMMAND…: a failure is shown, and does not keep the others from being looked for.
check() {
	if "${@:2}" >"$DIR/out" 2>&1; then
		echo "  $1: fine"
	else
		echo "  $1:"
		cat "$DIR/out"
		bad=1
	fi
}

shell() { scripts | xargs -P "$(nproc)" -n 6 shellcheck -S warning -f gcc; }

clang_reads() {
	c_files | xargs -P "$(nproc)" -n 16 "$CLANG" -fsyntax-only -Iinclude -Ilib -I. \
		-isystem /usr/include/tirpc \
		-D_GNU_SOURCE -DSHUNT_VERSION='""' \
		-DSHUNT_LIBDIR='""' -DBASELINE_BPF='"/dev/null"' -DLEDGER_HOOK=ledger_hook \
		-std=gnu11 -Werror -Wall -Wextra -Wstrict-prototypes \
		-Wmissing-prototypes -Wno-unused-parameter -Wno-missing-field-initializers
}

blanks() {
	! text | tr '\n' '\0' | xargs -0 grep -nE '[[:blank:]]+$' || return 1
	! text | tr '\n' '\0' |
		xargs -0 -n 1 sh -c \
		'[ -z "$(tail -c 1 "$0")" ] || echo "$0: no end of line at its end"' | grep . ||
		return 1
	# Tabs indent C; blanks may follow them, or a comment's or continuation's single one.
	! grep -E '\.[ch]$' "$DIR/files" | tr '\n' '\0' | xargs -0 grep -nE '^ {8}' || return 1
}

columns() { text | xargs python3 scripts/columns.py; }

# A unit test of one module links five of the product's sources at most, else it says why. An
# architecture's counts for all.
links() {
	local test words many more bad=0

	for test in tests/unit/test_*.c; do
		words=$(sed -n 's|^/\* link: \(.*\) \*/$|\1|p' "$test")
		more=$(sed -n 's|^/\* links more: \(.*\) \*/$|\1|p' "$test")
		# shellcheck disable=SC2086 # words, and patterns of files
		many=$(printf '%s\n' ${words//@core/hostlib/[a-z]*.c} |
			grep -vE '^(tests/|$)|_aarch64\.S$' | wc -l)
		[ "$many" -le 5 ] || [ -n "$more" ] ||
			{ echo "$test links $many sources, and does not say why"; bad=1; }
		[ "$many" -gt 5 ] || [ -z "$more" ] ||
			{ echo "$test says why it links more than $many sources"; bad=1; }
	done
	return $bad
}

[ "$(scripts | wc -l)" -ge 20 ] && [ "$(c_files | wc -l)" -ge 100 ] ||
	{ echo "check.sh: looks in the wrong place" >&2; exit 1; }
check "shellcheck over $(scripts | wc -l) scripts" shell
check "clang -Werror over $(c_files | wc -l) files of C" clang_reads
check "blanks" blanks
check "columns" columns
check "sources of unit tests" links
exit $bad
