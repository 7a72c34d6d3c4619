/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_style.h - colours and fonts of plots, on light and dark pages
 */
#pragma once

/* The colours are told apart by people who do not see all
 * (Okabe and Ito), dashes help where they meet. */
static const char style[] =
	"<style>text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:14px}"
	".note{font-size:11px;fill:#666}.grid{stroke:#ddd}.axis{stroke:#444;fill:none}"
	".a{opacity:.22}.c,.i,.slo{fill:none}.i{stroke-width:1;stroke-dasharray:none!important}"
	".slo{stroke:#a00;stroke-dasharray:5 4}.t0{fill:#0072b2}.t1{fill:#d55e00}.t2{fill:#009e73}"
	".t3{fill:#a05a83}.t4{fill:#8a6800}.t5{fill:#2f86b8}.t6{fill:#666}.t7{fill:#000}"
	".c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}"
	".c4{stroke:#b58900}.c5{stroke:#56b4e9;stroke-dasharray:6 "
	"3}.c6{stroke:#777;stroke-dasharray:2 3}.c7{stroke:#000;stroke-dasharray:8 3 2 3}"
	".d0{fill:#0072b2}.d1{fill:#d55e00}.d2{fill:#009e73}.d3{fill:#cc79a7}.d4{fill:#b58900}"
	".d5{fill:#56b4e9}.d6{fill:#777}.d7{fill:#000}.m{stroke-width:1.5;stroke-dasharray:none}"
	".page,.m{fill:#fff}.halo{paint-order:stroke;stroke:#fff;stroke-width:3px}@media "
	"(prefers-color-scheme:dark){text{fill:#ddd}.note{fill:#aaa}.grid{stroke:#3a3a3a}"
	".axis{stroke:#bbb}.page,.m{fill:#16181c}.c0{stroke:#4aa8e0}.d0{fill:#4aa8e0}"
	".c7{stroke:#fff}.halo{stroke:#16181c}.d7{fill:#fff}.slo{stroke:#f66}.t0{fill:#4aa8e0}"
	".t1{fill:#ff8a3c}.t2{fill:#2ec79a}.t3{fill:#e7a3c6}.t4{fill:#d9ab1f}.t5{fill:#7cc7f2}"
	".t6{fill:#aaa}.t7{fill:#fff}}</style>\n";
