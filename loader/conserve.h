/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conserve.h - the conservation line: each request that arrived has ended, or is somewhere
 */
#pragma once

#include "sums.h"

struct conserved {
	struct shunt_ingress_class in; /* of all classes, like the next */
	struct class_sums t;
	__u64 in_flight;
	__s64 difference; /* requests that arrived and are accounted
			   * for nowhere; 0, at any quiet moment */
};

void conserve(const struct sums *s, struct conserved *sum);

/* Adds XDP's counts of one class to a sum. */
void add_counts(struct shunt_ingress_class *sum, const struct shunt_ingress_class *n);
