/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conserve.h - the conservation line: each request that arrived has ended, or is somewhere
 */
#pragma once

#include "collect.h"

struct conserved {
	struct shunt_ingress_class in; /* of all classes, like the next */
	struct totals t;
	__u64 in_flight;
	__s64 difference; /* what arrived and is accounted for nowhere; 0, at any quiet moment */
};

void conserve(const struct snapshot *s, struct conserved *sum);

/* One class's counts of XDP, added to others. */
void add_counts(struct shunt_ingress_class *sum, const struct shunt_ingress_class *n);
