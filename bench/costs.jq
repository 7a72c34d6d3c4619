# SPDX-License-Identifier: BSD-2-Clause
# costs.jq - from what the benchmarks measured to files of costs for shunt-sim. A cost that was not
# measured is left out: it stays as the preset "shared" has it.

def whole: . * 10 | round / 10;

# The stalls of a CPU in few steps, finer where they are long: each has the mean of its part.
def stall:
	.stall_every_us as $every | .stalls_us as $us | ($us | length) as $n |
	[0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1] as $upto |
	[range(1; $upto | length) | $us[($upto[. - 1] * $n | floor):($upto[.] * $n | floor)] |
		select(length > 0) |
			"\(length / $n * 1e6 | round / 1e6):\(add / length | whole)us"] |
	"\($every | whole)us/modes(\(join(";")))";

# Several listenings to one CPU, as one.
def together:
	{seconds: (map(.seconds) | add), stalls: (map(.stalls) | add),
		stalls_us: (map(.stalls_us) | add | sort),
	 share: (map(.share) | add / length)} | .stall_every_us = .seconds * 1e6 / .stalls;

# Only the stalls that are shorter.
def below($us): .stalls_us |= map(select(. < $us)) |
	.stall_every_us = .seconds * 1e6 / (.stalls_us | length);

# A turn of a request, over the work in it, when each yields to the next.
def turn_ns: .rounds["5us"].seconds * .throughput_loss["5us"] / .rounds["5us"].yields * 1e9;

# The machine's costs; each argument is the result of bench-cost, bench-path, bench-preempt or
# lab_costs.sh, or false.
def machine($cost; $path; $yield; $lab):
	(if $cost then {nic_ns: ($cost.policies.fcfs.hold_ns | whole)} else {} end) +
	# XDP's stamp to the end of a handler that does nothing: what the core does before it is
	# included.
	(if $path then {deliver_ns: $path.without_rps.nic_to_core_ns_p50, start_ns: 0,
		pop_ns: 0} else {} end) +
	(if $yield then ($yield | turn_ns | whole) as $turn | {yield_ns: $turn, switch_ns: 0,
		mark_ns: ([$yield.mark_to_yield_ns.p50 - $turn, 0] | max | whole)} else {} end) +
	(if $lab then {end_ns: 0, rest_ns: ($lab.core_ns.median | whole),
		stall: ($lab.stalls.cpu1 | stall)} else {} end) +
	{_not_measured: [if $cost then empty else "bench-cost" end,
		if $path then empty else "bench-path" end,
		if $yield then empty else "bench-preempt" end,
			if $lab then empty else "lab_costs.sh" end]};

# Behind the lab's client: its CPU plays the NIC, a request at a time; shunt-spin's sojourns count
# from XDP's stamp.
def behind_client($lab):
	{nic_ns: ($lab.client_ns.median | whole), nic_stall: ($lab.stalls.cpu0 | stall),
		stamp: "nic"};
