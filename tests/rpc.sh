# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# rpc.sh - for tests of ONC RPC: a service on port 9000, rpcbind where it is asked for, clients
#
# Sourced after lib.sh and serve.sh. /run is the sandbox's own, so rpcbind's socket is, too; and its
# port 111 is of the host's namespace.

RPC=$ROOT/build/tests/rpc
SERVER=${SERVER:-$RPC/server}

rpcbind_answers() { host rpcinfo -p 127.0.0.1; }

# In the host's namespace.
start_rpcbind() {
	need rpcbind rpcinfo
	mkdir -p /run/rpcbind
	start rpcbind host rpcbind -f -w
	wait_for 10 rpcbind_answers
}

# SERVER [ENV=VALUE…]: until its core is up.
start_server() {
	start server host env SHUNT_DEV="$DEV" "${@:2}" "$1"
	wait_for 10 all_up
}

# The same port, its classes by program, version and procedure.
rpc_config() {
	cat <<-YAML
	domains:
	  - {queue: 0, cpus: [$(($(nproc) - 1))]}
	classes:
	  - {name: quick, slo: 50us}
	  - {name: slow, slo: 2ms}
	  - {name: other}
	ports:
	  - {port: 9000, default: other}
	rpc:
	  - {port: 9000, program: 400100, version: 1, class: quick}
	  - {port: 9000, program: 400100, version: 1, procedures: [6, 7], class: slow}
	  - {port: 9000, program: 400100, version: 3, class: slow}
	hang: {after: 10s}
	YAML
	printf '%s\n' "$@"
}

# POLICY [CONFIG LINES…]
load_by_procedure() {
	rpc_config "${@:2}" >"$DIR/config.yaml"
	host shunt load "$1" --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
}

# POLICY: shunt, and a service without classes.
load_rpc() {
	CPUS=$(($(nproc) - 1)) load "${1:-fcfs}"
}

# NAME=VALUE…: the answer to a call, as numbers (tests/rpc/call.py says which).
call() { client python3 tests/rpc/call.py "${TO:-198.18.0.2}" 9000 "$@"; }
