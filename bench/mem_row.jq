# SPDX-License-Identifier: BSD-2-Clause
# mem_row.jq - one program of bench/mem.sh: from its rounds and three moments to a row

def median: sort | .[length / 2 | floor];
def mib: . / 1024 * 10 | round / 10;
def part($digits): . * pow(10; $digits) | round / pow(10; $digits);
# CPU time of shunt, by key of its log, between the end of the warming and the end.
def cpu($key): $over.log[$key] - $warm.log[$key];

([$with, $without] | transpose | map(.[0].p99_us / .[1].p99_us) | median) as $ratio
| ($over.s - $warm.s) as $s
| ($filled.rss / 1048576) as $gib
| {kind: $kind, program: (if $kind == "rocksdb" then "rocksdb" else "memcached" end),
   rss_mib: [($filled.rss | mib), ($over.rss | mib)],
   net_mib: ($filled.rss - $over.rss - ($over.price - $empty) | mib),
   net_share: (($filled.rss - $over.rss - ($over.price - $empty)) / $filled.rss | part(3)),
   zram_ratio: (if $over.price > $empty then
	$over.log.swap_kib / ($over.price - $empty) | part(2) else null end),
   p99_ratio: ($ratio | part(3)),
   p99_us: [($without | map(.p99_us) | median), ($with | map(.p99_us) | median)],
   p50_us: [($without | map(.p50_us) | median), ($with | map(.p50_us) | median)],
   refaults_per_s: (($over.faults - $warm.faults) / $s | part(2)),
   refaults_warming: ($warm.faults - $filled.faults),
   pauses: $over.log.pauses,
   mechanism_cpu_share: ((cpu("scan_cpu_s") + cpu("act_cpu_s")) / $s / $gib | part(5)),
   policy_cpu_share: (cpu("policy_cpu_s") / $s / $gib | part(7)),
   going_cpu_s: ($warm.log.act_cpu_s - $filled.log.act_cpu_s | part(2)),
   batches: $over.log.batches, interval_s: $over.log.interval_s,
   missed: (($with + $without) | map(.missed) | add), rounds: ($with | length)}
