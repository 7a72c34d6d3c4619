#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# busy.sh COMMAND… - runs it beside two processes that spin, each in a session of its own, as other
# users' would be
set -euo pipefail

export PATIENCE=${PATIENCE:-6} # the average of the load says so only after a minute
SPINNERS=()
stop() { kill "${SPINNERS[@]}"; }
trap stop EXIT
trap 'exit 130' INT TERM
for _ in 1 2; do
	setsid sh -c 'while :; do :; done' &
	SPINNERS+=($!)
done
echo "$(nproc) CPUs, beside two processes that spin: $*" | cut -c 1-200
"$@"
