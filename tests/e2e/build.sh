#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - the build itself: fragments, help, and how programs and libraries are linked
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# DIR: the sources of the products there, without tests and benchmarks.
copy_products() {
	mkdir -p "$1"
	tar -C "$ROOT" --exclude=./build --exclude=./.git --exclude=./tests --exclude=./bench -c . | tar -C "$1" -x
}

test_help_lists_every_target_that_is_no_file() {
	{ make -C "$ROOT" -pqrR help 2>/dev/null || true; } | sed -n 's/^\.PHONY: //p' | tr ' ' '\n' | sort >"$DIR/targets"
	make -C "$ROOT" --no-print-directory help | awk '{ print $1 }' | sort >"$DIR/helped"
	assert_eq "$(grep -c -x -e all -e test-e2e -e bench-cost -e install "$DIR/targets")" 4
	assert_eq "$(comm -23 "$DIR/targets" "$DIR/helped")" ""
}

test_the_products_have_their_rules_without_tests_and_benchmarks() {
	copy_products "$DIR/tree"
	make -C "$DIR/tree" -n all install >"$DIR/make.log" 2>&1 || fail "$(tail -n 5 "$DIR/make.log")"
	assert_exit 2 make -C "$DIR/tree" -n test
	[ -z "${LONG-}" ] || make -C "$DIR/tree" -j2 all >"$DIR/make.log" 2>&1 || fail "$(tail -n 20 "$DIR/make.log")"
}

test_a_missing_fragment_is_an_error_with_its_name() {
	local fragment
	copy_products "$DIR/tree"
	for fragment in bpf/bpf.mk hostlib/pass/pass.mk offload/nfp/nfp.mk; do
		mv "$DIR/tree/$fragment" "$DIR/aside.mk"
		assert_exit 2 make -C "$DIR/tree" -n all
		assert_match "$(cat "$DIR/err")" "$fragment"
		mv "$DIR/aside.mk" "$DIR/tree/$fragment"
	done
}

# What was looked up at the start cannot be overwritten later.
test_programs_look_up_their_symbols_at_the_start() {
	local file
	for file in shunt shuntd libshunt.so shunt-sim shunt-kv shunt-load shunt-baseline shunt-spin pass/safepoints.so; do
		assert_match "$(readelf -dW "$ROOT/build/$file")" "FLAGS.*NOW"
		assert_match "$(readelf -lW "$ROOT/build/$file")" "GNU_RELRO"
	done
}

run_tests "$@"
