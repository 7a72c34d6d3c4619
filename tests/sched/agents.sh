# SPDX-License-Identifier: BSD-2-Clause
# agents.sh - sourced by a guest's first process: what is claimed of agents of threads
# shellcheck shell=sh disable=SC2086

status_is() { shunt -j sched 2>/dev/null | jq -e "$1" >/dev/null; }
taken() { shunt -j sched stats | jq .total.taken; }
more_is_taken() { [ "$(taken)" -gt "$1" ]; }

# The agent of what is loaded, as its process AGENT.
agent_begins() {
	mkdir -p /run/shunt
	shuntd --role sched >/tmp/agent.log 2>&1 &
	AGENT=$!
	wait_for 60 status_is '.agent.alive' || {
		bad "the agent does not begin: $(tail -n 3 /tmp/agent.log | tr '\n' ' ') $(
			shunt sched | tr '\n' ' ')"
		return 1
	}
}

agent_ends() {
	kill $AGENT 2>/dev/null
	wait $AGENT 2>/dev/null
}

# The process that decides, which the agent's keeper has started.
decider() { pgrep -P $AGENT | head -n 1; }

# NAME: unloads; every decision that was looked at is accounted for.
unload_agent() {
	unload "$1"
	holds "$1: decisions that moved a thread are those that started one" \
		'.agent.decisions.taken >= .total.taken' /tmp/unloaded
	echo "# $1: $(jq -c .agent /tmp/unloaded)"
}

# POLICY
decides() {
	load "$1" || return
	turns mix 6 $((CPUS + 2)) $((CPUS + 2)) >/tmp/mix 2>&1 &
	mix=$!
	agent_begins || { kill $mix; unload "$1, no agent"; return; }
	wait_for 60 more_is_taken 50 && ok "$1: threads start by decisions of the agent" ||
		bad "$1: decisions: $(shunt sched stats | tail -n 3 | tr '\n' ' ')"
	wait $mix
	shunt sched >/tmp/said 2>&1
	shows "$1: status shows the agent" "^agent [0-9]* decides" /tmp/said
	echo "# $1, agent: $(cat /tmp/mix)"
	agent_ends
	wait_for 30 status_is '.agent.alive | not'
	shunt sched >/tmp/said 2>&1
	shows "$1: status says that the agent is silent" 'is silent for' /tmp/said
	unload_agent "$1, agent"
}

decided() { shunt -j sched | jq ".agent.$1"; }
# NAME: threads go on, all of them
all_go_on() {
	turns mix 2 $((CPUS + 2)) $((CPUS + 2)) >/tmp/mix 2>&1
	holds "$1: each thread has its turns" '.least_short > 0 and .least_long > 0' /tmp/mix
}

# NAME: the agent decides; its number is above BEFORE
decides_again() {
	wait_for 120 status_is ".agent.alive and .agent.number > $2" &&
		wait_for 60 more_is_taken "$(taken)" && ok "$1: the next agent decides" ||
		bad "$1: $(shunt sched | tr '\n' ' ') $(tail -n 3 /tmp/agent.log | tr '\n' ' ')"
}

agent_killed() {
	load mq || return
	turns mix 600 $((CPUS + 2)) $((CPUS + 2)) >/dev/null 2>&1 &
	mix=$!
	agent_begins || { kill $mix; unload "no agent"; return; }
	for i in 1 2 3; do
		before=$(decided number)
		kill -KILL "$(decider)"
		decides_again "killed, $i" "$before"
	done
	before=$(decided number)
	both="$AGENT $(decider)"
	# shellcheck disable=SC2086
	kill -KILL $both
	wait $AGENT 2>/dev/null
	wait_for 30 status_is '.agent.alive | not' &&
		ok "killed with its keeper: status says that it is silent" ||
		bad "killed with its keeper: $(shunt sched | tr '\n' ' ')"
	all_go_on "killed with its keeper"
	agent_begins && decides_again "after both were killed" "$before"
	agent_ends
	kill $mix
	wait $mix 2>/dev/null
	unload_agent "agents that were killed"
}

agent_hung() {
	load mq || return
	turns mix 600 $((CPUS + 2)) $((CPUS + 2)) >/dev/null 2>&1 &
	mix=$!
	agent_begins || { kill $mix; unload "no agent"; return; }
	stopped=$(decider)
	kill -STOP "$stopped"
	wait_for 30 status_is '.agent.alive | not' && ok "stopped: status says that it is silent" ||
		bad "stopped: $(shunt sched | tr '\n' ' ')"
	all_go_on "stopped"
	before=$(decided decisions.fallback)
	wait_for 60 status_is ".agent.decisions.fallback > $before + 2000" &&
		ok "stopped: CPUs decide themselves" || bad "stopped: $(shunt sched stats)"
	kill -CONT "$stopped"
	decides_again "after a stop" 0
	wait_for 30 status_is '.agent.lost > 0' &&
		ok "after a stop: events that were lost are counted" ||
		bad "lost events: $(shunt sched | tr '\n' ' ')"
	agent_ends
	kill $mix
	wait $mix 2>/dev/null
	unload_agent "an agent that hung"
}

agent_replaced() {
	load mq || return
	turns mix 600 $((CPUS + 2)) $((CPUS + 2)) >/dev/null 2>&1 &
	mix=$!
	agent_begins || { kill $mix; unload "no agent"; return; }
	! shuntd --role sched >/tmp/said 2>&1 || bad "a second agent was let in"
	shows "a second agent is refused" 'serves already' /tmp/said
	! shuntd --role sched --dev eth0 >/tmp/said 2>&1 || bad "an agent took an interface"
	shows "an agent takes no interface" "'*--dev'* has no meaning" /tmp/said
	first=$AGENT before=$(decided number)
	shuntd --role sched --replace >/tmp/agent.log 2>&1 &
	AGENT=$!
	decides_again "replaced" "$before"
	wait_for 30 test ! -d /proc/$first && ok "replaced: the one before has ended" ||
		bad "replaced: process $first lives"
	agent_ends
	kill $mix
	wait $mix 2>/dev/null
	unload_agent "agents that were replaced"
}

agent_forges() {
	load mq || return
	turns mix 600 $((CPUS + 2)) $((CPUS + 2)) >/dev/null 2>&1 &
	mix=$!
	for i in 1 2; do
		forger 4 >/tmp/forged 2>&1 || bad "forger: $(cat /tmp/forged)"
		echo "# forged: $(cat /tmp/forged)"
		shunt -j sched >/tmp/status
		holds "forged, $i: it is in force" '.state == "loaded"' /tmp/status
	done
	holds "forged: what cannot be is refused, and the rest is counted" \
		'.agent.decisions | .refused > 0 and .stale + .gone > 0' /tmp/status
	all_go_on "forged"
	agent_begins && decides_again "after a forger" 2
	agent_ends
	kill $mix
	wait $mix 2>/dev/null
	unload_agent "forged decisions"
}
