// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats_show.c - what status and stats tell of the CPUs that services share
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/seat.h>

#include "clock.h"
#include "maps.h"
#include "report.h"
#include "seats.h"
#include "show.h"

static json_t *name_of(const struct shunt_domain *doms, __u32 domain)
{
	const char *name = doms[domain].service;

	return json_stringn(name, strnlen(name, SHUNT_NAME_LEN));
}

/* The services of a set of domains. */
static json_t *names_of(const struct shunt_domain *doms, __u32 set)
{
	json_t *list = json_array();

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (set >> d & 1)
			json_array_append_new(list, name_of(doms, d));
	}
	return list;
}

static json_t *seat_json(const struct shunt_seat *s, const struct shunt_domain *doms, __u32 hungry,
			 __u64 now)
{
	__u32 on = SHUNT_SEAT_ON(s->word), set = 0;
	json_t *j;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		set |= (s->core[d] != SHUNT_SEAT_NONE) << d;
	j = json_pack("{s:i, s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:I, s:I}", "cpu", (int)s->cpu,
		      "services", names_of(doms, set), "wants",
		      names_of(doms, SHUNT_SEAT_WANTS(s->word)),
		      "hungry", names_of(doms, set & hungry), "barred", names_of(doms, s->barred),
		      "asleep", !!shunt_seat_sleeps(s->word), "turns",
		      (json_int_t)SHUNT_SEAT_TURN(s->word), "left", (json_int_t)s->left, "fed",
		      (json_int_t)s->fed, "taken", (json_int_t)s->taken);
	if (!on || on > SHUNT_DOMAINS)
		return j;
	json_object_set_new(j, "on", name_of(doms, on - 1));
	json_object_set_new(j, "on_us",
			    json_integer((now > s->since_ns ? now - s->since_ns : 0) / 1000));
	return j;
}

static int read_domains(struct ctl *ctl, struct shunt_domain doms[SHUNT_DOMAINS])
{
	int err = 0;

	for (__u32 d = 0; !err && d < SHUNT_DOMAINS; d++)
		err = map_get(ctl, "domains", d, &doms[d], sizeof(doms[d]));
	return err;
}

json_t *seats_json(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct shunt_domain doms[SHUNT_DOMAINS];
	struct shunt_seats *s;
	json_t *list = NULL;

	if (!(cfg->flags & SHUNT_CFG_SEATS))
		return NULL;
	s = aligned_alloc(SHUNT_LINE, sizeof(*s));
	if (s && !map_get(ctl, "seats", 0, s, sizeof(*s)) && !read_domains(ctl, doms)) {
		list = json_array();
		for (__u32 i = 0; i < s->n && i < SHUNT_SEATS; i++)
			json_array_append_new(list, seat_json(&s->seat[i], doms, s->hungry,
							       clock_ns()));
	}
	free(s);
	return list;
}

static void show_names(const char *before, const json_t *list, const char *between)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
		printf("%s%s", i ? between : before, json_string_value(name));
}

void seats_show(const json_t *list)
{
	const json_t *j;
	char since[16];
	size_t i;

	json_array_foreach(list, i, j) {
		printf("  CPU %lld", number_at(j, "cpu"));
		show_names(" is shared by ", json_object_get(j, "services"), " and ");
		if (json_object_get(j, "on"))
			printf("; %s is on since %s", text_at(j, "on"),
			       show_time(j, "on_us", since));
		else
			printf("; nobody is on");
		if (json_is_true(json_object_get(j, "asleep")))
			printf("; all sleep");
		show_names("; wanted by ", json_object_get(j, "wants"), ", ");
		show_names("; hungry: ", json_object_get(j, "hungry"), ", ");
		show_names("; barred: ", json_object_get(j, "barred"), ", ");
		printf("; left %lld times", number_at(j, "left"));
		if (number_at(j, "fed"))
			printf(" (%lld to one that was hungry)", number_at(j, "fed"));
		printf(", taken %lld times\n", number_at(j, "taken"));
	}
}
