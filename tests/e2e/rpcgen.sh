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
	assert_refused 'typedef opaque big[70000];\n' 1 "is not from 1 to 65536"
	assert_refused 'typedef hyper big[60000];\n' 1 "no datagram"
	assert_refused 'const A = 1;\nconst A = 2;\n' 2 "defined twice"
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
