// SPDX-License-Identifier: BSD-2-Clause
/*
 * draw.c - requests as they are drawn from the mix
 */
#include "load.h"

void draw_request(struct load *l, struct request *r, uint64_t due)
{
	const struct options *o = &l->o;
	int phase = (uint64_t)((due - l->start) / (o->phase_s * 1e9)) % o->mix.phases;
	const struct kind *k = mix_draw(&o->mix, phase, &l->what);

	*r = (struct request){ .due = due, .cls = k->cls,
			       .service_ns = dist_draw(&k->service, &l->what),
			       .random = rng_next(&l->what),
			       .flow = rng_uniform(&l->where) * o->flows };
}

void draw_plan(struct load *l)
{
	double due = arrival_next(l, -1);

	printf("due_us,class,service_us,flow\n");
	while (due >= 0 && l->done < l->o.plan) {
		for (int i = 0; i < l->o.burst && l->done < l->o.plan; i++, l->done++) {
			struct request r;

			draw_request(l, &r, l->start + (uint64_t)due);
			printf("%.3f,%s,%.3f,%d\n", due / 1e3, l->o.mix.name[r.cls],
			       r.service_ns / 1e3, r.flow);
		}
		due = arrival_next(l, due);
	}
}
