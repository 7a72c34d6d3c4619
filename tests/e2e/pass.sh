#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pass.sh - shunt-cc: where safepoints are, that results don't change, and that every loop reaches
# them
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
CC=$ROOT/build/pass/shunt-cc
CASES=$TESTS/e2e/pass/cases.c

# FUNCTION: the safepoints in its code, in what cases.c was compiled to with shunt-cc OPTIONS….
safepoints_of() {
	local f=$1
	shift
	"$CC" "$@" -S -emit-llvm "$CASES" -o "$DIR/cases.ll"
	awk -v f="@$f(" '/^define/ { on = index($0, f) } on && /shunt_tls@gottpoff/ { n++ } END {
		print n + 0 }' "$DIR/cases.ll"
}

same_results() { # OPTIONS…: with safepoints that do nothing, and with some that trash all they may
	clang "$@" "$CASES" -o "$DIR/plain" && "$DIR/plain" >"$DIR/want"
	"$CC" "$@" "$CASES" -o "$DIR/quiet"
	"$DIR/quiet" >"$DIR/got"
	cmp "$DIR/want" "$DIR/got" || fail "results differ with $*"
	"$CC" "$@" -DRUNTIME "$CASES" "$ROOT/hostlib/safepoint.S" -o "$DIR/called"
	"$DIR/called" >"$DIR/got"
	cmp "$DIR/want" "$DIR/got" || fail "results differ with $* when all safepoints call"
}

test_results_are_the_same_with_safepoints_at_every_optimisation() {
	same_results -O0
	same_results -O2
	same_results -O3 -fPIC
	same_results -Os -fomit-frame-pointer
	[ -n "$LONG" ] || return 0
	same_results -O1 -g
	same_results -O2 -march=native
	same_results -O2 -g -static
}

test_a_language_that_is_named_is_that_of_the_sources_alone() {
	echo 'int main() { return 0; }' >"$DIR/program.text"
	"$CC" -x c++ "$DIR/program.text" -o "$DIR/program"
	"$DIR/program"
}

test_long_functions_loops_and_recursions_have_them() {
	local f
	for f in hash list recursion by_goto matrix steps interpret extended; do
		assert_ge "$(safepoints_of "$f" -O2)" 1 "safepoints of $f at -O2"
		assert_ge "$(safepoints_of "$f" -O0)" 1 "safepoints of $f at -O0"
	done
	assert_ge "$(($(safepoints_of even -O2) + $(safepoints_of odd -O2)))" 1 \
		"safepoints of even and odd"
}

test_tiny_leaves_and_excluded_functions_have_none() {
	local level
	for level in -O0 -O2; do
		assert_eq "$(safepoints_of tiny $level)" 0 "safepoints of tiny at $level"
		assert_eq "$(safepoints_of excluded $level)" 0 "safepoints of excluded at $level"
	done
	assert_match "$(grep '^define.*@excluded' "$DIR/cases.ll")" excluded
}

test_a_vectorised_loop_stays_so() {
	local plain safe
	"$CC" --shunt-off -O2 -S "$CASES" -o "$DIR/plain.s"
	"$CC" -O2 -S "$CASES" -o "$DIR/safe.s"
	plain=$(sed -n '/^saxpy:/,/\.size/p' "$DIR/plain.s" | grep -cE '(mulps|fml[as]).*')
	safe=$(sed -n '/^saxpy:/,/\.size/p' "$DIR/safe.s" | grep -cE '(mulps|fml[as]).*')
	assert_ge "$plain" 1 "vector instructions without safepoints"
	assert_eq "$safe" "$plain" "vector instructions with safepoints"
}

test_an_endless_loop_reaches_one_within_the_bound() {
	local level rounds
	for level in -O0 -O1 -O2; do
		"$CC" $level -DRUNTIME "$CASES" "$ROOT/hostlib/safepoint.S" -o "$DIR/endless"
		timeout 60 "$DIR/endless" forever 2>"$DIR/err" ||
			fail "never reached a safepoint at $level"
		rounds=$(sed -n 's/^endless //p' "$DIR/err")
		assert_le "$rounds" 8192 "rounds until the third safepoint at $level"
	done
}

test_loops_around_scans_reach_one_within_the_bound() {
	local bound rounds
	for bound in 4096 32768; do
		"$CC" -O2 -DRUNTIME --shunt-bound=$bound "$CASES" "$ROOT/hostlib/safepoint.S" \
			-o "$DIR/scans"
		timeout 60 "$DIR/scans" scans 2>"$DIR/err" || fail "never reached a safepoint"
		rounds=$(sed -n 's/^endless //p' "$DIR/err")
		assert_le "$rounds" $((3 * bound)) \
			"rounds until the third safepoint at a bound of $bound"
	done
}

# Without copies a scan has one compare with its end, with them as many as there are copies.
test_scans_are_repeated_but_not_where_size_matters() {
	local fast small
	"$CC" -O2 -S -emit-llvm "$CASES" -o "$DIR/fast.ll"
	"$CC" -Os -S -emit-llvm "$CASES" -o "$DIR/small.ll"
	fast=$(sed -n '/^define.*@hash/,/^}/p' "$DIR/fast.ll" | grep -c "icmp eq i8")
	small=$(sed -n '/^define.*@hash/,/^}/p' "$DIR/small.ll" | grep -c "icmp eq i8")
	assert_ge "$fast" $((small + 4)) "compares at -O2, against $small at -Os"
}

test_a_smaller_stride_gives_a_shorter_way_to_the_next() {
	local far near
	"$CC" -O2 -DRUNTIME --shunt-stride=64 "$CASES" "$ROOT/hostlib/safepoint.S" -o "$DIR/near"
	"$CC" -O2 -DRUNTIME --shunt-stride=4096 "$CASES" "$ROOT/hostlib/safepoint.S" -o "$DIR/far"
	near=$("$DIR/near" forever 2>&1 | sed -n 's/^endless //p')
	far=$("$DIR/far" forever 2>&1 | sed -n 's/^endless //p')
	assert_le "$near" 128 "rounds at a stride of 64"
	assert_ge "$far" "$((near * 8))" "rounds at a stride of 4096"
}

test_the_report_names_each_function_and_its_longest_stretch() {
	"$CC" -O2 --shunt-report -c "$CASES" -o "$DIR/cases.o" 2>"$DIR/report"
	assert_match "$(grep ' tiny:' "$DIR/report")" "entry no, longest [0-9]+$"
	assert_match "$(grep ' list:' "$DIR/report")" "loop counter [0-9]+"
	assert_match "$(grep ' saxpy:' "$DIR/report")" "loop strips [0-9]+"
}

test_what_cannot_work_is_refused_with_the_reason() {
	echo 'int main(void) { return 0; }' >"$DIR/x.c"
	assert_exit 1 "$CC" -flto "$DIR/x.c" -o "$DIR/x"
	assert_match "$(cat "$DIR/err")" "no safepoints"
	assert_exit 1 "$CC" --shunt-stride=0 "$DIR/x.c"
	assert_match "$(cat "$DIR/err")" "not a number above 0"
	assert_exit 1 "$CC" --shunt-sride=9 "$DIR/x.c"
	assert_match "$(cat "$DIR/err")" "unknown option"
	printf '#!/bin/sh\necho 3.9.1\n' >"$DIR/old-clang"
	chmod +x "$DIR/old-clang"
	SHUNT_CLANG=$DIR/old-clang assert_exit 1 "$CC" "$DIR/x.c"
	assert_match "$(cat "$DIR/err")" "is version 3, but the plugin was built for LLVM"
	SHUNT_CLANG=no-such-clang assert_exit 1 "$CC" "$DIR/x.c"
	assert_match "$(cat "$DIR/err")" "no 'no-such-clang'"
}

test_it_serves_as_the_compiler_of_a_makefile_without_a_warning() {
	printf '%s\n' 'CFLAGS = -O2 -Wall -Werror' 'prog: a.o b.o' >"$DIR/Makefile"
	echo 'int b(int n); int main(void) { return b(100) != 4950; }' >"$DIR/a.c"
	echo 'int b(int n) { volatile int s = 0; for (int i = 0; i < n; i++) s += i; return s; }' \
		>"$DIR/b.c"
	printf 'prog:\n\t$(CC) $^ -o $@\n' >>"$DIR/Makefile"
	make -C "$DIR" CC="$CC" >"$DIR/log" 2>&1 || fail "$(cat "$DIR/log")"
	"$DIR/prog"
	assert_eq "$(grep -c warning: "$DIR/log" || true)" 0 "warnings"
}

test_code_for_aarch64_gives_the_same_results() {
	need qemu-aarch64 aarch64-linux-gnu-gcc
	local flags=(--target=aarch64-linux-gnu -O2)
	clang "${flags[@]}" -c "$CASES" -o "$DIR/plain.o"
	aarch64-linux-gnu-gcc -static "$DIR/plain.o" -o "$DIR/plain"
	"$CC" "${flags[@]}" -DRUNTIME -c "$CASES" -o "$DIR/safe.o"
	aarch64-linux-gnu-gcc -static "$DIR/safe.o" "$ROOT/hostlib/safepoint.S" -o "$DIR/safe"
	qemu-aarch64 "$DIR/plain" >"$DIR/want"
	qemu-aarch64 "$DIR/safe" >"$DIR/got"
	cmp "$DIR/want" "$DIR/got" || fail "results differ"
	qemu-aarch64 "$DIR/safe" forever 2>"$DIR/err" || fail "never reached a safepoint"
}

run_tests "$@"
