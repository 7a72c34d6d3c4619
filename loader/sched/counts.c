// SPDX-License-Identifier: BSD-2-Clause
/*
 * counts.c - what became of threads: sums over CPUs, and whether they add up
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched.h"

static const struct {
	const char *name;
	size_t at;
} fields[] = {
#define FIELD(name) { #name, offsetof(struct shunt_sched_counts, name) }
	FIELD(inserted), FIELD(taken), FIELD(fallback), FIELD(refused), FIELD(kernel),
	FIELD(withdrawn), FIELD(went_on), FIELD(preempted), FIELD(direct), FIELD(ended),
	FIELD(ran_ns),
};

#define NFIELDS (sizeof(fields) / sizeof(fields[0]))

static __u64 value_of(const struct shunt_sched_counts *c, size_t field)
{
	return *(const __u64 *)((const char *)c + fields[field].at);
}

static void add(struct shunt_sched_counts *sum, const struct shunt_sched_counts *c)
{
	for (size_t i = 0; i < NFIELDS; i++)
		*(__u64 *)((char *)sum + fields[i].at) += value_of(c, i);
}

/* "difference": inserted, and accounted for nowhere; 0 at any quiet moment. */
static json_t *counts_json(const char *name, const struct shunt_sched_counts *c, __u32 waiting)
{
	json_t *j = json_pack("{s:s}", "name", name);
	__s64 left = c->inserted - c->taken - c->fallback - c->refused - c->kernel -
		     c->withdrawn - waiting;

	for (size_t i = 0; i < NFIELDS; i++)
		json_object_set_new(j, fields[i].name, json_integer(value_of(c, i)));
	json_object_set_new(j, "waiting", json_integer(waiting));
	json_object_set_new(j, "difference", json_integer(left));
	return j;
}

json_t *sched_counts(struct ctl *ctl, const struct shunt_sched_cfg *cfg)
{
	struct shunt_sched_counts all = { 0 }, one, *cpu;
	int n = libbpf_num_possible_cpus(), err = 0;
	struct shunt_view *v = calloc(1, sizeof(*v));
	json_t *list = json_array();
	__u32 waiting, total = 0;

	cpu = calloc(n > 0 ? n : 1, sizeof(*cpu));
	if (!v || !cpu || n <= 0)
		err = fail(ctl, -ENOMEM, "no memory");
	if (!err)
		err = sched_get(ctl, "view", 0, v);
	for (__u32 cls = 0; !err && cls < cfg->nclasses; cls++) {
		err = sched_get(ctl, "counts", cls, cpu);
		memset(&one, 0, sizeof(one));
		for (int i = 0; !err && i < n; i++)
			add(&one, &cpu[i]);
		add(&all, &one);
		waiting = v->enq[cls] - v->deq[cls];
		total += waiting;
		json_array_append_new(list, counts_json(cfg->class_name[cls], &one, waiting));
	}
	free(v);
	free(cpu);
	if (!err)
		return json_pack("{s:o, s:o}", "classes", list, "total",
				 counts_json("all", &all, total));
	json_decref(list);
	return NULL;
}

static void show_row(const json_t *c)
{
	printf("%-15s", text_at(c, "name"));
	for (size_t i = 0; i < NFIELDS - 1; i++)
		printf(" %9lld", number_at(c, fields[i].name));
	printf(" %9lld\n", number_at(c, "waiting"));
}

void sched_show_counts(const json_t *r)
{
	const json_t *total = json_object_get(r, "total"), *c;
	size_t i;

	printf("%-15s", "class");
	for (i = 0; i < NFIELDS - 1; i++)
		printf(" %9s", fields[i].name);
	printf(" %9s\n", "waiting");
	json_array_foreach(json_object_get(r, "classes"), i, c)
		show_row(c);
	show_row(total);
	printf("inserted %lld = taken %lld + fallback %lld + refused %lld + kernel %lld + "
	       "withdrawn %lld + waiting %lld, difference %lld\n", number_at(total, "inserted"),
	       number_at(total, "taken"), number_at(total, "fallback"),
	       number_at(total, "refused"), number_at(total, "kernel"),
	       number_at(total, "withdrawn"), number_at(total, "waiting"),
	       number_at(total, "difference"));
}
