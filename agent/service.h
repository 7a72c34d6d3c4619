/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h - how long the requests of a class take, and
 * how many there are: from sums that cores count
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#define MEMORY_NS 1e9 /* after this, a sample counts for 1/e */

struct sums {
	__u64 ended, late, timed, ns, sq;
};

struct service {
	struct sums before;
	double count, ns, sq; /* decaying */
	double rate, late_rate;
};

/* Sums of a class over all cores of a view. */
struct sums service_sums(const struct shunt_view *v, __u32 ncores, int cls);
/* Adds the requests since the tick before to the means, and publishes these. */
void service_tick(struct service *s, struct sums now, double dt_ns, __u64 now_ns,
		  struct shunt_agent_class *out);
/* Do service times vary more than those of an exponential
 * distribution? Then it pays to share a core among the requests. */
bool service_varies(const struct shunt_agent_class *n);
__u32 to_u32(double x);
