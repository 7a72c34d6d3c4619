// SPDX-License-Identifier: BSD-2-Clause
/*
 * way.c - the way that the interface's load goes, by its pins
 */
#include <errno.h>
#include <unistd.h>

#include "way.h"

static const struct way *const ways[] = { &way_link, &way_stub };

const struct way *way_loaded(struct ctl *ctl, int *pin)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		*pin = shunt_pin_open(&ctl->pins, ways[i]->pin);
		if (*pin != -ENOENT)
			return ways[i];
	}
	return NULL;
}

const struct way *way_there(struct ctl *ctl)
{
	int pin;
	const struct way *way = way_loaded(ctl, &pin);

	if (pin >= 0)
		close(pin);
	return way;
}
