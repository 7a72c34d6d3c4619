# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# claims.sh - sourced by checks.sh: what is claimed of shunt on a NIC, a function each
#
# A claim finds DEV loaded and served by workers, unless its comment says that it does both itself.

log_is_clean() {
	host dmesg >"$DIR/dmesg"
	! grep -E 'BUG|Oops|WARNING|RIP:' "$DIR/dmesg" || fail "the guest's kernel complained"
}

# --- serving --------------------------------------------------------------------------------------

# Loads and starts all.
serve_first() {
	load "${POLICY:-fcfs}" "${LINES_OF_KIND[@]}"
	start_workers
	sockets_are "$MODE"
}

answered_by_all() {
	local d
	requests "$REQUESTS"
	for ((d = 0; d < DOMAINS; d++)); do
		assert_ge "$(stat_of "[.domains[$d].core[].counts.served] | add")" \
			$((REQUESTS / DOMAINS / 8)) "requests that domain $d served"
	done
}

# MODE: "copy" or "zero copy", as status shows it for each queue.
sockets_are() {
	assert_eq "$(host shunt status -j --dev "$DEV" |
		jq -r '[.. | .sockets? // empty | .[].mode] | unique | join(", ")')" "$1" sockets
}

# Where the driver has no such sockets, load says so before it does anything.
zerocopy_is_refused() {
	config 'zerocopy: on' | reach_guest "$LAB" "cat >/run/test/config.yaml"
	! host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml 2>"$DIR/err" ||
		fail "it was loaded"
	cat "$DIR/err"
	grep -q 'zero-copy' "$DIR/err" || fail "load does not say why"
	! host test -e "/sys/fs/bpf/shunt/$DEV" || fail "something is pinned"
}

# Of a domain with several queues: what came through each.
each_queue_served() {
	assert_ge "$(stat_of '[.domains[0].core[].counts | .served - .stolen] | min')" \
		$((REQUESTS / GUEST_QUEUES / 8)) "requests of the queue with the fewest"
}

# Workers die at random moments under load; the next ones serve.
kills() {
	local i
	start client client shunt-load --to "$TO:9000" --rate "$((RATE / 4))" --time 3600 \
		--flows 64 --mix short=0.5:200us,long=0.5:2ms
	for ((i = 0; i < KILLS; i++)); do
		wait_for 10 replied $(($(stat_of .total.replied) + 50 + RANDOM % 100))
		stop_workers KILL
		start_workers
	done
	stop client INT
	assert_conserved
	echo "lost $(stat_of .total.lost) of $(stat_of .total.arrived)"
	requests 1000
}
replied() { (($(stat_of .total.replied) >= $1)); }

no_frame_twice() {
	stop_workers
	assert_no_frame_twice
	start_workers
}

# --- policies -------------------------------------------------------------------------------------

# Bursts that find cores busy, until load_ends; by the shell that all checks are children of.
load_begins() {
	arrived_before=$(stat_of .total.arrived)
	resets=$(host cat "/sys/class/net/$DEV/carrier_changes")
	start client client shunt-load --to "$TO:9000" --rate 100 --burst 16 --time 3600 \
		--wait 9s --flows 64 --mix short=0.7:1us,long=0.3:300us --json
}

# POLICY: put in force while requests come.
switched_to() {
	host shunt switch "$1" --dev "$DEV"
	wait_for 10 replied $(($(stat_of .total.replied) + 100))
}

load_ends() {
	stop client INT
	logs client >"$DIR/client.json"
	assert_all_answered
	assert_conserved
	assert_eq "$(($(stat_of .total.arrived) - arrived_before))" "$(sent)" \
		"arrived, of those sent"
	assert_eq "$(host cat "/sys/class/net/$DEV/carrier_changes")" "$resets" "resets of the link"
	echo "$(answered) of $(sent) answered"
}

preempt_at_20us() {
	host shunt preempt set mode=on --dev "$DEV"
	host shunt quantum set short 20us --dev "$DEV"
	host shunt quantum set long 20us --dev "$DEV"
}

# slo refuses what would miss its objective.
slo_serves() {
	local refused
	refused=$(stat_of .total.rejected)
	host shunt switch slo --dev "$DEV"
	offer --rate "$RATE" --count 300 --time 60 --flows 64 --mix "$MIX"
	assert_conserved
	refused=$(($(stat_of .total.rejected) - refused))
	echo "$(answered) of $(sent) answered, $refused refused"
	assert_eq "$(($(answered) + refused))" "$(sent)" "answered or refused"
	assert_ge "$(answered)" 1 answered
	host shunt switch fcfs --dev "$DEV"
}

some_yielded() {
	assert_ge "$(stat_of .preemption.by_safepoint)" 20 "requests that made room"
	assert_ge "$(stat_of .preemption.resumed)" "$(stat_of .preemption.by_safepoint)" resumed
	assert_eq "$(stat_of .total.parked)" 0 parked
}

# --- what tells a user of this NIC ----------------------------------------------------------------

doctor() { host shunt doctor -j --dev "$DEV" || true; }

doctor_finds_no_failure() {
	doctor >"$DIR/doctor.json"
	jq -r '.findings[] | "\(.level) \(.check): \(.text)"' "$DIR/doctor.json"
	assert_eq "$(jq .fail "$DIR/doctor.json")" 0 failures
}

doctor_names_the_hash() {
	host ethtool -N "$DEV" rx-flow-hash udp4 sd
	doctor >"$DIR/doctor.json"
	jq -e --arg fix "ethtool -N $DEV rx-flow-hash udp4 sdfn" '.findings[] |
		select(.check == "hash" and .level == "warn" and .fix == $fix)' \
		"$DIR/doctor.json" ||
		fail "no such finding: $(jq -c '.findings[] | select(.check == "hash")' \
			"$DIR/doctor.json")"
	host ethtool -N "$DEV" rx-flow-hash udp4 sdfn
}

# OPTIONS…: what fit proposes, into $DIR/fit.json.
fit() { host shunt fit -j --dev "$DEV" "$@" >"$DIR/fit.json"; }
of_fit() { jq -er "$1" "$DIR/fit.json"; }
step_of_fit() { of_fit "[.steps[] | select(.setting == \"$1\").command][0] // \"none\""; }

fit_proposes_queues() {
	fit --domains 2
	assert_eq "$(of_fit '.domains | length')" 2 domains
	assert_eq "$(of_fit '[.domains[].queues[]] | join(" ")')" "0 1" queues
	assert_eq "$(of_fit '[.domains[].cpus[]] | unique | length')" \
		"$(of_fit '[.domains[].cpus[]] | length')" "CPUs, each of one domain"
}

# The claim loads and serves by itself, and puts back the state of before.
fit_proposes_the_hash() {
	host ethtool -N "$DEV" rx-flow-hash udp4 sd
	fit --domains 2
	assert_eq "$(step_of_fit hash-udp4)" "ethtool -N $DEV rx-flow-hash udp4 sdfn"
	host ethtool -N "$DEV" rx-flow-hash udp4 sdfn
}

# What fit may change of DEV, as the NIC and the kernel tell it.
settings() {
	host bash -c "
		for what in -l -k -x; do ethtool \$what $DEV 2>&1; done | grep -v 'tx-\|Operation'
		ethtool -n $DEV rx-flow-hash udp4 2>&1
		grep -H . /proc/irq/*/smp_affinity_list"
}

# Without a program on DEV: --apply does what is proposed, and then proposes nothing more; a
# configuration of its own loads; --undo puts back what was there.
fit_applies_and_undoes() {
	host ethtool -L "$DEV" combined 4
	wait_for 10 reaches
	settings >"$DIR/before"
	fit --domains 2 --apply
	of_fit '.done[] | .command // .setting'
	fit --domains 2
	assert_eq "$(of_fit '[.steps[] | select(.choice | not)] | length')" 0 "steps that are left"
	of_fit .config | reach_guest "$LAB" "cat >/run/test/config.yaml"
	wait_for 10 reaches
	host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml --dry-run
	host shunt fit --dev "$DEV" --undo
	settings >"$DIR/after"
	diff "$DIR/before" "$DIR/after" || fail "undo left something changed"
	wait_for 10 reaches
}

# vmxnet3 has XDP, and no room before a packet: load warns of it; the requests that come are the
# kernel's, counted, and then named by status and doctor.
no_room_is_named() {
	config | reach_guest "$LAB" "cat >/run/test/config.yaml"
	host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml 2>"$DIR/err"
	cat "$DIR/err"
	grep -q 'vmxnet3 leaves no room for metadata' "$DIR/err" || fail "load does not warn"
	offer --rate "$RATE" --count 100 --time 10 --flows 64 --mix "$MIX"
	assert_ge "$(stat_of .events.no_meta)" 100 "requests without metadata"
	assert_conserved
	host shunt status --dev "$DEV" | grep 'requests went to the kernel'
	doctor >"$DIR/doctor.json"
	jq -e '.findings[] | select(.check == "metadata" and .level == "fail")' "$DIR/doctor.json"
	host shunt unload --dev "$DEV"
}

# --- the wire -------------------------------------------------------------------------------------

# A lab of its own in the guest: what travels on the wire does so between its cores.
wire_serves() {
	host env "LONG=$LONG" "REQUESTS=$REQUESTS" "KILLS=$KILLS" TRIES=1 V=1 \
		bash tests/nic/wire.sh >"$DIR/tap" || true
	cat "$DIR/tap"
	! grep -q '^ok .* # SKIP' "$DIR/tap" || skip "$(sed -n 's/.*# SKIP //p' "$DIR/tap")"
	grep -q '^ok ' "$DIR/tap" || fail "not ok"
}

# --- loading --------------------------------------------------------------------------------------

# Loaded and taken away again, without workers.
loads_and_unloads() {
	config | reach_guest "$LAB" "cat >/run/test/config.yaml"
	host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml
	host shunt status --dev "$DEV"
	host shunt unload --dev "$DEV"
}

policy_is_verified() { # POLICY
	host shunt load "$1" --dev "$DEV" --config /run/test/config.yaml --dry-run
}

# Linux 5.10 lacks atomics of BPF that return what was there.
needs_newer() {
	config | reach_guest "$LAB" "cat >/run/test/config.yaml"
	! host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml 2>"$DIR/err" ||
		fail "it loads"
	cat "$DIR/err"
	grep "shunt needs Linux 5.15" "$DIR/err"
	assert_eq "$(host find /sys/fs/bpf -mindepth 1 ! -name '*.debug')" "" pins
}

doctor_names_the_kernel() {
	doctor >"$DIR/doctor.json"
	jq -e '.findings[] | select(.check == "kernel" and .level == "fail")' "$DIR/doctor.json"
}

says_workers_need_newer() {
	config | reach_guest "$LAB" "cat >/run/test/config.yaml"
	host shunt load fcfs --dev "$DEV" --config /run/test/config.yaml
	start shuntd host shuntd --dev "$DEV"
	wait_for 10 says_in_log 'needs Linux 6.4'
}
says_in_log() { logs shuntd | grep -q "$1"; }
