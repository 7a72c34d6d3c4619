/* SPDX-License-Identifier: BSD-2-Clause */
/* matrix.c - product of two matrices of 96 x 96 doubles, rows inside so that it vectorises */
#include "work.h"

#define N 96

static __attribute__((noinline)) void multiply(const double *restrict a, const double *restrict b,
					       double *restrict c, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < n; k++) {
			double x = a[i * n + k];

			for (int j = 0; j < n; j++)
				c[i * n + j] += x * b[k * n + j];
		}
}

uint64_t WORK(void)
{
	static double a[N * N], b[N * N], c[N * N];
	double sum = 0;

	for (int i = 0; i < N * N; i++) {
		a[i] = i % 17;
		b[i] = i % 5;
		c[i] = 0;
	}
	multiply(a, b, c, N);
	for (int i = 0; i < N * N; i++)
		sum += c[i] * (i % 3);
	return (uint64_t)sum;
}
