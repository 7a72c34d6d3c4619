/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load_result.h - the result of shunt load, as JSON and for people
 */
#pragma once

#include "bundle/bundle.h"
#include "setup.h"

/* The result of --offload. */
struct outcome {
	bool offload_said;   /* --offload was given */
	unsigned int ninsns; /* of the card's; 0: it has no part */
	char *refused;       /* why not, where it would have been welcome */
	unsigned int in_force; /* the loaded program, which a dry run leaves alone; 0: none is */
};

json_t *loaded_json(struct ctl *ctl, const struct bundle *b, const struct setup *s,
		    const struct outcome *out);
void loaded_show(const json_t *r);
