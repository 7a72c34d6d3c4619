#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# roles.sh - what differs between roles of shuntd is in their own files, behind struct role
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

# Lines that ask which role it is, or name one, outside the roles' files; but for the usual one
# among the options.
branches() {
	grep -nE 'ROLE_[A-Z]|role *[!=]=|role->name\b|\brole_(shared|nic|host)\b' "$@" |
		grep -vE '#include "role_|\.role = &role_shared \};'
}

test_no_branch_on_roles_stands_outside_their_files() {
	local files
	mapfile -t files < <(find agent -name '*.[ch]' ! -name 'role*')
	assert_eq "$(branches "${files[@]}")" ""
}

test_a_branch_on_roles_would_be_found() {
	printf 'if (a->role == &role_host)\n' >"$DIR/one.c"
	printf 'if (o->role != other)\n' >"$DIR/two.c"
	assert_eq "$(branches "$DIR"/*.c | wc -l)" 2
}

run_tests "$@"
