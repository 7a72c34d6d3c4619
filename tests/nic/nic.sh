# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for serve.sh
# nic.sh - sourced after lib.sh and serve.sh: their host is a guest, reached by ssh
#
# DEV is the interface under test. What is started on the host runs in the guest, with its output
# and its process in /run/test there.
. "$TESTS/nic/reach.sh"

LAB=nic
MIX=short=0.7:1us,long=0.3:20us
PATIENCE=10 # virtual CPUs share a thread of the emulator
HOLD_RING=4096
RATE=${RATE:-400} # requests a second that an emulated host keeps up with

host() { reach_guest "$LAB" ". /etc/environment.sh; exec ${*@Q}" </dev/null; }

eval "$(declare -f start stop logs | sed -E 's/^(start|stop|logs) \(\)/\1_here ()/')"

start() {
	[ "$2" = host ] || { rm -f "$DIR/$1.log"; start_here "$@"; return; }
	local name=$1
	shift 2
	host rm -f "/run/test/$name.log"
	reach_guest "$LAB" ". /etc/environment.sh
		setsid ${*@Q} >/run/test/$name.log 2>&1 </dev/null &
		echo \$! >/run/test/$name.pid" </dev/null
}

# NAME [SIGNAL]: of the guest unless this shell has started it here.
stop() {
	[ -z "${PIDS[$1]:-}" ] || { stop_here "$@"; return; }
	host bash -c "pid=\$(cat /run/test/$1.pid) && kill -${2:-TERM} \$pid 2>/dev/null
		for ((i = 0; i < 300; i++)); do kill -0 \$pid 2>/dev/null || exit 0; sleep 0.1; done
		kill -KILL \$pid"
}

logs() { if [ -e "$DIR/$1.log" ]; then logs_here "$1"; else host cat "/run/test/$1.log"; fi; }

# Output of the programs that were started in the guest, for the reader of a failure.
guest_logs() { host tail -n 8 /run/test/shuntd.log /run/test/spin0.log 2>/dev/null || true; }

# --- the interface under test ---------------------------------------------------------------------

# virtio-net, igb or vmxnet3.
on_nic() {
	NIC=$1
	case $1 in
	virtio-net) DEV=${LAB}h TO=$(guest_addr h) ;;
	igb) DEV=${LAB}i TO=$(guest_addr i) ;;
	vmxnet3) DEV=${LAB}v TO=$(guest_addr v) ;;
	esac
}

reaches() { client ping -qc 1 -W 1 "$TO"; }

# QUEUES: with room for what comes while the guest has no CPU; what was spread by addresses only is
# spread by ports, too.
use_queues() {
	host ethtool -L "$DEV" combined "$1" || true # it may have so many
	host ethtool -G "$DEV" rx 1024 || true
	host ethtool -N "$DEV" rx-flow-hash udp4 sdfn 2>/dev/null || true
	wait_for 10 reaches
}

two_domains() {
	DOMAINS=2
	domain() {
		printf '%s\n  - %s\n' '{queue: 0, cpus: [0, 1, 2]}' '{queue: 1, cpus: [3, 4, 5]}'
	}
}
one_domain_of_queues() { # N
	DOMAINS=1
	queues=$(seq -s ', ' 0 $(($1 - 1)))
	domain() { echo "{queues: [$queues], cpus: [$queues]}"; }
}

load() { # POLICY [CONFIG LINES…]
	config "${@:2}" | reach_guest "$LAB" "cat >/run/test/config.yaml"
	host rm -f "/run/shunt/$DEV.sock"
	host shunt load "$1" --dev "$DEV" --config /run/test/config.yaml
	start shuntd host shuntd --dev "$DEV"
	wait_for 10 listens "/run/shunt/$DEV.sock"
	wait_for 10 reaches
}

start_workers() { # [OPTIONS…]
	local d
	for ((d = 0; d < DOMAINS; d++)); do
		start "spin$d" host shunt-spin --dev "$DEV" --domain $d --idle sleep "$@"
	done
	wait_for 10 all_up
}

stop_workers() { # [SIGNAL]
	host pkill "-${1:-TERM}" -x shunt-spin || true
	wait_for 10 none_serves
}
none_serves() { stat_of '.domains | all(.up == 0 and .agent.worker_pid == null)'; }

unload() {
	host pkill -KILL -x shunt-spin || true
	host pkill -x shuntd || true
	host shunt unload --dev "$DEV"
	host bash -c 'while pgrep -x shuntd >/dev/null; do sleep 0.1; done'
}

# No frame is in two places, by the rings themselves. Frames that a driver has are in none that can
# be seen; with COPY=1 there are none of these, and all others must be there.
assert_no_frame_twice() {
	local d counts
	for ((d = 0; d < DOMAINS; d++)); do
		counts=$(host build/tests/peer census "/run/shunt/$DEV.sock" $d)
		echo "domain $d: $counts"
		[ "$(jq .twice <<<"$counts")" = 0 ] || broken "frames are there twice: $counts"
		wait_for 5 none_serves
		[ -z "${COPY:-}" ] || assert_le "$(jq .missing <<<"$counts")" \
			"$(($(stat_of .total.refused) ? 2 : 0))" "missing frames of $counts"
	done
}

# COUNT [OPTIONS…]: requests over many flows, all of them answered, and nothing unaccounted for. One
# thread plays the NIC and all CPUs: of 10,000 replies one may find the send ring full for the 1 ms
# that a core waits; it is counted, and told.
requests() {
	local unsent
	unsent=$(stat_of .total.noreply)
	offer --rate "$RATE" --count "$1" --time $(($1 / RATE + 60)) --flows 64 --mix "$MIX" \
		"${@:2}"
	unsent=$(($(stat_of .total.noreply) - unsent))
	[ $unsent = 0 ] || host shunt stats --dev "$DEV"
	assert_eq "$(($(answered) + unsent))" "$(sent)" "requests that were answered or counted"
	assert_ge "$(($(sent) / 10000))" $unsent "replies that the NIC did not take within 1 ms"
	assert_conserved
	echo "$(answered) of $(sent) answered, $(stat_of .total.difference) unaccounted for"
}
