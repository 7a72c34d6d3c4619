#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# services.sh - each service has a port, and the NIC's rules bring it to the service's queue: what
# comes on another one's is the kernel's, and doctor names the rule that mends it
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--card 2)
HOLD_RING=4096
CPU=$(($(nproc) - 1))

config() { # [LINES…]
	cat <<-YAML
	domains:
	  - {queue: 0, cpus: [$CPU], service: a}
	  - {queue: 1, cpus: [$CPU], service: b}
	ports:
	  - {port: 9000, service: a}
	  - {port: 9001, service: b}
	hang: {after: 10s}
	seats: {hold: 2s}
	YAML
	printf '%s\n' "$@"
}

rule() { "$TESTS/lab.sh" rule "$LAB" "$1" "$2"; }

start_services() {
	local domain
	for domain in 0 1; do
		start "worker$domain" host shunt-spin --dev "$DEV" --domain $domain --cores 1
		wait_for 10 stat_of ".domains[$domain].up == 1"
	done
}

# PORT [ADDRESS]: requests of several flows; the client's JSON in $DIR/client.json.
call() {
	client shunt-load --to "${2:-198.18.0.2}:$1" --json --sleep --wait "${WAIT:-10s}" \
		--rate 1000 --count 200 --flows "${FLOWS:-8}" --mix short=1:1us >"$DIR/client.json"
}

# DOMAIN: requests that it has answered.
replied() { stat_of ".domains[$1].core[0].counts.served"; }
strays() { stat_of .pass.service; }

# Datagrams for which the kernel of the host had no socket.
no_ports() { host awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp; }

findings() { # of doctor, "level text: fix" each
	host shunt -j doctor --dev "$DEV" >"$DIR/doctor.json" || true
	jq -r '.findings[] | select(.check == "services") | "\(.level) \(.text): \(.fix // "")"' \
		"$DIR/doctor.json"
}

test_each_services_requests_come_to_it_by_the_rules_of_its_port() {
	load fcfs
	rule 9000 0
	rule 9001 1
	start_services
	assert_match "$(findings)" "^warn does the NIC bring port 9000 to queue 0, of service a?"
	call 9000
	assert_all_answered
	assert_eq "$(replied 0) $(replied 1)" "200 0" "requests of a and b"
	call 9001 "[fd00:198:18::2]"
	assert_all_answered
	assert_eq "$(replied 0) $(replied 1)" "200 200" "requests of a and b"
	assert_eq "$(strays)" 0
	assert_match "$(findings)" "^ok each service's requests come on its queue"
	assert_eq "$(json '.ports | map("\(.port) \(.service)") | join(", ")' \
		host shunt -j rule list)" "9000 a, 9001 b"
	assert_conserved
}

test_packets_on_another_services_queue_are_the_kernels_and_doctor_mends_that() {
	local before
	load fcfs
	rule 9000 0
	rule 9001 0
	start_services
	before=$(no_ports)
	WAIT=1s call 9001
	assert_eq "$(answered)" 0 "requests that the wrong service answered"
	assert_eq "$(strays)" 200 "packets that came on another service's queue"
	assert_eq "$(($(no_ports) - before))" 200 "of these, packets that the kernel got"
	assert_eq "$(replied 0) $(replied 1)" "0 0"
	assert_match "$(host shunt stats --dev "$DEV")" "left to the kernel:.* service 200"
	assert_match "$(host shunt status)" "200 packets came on the queue of another service"
	assert_match "$(findings)" \
		"fail 200 packets for ports of other services came on queue 0, which is service a's"
	assert_match "$(findings)" "ethtool -N $DEV flow-type udp4 dst-port 9001 action 1"
	[[ "$(findings)" != *"dst-port 9000 action 0"* ]] || fail "it names a rule that is right"
	rule 9001 1
	call 9001
	assert_all_answered
	assert_eq "$(strays)" 200
	call 9000
	assert_all_answered
	assert_conserved
}

# Without rules both come on both queues, by hash.
test_a_service_answers_what_its_queue_receives_of_its_port_alone() {
	load fcfs
	start_services
	WAIT=1s FLOWS=64 call 9000 # with few of them all may come on one queue
	assert_ge "$(answered)" 1 "requests that came on their queue"
	assert_ge "$(strays)" 1 "those that came on the other one"
	assert_eq "$(($(answered) + $(strays)))" 200
	assert_eq "$(replied 1)" 0 "requests of b"
	assert_conserved
}

# A NIC that is played, whose rules can be read and changed.
play_nic() {
	cp -r "$TESTS/e2e/fit/igb" "$DIR/nic"
	mkdir "$DIR/bin"
	install -m 755 "$TESTS/e2e/fit/played.sh" "$DIR/bin/ethtool"
	printf 'Total 0 rules\n\n' >"$DIR/nic/ethtool-n"
	PATH=$DIR/bin:$PATH
}
rules_of() { # shunt load: "state command" of each rule
	jq -r '.nic_rules[] | "\(.state) \(.command // "")"' "$DIR/load.json"
}
load_json() {
	config >"$DIR/config.yaml"
	host shunt -j load fcfs --dev "$DEV" --config "$DIR/config.yaml" "$@" >"$DIR/load.json"
}
fixes() { jq -r '.findings[] | select(.check == "services") | .fix // empty' "$DIR/doctor.json"; }

test_load_and_doctor_name_the_rules_that_the_nic_lacks_until_it_has_them() {
	local command="ethtool -N $DEV flow-type udp4 dst-port" on="ethtool -K $DEV ntuple on" fix
	play_nic
	load_json --dry-run
	assert_eq "$(rules_of | sed -n 2p)" "missing $on && $command 9001 action 1"
	assert_eq "$(rules_of | sed -n 3p)" "missing $on && ${command/udp4/udp6} 9000 action 0"
	assert_eq "$(rules_of | wc -l)" 4 "rules of two ports for two families"
	ethtool -K "$DEV" ntuple on
	ethtool -N "$DEV" flow-type udp4 dst-port 9000 action 0
	ethtool -N "$DEV" flow-type udp4 dst-port 9001 action 0
	load_json
	assert_eq "$(rules_of | head -n 1)" "there "
	assert_match "$(rules_of | sed -n 2p)" \
		"^elsewhere ethtool -N $DEV delete [0-9]+ && $command 9001 action 1$"
	assert_match "$(findings)" "fail port 9001 \(udp4\) is service b's, of queue 1"
	assert_match "$(findings)" "warn port 9000 \(udp6\) is service a's, and the NIC has no rule"
	while read -r fix; do
		(eval "$fix")
	done < <(fixes)
	assert_eq "$(findings)" "ok the NIC brings each service's port to its queue: "
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml" >"$DIR/out"
	[[ "$(cat "$DIR/out")" != *ethtool* ]] || fail "it names rules that are there"
}

# The word of a seat is written by BPF programs alone: so they must be root's.
test_a_kernel_that_lets_anybody_load_programs_is_no_place_for_services_that_share_a_cpu() {
	echo 0 >"$DIR/sysctl"
	mount --bind "$DIR/sysctl" /proc/sys/kernel/unprivileged_bpf_disabled
	load fcfs 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "any process may load BPF programs"
	assert_match "$(findings)" "fail any process may load .*: sysctl kernel.unprivileged_bpf_di"
	echo 2 >"$DIR/sysctl"
	[[ "$(findings)" != *"may load"* ]] || fail "doctor goes on about it"
}

test_load_prints_the_commands_where_the_nic_does_not_say_what_it_has() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml" >"$DIR/out"
	assert_match "$(cat "$DIR/out")" "the NIC brings each service's port to its queue by rules"
	assert_match "$(cat "$DIR/out")" \
		"    ethtool -N $DEV flow-type udp4 dst-port 9001 action 1   # service b"
	assert_eq "$(host shunt -j load fcfs --dev "$DEV" --config "$DIR/config.yaml" --dry-run |
		jq -c '.nic_rules | map(.state) | unique')" '["unknown"]'
}

run_tests "$@"
