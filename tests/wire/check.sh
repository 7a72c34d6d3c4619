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
	pace "$@"
	client shunt-load --to 198.18.0.2:9000 --json \
		--wait $((150 * PATIENCE * ${SLOWER:-1}))ms "${PACED[@]}" >"$DIR/client.json"
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

# N: so many were sent; each was answered, but for those that the NIC counts: refused, as all slots
# were taken, or lost, as a NOTE was faster than the request that it skips (late_ns). With SLOWER,
# where the CPU that has the request may stand still for long, there may be a few of these.
assert_answered() {
	local counted
	wait_for 10 settled
	counted=$(nic_state '.refused + .lost')
	must_be $(($(answered) + counted)) "$1" "answered, or counted refused or lost"
	assert_le "$counted" $((${SLOWER:-1} > 1 ? $1 / 50 : 0)) "refused or lost"
}

# A claim that holds however slow the machine is.
must_be() { # GOT WANT WHAT
	[ "$1" = "$2" ] || broken "$3 is '$1', should be '$2'"
}
