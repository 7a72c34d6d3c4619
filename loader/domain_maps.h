/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domain_maps.h - the maps that each domain has of its own
 */
#pragma once

#include "setup.h"

/* Makes and pins them for each domain of the setup. views: the map of maps for views, or -errno. */
int domain_maps_make(struct ctl *ctl, const struct setup *s, int views);
