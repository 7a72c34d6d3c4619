#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rpc.sh OUT - ONC RPC in a lab: the head in XDP, the way to the procedure, decoding, round trips of
# two clients with three servers of the same service, in turn
#
# Client on CPU 0, server on CPU 1. shunt: rpcgen's server with shunt_rpc_run(); shunt-rpcgen: one
# that it wrote; libtirpc-server: rpcgen's with svc_run(), on a socket of the kernel's, at a port
# that XDP passes on. The way to the procedure is that of the polling client's calls; that of a
# client that sleeps, on a CPU that has to wake up, stands beside it. The head's cost is that of a
# port with "rpc" over one without rules, under fcfs. Less than 5 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=rpc$$
ROUNDS=${ROUNDS:-9}
CALLS=${CALLS:-400} # of each client to each server in a round
BUILT=build/bench/rpc

[ "$(nproc)" -ge 2 ] || { echo "rpc: needs 2 CPUs, one a side" >&2; exit 77; }

. scripts/in_lab.sh
cat >"$DIR/rpc.yaml" <<YAML
domains:
  - {queue: 0, cpus: [1]}
stamp: true
hang: {after: none}
classes:
  - {name: sum, slo: 50us}
  - {name: other}
ports:
  - {port: 9000, default: other}
rpc:
  - {port: 9000, program: 400100, version: 1, procedures: [4], class: sum}
YAML

up() { host shunt stats -j --dev "$DEV" | jq -e '.domains[0].up == 1'; }
down() { host shunt stats -j --dev "$DEV" | jq -e '(.domains[0].agent.worker_pid // 0) == 0'; }
listens() { host ss -uln | grep -q ":$1 "; }

# NAME COMMAND…: a server, until it serves.
begin() {
	local name=$1
	shift
	nsenter "--net=/run/netns/shunt-$LAB-host" -- env SHUNT_DEV="$DEV" taskset -c 1 "$@" \
		>"$DIR/$name.out" 2>"$DIR/$name.log" &
	PIDS[$name]=$!
	if [ "$name" = libtirpc-server ]; then wait_for 10 listens 9001; else wait_for 10 up; fi
}

# NAME SIGNAL
end() {
	kill -"$2" "${PIDS[$1]}"
	wait "${PIDS[$1]}" 2>/dev/null || true
	unset "PIDS[$1]"
	[ "$1" = libtirpc-server ] || wait_for 10 down
}

measure() { # NAME PORT CLIENT
	client "$BUILT/client" 198.18.0.2 "$2" "$CALLS" "$3" >>"$DIR/$1.$3.json"
}

host shunt load fcfs --dev "$DEV" --config "$DIR/rpc.yaml" >/dev/null
start shuntd host taskset -c 0 shuntd --dev "$DEV"
wait_for 10 test -S "/run/shunt/$DEV.sock"
for ((round = 1; round <= ROUNDS; round++)); do
	build/bench/line 0 1 >>"$DIR/lines"
	for client in polling rpcgen; do
		begin shunt "$BUILT/shunt"
		measure shunt 9000 $client
		end shunt KILL
		begin shunt-rpcgen "$BUILT/server" "$DEV"
		measure shunt-rpcgen 9000 $client
		end shunt-rpcgen TERM
		cat "$DIR/shunt-rpcgen.out" >>"$DIR/stamps.$client.json"
		begin libtirpc-server "$BUILT/tirpc" 9001
		measure libtirpc-server 9001 $client
		end libtirpc-server KILL
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
[ ! -t 2 ] || printf '\n' >&2
host shunt stats -j --dev "$DEV" >"$DIR/stats.json"
taskset -c 0 "$BUILT/decode" >"$DIR/decode.json"
NOISE=100 ROUNDS=101 BATCHES=400 POLICY=fcfs OUT=$DIR/cost.json \
	taskset -c 0 build/bench/cost >/dev/null

mkdir -p "$(dirname "$OUT")"
jq -n --slurpfile cost "$DIR/cost.json" --slurpfile decode "$DIR/decode.json" \
	--slurpfile stamps "$DIR/stamps.polling.json" \
	--slurpfile cold "$DIR/stamps.rpcgen.json" --slurpfile lines "$DIR/lines" \
	--slurpfile stats "$DIR/stats.json" \
	--slurpfile sp "$DIR/shunt.polling.json" --slurpfile sr "$DIR/shunt.rpcgen.json" \
	--slurpfile gp "$DIR/shunt-rpcgen.polling.json" \
	--slurpfile gr "$DIR/shunt-rpcgen.rpcgen.json" \
	--slurpfile tp "$DIR/libtirpc-server.polling.json" \
	--slurpfile tr "$DIR/libtirpc-server.rpcgen.json" \
	--arg kernel "$(uname -r)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
	--argjson rounds "$ROUNDS" -f bench/rpc.jq >"$OUT"
jq -r '"calls \(.calls), wrong \(.wrong); ns: head in XDP \(.header_ns), stamp to procedure " +
	"\(.stamp_to_handler_ns_p50) (a line between the CPUs \(.line_ns)), decoded by shunt-rpcgen \(.decode_ns["shunt-rpcgen"]), by " +
	"libtirpc \(.decode_ns.libtirpc)",
	"round trip, us:\tshunt\tshunt-rpcgen\tlibtirpc-server",
	(.rtt_us_p50 | to_entries[] |
	"\(.key) client\t\(.value.shunt)\t\(.value["shunt-rpcgen"])\t" +
	"\(.value["libtirpc-server"])")' \
	"$OUT" | column -t -s "$(printf '\t')"
