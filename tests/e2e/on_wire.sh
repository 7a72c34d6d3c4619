#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# on_wire.sh - tests of the shared transport, the same functions, where a NIC schedules that shares no memory with its host
export TRANSPORT=wire ON_WIRE=1
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/serve.sh"
. "$(dirname "$0")/decide.sh"
. "$(dirname "$0")/preempt.sh"

[ $# -gt 0 ] || set -- test_requests_over_ipv4_are_answered
run_tests "$@"
