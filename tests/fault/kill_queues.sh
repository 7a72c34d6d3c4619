#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kill_queues.sh - the same deaths where one domain has several receive queues: fill and completion
# rings of each, and frames that stealing carried from one to another
# runs: together
export ELSEWHERE=1
. "$(dirname "$0")/kill.sh"
. "$(dirname "$0")/agent.sh"

LAB_ARGS=(--queues 2)
domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }
TEST_LIMIT=$([ -n "$LONG" ] && echo 3000 || echo 300)
SHORT_TESTS=(
	test_kills_at_random_lose_only_what_is_counted
	test_a_worker_that_wrecks_its_memory_does_not_wreck_the_agent
	test_unloading_and_loading_under_a_worker
	test_an_agent_that_dies_while_it_takes_back_what_a_worker_had_is_continued
)
LONG_TESTS=(
	test_agent_and_keeper_both_dead_lose_nothing_while_the_worker_lives
	test_all_dead_starts_again_with_everything_counted
	test_frames_are_all_there_before_and_after
)

[ $# -gt 0 ] || set -- "${SHORT_TESTS[@]}" ${LONG:+"${LONG_TESTS[@]}"}
run_tests "$@"
