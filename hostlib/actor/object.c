// SPDX-License-Identifier: BSD-2-Clause
/*
 * object.c - an actor's state and objects, for its handler
 */
#include "place.h"
#include "region.h"

uint32_t shunt_actor_id(const struct shunt_actor *self)
{
	return self->id;
}

void *shunt_actor_state(struct shunt_actor *self)
{
	return region_state(self->region);
}

shunt_object shunt_object_alloc(struct shunt_actor *self, uint32_t bytes)
{
	return region_alloc(self->region, self->room, bytes);
}

void shunt_object_free(struct shunt_actor *self, shunt_object id)
{
	region_free(self->region, self->room, id);
}

void *shunt_object_at(struct shunt_actor *self, shunt_object id, uint32_t bytes)
{
	return region_at(self->region, self->room, id, bytes);
}
