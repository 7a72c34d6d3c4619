#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# words.sh - docs/glossary.md and the lists of functions in docs/architecture.md are true
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
GLOSSARY=$ROOT/docs/glossary.md

words() { sed -n 's/^\* \*\*\([^*]*\)\*\*: .*/\1/p' "$GLOSSARY"; }

test_each_word_stands_once_and_the_list_is_sorted() {
	assert_ge "$(words | wc -l)" 90 words
	assert_eq "$(words | wc -l)" "$(grep -c '^\* ' "$GLOSSARY")" "lines that begin with a word"
	words | tr 'A-Z' 'a-z' | LC_ALL=C sort -cu || fail "not sorted, or twice"
}

# The file comes last, behind the meaning.
test_each_word_names_a_file_that_exists() {
	local file n=0
	while read -r file; do
		[ -e "$ROOT/$file" ] || fail "there is no '$file'"
		n=$((n + 1))
	done < <(grep -oE '`[a-z0-9_]+/[A-Za-z0-9_./]*`$' "$GLOSSARY" | tr -d '`')
	assert_eq "$n" "$(words | wc -l)" "words with a file"
}

# FUNCTION() FILE, a line each, as the ways through the code list them.
test_the_ways_through_the_code_name_functions_of_the_files_beside_them() {
	local function file n=0
	while read -r function file _; do
		grep -qE "^[a-z_].*\b${function%??}\(" "$ROOT/$file" ||
			fail "there is no '$function' in '$file'"
		n=$((n + 1))
	done < <(grep -E '^    [a-z_]+\(\) +[a-z_]+/[a-z_/]+\.(c|h|bpf\.c) ' \
		"$ROOT/docs/architecture.md")
	assert_ge $n 40 functions
}

# A policy rejects; the kernel, a card, a verifier refuse.
test_no_page_says_that_a_policy_refuses_requests() {
	local who='(slo\W*|[Pp]olic(y|ies)( that)?)'
	! grep -nE "$who refuses? (requests|what|an arrival|nothing|at once|those)" \
		"$ROOT"/README.md "$ROOT"/docs/*.md "$ROOT"/docs/man/*.rst "$ROOT"/bpf/policies/*.[ch] \
		"$ROOT"/loader/*.c "$ROOT"/examples/* || fail "they say so"
}

run_tests "$@"
