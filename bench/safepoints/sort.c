/* SPDX-License-Identifier: BSD-2-Clause */
/* sort.c - quicksort of 8192 integers, insertion sort below 16 */
#include "work.h"

static void insertion(uint32_t *v, long n)
{
	for (long i = 1; i < n; i++) {
		uint32_t x = v[i];
		long j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static void quicksort(uint32_t *v, long n)
{
	while (n > 16) {
		uint32_t pivot = v[n / 2];
		long i = 0, j = n - 1;

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				uint32_t x = v[i];

				v[i++] = v[j];
				v[j--] = x;
			}
		}
		quicksort(v, j + 1);
		v += i;
		n -= i;
	}
	insertion(v, n);
}

uint64_t WORK(void)
{
	static uint32_t from[8192], v[8192];
	uint64_t sum = 0;

	if (!from[1])
		fill(from, sizeof(from), 2);
	memcpy(v, from, sizeof(v));
	quicksort(v, 8192);
	for (int i = 0; i < 8192; i++)
		sum = sum * 3 + v[i];
	return sum;
}
