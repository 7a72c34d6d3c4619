#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_load.sh - shunt load and unload: all or nothing, and words for what stands in the way
# runs: beside
. "$(dirname "$0")/../lib.sh"

PINS=/sys/fs/bpf/shunt

program_id() { host ip -j link show dev "$DEV" | jq '.[0].xdp.prog.id // 0'; }
nothing_left() { [ ! -e $PINS ] && [ "$(program_id)" = 0 ]; }
AS_NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)

test_load_pins_maps_and_link_and_unload_removes_them() {
	local name
	host shunt load fcfs --dev "$DEV" --port 9000
	for name in link admit agent cfg classes domains hold_limit ingress knobs least policy \
		ports prog1 put_out quantum_us rules \
		slo_us view0 views xsks; do
		[ -e $PINS/$DEV/$name ] || fail "'$name' is not pinned"
	done
	assert_eq "$(json '.interfaces[0].prog_id' host shunt -j status)" "$(program_id)" \
		"attached program"
	assert_eq "$(json '.interfaces[0].mode' host shunt -j status)" native
	host shunt unload
	nothing_left || fail "something is left: $(ls $PINS)"
}

test_load_writes_what_the_configuration_says() {
	cat >"$DIR/c.yaml" <<-YAML
	domains: [{queue: 0, cpus: [0]}]
	classes: [{name: a, slo: 200us, quantum: 7us, hold: 5}, {name: b, slo: 1ms}]
	ports: [{port: 9000, default: b}]
	knobs: [1, 258]
	YAML
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	need bpftool
	assert_eq "$(bpftool -j map dump pinned $PINS/$DEV/slo_us | jq -c '[.[].formatted.value] |
		.[:3]')" \
		"[200,1000,0]" slo_us
	assert_eq \
		"$(bpftool -j map dump pinned $PINS/$DEV/quantum_us | jq '.[0].formatted.value')" 7
	assert_eq \
		"$(bpftool -j map dump pinned $PINS/$DEV/hold_limit | jq '.[0].formatted.value')" 5
	assert_eq "$(bpftool -j map dump pinned $PINS/$DEV/knobs | jq '.[1].formatted.value')" 258
	assert_eq "$(json '.interfaces[0].classes | map(.name) | join(" ")' host shunt -j)" "a b"
}

# Whoever copies it has two CPUs, perhaps.
test_the_readmes_configuration_loads_on_this_machine() {
	sed -n '/^    domains:$/,/^$/s/^    //p' "$ROOT/README.md" >"$DIR/service.yaml"
	assert_ge "$(wc -l <"$DIR/service.yaml")" 8 "lines of README's service.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/service.yaml"
	assert_eq "$(json '.interfaces[0].classes | map(.name) | join(" ")' host shunt \
		-j)" "get scan"
}

test_a_noun_behind_1_is_singular() {
	echo '{domains: [{queue: 0, cpus: [0]}], ports: [{port: 9000}]}' >"$DIR/c.yaml"
	assert_eq "$(host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml" | head -1)" \
		"loaded 'fcfs' on '$DEV': 1 class, 1 port, 0 rules"
	{
		host shunt status
		host shunt stats
		host shunt doctor || true
	} >"$DIR/out"
	grep -q '0 of 1 core up' "$DIR/out"
	grep -q 'domain 0: 1 core, 0 up' "$DIR/out"
	grep -q ' 1 receive queue$' "$DIR/out"
	! grep -E '(^|[^0-9.])1 [a-z]+s\b' "$DIR/out" || fail "one thing has a plural"
}

test_dry_run_changes_nothing() {
	host shunt load mq --dev "$DEV" --port 9000 --dry-run
	nothing_left || fail "something is left"
	host shunt load fcfs --dev "$DEV" --port 9000
	local before
	before=$(program_id)
	host shunt switch mq --dry-run
	assert_eq "$(program_id)" "$before" "program after a dry run"
	assert_eq "$(json '.interfaces[0].policy' host shunt -j)" fcfs
}

test_dry_run_judges_a_configuration_while_another_is_loaded() {
	local before
	host shunt load fcfs --dev "$DEV" --port 9000
	before=$(program_id)
	assert_exit 0 host shunt load mq --dev "$DEV" --port 9001 --dry-run
	assert_match "$(cat "$DIR/out")" \
		"would load 'mq' on '$DEV'.*would need 'shunt unload --dev $DEV' first"
	echo '{domains: [{queue: 3}], ports: [{port: 1}]}' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml" --dry-run
	assert_match "$(cat "$DIR/err")" "no receive queue 3"
	assert_eq "$(json '.interfaces[0].policy' host shunt -j)" fcfs
	assert_eq "$(program_id)" "$before" "program after dry runs"
}

test_loading_twice_names_switch() {
	host shunt load fcfs --dev "$DEV" --port 9000
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9001
	assert_match "$(cat "$DIR/err")" "already loaded on '$DEV', with policy 'fcfs'"
	assert_match "$(cat "$DIR/err")" "shunt switch"
	assert_eq "$(json '.interfaces[0].policy' host shunt -j)" fcfs
}

test_a_load_that_cannot_attach_leaves_nothing() {
	client ip link set dev "${LAB}c" mtu 9000 # a veth takes no program beside such a peer
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "'$DEV' refuses XDP in native mode"
	nothing_left || fail "something is left"
}

test_no_native_mode_is_unsupported() {
	host ip link set lo up
	assert_exit 3 host shunt load mq --dev lo --port 9000
	assert_match "$(cat "$DIR/err")" "generic mode is never used"
	[ ! -e $PINS ] || fail "pins are left"
}

test_queues_cpus_and_mtu_must_agree_with_the_interface() {
	echo 'domains: [{queue: 3}]
ports: [{port: 1}]' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" "no receive queue 3: it has 1"
	echo 'domains: [{queue: 0, cpus: [4000]}]
ports: [{port: 1}]' >"$DIR/c.yaml"
	assert_exit 1 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" "CPU 4000 of domain 0 is not online"
	host ip link set dev "$DEV" mtu 3000
	assert_exit 1 host shunt load mq --dev "$DEV" --port 1
	assert_match "$(cat "$DIR/err")" "MTU 3000.*chunk: 4096"
}

denied() { json "[.denied.udp_checksum, .total.arrived] | join(\" \")" host shunt -j stats; }
denied_is() { [ "$(denied)" = "$1" ]; }
ask() { client bash -c "printf x >/dev/udp/198.18.0.2/9000"; }

# The senders' side sees nothing but silence.
test_verifying_udp_where_senders_leave_it_unfilled_is_warned_of_with_the_cure() {
	need ethtool
	echo '{fallback: drop, verify: udp, ports: [{port: 9000}]}' >"$DIR/c.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml" 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" \
		"'verify: udp' on '$DEV' \(driver veth\): .*unfilled.*ethtool -K THEIR-INTERFACE tx off"
	host shunt -j doctor --dev "$DEV" >"$DIR/out" || true
	jq -e '.findings[] | select(.check == "verify" and .level == "warn") | .fix |
		test("tx off")' "$DIR/out" >/dev/null ||
		fail "doctor does not see it: $(cat "$DIR/out")"
	ask
	wait_for 5 denied_is "1 0"
	client ethtool -K "${LAB}c" tx off >/dev/null
	ask
	wait_for 5 denied_is "1 1"
	host shunt unload --dev "$DEV"
	client ethtool -K "${LAB}c" tx on >/dev/null
	echo '{fallback: drop, verify: ip, ports: [{port: 9000}]}' >"$DIR/c.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml" 2>"$DIR/err"
	! grep -q verify "$DIR/err" || fail "a warning where none is due: $(cat "$DIR/err")"
	ask
	wait_for 5 denied_is "0 1"
}

test_a_broadcast_address_of_the_interfaces_networks_is_no_service_address() {
	echo '{address: [198.18.0.255], ports: [{port: 9000}]}' >"$DIR/c.yaml"
	host ip addr replace 198.18.0.2/24 broadcast 198.18.0.255 dev "$DEV"
	assert_exit 1 host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml"
	assert_match "$(cat "$DIR/err")" \
		"198.18.0.255 is the broadcast address of a network of '$DEV'.*leave 'address' out"
	nothing_left || fail "something is left"
}

test_without_bpffs_the_mount_command_is_told() {
	# the machine's may lie below ours
	while mountpoint -q /sys/fs/bpf; do umount /sys/fs/bpf; done
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "mount -t bpf -o mode=0700 bpf /sys/fs/bpf"
}

test_another_bpffs_is_used_when_told() {
	mkdir "$DIR/bpffs"
	mount -t bpf bpf "$DIR/bpffs"
	host shunt --bpffs "$DIR/bpffs" load mq --dev "$DEV" --port 9000
	[ -e "$DIR/bpffs/shunt/$DEV/link" ] || fail "not pinned there"
	[ ! -e $PINS ] || fail "pinned here"
	assert_eq "$(json '.interfaces | length' host shunt -j status)" 0
	host shunt --bpffs "$DIR/bpffs" unload
	[ ! -e "$DIR/bpffs/shunt" ] || fail "not removed"
	umount "$DIR/bpffs"
}

# On a bpffs of mode 1777 anybody can be first to make shunt's folder.
test_a_folder_of_pins_that_others_can_change_is_refused_with_the_cure() {
	local verb
	chmod 1777 /sys/fs/bpf
	"${AS_NOBODY[@]}" mkdir -m 755 $PINS
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "'$PINS' belongs to user 65534.*rm -r.*mode=0700"
	[ ! -e "$PINS/$DEV" ] || fail "something was made there"
	rmdir $PINS
	mkdir "$DIR/elsewhere"
	"${AS_NOBODY[@]}" ln -s "$DIR/elsewhere" $PINS
	assert_exit 1 host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(cat "$DIR/err")" "'$PINS' is a link"
	assert_eq "$(ls "$DIR/elsewhere")" "" "what the link leads to"
	rm $PINS
	host shunt load mq --dev "$DEV" --port 9000
	chmod 777 $PINS/"$DEV"
	for verb in "switch fcfs" status stats "slo get" unload "load mq --port 1"; do
		# shellcheck disable=SC2086
		assert_exit 1 host shunt $verb --dev "$DEV"
		assert_match "$(cat "$DIR/err")" "'$PINS/$DEV' may be written by others"
	done
	assert_exit 1 host shunt doctor --dev "$DEV"
	assert_match "$(cat "$DIR/out")" \
		"warn +bpffs +'/sys/fs/bpf' has mode 1777.*fix: chmod 700.*fail +loaded +'$PINS/$DEV' may be"
}

test_doctor_tells_what_it_did_not_look_at_and_what_builds_need() {
	assert_exit 0 host shunt doctor
	assert_match "$(cat "$DIR/out")" \
		"warn +interface +no interface was looked at: none was named, and none has shunt.*fix: shunt doctor --dev IF"
	assert_match "$(cat "$DIR/out")" "(ok|fail) +workers .*6\.4"
	assert_match "$(cat "$DIR/out")" "ok +build +policies can be built here"
	CLANG=no-clang assert_exit 0 host shunt doctor --dev "$DEV"
	assert_match "$(cat "$DIR/out")" "warn +build +there is no 'no-clang'"
	! grep -q 'no interface was' "$DIR/out" || fail "it did not look at $DEV"
	OBJCOPY_BPF="$DIR/no-objcopy" assert_exit 0 host shunt doctor --dev "$DEV"
	assert_match "$(cat "$DIR/out")" "warn +build +there is no '$DIR/no-objcopy'"
	host shunt load fcfs --dev "$DEV" --port 9000
	host shunt doctor >"$DIR/out" || true
	! grep -q 'no interface was' "$DIR/out" || fail "it did not look at what is loaded"
}

# Maps are there before their contents: made by a configuration of zeros.
test_an_interface_without_a_driver_is_called_so() {
	assert_exit 1 host shunt doctor --dev lo
	assert_match "$(cat "$DIR/out")" \
		"'lo' \(no driver\) does not run XDP programs in native mode"
	assert_match "$(host shunt features)" 'freplace .*load --dispatcher.*: is (available|NOT)'
	assert_match "$(host shunt features --dev lo)" 'lo \(no driver\)'
	assert_match "$(host shunt features --dev "$DEV")" "$DEV \(driver veth\)"
}

test_stats_counts_what_each_queue_got() {
	host shunt load fcfs --dev "$DEV" --port 9000
	ask
	wait_for 5 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt stats -j | jq -e '.domains[0].arrived == 1'"
	assert_match "$(host shunt stats)" "queue 0: arrived 1, replied 0; no shuntd yet"
}

test_unload_names_shuntd_once_whatever_the_number_of_queues() {
	new_lab --queues 2
	echo '{domains: [{queue: 0, cpus: [0]}, {queue: 1, cpus: [0]}], share_cpus: true,
		ports: [{port: 9000}]}' >"$DIR/c.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/c.yaml"
	start shuntd host shuntd --dev "$DEV"
	wait_for 10 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt stats -j | jq -e '[.domains[].agent.pid] | length == 2 and all(. > 0)'"
	host shunt unload --dev "$DEV" 2>"$DIR/err"
	assert_eq "$(grep -c 'shuntd (pid [0-9]*) is still there' "$DIR/err")" 1 \
		"lines about shuntd"
}

# A process that has the pinned link open until it is killed.
KEEP_LINK='
import ctypes, os, sys, time
path = ctypes.create_string_buffer(sys.argv[1].encode())
attr = (ctypes.c_uint64 * 16)(ctypes.addressof(path))
bpf = ctypes.CDLL(None, use_errno=True).syscall
if bpf(321, 7, attr, 128) < 0: sys.exit(os.strerror(ctypes.get_errno()))
print("has it", flush=True)
time.sleep(100)'

test_unload_detaches_at_once_whoever_has_the_link_open() {
	[ "$(uname -m)" = x86_64 ] || skip "knows the number of bpf(2) on x86-64 alone"
	host shunt load mq --dev "$DEV" --port 9000
	start keeper host python3 -c "$KEEP_LINK" "/sys/fs/bpf/shunt/$DEV/link"
	wait_for 5 grep -q "has it" "$DIR/keeper.log"
	host shunt unload --dev "$DEV"
	host shunt load mq --dev "$DEV" --port 9000
	host shunt unload --dev "$DEV"
}

run_tests "$@"
