// SPDX-License-Identifier: BSD-2-Clause
/*
 * line.c - line A B: ns that a cache line takes between two CPUs, the median of nine measurements.
 * Both CPUs should be idle meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "line.h"

#define MEASUREMENTS 9

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double ns[MEASUREMENTS];

	if (argc != 3) {
		fprintf(stderr, "usage: line CPU CPU\n");
		return 2;
	}
	line_pin(atoi(argv[1]));
	for (int i = 0; i < MEASUREMENTS; i++)
		ns[i] = line_ns(atoi(argv[2]));
	qsort(ns, MEASUREMENTS, sizeof(*ns), by_size);
	printf("%.0f\n", ns[MEASUREMENTS / 2]);
	return 0;
}
