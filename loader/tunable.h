/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunable.h - live changes of numbers that policies and XDP read
 */
#pragma once

#include "ctl.h"

enum tunable { TUNE_SLO, TUNE_QUANTUM, TUNE_LIMIT, TUNE_ADMIT, TUNE_LEAST };

/* Reads a value as people write it for that tunable; bounded. */
int tunable_parse(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what,
		  const char *text, __u32 *value);
/* Into the pinned map, and into the views: so it counts at once, with an agent or without. */
int tunable_set(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what, __u32 cls,
		__u32 value);
/* Into j, a class's object: the value in force, none if it is
 * unset; what is written beyond its range in "out_of_range". */
int tunable_tell(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what, __u32 cls,
		 json_t *j);
/* A class's object, {"class", "name"}; NULL, and failed: it cannot be read. */
json_t *tunable_class(struct ctl *ctl, __u32 cls, struct shunt_class *c);
int knob_set(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 knob, __u64 value);
/* Tells the views how many classes there are. */
int views_set_classes(struct ctl *ctl, const struct shunt_cfg *cfg);
