#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rpc.sh - ONC RPC: rpcgen's server on shunt, clients of other make, each error of RFC 5531
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../rpc.sh"

# With rpcbind, which main() of rpcgen's code asks for.
serve() {
	start_rpcbind
	load_rpc
	start_server "$SERVER" "$@"
}

test_a_server_of_rpcgen_needs_shunt_rpc_run_for_svc_run_and_nothing_else() {
	assert_eq "$(diff --old-line-format='-%L' --new-line-format='+%L' \
		--unchanged-line-format= "$RPC/calc_svc.c" "$RPC/calc_by_shunt.c")" \
		"+#include <shunt/rpc.h>
-	svc_run ();
+	shunt_rpc_run ();"
	serve
	client "$RPC/client" 198.18.0.2 9000 500 || fail "see the client's words"
	assert_ge "$(stat_of '.total.replied')" 509 "calls that shunt served"
	assert_conserved
}

# Its way to name a port: the last two numbers of an address.
rpcinfo_at() { client rpcinfo -a 198.18.0.2.35.40 -T udp "$@"; }

test_rpcinfo_finds_each_version_ready() {
	serve
	assert_match "$(rpcinfo_at 400100 1)" "program 400100 version 1 ready and waiting"
	assert_match "$(rpcinfo_at 400100 3)" "program 400100 version 3 ready and waiting"
	# Asked for no version, it learns from PROG_MISMATCH which there are, and tries each.
	assert_exit 1 rpcinfo_at 400100
	assert_match "$(cat "$DIR/out" "$DIR/err")" "version 1 ready"
	assert_match "$(cat "$DIR/out" "$DIR/err")" "version 3 ready"
	assert_match "$(cat "$DIR/out" "$DIR/err")" "version 2 is not available"
	assert_ge "$(stat_of '.total.replied')" 6 "calls that shunt served"
}

test_a_socket_of_libtirpc_is_served_too() {
	serve
	assert_match "$(client rpcinfo -t 198.18.0.2 400100 1)" "ready and waiting"
	assert_eq "$(stat_of '.total.arrived')" 0 "calls by way of shunt"
}

# What follows are answers behind the xid: 1 is "reply"; then accepted (0), no verifier (0 0) and
# the status; or denied (1) and why.
assert_answers_every_error_as_the_rfc_has_it() {
	assert_eq "$(call proc=0)" "1 0 0 0 0" "procedure 0"
	assert_eq "$(call proc=0 vers=3)" "1 0 0 0 0" "procedure 0 of version 3"
	assert_eq "$(call proc=1 args=00000029)" "1 0 0 0 0 42" "SUCCESS"
	assert_eq "$(call prog=400101)" "1 0 0 0 1" "PROG_UNAVAIL"
	assert_eq "$(call vers=2)" "1 0 0 0 2 1 3" "PROG_MISMATCH from 1 to 3"
	assert_eq "$(call proc=77)" "1 0 0 0 3" "PROC_UNAVAIL"
	assert_eq "$(call proc=1 args=0000)" "1 0 0 0 4" "GARBAGE_ARGS of a short number"
	assert_eq "$(call proc=3 args=00000041)" "1 0 0 0 4" "GARBAGE_ARGS of a long text"
	assert_eq "$(call proc=6 args=00000bb8)" "1 0 0 0 5" "SYSTEM_ERR of a long reply"
	assert_eq "$(call proc=9 args=00000001)" "1 0 0 0 5" "SYSTEM_ERR"
	assert_eq "$(call rpcvers=3)" "1 1 0 2 2" "RPC_MISMATCH"
	assert_eq "$(call cut=12 rpcvers=1)" "1 1 0 2 2" "RPC_MISMATCH of the shortest call"
	assert_eq "$(call cred=1:00)" "1 1 1 1" "AUTH_BADCRED of a body that is none"
	assert_eq "$(call cred=0:00:404)" "1 1 1 1" "AUTH_BADCRED of too much"
	assert_eq "$(call cred=3)" "1 1 1 2" "AUTH_REJECTEDCRED of AUTH_DH"
	assert_eq "$(call cred=6:0000000100000001000000000000000100000000)" "1 1 1 2" \
		"AUTH_REJECTEDCRED of RPCSEC_GSS"
	assert_eq "$(call verf=1:00000000)" "1 1 1 3" "AUTH_BADVERF"
	assert_eq "$(call proc=9 args=00000002)" "1 1 1 5" "AUTH_TOOWEAK"
	# A stamp, no name, user 7, group 8, no groups; then one with a group that is missing.
	local sys=000000000000000000000007000000080000000
	assert_eq "$(call proc=5 cred=1:${sys}0)" "1 0 0 0 0 7" "the user of AUTH_SYS"
	assert_eq "$(call proc=5 cred=1:${sys}1)" "1 1 1 1" "AUTH_BADCRED of a missing group"
}

test_each_error_of_the_rfc_is_answered_by_a_server_of_rpcgen() {
	serve
	assert_answers_every_error_as_the_rfc_has_it
	assert_conserved
}

# Sixty thousand calls of ECHO: forty bytes of opaque data, then nothing where a text should be.
test_a_call_whose_arguments_break_off_leaves_no_memory_behind() {
	local before args
	anon_kib() { awk '$1 == "RssAnon:" { print $2 }' "/proc/${PIDS[server]}/status"; }
	break_off() { call proc=2 args="$args" times=20000 wait=0.2 >/dev/null; }
	args=$(printf '0%.0s' {1..104})00000028$(printf '5a%.0s' {1..40})
	serve
	assert_eq "$(call proc=2 args="$args")" "1 0 0 0 4" "GARBAGE_ARGS"
	break_off
	before=$(anon_kib)
	break_off; break_off; break_off
	assert_ge $((before + 600)) "$(anon_kib)" "KiB of the server, at most 600 more"
}

# shunt-rpcgen's server needs no rpcbind.
serve_views() {
	load_rpc "${1:-fcfs}"
	start_server "$RPC/views"
}

test_a_server_of_shunt_rpcgen_serves_an_rpcgen_client() {
	serve_views
	client "$RPC/client" 198.18.0.2 9000 500 || fail "see the client's words"
	assert_eq "$(stat_of '.total.replied')" 509 "calls that shunt served"
	assert_conserved
	stop server
	assert_eq "$STATUS" 0 "its exit status"
}

test_each_error_of_the_rfc_is_answered_by_a_server_of_shunt_rpcgen() {
	serve_views
	assert_answers_every_error_as_the_rfc_has_it
	assert_eq "$(call proc=2 args=00000001)" "1 0 0 0 4" "GARBAGE_ARGS of a struct's beginning"
	assert_conserved
}

test_a_server_of_shunt_rpcgen_needs_no_libtirpc() {
	! readelf -d "$RPC/views" | grep 'NEEDED.*tirpc' >&2 || fail "it is linked with it"
}

test_the_example_serves_an_rpcgen_client() {
	load_rpc
	start server host "$RPC/hello" "$DEV"
	wait_for 10 all_up
	# "ann": one word of length, three letters and a 0.
	assert_eq "$(call prog=536870978 proc=1 args=00000003616e6e00)" \
		"1 0 0 0 0 1 9 $((0x68656c6c)) $((0x6f20616e)) $((0x6e000000))"
	assert_eq "$(call prog=536870978 proc=2)" "1 0 0 0 0 1"
	kill -TERM "${PIDS[server]}"
	wait_ended server 10
	assert_eq "$STATUS" 0 "exit status of the server after SIGTERM"
	assert_eq "$(stat_of '.domains[0].agent.deaths')" 0 "deaths"
	assert_exit 2 "$RPC/hello"
	assert_match "$(cat "$DIR/err")" "^usage: .*hello INTERFACE$"
	assert_le "$(wc -l <examples/hello.c)" 52 "lines of the example"
}

test_a_call_that_is_sent_again_is_answered_again_and_runs_once() {
	load_rpc
	start server host env SHUNT_DEV="$DEV" "$RPC/views" 100
	wait_for 10 all_up
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 1"
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 1" "the same reply"
	assert_eq "$(call proc=7 args=00000001 port=701)" "1 0 0 0 0 2" "to another port"
	assert_eq "$(call proc=7 args=00000001 port=700 xid=5)" "1 0 0 0 0 3" "to another number"
	assert_eq "$(call proc=7 args=00002710 port=702 times=5 wait=1)" "5 1" \
		"answers, and different ones"
	assert_eq "$(call proc=7 args=00000001 port=703)" "1 0 0 0 0 5" "calls of SLOW"
	assert_conserved
}

test_without_a_cache_each_sending_is_a_call() {
	load_rpc
	start_server "$RPC/views"
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 1"
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 2"
}

test_a_server_of_rpcgen_keeps_replies_as_the_environment_says() {
	serve SHUNT_RPC_CACHE=100
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 1"
	assert_eq "$(call proc=7 args=00000001 port=700)" "1 0 0 0 0 1"
}

test_calls_are_preempted_and_answered_on_two_cores() {
	config 'preempt: {mode: on}' >"$DIR/config.yaml"
	host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	host shunt quantum set short 20us
	start_server "$RPC/views"
	for i in 1 2 3 4; do
		start "slow$i" client python3 tests/rpc/call.py 198.18.0.2 9000 proc=7 \
			args=000f4240 wait=20
	done
	wait_for 10 arrived 4
	client "$RPC/client" 198.18.0.2 9000 200 || fail "see the client's words"
	for i in 1 2 3 4; do
		wait_ended "slow$i" 20
		assert_match "$(logs "slow$i")" "^1 0 0 0 0 [1-4]$"
	done
	assert_ge "$(stat_of .preemption.by_safepoint)" 10 preemptions
	assert_conserved
}

test_a_server_of_rpcgen_m_runs_on_several_cores_under_preemption() {
	config 'preempt: {mode: on}' >"$DIR/config.yaml"
	host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	host shunt quantum set short 20us
	start_server "$RPC/server_mt"
	for i in 1 2 3; do
		start "client$i" client "$RPC/client" 198.18.0.2 9000 1000
	done
	for i in 1 2 3; do
		wait_ended "client$i" 30
		assert_eq "$STATUS" 0 "client $i's exit status"
	done
	assert_conserved
}

test_a_service_without_shuntd_says_so() {
	start_rpcbind
	assert_exit 1 host env -u SHUNT_DEV "$RPC/server"
	assert_match "$(cat "$DIR/err")" "shunt_rpc_run: shuntd has no sockets in /run/shunt"
	assert_exit 1 host env SHUNT_DEV=none0 "$RPC/server"
	assert_match "$(cat "$DIR/err")" "shunt_rpc_run: .*none0"
}

test_a_server_finds_the_only_interface_of_shuntd() {
	start_rpcbind
	load_rpc
	start server host env -u SHUNT_DEV "$RPC/server"
	wait_for 10 all_up
	assert_eq "$(call proc=0)" "1 0 0 0 0"
}

arrived_of() { stat_of ".classes[] | select(.name == \"$1\") | .arrived"; }

test_classes_are_those_of_program_version_and_procedure() {
	load_by_procedure fcfs
	start_server "$RPC/views"
	for i in 1 2 3; do call proc=1 args=00000001 >"$DIR/out"; done
	call proc=7 args=00000001 >"$DIR/out"
	call vers=3 proc=1 args=00000001 >"$DIR/out"
	assert_eq "$(call prog=7)" "1 0 0 0 1" "PROG_UNAVAIL, by the worker"
	assert_eq "$(call rpcvers=1)" "1 1 0 2 2" "RPC_MISMATCH, by the worker"
	assert_eq "$(arrived_of quick) $(arrived_of slow) $(arrived_of other)" "3 2 2"
	assert_eq "$(stat_of '.classes[2].spill')" 2 "calls that no program named"
	assert_match "$(host shunt rule list)" \
		"program 400100 version 1: 6 -> slow, 7 -> slow, else -> quick"
	assert_eq "$(json '.ports[0].rpc[1] | "\(.program) \(.version) \(.class)"' host \
		shunt rule list -j)" "400100 3 slow"
	assert_exit 1 host shunt rule add value=x class=slow
	assert_match "$(cat "$DIR/err")" "port 9000 has no rules"
	host shunt rule flush
	call proc=7 args=00000001 >"$DIR/out"
	assert_eq "$(arrived_of slow)" 3 "after a flush of all rules"
}

test_what_is_no_call_goes_to_the_kernel_s_sockets() {
	load_by_procedure fcfs
	start_server "$RPC/views"
	start listener host timeout 20 nc -u -l -W 1 -p 9000
	wait_for 5 sh -c "nsenter --net=/run/netns/shunt-$LAB-host ss -uln | grep -q :9000"
	assert_eq "$(call type=1 wait=0.2)" nothing
	wait_ended listener
	assert_ge "$(stat -c %s "$DIR/listener.log")" 40 "bytes that the kernel's socket got"
	assert_eq "$(stat_of .pass.no_call)" 1 "packets that were no call"
}

# Nobody names a port: rpcbind has it from shuntd.
test_rpcbind_names_our_port_until_unload() {
	start_rpcbind
	load_by_procedure fcfs
	start_server "$SERVER"
	wait_for 5 agent_said 'rpcbind names our ports for 2 RPC programs'
	assert_match "$(host rpcinfo -p | tr -s ' ')" "400100 1 udp 9000"
	assert_match "$(client rpcinfo -u 198.18.0.2 400100 1)" "version 1 ready and waiting"
	client "$RPC/client" 198.18.0.2 0 100 || fail "see the client's words"
	assert_ge "$(stat_of .total.replied)" 110 "calls that shunt served"
	assert_match "$(client rpcinfo -t 198.18.0.2 400100 1)" "version 1 ready and waiting"
	assert_match "$(host shunt unload)" "rpcbind names 2 of its RPC programs no more"
	! host rpcinfo -p | grep ' 400100 .* udp ' >&2 || fail "rpcbind names it still"
}

test_unload_leaves_what_another_server_had_rpcbind_name() {
	start_rpcbind
	load_by_procedure fcfs
	start_server "$RPC/views"
	wait_for 5 agent_said 'rpcbind names our ports for 2 RPC programs'
	stop server
	start other host "$RPC/plain"
	wait_for 5 names_another_port
	host shunt unload
	host rpcinfo -p | grep ' 400100 .* udp ' >&2 || fail "rpcbind names it no more"
}
agent_said() { logs shuntd | grep -q "$1"; }
names_another_port() { host rpcinfo -p | grep '400100 *1 *udp' | grep -v ' 9000 '; }

test_a_machine_without_rpcbind_serves_all_the_same() {
	load_by_procedure fcfs
	start_server "$RPC/views"
	wait_for 5 agent_said 'there is no rpcbind'
	assert_eq "$(call proc=0)" "1 0 0 0 0"
}

test_rup_of_debian_asks_a_server_of_rstat() {
	need rup
	start_rpcbind
	config >"$DIR/config.yaml"
	sed -i '/^rules:/,$d' "$DIR/config.yaml"
	printf '%s\n' 'rpc:' '  - {port: 9000, program: 100001, version: 3, class: short}' \
		>>"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start server host "$RPC/rstat" "$DEV"
	wait_for 10 all_up
	wait_for 5 agent_said 'rpcbind names our ports for 1 RPC program$'
	assert_match "$(client rup 198.18.0.2)" \
		"198.18.0.2 .* up +3 days, .*load 1.00 0.50 0.25"
	assert_ge "$(stat_of .total.replied)" 1 "calls that shunt served"
}

test_what_is_no_call_is_not_answered() {
	serve
	assert_eq "$(call type=1 wait=0.2)" nothing "a reply"
	assert_eq "$(call cut=8 wait=0.2)" nothing "a call without a version of RPC"
	assert_eq "$(call cut=28 wait=0.2)" nothing "a call without credentials"
	assert_eq "$(call proc=9 args=00000000 wait=0.2)" nothing "what the procedure answers so"
	assert_conserved
	assert_eq "$(stat_of '.total.noreply')" 4 noreply
}

test_calls_come_over_ipv6() {
	serve
	assert_eq "$(TO=fd00:198:18::2 call proc=1 args=00000001)" "1 0 0 0 0 2"
}

run_tests "$@"
