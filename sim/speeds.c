// SPDX-License-Identifier: BSD-2-Clause
/*
 * speeds.c - cores of different speed: "4x1,4x0.5" is four cores
 * at speed 1 and four at half, over and over in each domain
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

int speeds_parse(const char *text, double *speed, struct why *why)
{
	double pattern[SHUNT_CORES], x;
	const char *at = text;
	char *end;
	int n = 0;

	while (*at) {
		long times = strtol(at, &end, 10);

		x = *end == 'x' && *at >= '0' && *at <= '9' ? decimal(end + 1, &end) : 0;
		if (times < 1 || times > SHUNT_CORES - n || !(x >= 0.01) || x > 100 ||
		    (*end && *end != ','))
			return why_fail(why, -1,
					"speeds '%s' are no NUMBERxSPEED,… of up to %d cores, each "
					"speed 0.01 to 100, as in 4x1,4x0.5",
					text, SHUNT_CORES);
		while (times--)
			pattern[n++] = x;
		at = end + (*end == ',');
	}
	for (int i = 0; i < SHUNT_CORES; i++)
		speed[i] = n ? pattern[i % n] : 1;
	return 0;
}

double speed_of(const struct costs *k, int cores, int domains)
{
	double speed[SHUNT_CORES], sum = 0;
	struct why none = { 0 }; /* costs.c has checked them */

	if (!*k->speeds || speeds_parse(k->speeds, speed, &none))
		return cores;
	domains = domains ? domains : (cores + SHUNT_CORES - 1) / SHUNT_CORES;
	for (int i = 0; i < domains; i++) {
		int n = (cores + domains - i - 1) / (domains - i);

		for (int c = 0; c < n && c < SHUNT_CORES; c++)
			sum += speed[c];
		cores -= n;
	}
	return sum;
}
