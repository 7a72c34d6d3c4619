/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - everything that the maps of an interface tell, as one JSON object
 *
 * A value that was not measured is absent.
 */
#pragma once

#include "sums.h"

/* The whole object; needs an interface that pick_loaded() took. */
json_t *report_json(struct ctl *ctl);

/* own_show.c: the addresses that requests are for. */
json_t *own_json(struct ctl *ctl);
/* refusals.c: the ports that refuse by a reply; NULL: none. */
json_t *refusals_json(struct ctl *ctl);
/* domain_json.c: a domain, its cores and its shuntd. */
json_t *domain_json(const struct ctl *ctl, const struct sums *s, __u32 d,
		    const struct shunt_domain *dom, const struct shunt_view *view,
		    const struct shunt_agent *agent);
