/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out.h - what the writers of results share: metrics by name, a run's and a class's labels
 */
#pragma once

#include "sweep.h"

/* Quantities by the name that options, CSV and JSON give them; times there are in us. */
struct out_metric {
	const char *name;
	enum quantity q;
	double per;
};
#define MEASURED 11
extern const struct out_metric out_metrics[MEASURED];

/* 0: not preempted. */
double quantum_of(const struct point *p);
const char *class_name(const struct point *p, int cls);
/* The number of the first line: a run of one class has only the line "all". */
static inline int first_line(const struct point *p)
{
	return p->r.nclasses == 1 ? 1 : 0;
}

/* out_csv.c: a field of CSV, after a comma unless it is the first of its line. */
void csv_text(FILE *to, const char *text, bool first);
/* Nothing where it is not known (NAN). */
void csv_number(FILE *to, double x);
