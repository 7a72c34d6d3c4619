# SPDX-License-Identifier: BSD-2-Clause
# rpc.jq - what bench/rpc.sh measured, as one object: medians of the rounds, with the middle half
def at($q): sort | .[($q * (length - 1) + 0.5) | floor];
def us: map(.p50_ns / 1000) | at(0.5) | . * 100 | round / 100;
def middle: map(.p50_ns / 1000) | [at(0.25), at(0.75)] | map(. * 100 | round / 100);
def of($s; $g; $t; f): {shunt: ($s | f), "shunt-rpcgen": ($g | f), "libtirpc-server": ($t | f)};

($cost[0].policies.fcfs) as $ns |
{
	calls: ($sp + $sr + $gp + $gr + $tp + $tr | map(.calls) | add),
	wrong: ($sp + $sr + $gp + $gr + $tp + $tr | map(.wrong) | add),
	by_shunt: $stats[0].total.replied,
	# null: no round was quiet enough (bench/cost.c)
	header_ns: (if $ns.rpc_ns and $ns.plain_ns then
		$ns.rpc_ns - $ns.plain_ns | . * 10 | round / 10 else null end),
	line_ns: ($lines | at(0.5)), # a cache line between the two CPUs
	stamp_to_handler_ns_p50: ($stamps | map(.p50_ns) | at(0.5)),
	stamp_to_handler_ns_p10_p90: [($stamps | map(.p10_ns) | at(0.5)),
		($stamps | map(.p90_ns) | at(0.5))],
	stamp_to_handler_of_sleeping_ns_p50: ($cold | map(.p50_ns) | at(0.5)),
	decode_ns: $decode[0],
	rtt_us_p50: {polling: of($sp; $gp; $tp; us), rpcgen: of($sr; $gr; $tr; us)},
	middle_half_of_rounds: {polling: of($sp; $gp; $tp; middle),
		rpcgen: of($sr; $gr; $tr; middle)},
	xdp_ns: {rpc: $ns.rpc_ns, plain: $ns.plain_ns,
		middle_half: {rpc: $ns.middle_half_of_rounds.rpc_ns,
			plain: $ns.middle_half_of_rounds.plain_ns},
		quiet_rounds: $ns.quiet_rounds.rpc_ns, rounds: $cost[0].rounds},
	rounds: $rounds, kernel: $kernel, commit: $commit
}
