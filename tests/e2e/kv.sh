#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kv.sh - the key-value server: against memcached itself, on shunt, and under each of the baselines
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

COUNT=${LONG:+100000}
COUNT=${COUNT:-3000}
TEST_LIMIT=${LONG:+600}
TEST_LIMIT=${TEST_LIMIT:-180}

# MODE OPTIONS…
baseline() {
	start baseline host shunt-baseline --mode "$1" --cpus $(($(nproc) - 1)) \
		--idle block "${@:2}"
	wait_for 10 grep -q serving "$DIR/baseline.log"
}

start_memcached() {
	need memcached python3
	start memcached host memcached -u nobody -p 0 -U 11212 -l 0.0.0.0
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -uln | grep -q 11212"
}

# The sample configuration, for this machine's CPUs; a worker.
serve_kv() {
	sed "s/cpus: \[1\]/cpus: [$CPUS]/" apps/kv/kv.yaml >"$DIR/config.yaml"
	echo "${EXTRA:-}" >>"$DIR/config.yaml"
	host shunt load "${POLICY:-mq}" --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start kv host shunt-kv --dev "$DEV" --idle sleep "$@"
	wait_for 10 all_up
}

offer_kv() {
	client shunt-load --to 198.18.0.2:11211 -P memcached --json --wait 3s \
		-q "$@" >"$DIR/client.json"
}

test_answers_are_those_of_memcached() {
	start_memcached
	baseline shared --app kv
	client python3 tests/kv_compare.py 198.18.0.2:11211 198.18.0.2:11212 1 "$COUNT" \
		>"$DIR/compared" ||
		fail "$(cat "$DIR/compared")"
}

test_answers_from_rocksdb_are_those_of_memcached() {
	[ -e /usr/include/rocksdb/c.h ] || skip "built without RocksDB"
	start_memcached
	baseline shared --app kv --engine rocksdb --path "$DIR/db"
	client python3 tests/kv_compare.py 198.18.0.2:11211 198.18.0.2:11212 2 "$COUNT" \
		>"$DIR/compared" ||
		fail "$(cat "$DIR/compared")"
}

test_answers_through_shunt_are_those_of_memcached() {
	start_memcached
	serve_kv
	client python3 tests/kv_compare.py 198.18.0.2:11211 198.18.0.2:11212 3 1000 \
		>"$DIR/compared" ||
		fail "$(cat "$DIR/compared")"
}

test_a_memcached_client_of_other_make_is_served() {
	need memcaslap
	serve_kv
	# memcaslap's default mix, which it would write into root's home: a tenth sets, the rest
	# gets.
	printf 'key\n16 16 1\nvalue\n64 64 1\ncmd\n0 0.1\n1 0.9\n' >"$DIR/mix"
	client timeout 120 memcaslap -s 198.18.0.2:11211 -U -F "$DIR/mix" -T 1 -c 4 -x 2000 \
		-w 1k >"$DIR/out" || fail "$(cat "$DIR/out")"
	assert_match "$(cat "$DIR/out")" "get_misses: 0"
	assert_match "$(cat "$DIR/out")" "udp_timeout: 0"
	assert_match "$(cat "$DIR/out")" "Ops: 2000 "
}

test_classes_are_told_apart_by_the_command() {
	serve_kv --fill 1000
	offer_kv --rate 2000 --count 1500 --time 5 --keys 1000 --mix get=0.6,set=0.3,scan100=0.1
	assert_eq "$(jq '[.classes[].answered] | add' "$DIR/client.json")" 1500 answered
	assert_eq "$(stat_of '[.classes[] | .arrived] | @csv' | tr -d '"')" \
		"$(jq -r '[.classes.get.sent, .classes.set.sent, .classes.scan100.sent] |
		@csv' "$DIR/client.json")" \
		"requests of each class"
}

test_keys_that_are_not_there_are_counted() {
	baseline shared --app kv --fill 1000
	offer_kv --rate 2000 --count 1000 --time 5 --keys 2000 --zipf 0 --mix get=1
	jq -e '.classes.get | .answered == 1000 and .missed > 400 and .missed < 600' \
		"$DIR/client.json" ||
		fail "$(cat "$DIR/client.json")"
	offer_kv --rate 2000 --count 1000 --time 5 --keys 1000 --zipf 0 --mix get=1
	assert_eq "$(jq .classes.get.missed "$DIR/client.json")" 0 "missed of keys that are there"
}

# With one core only, scans have to make room.
test_scans_are_preempted_and_answered() {
	CPUS=$(($(nproc) - 1)) EXTRA="preempt: {mode: on}" POLICY=sq serve_kv --fill 5000
	host shunt quantum set get 10us
	host shunt quantum set scan 10us
	offer_kv --rate 400 --count 400 --time 4 --keys 5000 --mix get=0.7,scan5000=0.3 --wait 3s
	assert_eq "$(jq '[.classes[].answered] | add' "$DIR/client.json")" 400 answered
	assert_ge "$(stat_of .preemption.by_safepoint)" 10 preemptions
}

test_a_scan_of_many_datagrams_arrives_whole() {
	local got
	need python3
	baseline shared --app kv --fill 500 --value-size 100
	got=$(client python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("198.18.0.2", 11211)); s.settimeout(5)
s.send(struct.pack(">HHHH", 7, 0, 1, 0) + b"scan k000000000000000 500\r\n")
parts, of = {}, 1
while len(parts) < of:
	d = s.recv(65536); n, nr, of, _ = struct.unpack(">HHHH", d[:8]); parts[nr] = d[8:]
text = b"".join(parts[i] for i in sorted(parts))
print(of > 10, text.count(b"VALUE k"), text.endswith(b"\r\nEND\r\n"))')
	assert_eq "$got" "True 500 True"
}

# io_uring is one of the baselines where it was built in.
has_uring() { ! shunt-baseline --help | grep -q "not built in"; }

test_each_baseline_serves_both_applications() {
	local mode app
	for mode in shared reuseport select steal xdp $(! has_uring || echo uring); do
		for app in spin kv; do
			baseline $mode --app $app --port 9000 --dev "$DEV" --fill 100
			if [ $app = spin ]; then
				client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 1000 \
					--count 200 --mix fixed:1us
			else
				client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 1000 \
					--count 200 -P memcached \
					--keys 100 --mix get=0.9,scan50=0.1
			fi >"$DIR/client.json"
			[ "$(jq '[.classes[].answered] | add' "$DIR/client.json")" = 200 ] ||
				fail "$mode, $app: $(cat "$DIR/client.json")"
			stop baseline
			rm "$DIR/baseline.log"
		done
	done
}

# SERVER-OPTIONS: one that spins answers all of a load at which several requests wait at a time.
assert_spinning_serves() {
	start baseline host shunt-baseline --cpus $(($(nproc) - 1)) "$@"
	wait_for 10 grep -q serving "$DIR/baseline.log"
	client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 20000 --burst 40 --count 4000 \
		--mix fixed:1us >"$DIR/client.json"
	assert_eq "$(jq '[.classes[].answered] | add' "$DIR/client.json")" 4000 "$*"
	stop baseline
	rm "$DIR/baseline.log"
}

test_baselines_that_batch_replies_or_poll_the_device_answer_all() {
	local kick
	for kick in 1 16 32; do
		assert_spinning_serves --mode xdp --dev "$DEV" --kick $kick
		! has_uring || assert_spinning_serves --mode uring --kick $kick
	done
	for kick in 1 16 32; do
		assert_spinning_serves --mode shared --batch $kick
	done
	host ethtool -K "$DEV" gro on
	assert_spinning_serves --mode shared --busy-poll 50
	assert_exit 2 shunt-baseline --mode xdp --cpus 1 --kick 33
	assert_match "$(cat "$DIR/err")" "number of replies '33'"
}

# Each reply of 40 datagrams is more than a batch, and all of them come.
test_a_batch_holds_replies_of_several_datagrams() {
	start baseline host shunt-baseline --mode shared --batch 16 --cpus $(($(nproc) - 1))
	wait_for 10 grep -q serving "$DIR/baseline.log"
	client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 1000 --burst 4 --count 200 \
		--replies 40 --mix fixed:1us >"$DIR/client.json"
	assert_eq "$(jq .classes.all.answered "$DIR/client.json")" 200
}

# 4000 requests, 40 at a time, some of which may come while others are served.
test_a_batch_takes_fewer_system_calls() {
	need strace
	start baseline host strace -f -c -o "$DIR/calls" -e trace=recvmmsg,sendmmsg \
		"$(command -v shunt-baseline)" --mode shared --batch 16 --idle block \
		--cpus $(($(nproc) - 1))
	wait_for 10 grep -q serving "$DIR/baseline.log"
	client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 20000 --burst 40 \
		--count 4000 --mix fixed:0us >"$DIR/client.json"
	assert_eq "$(jq .classes.all.answered "$DIR/client.json")" 4000
	kill "$(pgrep -P "${PIDS[baseline]}")"
	wait_ended baseline
	assert_le "$(awk '$NF == "sendmmsg" { print $4 }' "$DIR/calls")" 2000 "calls to send"
}

test_a_batch_is_one_of_the_modes_options_only() {
	assert_exit 2 shunt-baseline --mode reuseport --cpus 1 --batch 16
	assert_match "$(cat "$DIR/err")" "--batch is for --mode shared, not reuseport"
	assert_exit 2 shunt-baseline --mode shared --cpus 1 --batch 33
	assert_match "$(cat "$DIR/err")" "number of requests '33'"
}

test_threads_of_a_baseline_share_the_work() {
	start baseline host shunt-baseline --mode select --select round-robin \
		--cpus 0,$(($(nproc) - 1)) --idle block
	wait_for 10 grep -q serving "$DIR/baseline.log"
	client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 1000 --count 400 --flows 1 \
		--mix fixed:20us >"$DIR/client.json"
	assert_eq "$(jq .classes.all.answered "$DIR/client.json")" 400
	# A thread that got nothing blocked once; one that got its half, as often as it had emptied
	# its queue.
	assert_eq "$(client sh -c "cd /proc/${PIDS[baseline]}/task && for t in *; do
		[ \$(awk '/^voluntary/ {print \$2}' \$t/status) -gt 5 ] &&
			echo \$t; done | wc -l")" 2 \
		"threads that worked"
}

test_a_dispatcher_is_skipped_by_name_below_three_cpus() {
	if [ "$(nproc)" -lt 3 ]; then
		assert_exit 77 shunt-baseline --mode dispatcher --cpus 0,1
		assert_match "$(cat "$DIR/err")" "dispatcher: skipped: it needs 3 CPUs"
		return
	fi
	start baseline host shunt-baseline --mode dispatcher --cpus 1,2
	wait_for 10 grep -q serving "$DIR/baseline.log"
	client shunt-load --to 198.18.0.2 -q --json --wait 3s --rate 1000 --count 200 \
		--mix fixed:1us >"$DIR/client.json"
	assert_eq "$(jq .classes.all.answered "$DIR/client.json")" 200
}

run_tests "$@"
