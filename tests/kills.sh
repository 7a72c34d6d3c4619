# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# kills.sh - for tests that kill processes at random moments under load; sourced after serve.sh

# Waits for up to 60 ms, at random: the moment of a kill must not matter.
any_moment() { read -rt "0.0$((RANDOM % 6))$((RANDOM % 10))" <> <(:) || true; }

# RATE QUANTUM LONG: a load until finish_load, of which some are parked when their worker dies.
begin_load() {
	load mq
	host shunt quantum set long "$2"
	start_worker
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate "$1" --time 3600 \
		--mix "short=0.7:1us,long=0.3:$3"
	wait_for 5 arrived 200
}

# All that came is accounted for, and what comes now is answered.
finish_load() {
	stop client INT
	assert_conserved
	offer --rate 2000 --count 500 --time 5 --mix short=0.7:1us,long=0.3:20us
	assert_all_answered
	assert_conserved
}
