# SPDX-License-Identifier: BSD-2-Clause
# preempt.jq - build/bench/preempt.json of its parts: $y (bench/preempt), $s (switch), $p
# (safepoints), $l (preempt_lab)
{safepoint_overhead: $p[0].safepoint_overhead,
	switch_cycles: $s[0].same_context.p50} + $y[0] + {lab: $l[0], $kernel, $commit}
