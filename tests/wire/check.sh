# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# check.sh - for end-to-end tests of the wire transport: load, and what must be true after it
#
# Sourced after lab.sh.

# OBJECT CORES [VAR=VALUE…]: the lab, its NIC and its cores. PARK=n: cores park every n-th request.
begin() {
	local i groups=
	[[ " $* " != *" GROUPS=1 "* ]] || groups=1
	wire_lab "$2"
	start_nic "$@"
	for ((i = 0; i < $2; i++)); do
		start_core $i PROCESS=1 ${groups:+GROUP=$i} ${PARK:+PARK=$PARK}
	done
	wait_for 5 cores_up "$2"
}

# OPTIONS…: the client's JSON in $DIR/client.json. How long the client waits for a reply goes by the
# machine, and by no more: some requests are to be lost, and it waits for these as long.
offer() {
	local wait_ms=$((150 * PATIENCE * ${SLOWER:-1} * (${SLOWER:-1} > 1 ? 3 : 1)))
	pace "$@"
	client shunt-load --to 198.18.0.2:9000 --json --wait ${wait_ms}ms "${PACED[@]}" \
		>"$DIR/client.json"
}

sent() { jq -s '[.[].classes[].sent] | add' "$DIR/client.json"; }
answered() { jq -s '[.[].classes[].answered] | add' "$DIR/client.json"; }
stray() { jq -s '[.[].stray] | add' "$DIR/client.json"; }

# NAME: how often the NIC counted it; as in enum shunt_nic_event, without SHUNT_NIC_EV_.
ev() {
	local i
	i=$(grep -o '^	SHUNT_NIC_EV_[A-Z_]*' "$ROOT/include/shunt/nic.h" |
		grep -nx "	SHUNT_NIC_EV_$1" | cut -d: -f1)
	nic_state ".ev[$((i - 1))]"
}

settled() { nic_state '.queued == 0 and .out == 0'; }

# Everything that arrived is accounted for, and every slot is somewhere.
assert_balanced() {
	wait_for 10 settled
	nic_state '.arrived == .refused + .done + .lost' >/dev/null ||
		broken "out of balance: $(nic_state .)"
	must_be "$(nic_state .slots_missing)" 0 "missing slots"
}

# What the lab's links dropped: a veth's queue has 256 places, and is full while the CPU that is to
# take packets out stands still.
dropped_by_links() {
	local side
	for side in client switch nic; do
		in_ns $side ip -s -j link
	done | jq -s '[.[][] | .stats64 | .rx.dropped, .tx.dropped] | add'
}

# N: so many were sent; each was answered, but for those that the NIC counts: refused, as all slots
# were taken, or lost, as a NOTE was faster than the request that it skips (late_ns). With SLOWER,
# where the CPU that has the request may stand still for long, there may be a few of these, and
# links may drop requests and replies.
assert_answered() {
	local counted missing dropped
	wait_for 10 settled
	counted=$(nic_state '.refused + .lost')
	missing=$(($1 - $(answered) - counted))
	dropped=$([ "${SLOWER:-1}" = 1 ] && echo 0 || dropped_by_links)
	((missing >= 0 && missing <= dropped)) ||
		broken "$missing requests are neither answered nor counted; links dropped" \
			"$(dropped_by_links): $(cat "$DIR/client.json")"
	assert_le "$counted" $((${SLOWER:-1} > 1 ? $1 / 50 : 0)) "refused or lost"
}

# A claim that holds however slow the machine is.
must_be() { # GOT WANT WHAT
	[ "$1" = "$2" ] || broken "$3 is '$1', should be '$2'"
}
