# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# fit.sh - sourced by tests of shunt fit: proposals for NICs whose texts are in tests/e2e/fit
NICS=$TESTS/e2e/fit

# NIC [OPTIONS…]: the proposal, into $DIR/fit.json.
fit_from() { shunt -j fit --from "$NICS/$1" "${@:2}" >"$DIR/fit.json"; }
# FILTER: jq's answer about it.
of_fit() { jq -er "$1" "$DIR/fit.json"; }
# SETTING: the command that sets it, "none" without.
command_of() { of_fit "[.steps[] | select(.setting == \"$1\").command][0] // \"none\""; }
notes() { of_fit '.notes | join("; ")'; }
