#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rpcgen.sh - shunt-rpcgen: what it makes code for, and what it refuses, with the line
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# TEXT: a file of these lines is refused; says it why, on this line?
assert_refused() { # TEXT LINE WORDS
	printf '%b' "$1" >"$DIR/service.x"
	assert_exit 1 shunt-rpcgen "$DIR/service.x" -o "$DIR/service"
	assert_match "$(cat "$DIR/err")" "service.x:$2: .*$3"
	[ ! -e "$DIR/service.c" ] || fail "it wrote code all the same"
}

test_what_is_beyond_the_subset_is_refused_with_its_line() {
	assert_refused 'const A = 1;\n\nunion u switch (int a) { case 0: void; };\n' 3 unions
	assert_refused 'struct s {\n\tint a;\n\tint more<5>;\n};\n' 3 "arrays of a varying length"
	assert_refused 'struct s {\n\tint a;\n\ts *next;\n};\n' 3 "'s' is no type"
	assert_refused 'struct t { int a; };\nstruct s {\n\tt *next;\n};\n' 3 "optional data"
	assert_refused 'typedef quadruple q;\n' 1 quadruple
	assert_refused 'struct s {\n\n\tstruct { int a; } b;\n};\n' 3 "without a name"
	assert_refused 'program P { version V {\nint F(int, int) = 1;\n} = 1; } = 5;\n' 2 \
		"several arguments"
	assert_refused 'program P { version V {\nint F(void) = 0;\n} = 1; } = 5;\n' 2 \
		"procedure 0"
	assert_refused 'struct s {\n\tchar c;\n};\n' 2 "XDR has not"
	assert_refused '/* one\n * two */\nstruct s { unknown u; };\n' 3 "'unknown' is no type"
	assert_refused 'struct s { int a };\n' 1 "';' is missing before '}'"
	assert_refused 'typedef opaque big[70000];\n' 1 "is not from 1 to 4096"
	assert_refused 'typedef hyper big[600];\n' 1 "no request has room"
}

test_a_name_that_is_taken_is_refused() {
	assert_refused 'const A = 1;\nconst A = 2;\n' 2 "'A' is defined twice"
	assert_refused 'struct a {\n\tint x;\n\tint x;\n};\n' 3 "'x' is defined twice"
	assert_refused 'enum e { A = 1,\nA = 2 };\n' 2 "'A' is defined twice"
	assert_refused 'enum e { A = 1 };\nconst A = 2;\n' 2 "'A' is defined twice"
	assert_refused 'program P { version V {
int F(void) = 1;\nint F(void) = 2;\n} = 1; } = 5;\n' 3 "'F' is defined twice"
	assert_refused 'program P { version V { int F(void) = 1; } = 1;
version W { int F(void) = 1; } = 1;\n} = 5;\n' 2 "version 1 is defined twice"
	assert_refused 'struct s {\n\tint for;\n};\n' 2 "'for' is a word of C"
	assert_refused 'struct int32_t { int a; };\n' 1 "'int32_t' is a word of C"
	assert_refused 'enum e { A = 2147483647,\n B };\n' 2 "'B' would be 2147483648"
}

# A string has four bytes on the wire at least, and sixteen on the stack of the handler.
test_a_type_that_no_request_has_room_for_is_refused() {
	assert_refused 'typedef string s<>;\ntypedef s row[1000];\ntypedef row all[1000];\n' 3 \
		"'all' has more than 4096 bytes: no request"
	assert_refused 'struct s { string a<>; opaque b[4000];\nopaque c[4000]; };\n' 2 \
		"'s' has more than 4096 bytes: no request"
}

# 110 structs, each with twelve bytes and the next one.
test_types_that_are_nested_too_deep_are_refused() {
	{
		echo 'struct s0 { opaque a[12]; };'
		for i in {1..110}; do
			echo "struct s$i { opaque a[12]; s$((i - 1)) b; };"
		done
		echo 'program P { version V { void F(s110) = 1; } = 1; } = 5;'
	} >"$DIR/service.x"
	assert_exit 1 shunt-rpcgen "$DIR/service.x" -o "$DIR/service"
	assert_match "$(cat "$DIR/err")" "nested too deep"
	[ ! -e "$DIR/service.c" ] || fail "it wrote code all the same"
}

test_debian_s_own_services_compile_where_the_subset_has_them() {
	local file all=0
	mkdir "$DIR/made"
	for file in rstat spray; do
		[ -e "/usr/include/rpcsvc/$file.x" ] || skip "no $file.x"
		shunt-rpcgen "/usr/include/rpcsvc/$file.x" -o "$DIR/made/$file" 2>"$DIR/err" ||
			continue
		cc -I"$ROOT/include" -Wall -Wextra -Werror -Wno-unused-parameter -c \
			"$DIR/made/$file.c" -o "$DIR/made/$file.o"
		all=$((all + 1))
	done
	assert_ge $all 1 "services"
	[ -e "$DIR/made/rstat.o" ] || fail "rstat was refused: $(cat "$DIR/err")"
}

test_lines_with_a_percent_sign_are_the_header_s() {
	printf '%%#define EXTRA 7\nstruct s { int a; };\n' >"$DIR/service.x"
	shunt-rpcgen "$DIR/service.x" -o "$DIR/service"
	assert_eq "$(grep -c '^#define EXTRA 7$' "$DIR/service.h")" 1
}

test_files_are_named_for_the_service_unless_told() {
	cp "$ROOT/examples/hello.x" "$DIR"
	(cd "$DIR" && shunt-rpcgen hello.x)
	[ -s "$DIR/hello_shunt.c" ] && [ -s "$DIR/hello_shunt.h" ] || fail "no such files"
	assert_exit 2 shunt-rpcgen
	assert_exit 1 shunt-rpcgen "$DIR/none.x"
	assert_match "$(cat "$DIR/err")" "cannot read '.*none.x': No such file"
	assert_exit 1 shunt-rpcgen "$DIR/hello.x" -o /nowhere/hello
	assert_match "$(cat "$DIR/err")" "cannot write '/nowhere/hello.h'"
	assert_exit 1 env CPP=none-such shunt-rpcgen "$DIR/hello.x"
	assert_match "$(cat "$DIR/err")" "cannot run the preprocessor 'none-such'"
}

test_code_compiles_as_cpp_does_its_header() {
	need g++
	cp "$ROOT/examples/hello.x" "$DIR"
	(cd "$DIR" && shunt-rpcgen hello.x)
	echo '#include "hello_shunt.h"' >"$DIR/user.cpp"
	g++ -I"$ROOT/include" -I"$DIR" -Wall -Wextra -Werror -fsyntax-only "$DIR/user.cpp"
}

run_tests "$@"
