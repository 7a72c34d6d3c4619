// SPDX-License-Identifier: BSD-2-Clause
/*
 * kind.c - the kinds of actor that the program has
 */
#include <stddef.h>
#include <string.h>

#include "place.h"

const struct shunt_actor_kind *place_kind(const struct place *p, const char *name)
{
	for (int i = 0; p->kinds[i]; i++) {
		if (!strcmp(p->kinds[i]->name, name))
			return p->kinds[i];
	}
	return NULL;
}

/* Slots have its name, so that the next process finds the kind. */
const char *place_bad_kind(const struct shunt_actor_kind *const *kinds,
			   const struct shunt_actor_kind **which)
{
	for (int i = 0; kinds[i]; i++) {
		*which = kinds[i];
		if (!kinds[i]->name || !*kinds[i]->name)
			return "has no name";
		if (strlen(kinds[i]->name) >= PLACE_NAME)
			return "has a name of more than 15 characters";
		if (!kinds[i]->handle)
			return "has no 'handle'";
		for (int k = 0; k < i; k++) {
			if (!strcmp(kinds[k]->name, kinds[i]->name))
				return "is there twice";
		}
	}
	return NULL;
}
