// SPDX-License-Identifier: BSD-2-Clause
/*
 * style.c - the page's style: light and dark, from a phone's width up
 *
 * Curves differ by colour and by line: shunt's are solid, over the wire dotted, its peers' dashed.
 */
#include "report.h"

const char page_style[] =
	":root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d2126;--soft:#5d6570;--line:#dfe2e6;--slo:#b42318;"
	"--c0:#0a5fc2;--c1:#15803d;--c2:#0891b2;--c3:#c2410c;--c4:#be185d;--c5:#8b3fd1;--c6:#a16207;--c7:#64748b;"
	"--c8:#4d7c0f;--c9:#0f766e;--c10:#1d2126;--c11:#4338ca}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e7e9ec;--soft:#a2aab4;--line:#343a41;"
	"--slo:#ff8a7d;--c0:#6bb0ff;--c1:#5ccf88;--c2:#45d3e6;--c3:#ff9a5c;--c4:#ff8fc0;--c5:#c99bff;--c6:#e2c35c;"
	"--c7:#a7b1bf;--c8:#b4e05a;--c9:#4fd1c0;--c10:#e7e9ec;--c11:#a5a8ff}}\n"
	"*{box-sizing:border-box}body{margin:0 auto;max-width:1180px;padding:16px;background:var(--bg);color:var(--ink);"
	"font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;line-height:1.2;margin:.4rem 0}h2{font-size:1.25rem;margin:2rem 0 .3rem}"
	"h3{font-size:1.02rem;margin:0}p{margin:.3rem 0}.soft{color:var(--soft);font-size:.86rem}"
	".quick{border:1px solid var(--slo);color:var(--slo);border-radius:6px;padding:.3rem .6rem;font-weight:600}\n"
	"section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin:14px 0}\n"
	".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:6px 18px;margin-top:8px}"
	"figure{margin:0;max-width:440px}figcaption{font-size:.86rem;font-weight:600}svg{width:100%;height:auto;display:block}\n"
	"svg text{font:10.5px system-ui,sans-serif;fill:var(--soft)}.end{text-anchor:end}.mid{text-anchor:middle}"
	".grid{stroke:var(--line)}.tick{stroke:var(--soft)}line.slo{stroke:var(--slo);stroke-dasharray:2 3}"
	"svg text.slo{fill:var(--slo);paint-order:stroke;stroke:var(--card);stroke-width:3px}polyline{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}"
	".peer polyline{stroke-dasharray:6 3}.wire polyline{stroke-dasharray:.1 4;stroke-linecap:round;stroke-width:2.4}.bar{stroke:currentColor;stroke-width:1.2;opacity:.55}"
	"circle,rect{fill:currentColor;stroke:currentColor}.bad{fill:var(--card);stroke-width:1.2}\n"
	".s0{color:var(--c0)}.s1{color:var(--c1)}.s2{color:var(--c2)}.s3{color:var(--c3)}.s4{color:var(--c4)}"
	".s5{color:var(--c5)}.s6{color:var(--c6)}.s7{color:var(--c7)}.s8{color:var(--c8)}.s9{color:var(--c9)}"
	".s10{color:var(--c10)}.s11{color:var(--c11)}\n"
	".wide{overflow-x:auto;margin-top:8px}table{border-collapse:collapse;font-size:.84rem;font-variant-numeric:tabular-nums}"
	"th,td{padding:2px 7px 2px 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}"
	"th{font-weight:600;color:var(--soft)}th:first-child,td:first-child{text-align:left}"
	".key{display:inline-block;width:16px;height:0;border-top:3px solid currentColor;vertical-align:middle;margin-right:5px}"
	".peer.key{border-top-style:dashed}.wire.key{border-top-style:dotted}td.name{color:var(--ink)}\n"
	"@media(max-width:480px){body{padding:8px}section{padding:10px}th,td{padding-right:6px}.key{width:14px;margin-right:4px}}\n"
	"details{margin-top:8px}summary{cursor:pointer;color:var(--soft);font-size:.86rem}"
	"code{font-size:.84rem;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 14px;"
	"font-size:.86rem;margin:.4rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n";
