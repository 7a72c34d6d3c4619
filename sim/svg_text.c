// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg_text.c - names and numbers as a picture has them
 */
#include <math.h>
#include <stdio.h>

#include "svg_draw.h"

void svg_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '&' || *s == '>')
			fprintf(f, "&#%d;", *s);
		else
			fputc(*s, f);
	}
}

const char *svg_number(double v, char *buf, size_t len)
{
	const char *unit = fabs(v) >= 1e6 ? "M" : fabs(v) >= 1e4 ? "k" : "";

	snprintf(buf, len, "%g%s", *unit == 'M' ? v / 1e6 : *unit ? v / 1e3 : v, unit);
	return buf;
}
