#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - the build itself: fragments, help, and how programs and libraries are linked
# runs: beside
TEST_LIMIT=${TEST_LIMIT:-${LONG:+900}} # lib.sh has another one for files that say none
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# DIR: the sources of the products there, without tests and benchmarks.
copy_products() {
	mkdir -p "$1"
	tar -C "$ROOT" --exclude=./build --exclude=./.git --exclude=./tests --exclude=./bench -c . |
		tar -C "$1" -x
}

test_help_lists_every_target_that_is_no_file() {
	{ make -C "$ROOT" -pqrR help 2>/dev/null || true; } | sed -n 's/^\.PHONY: //p' |
		tr ' ' '\n' | sort >"$DIR/targets"
	make -C "$ROOT" --no-print-directory help | awk '{ print $1 }' | sort >"$DIR/helped"
	assert_eq "$(grep -c -x -e all -e test-e2e -e bench-cost -e install "$DIR/targets")" 4
	assert_eq "$(comm -23 "$DIR/targets" "$DIR/helped")" ""
}

test_the_products_have_their_rules_without_tests_and_benchmarks() {
	copy_products "$DIR/tree"
	make -C "$DIR/tree" -n all install >"$DIR/make.log" 2>&1 ||
		fail "$(tail -n 5 "$DIR/make.log")"
	assert_exit 2 make -C "$DIR/tree" -n test
}

# In its long form: all of it, from the tarball, without tests and benchmarks.
test_the_tarball_of_make_dist_has_what_building_takes() {
	local tree
	need git
	git -C "$ROOT" rev-parse --git-dir >"$DIR/git" 2>&1 || skip "not a clone of the repository"
	make -C "$ROOT" -s dist "B=$DIR/b" 2>"$DIR/dist.log"
	tar -C "$DIR" -xzf "$DIR"/b/shunt-*.tar.gz
	tree=$(echo "$DIR"/shunt-*)
	assert_eq "$(cd "$tree" && find . -type f | sort | md5sum)" \
		"$(git -C "$ROOT" ls-tree -r --name-only HEAD | sed 's|^|./|' | sort | md5sum)"
	rm -r "$tree/tests" "$tree/bench"
	make -C "$tree" -n all install >"$DIR/make.log" 2>&1 || fail "$(tail -n 5 "$DIR/make.log")"
	[ -z "$LONG" ] || make -C "$tree" -j2 all man >"$DIR/make.log" 2>&1 ||
		fail "$(tail -n 20 "$DIR/make.log")"
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

# Addresses of functions that were looked up at the start cannot be overwritten later.
test_programs_look_up_their_symbols_at_the_start() {
	local file
	for file in shunt shuntd libshunt.so libshunt-rpc.so libshunt-actor.so libshunt-offload.so \
		shunt-rpcgen shunt-sim shunt-kv shunt-load shunt-baseline \
		shunt-spin pass/safepoints.so; do
		assert_match "$(readelf -dW "$ROOT/build/$file")" "FLAGS.*NOW"
		assert_match "$(readelf -lW "$ROOT/build/$file")" "GNU_RELRO"
	done
}

test_programs_that_root_runs_end_when_their_stack_was_written_over() {
	local file
	for file in shunt shuntd shunt-sim; do
		assert_match "$(nm -D "$ROOT/build/$file")" "__stack_chk_fail" "symbols of $file"
	done
}

# FILE OPTIONS-OF-NM…: the names that it defines for others.
exported() {
	nm "${@:2}" --defined-only "$1" | awk '$2 ~ /^[TDBRWV]$/ { sub("@.*", "", $3); print $3 }' |
		sort
}

test_libraries_export_their_interface_and_the_guarded_functions_only() {
	exported "$ROOT/build/libshunt.so" -D >"$DIR/shared"
	exported "$ROOT/build/libshunt.a" -g >"$DIR/static"
	assert_eq "$(diff "$DIR/shared" "$DIR/static")" ""
	# Each of the library's own is declared to programs, or called by what shunt-cc puts into
	# them, and has a version.
	grep '^shunt_' "$DIR/shared" >"$DIR/own"
	assert_ge "$(wc -l <"$DIR/own")" 10
	assert_eq "$(nm -D --defined-only "$ROOT/build/libshunt.so" |
		sed -n 's/.* \(shunt_.*\)@@SHUNT_[0-9.]*$/\1/p' | sort)" "$(cat "$DIR/own")"
	# A guard stands in front of a function of the C library.
	grep -v '^shunt_' "$DIR/shared" >"$DIR/guards"
	assert_eq "$(grep -c -x -e malloc -e pthread_mutex_lock "$DIR/guards")" 2
	exported "$(cc -print-file-name=libc.so.6)" -D >"$DIR/libc"
	assert_eq "$(comm -23 "$DIR/guards" <(sort -u "$DIR/libc"))" ""
	assert_match "$(readelf -dW "$ROOT/build/libshunt.so")" "SONAME.*\[libshunt\.so\.[0-9]+\]"
}

test_the_rpc_library_exports_its_interface_only() {
	exported "$ROOT/build/libshunt-rpc.so" -D >"$DIR/shared"
	assert_eq "$(grep -v '^shunt_rpc_' "$DIR/shared" | grep -v '^SHUNT_RPC_')" "" "other names"
	assert_ge "$(wc -l <"$DIR/shared")" 9
	# The archive's two objects call each other by names that begin so, too.
	assert_eq "$(exported "$ROOT/build/libshunt-rpc.a" -g | grep -v '^shunt_rpc_')" ""
	assert_match "$(readelf -dW "$ROOT/build/libshunt-rpc.so")" \
		"SONAME.*\[libshunt-rpc\.so\.[0-9]+\]"
}

test_the_actor_library_exports_its_interface_only() {
	exported "$ROOT/build/libshunt-actor.so" -D | grep -v '^SHUNT_ACTOR_' >"$DIR/shared"
	assert_eq "$(exported "$ROOT/build/libshunt-actor.a" -g)" "$(cat "$DIR/shared")"
	assert_eq "$(grep -vE '^shunt_(actor_|object_|tell|tell_after|forward)' "$DIR/shared")" "" \
		"other names"
	assert_eq "$(wc -l <"$DIR/shared")" 15
}

test_the_library_of_decisions_exports_its_interface_only() {
	local lib=$ROOT/build/libshunt-offload
	sed -n 's/.*\(shunt_off_[a-z]*\)(.*/\1/p' include/shunt/offload.h | sort -u >"$DIR/declared"
	assert_ge "$(wc -l <"$DIR/declared")" 20
	exported "$lib.so" -D | grep -v '^SHUNT_OFFLOAD_' >"$DIR/shared"
	assert_eq "$(diff "$DIR/shared" "$DIR/declared")" ""
	assert_eq "$(exported "$lib.a" -g | diff - "$DIR/declared")" ""
	assert_match "$(readelf -dW "$lib.so")" "SONAME.*\[libshunt-offload\.so\.[0-9]+\]"
}

# Names of libshunt's sources.
test_programs_may_have_functions_named_as_those_inside_the_library() {
	local lib
	cat >"$DIR/own.c" <<-C
	#include <stdio.h>
	#include <shunt/shunt.h>
	int queue_pop(void) { return 4; }
	int core_main(void) { return 2; }
	int set_error(void) { return 0; }
	static long handle(struct shunt_req *req, void *arg) { return 0; }
	int main(void)
	{
		struct shunt_opts opts = { .sz = sizeof(opts), .ifname = "none0",
					   .handler = handle };
		struct shunt *s;
		int err = shunt_open(&s, &opts);

		printf("%d%d%d %s\n", queue_pop(), core_main(), set_error(),
		       err ? shunt_error(s) : "");
		return 0;
	}
	C
	ln -s "$ROOT/build/libshunt.so" "$DIR/libshunt.so.0"
	for lib in libshunt.a libshunt.so; do
		cc -I"$ROOT/include" "$DIR/own.c" "$ROOT/build/$lib" -o "$DIR/own" -pthread
		assert_match "$(LD_LIBRARY_PATH=$DIR "$DIR/own")" "^420 .*none0"
	done
}

# POLICY: compiled for a Netronome card; what the compiler says is in $DIR/err.
for_card() {
	clang -O2 -g -target bpf -mcpu=v3 -I"$ROOT/include" \
		-I"/usr/include/$(uname -m)-linux-gnu" -Wno-unused-function -DSHUNT_TARGET_NFP \
		-DSHUNT_POLICY_FILE="\"$1\"" -c "$ROOT/offload/nfp/card.bpf.c" \
		-o "$DIR/card.o" 2>"$DIR/err"
}

test_a_build_for_a_card_says_that_plan_is_not_called_there() {
	! for_card "$ROOT/tests/prog/policies/plans.c" || fail "a card's steer() reads a plan"
	assert_match "$(cat "$DIR/err")" \
		"plans.c:[0-9]+:[0-9]+: error: call to '?shunt_plan'?.*: shuntd calls plan\(\) on"
	cat >"$DIR/apart.c" <<-'EOF'
		#include <shunt/policy.h>
		#define SHUNT_HAS_PLAN
		SHUNT_POLICY("apart", SHUNT_NEEDS_FLOW, "plans for select alone");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			return shunt_core_at(v, shunt_scale(ev->flow_hash, shunt_cores(v)));
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
		}
		static void plan(shunt_view *v, shunt_event *ev)
		{
		}
	EOF
	for_card "$DIR/apart.c" || fail "$(cat "$DIR/err")"
	assert_match "$(cat "$DIR/err")" "warning: \"?the card does not call plan\(\): shuntd does"
	for_card "$ROOT/bpf/policies/p2c.c"
	assert_eq "$(cat "$DIR/err")" "" "what is said of a policy that does not plan"
}

test_no_shared_layout_changed_without_another_abi_number() {
	"$ROOT/scripts/abi_digest.sh" || fail "see above"
}

# Each line: a mistake in a copy of the headers, as sed makes it.
test_a_changed_layout_is_told_with_its_type_until_the_number_is_raised() {
	local mistake
	copy_products "$DIR/tree"
	for mistake in 's/^\t__u64 arrival_ns; /\t__s64 arrival_ns; /' \
		'/^struct shunt_meta/,/^}/{s/__u16 epoch; /__u16 e; /;s/__u16 row; /__u16 epoch; /;s/__u16 e; /__u16 row; /}'; do
		cp "$ROOT/include/shunt/abi_ingress.h" "$DIR/tree/include/shunt/abi_ingress.h"
		sed -i "$mistake" "$DIR/tree/include/shunt/abi_ingress.h"
		assert_exit 1 "$DIR/tree/scripts/abi_digest.sh"
		assert_match "$(cat "$DIR/err")" \
			"struct shunt_meta: .*raise SHUNT_ABI.*make abi-digest"
		assert_exit 2 make -C "$DIR/tree" --no-print-directory abi-digest
	done
	sed -i 's/^#define SHUNT_ABI .*/#define SHUNT_ABI 4000/' "$DIR/tree/include/shunt/abi.h"
	assert_exit 1 "$DIR/tree/scripts/abi_digest.sh"
	assert_match "$(cat "$DIR/err")" "run: make abi-digest"
	make -C "$DIR/tree" -s abi-digest
	"$DIR/tree/scripts/abi_digest.sh"
	assert_match "$(cat "$DIR/tree/include/shunt/abi.digest")" "SHUNT_ABI 4000"
}

# In its long form: it reads all of the tree.
test_make_check_tells_a_script_a_source_a_blank_and_a_wide_line_that_are_wrong() {
	[ -n "$LONG" ] || skip "takes half a minute"
	mkdir "$DIR/tree"
	tar -C "$ROOT" --exclude=./build --exclude=./.git -c . | tar -C "$DIR/tree" -x
	printf '#!/bin/bash\nfor f in $(ls *.c); do echo $f; done\ncd $1\n' \
		>"$DIR/tree/scripts/wrong.sh"
	printf 'int wrong(void)\n{\n\treturn -1u < 0;\n}\n' >"$DIR/tree/lib/wrong.c"
	printf 'blank \n' >"$DIR/tree/docs/wrong.md"
	printf '%0121d\n' 0 >"$DIR/tree/docs/wide.md"
	assert_exit 2 make -s -C "$DIR/tree" check
	assert_match "$(cat "$DIR/out")" "scripts/wrong.sh:3:.*SC2164"
	assert_match "$(cat "$DIR/out")" "lib/wrong.c:1:.*no previous prototype"
	assert_match "$(cat "$DIR/out")" "docs/wrong.md:1:"
	assert_match "$(cat "$DIR/out")" "docs/wide.md:1: 121 columns"
}

# The lists of files for a new verb, policy, counter… stay true.
test_contributing_names_files_and_targets_that_exist() {
	local what n=0
	for what in $(grep -oE '`[^` ]+`' "$ROOT/CONTRIBUTING.md" | tr -d '`' |
		grep -E '/|\.(md|h|c)$' | grep -v NAME | sort -u); do
		compgen -G "$ROOT/$what" >/dev/null || [ "${what#build}" != "$what" ] ||
			fail "there is no '$what'"
		n=$((n + 1))
	done
	assert_ge $n 30
	{ make -C "$ROOT" -pqrR help 2>/dev/null || true; } | sed -n 's/^\.PHONY: //p' |
		tr ' ' '\n' >"$DIR/targets"
	for what in $(grep -oE '`make [a-z -]+' "$ROOT/CONTRIBUTING.md" | sed 's/`make //'); do
		grep -qx -e "$what" "$DIR/targets" || fail "there is no target '$what'"
	done
}

run_tests "$@"
