#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# demo.sh - what shunt does, in a minute, on a veth pair: fcfs, sq, mq, then
# another SLO, then twice the capacity, while the server runs and requests keep coming.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/demo_advice.sh
LAB=demo$$
RATE=8000 # of a mean of 50.5 us: 40 % of what one core can do
# seconds: four that are shown, and two while another policy is loaded: that takes most of a second
# of the client's CPU
PHASE=4
TWICE=19000 # of a mean of 105 us: twice what one core can do

BOLD="" PLAIN=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	BOLD=$'\033[1m' PLAIN=$'\033[0m'
fi

say() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }

reported() { [ "$(wc -l <"$DIR/client.json")" -ge "$1" ]; }
# What wait_for says where it gives up.
gave_up() { demo_advice >&2; }

# The client's table of phase N (one JSON object a line).
table() {
	local left=$((BEGUN + $1 * PHASE - SECONDS))
	[ $left -le 0 ] || sleep $left # looking more often would disturb what is measured
	wait_for $((PHASE + 5)) reported "$1"
	sed -n "$1p" "$DIR/client.json" | scripts/demo_table.sh
}

# POLICY N: in force before phase N begins, or the table would be of two policies.
switch_before() {
	host taskset -c 0 shunt switch "$1" --dev "$DEV"
	((SECONDS <= BEGUN + ($2 - 1) * PHASE)) || {
		echo "demo: the switch to '$1' took longer than a phase of $PHASE s"
		demo_advice
		exit 1
	} >&2
}

say "1. A lab: two network namespaces and a veth pair, the client on one end, the host on the
   other."
. scripts/in_lab.sh
# What is measured goes before whatever else the machine does, until the end.
. bench/tail/forward.sh
trap 'step_back; clean_up' EXIT
step_forward
{
	echo "domains: [{queue: 0, cpus: [$(($(nproc) - 1))]}]"
	echo "stamp: true"
	short_and_long 50us 1ms 5us
} >"$DIR/demo.yaml"

say "2. shunt load fcfs: an XDP program on the host's end classifies each UDP request for port 9000
   (first byte 2 is 'long', all else 'short') and steers it to an idle core or holds it."
serve "$DIR/demo.yaml" --gaps "$GAPS"

say "3. The client offers $RATE requests/s, half of them 1 us of work, half 100 us: one core
   at 40 %. First come, first served: short requests wait behind long ones. Times are
   microseconds: round trips as the client sees them, and from XDP to the reply. Client and
   server note when the machine takes their CPUs away; p99, with its 95 % bounds, is of the
   requests that were due at no such time; raw p99, and what the server saw, of all
   (docs/measuring.md). A reply counts when it comes, so there may be more of them than were
   sent in these $PHASE s."
BEGUN=$SECONDS
start client client shunt-load --to 198.18.0.2:9000 --rate $RATE --time $((6 * PHASE)) \
	--report $PHASE --json --cpu 0 --gaps "$GAPS" --mix short=0.5:1us,long=0.5:100us \
	>"$DIR/client.json"
table 1

say "4. shunt switch sq, while requests keep coming: still one queue, but a request that ran for
   5 us while others wait goes to its tail. The switch loses no packet and restarts no process."
switch_before sq 3
table 3

say "5. shunt switch mq: of what waits, and of what runs, the request that used up most of its
   objective goes next (short: 50 us, long: 1 ms)."
switch_before mq 5
table 5

say "6. bpftool sets the objective of class 0 from 50 us to 10 ms (bytes 10 27 00 00), under load:
   now the short ones wait like the long ones, or longer."
set -- bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" key 0 0 0 0 value 0x10 0x27 0 0
echo "  \$ $*"
"$@"
table 6

# POLICY: five seconds of it; how many replies were in time, of each class.
overload_under() {
	host taskset -c 0 shunt switch "$1" --dev "$DEV"
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate $TWICE --time 5 --cpu 0 -q \
		--mix short=0.5:10us/slo=300us,long=0.5:200us/slo=5ms >"$DIR/overload"
	sed -n 's/^# \(.*, objective .*\)/  \1/p' "$DIR/overload" | grep . || {
		echo "demo: the client did not report what was in time under '$1'"
		demo_advice
		exit 1
	} >&2
}

wait "${PIDS[client]}" || true # it has told of all its phases
say "7. Ten seconds of twice what the core can do: $TWICE requests/s, half of them 10 us of work
   (objective 300 us), half 200 us (5 ms). Five under mq, which answers all that it can hold, and
   all of it late; five under slo, which rejects at once, in XDP, what would be late. Of all
   requests: nothing is set aside here."
host shunt class set short slo=300us --dev "$DEV" >/dev/null
host shunt class set long slo=5ms --dev "$DEV" >/dev/null
overload_under mq
overload_under slo

say "8. Where every request went: arrived = replied + … , per class, always."
host shunt stats --dev "$DEV"

say "That was one worker core, no dispatcher, no kernel module: docs/preemption.md. Load your own
policy: docs/policies.md."
