// SPDX-License-Identifier: BSD-2-Clause
/*
 * numbers.c - numbers of the command line: "2.5M", lists
 * ("0.1,0.5"), ranges ("0.1:0.9:0.1"), shares ("2%")
 */
#include <string.h>

#include "cmd.h"

/* Numbers with k, M, or for times ns, us, ms, s (then in us). */
int number_parse(const char *text, bool time, double *x)
{
	char *end;

	if (time) {
		if (time_parse(text, x))
			return -1;
		*x /= 1e3;
		return 0;
	}
	*x = decimal(text, &end);
	if (end == text)
		return -1;
	if (*end == 'k' || *end == 'M')
		*x *= *end++ == 'k' ? 1e3 : 1e6;
	return *end || !(*x > 0) || *x > 1e12 ? -1 : 0;
}

static int add_range(struct numbers *to, char *text, const char **detail)
{
	double low, high, step;
	char *second = strchr(text, ':'), *third = second ? strchr(second + 1, ':') : NULL;

	if (!third)
		return -1;
	*second++ = *third++ = '\0';
	if (number_parse(text, false, &low) || number_parse(second, false, &high) ||
	    number_parse(third, false, &step))
		return -1;
	if (high < low) {
		*detail = "the range ends before it begins: LOW:HIGH:STEP";
		return -1;
	}
	if ((high - low) / step > LIST_MAX) {
		*detail = "the range has more than 64 steps";
		return -1;
	}
	for (int i = 0; low + i * step <= high + step * 1e-6; i++) {
		if (to->n == LIST_MAX)
			return -1;
		to->x[to->n++] = low + i * step;
	}
	return 0;
}

int add_numbers(struct numbers *to, char *text, bool time, const char **detail)
{
	char *save = NULL;

	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (strchr(w, ':')) {
			if (time || add_range(to, w, detail))
				return -1;
			continue;
		}
		if (to->n == LIST_MAX || number_parse(w, time, &to->x[to->n]))
			return -1;
		to->n++;
	}
	return to->n ? 0 : -1;
}

int whole_parse(const char *text, double low, double high, double *x)
{
	return number_parse(text, false, x) || *x < low || *x > high || *x != (double)(uint64_t)*x
		       ? -1
		       : 0;
}

/* "2%" or "0.02" */
int share_parse(const char *text, double *x)
{
	char *end;

	*x = decimal(text, &end);
	if (end != text && *end == '%') {
		*x /= 100;
		end++;
	}
	return *end || !(*x >= 1e-4) || *x > 1 ? -1 : 0;
}
