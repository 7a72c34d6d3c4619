#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# languages.sh - workers in Python, C++, Go and Rust, under a load, with preemption and signals on
#
# runs: together
#
# Go's and Rust's compilers are Debian's, which `make test-long` installs.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../ask.sh"

CPUS=$(($(nproc) - 1))
TEST_LIMIT=180 HOLD_RING=4096
LIB=$ROOT/build/libshunt.so

# NAME COMMAND…: the worker serves words and a load, is told to end, and ends well.
try_worker() {
	local i
	load sq "preempt: {mode: on, watch: 200us, grace: 100us}"
	host shunt quantum set short 10us
	host shunt quantum set long 10us
	start worker host "${@:2}"
	wait_for 20 all_up
	for i in {1..5}; do
		assert_eq "$(ask "hello $i")" "HELLO $i of $1"
	done
	start load client shunt-load --sleep --to 198.18.0.2:9000 --rate 2000 --time 2 \
		--mix short=0.5:1us,long=0.5:20us
	wait_for 20 arrived 2000
	for i in {1..5}; do
		assert_eq "$(ask "hello $i")" "HELLO $i of $1" "under load"
	done
	running worker || fail "it died: $(logs worker)"
	stop load
	until_quiet
	stop worker
	assert_eq "$STATUS" 0 "its exit status"
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 "requests lost"
}

# The linked library is found by its soname.
link_library() {
	mkdir -p "$DIR/lib"
	ln -sf "$LIB" "$DIR/lib/libshunt.so.0"
	ln -sf "$LIB" "$DIR/lib/libshunt.so"
	export LD_LIBRARY_PATH=$DIR/lib
}

need_for_long() { # COMMAND
	[ -n "$LONG" ] || skip "takes a compiler's time: make test-long"
	need "$1"
}

test_a_worker_in_python() {
	need python3
	try_worker python python3 "$ROOT/tests/lang/worker.py" "$LIB" "$DEV"
}

test_a_worker_in_cpp() {
	load sq "preempt: {mode: on, watch: 200us, grace: 100us}"
	host shunt quantum set short 10us
	start_edges
	offer --rate 2000 --count 2000 --time 5 --mix short=1:20us
	assert_all_answered
	assert_eq "$(ask hello)" hello
	stop edges
	assert_eq "$STATUS" 0 "its exit status"
	assert_conserved
}

test_a_worker_in_go() {
	need_for_long go
	link_library
	CGO_CFLAGS="-I$ROOT/include" CGO_LDFLAGS="-L$DIR/lib -lshunt" GOCACHE=$DIR/cache \
		GOFLAGS=-mod=mod GO111MODULE=off \
		HOME=$DIR go build -o "$DIR/worker-go" "$ROOT/tests/lang/worker.go"
	try_worker go "$DIR/worker-go" "$DEV"
}

test_a_worker_in_rust() {
	need_for_long rustc
	link_library
	# Debian's, whatever other there is.
	PATH=/usr/bin:$PATH rustc -O -L "$DIR/lib" -l shunt \
		-o "$DIR/worker-rust" "$ROOT/tests/lang/worker.rs"
	try_worker rust "$DIR/worker-rust" "$DEV"
}

run_tests "$@"
