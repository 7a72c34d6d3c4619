# SPDX-License-Identifier: BSD-2-Clause
# overload_svg.jq - overload.json as a picture: goodput over what was offered, a line a policy, the
# median of the rounds with their least and most; dashed, that of the simulated oracle

def x: 64 + . * 106.5;
def y: 308 - ([., 1.2] | min) * 220;
def fixed: . * 10 | round / 10;
def colour: {slo: "#0072b2", mq: "#d55e00", prio: "#009e73", sq: "#cc79a7", fcfs: "#b58900"}[.] //
	"#777";
def ideal: .simulated | to_entries | map(select(.value.oracle)) | sort_by(.key | tonumber) |
	select(length > 0) |
	"<g stroke='#777' fill='none' stroke-width='1.5' stroke-dasharray='4 3'><polyline points='\(map("\(.key | tonumber | x | fixed),\(.value.oracle.goodput | y |
		fixed)") | join(" "))'/><path d='M500 160H524'/></g>" +
	"<text x='530' y='164'>oracle (simulated)</text>";
def lines($p): to_entries | map(select(.value[$p].goodput) | {offered: (.key | tonumber),
	g: .value[$p]}) | sort_by(.offered);
def whisker: "<path d='M\(.offered | x | fixed) \(.g.goodput_least | y | fixed)V" +
	"\(.g.goodput_most | y | fixed)' stroke-width='1'/>";
def curve($p; $i): lines($p) | "<g stroke='\($p | colour)' fill='none' stroke-width='2'>" +
	"<polyline points='\(map("\(.offered | x | fixed),\(.g.goodput | y | fixed)") | join(" "))'/>" +
	(map(whisker) | join("")) + "<path d='M500 \(60 + 20 * $i)H524'/></g>" +
	"<text x='530' y='\(64 + 20 * $i)'>\($p)</text>";

.workloads | to_entries[0] | .key as $name | .value |
(.offered | to_entries[0].value | keys_unsorted) as $has |
(["slo", "mq", "prio", "sq", "fcfs"] | map(select(. as $p | $has | index($p)))) as $policies |
"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 376' width='640' height='376'>
<style>text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:14px}
.note{font-size:11px;fill:#666}.grid{stroke:#ddd}.axis{stroke:#444;fill:none}.page{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#ddd}.note{fill:#aaa}.grid{stroke:#3a3a3a}
.axis{stroke:#bbb}.page{fill:#16181c}}</style>
<rect class='page' width='640' height='376'/>",
(range(7) | . / 5 | select(. <= 1.2) |
	"<line class='grid' x1='64' x2='490' y1='\(y | fixed)' y2='\(y | fixed)'/>" +
	"<text x='58' y='\(y + 4 | fixed)' text-anchor='end'>\(.)</text>"),
(range(5) | "<text x='\(x)' y='326' text-anchor='middle'>\(.)</text>"),
"<path class='axis' d='M64 44V308H490'/>
<text x='64' y='20' class='title'>goodput in the lab, one core</text>
<text x='277' y='346' text-anchor='middle'>offered, as a multiple of \(.capacity_rps)/s</text>
<text x='64' y='366' class='note'>\($name): \(.mix)</text>",
ideal,
(. as $w | range($policies | length) as $i | $w.offered | curve($policies[$i]; $i)),
"</svg>"
