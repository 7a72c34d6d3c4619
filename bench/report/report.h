/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - a page of what the benchmarks wrote into build/bench/
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* One class of one workload: a curve a system over offered load. */
struct chart {
	json_t *workload;
	const char *class, *metric; /* p99_us, slowdown_p99 */
	double limit;               /* a line there, or 0 */
};

/* A point's latency. */
struct reading {
	double at, low, high; /* us, or a slowdown; 0: none */
	bool holds;           /* cleaned: the method holds there; raw: the client kept up */
};

/* With stalls set aside where the point has that, else of all requests. */
struct reading reading_of(json_t *point, const char *class, const char *metric);
/* Has any point of the workload such numbers? */
bool reading_is_clean(json_t *workload, const char *class, const char *metric);

extern const char page_style[];

/* Text with <, >, & and " made harmless. */
void put_text(FILE *out, const char *text);
/* To three digits: 1500000 is 1.5M. */
void put_number(FILE *out, double x);
/* 0: nothing was drawn, since nothing was measured. */
int chart_draw(FILE *out, const struct chart *c);
/* The number of a system's colour, the same in all charts. */
int colour_of(const char *system, json_t *systems);
/* ours, wire or peer: how its curve is drawn. */
const char *kind_of(const char *system);
void page_begin(FILE *out);
void page_suite(FILE *out, json_t *suite);
void page_other(FILE *out, const char *file, json_t *numbers);
void page_end(FILE *out);
