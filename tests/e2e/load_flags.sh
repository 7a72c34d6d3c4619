#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# load_flags.sh - flags, names and files that shunt-load and shunt-compare refuse, and in which
# words
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
TO=127.0.0.1:9000

# PATTERN ARGS…: refused before anything is sent, in these words.
refused() {
	assert_exit 2 timeout 10 shunt-load "${@:2}"
	assert_match "$(cat "$DIR/err")" "$1"
}

# Windows of a run that nobody answered, with a class "short", in $DIR/NAME.
windows() { shunt-load --to $TO --count 20 --wait 10ms --mix short=1:1us --windows "$DIR/$1" -q; }

test_a_port_beyond_65535_is_refused() {
	local to
	for to in 127.0.0.1:99999 127.0.0.1:0 127.0.0.1: 127.0.0.1:9000x '[::1]:4295001296' \
		'[::1]9000'; do
		refused "is no ADDR:PORT .* from 1 to 65535" --to "$to" --count 1
	done
}

test_a_port_up_to_65535_and_none_are_taken() {
	local to
	for to in 127.0.0.1:65535 '[::1]:9000' '[::1]' ::1 127.0.0.1; do
		assert_exit 0 shunt-load --to "$to" --count 1 --wait 1ms
	done
}

test_a_seed_that_is_no_number_is_refused() {
	local seed
	for seed in abc 5x '' -1 99999999999999999999; do
		refused "--seed: '$seed' is no whole number" --plan 1 --seed "$seed"
	done
	assert_exit 0 shunt-load --plan 1 --seed 0xffffffffffffffff
}

test_parts_of_what_cannot_be_parted_are_refused() {
	local flag
	for flag in cpu flows burst size replies key-size value-size closed count keys plan; do
		refused "--$flag: '7.5' is no whole number" --to $TO --$flag 7.5
	done
	assert_exit 0 shunt-load --plan 1 --count 1.5k
}

test_a_file_of_windows_that_cannot_be_had_ends_a_run_before_it_begins() {
	assert_exit 1 timeout 10 shunt-load --to $TO --time 1000 --windows "$DIR/none/x"
	assert_match "$(cat "$DIR/err")" "none/x: windows cannot be added there: No such file"
}

test_windows_go_to_a_regular_file_only() {
	local file
	mkfifo "$DIR/fifo"
	# a reader that reads nothing
	mkfifo "$DIR/read" && exec 7<>"$DIR/read"
	for file in "$DIR/fifo" "$DIR/read" /dev/null; do
		assert_exit 1 timeout 10 shunt-load --to $TO --time 1000 --windows "$file"
		assert_match "$(cat "$DIR/err")" "$file: windows are added to a regular file"
	done
}

# A limit of its size stands for a disk that is full.
test_windows_that_could_not_be_written_fail_the_run() {
	local said status=0
	said=$( (
		ulimit -f 0
		trap '' XFSZ
		shunt-load --to $TO --count 20 --wait 10ms --windows "$DIR/full" -q 2>&1
	)) || status=$?
	assert_eq $status 1 "exit status"
	assert_match "$said" "--windows .*: it could not be written"
}

test_bursts_without_end_are_refused() {
	refused "ON and OFF are at most 1000s" --to $TO --arrival bursty:1us:1e300ms --time 0.1
	refused "ON and OFF are at most 1000s" --to $TO --arrival bursty:1001s:1ms --time 0.1
	refused "requests a second in each ON" --to $TO --arrival bursty:1us:1000s --time 0.1
	refused "what is 'bursty:0.5ns:1s'" --to $TO --arrival bursty:0.5ns:1s --time 0.1
	assert_exit 0 timeout 10 shunt-load --to $TO --arrival bursty:1ms:1000s --time 0.1 \
		--rate 10 --wait 1ms
}

test_a_class_has_a_name_that_may_stand_in_json() {
	local mix
	for mix in $'a\tb=1:1us' $'a\nb=1:1us' $'\x7f=1:1us' 'a"b=1:1us' 'a\b=1:1us'; do
		refused "a class's name has no quotes, backslashes" --plan 1 --mix "$mix"
	done
}

test_a_system_has_a_name_that_may_stand_in_json() {
	local name
	windows file
	for name in $'a\tb' $'a\x01' 'a"b' 'a\b'; do
		assert_exit 2 shunt-compare --json "$name=$DIR/file"
		assert_match "$(cat "$DIR/err")" "the name of a system has no quotes, backslashes"
	done
	assert_exit 0 shunt-compare --json "a b=$DIR/file"
	jq -e '.classes.short.systems."a b".windows == 1' "$DIR/out" >/dev/null
}

test_a_file_whose_classes_have_names_that_json_refuses_is_none_of_ours() {
	local byte
	windows file
	assert_eq "$(grep -c short "$DIR/file")" 1
	for byte in '\t' '"' '\\'; do
		LC_ALL=C sed "s/short/sho${byte}t/" "$DIR/file" >"$DIR/bad"
		assert_exit 1 shunt-compare --json "a=$DIR/bad"
		assert_match "$(cat "$DIR/err")" "window [0-9]+ is none that"
	done
}

run_tests "$@"
