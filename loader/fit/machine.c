// SPDX-License-Identifier: BSD-2-Clause
/*
 * machine.c - CPUs that are online: physical cores, their threads, NUMA nodes, isolated ones
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

/* Is the CPU in a list such as "1-3,8"? */
static bool in_list(const char *list, int cpu)
{
	char *at = (char *)list;

	while (list && *at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10), last = first;

		if (*at == '-')
			last = strtol(at + 1, &at, 10);
		if (cpu >= first && cpu <= last)
			return true;
		at += *at == ',';
	}
	return false;
}

/* The physical core of that number, a new one if it was not met yet. */
static struct fit_core *core_of(struct fit_machine *m, int id, int node)
{
	struct fit_core *c = m->core;

	for (; c < m->core + m->ncores; c++) {
		if (c->id == id && c->node == node)
			return c;
	}
	if (m->ncores == FIT_CPUS)
		return NULL;
	m->ncores++;
	c->id = id;
	c->node = node;
	if (node >= m->nnodes)
		m->nnodes = node + 1;
	return c;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int by_first_cpu(const void *a, const void *b)
{
	return ((const struct fit_core *)a)->cpu[0] - ((const struct fit_core *)b)->cpu[0];
}

/* "CPU,CORE,SOCKET,NODE"; the last may be empty. */
static void read_line(struct fit_machine *m, const char *line)
{
	int cpu, core, socket = 0, node = 0;
	struct fit_core *c;

	if (sscanf(line, "%d,%d,%d,%d", &cpu, &core, &socket, &node) < 2 || cpu < 0 ||
	    cpu >= FIT_CPUS || node < 0 || node >= FIT_CPUS)
		return;
	c = core_of(m, core, node);
	if (!c || c->ncpus == (int)(sizeof(c->cpu) / sizeof(c->cpu[0])))
		return;
	c->cpu[c->ncpus++] = cpu;
	m->ncpus++;
	if (c->ncpus > m->threads)
		m->threads = c->ncpus;
}

int fit_machine_read(struct ctl *ctl, const struct fit_source *s, struct fit_machine *m)
{
	struct why none = { 0 };
	char *text = fit_text(s, "lscpu", &ctl->why), *save = NULL;
	char *isolated = fit_text(s, "isolated", &none);

	memset(m, 0, sizeof(*m));
	m->core = calloc(FIT_CPUS + 1, sizeof(*m->core));
	for (char *line = text && m->core ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line != '#')
			read_line(m, line);
	}
	for (int i = 0; i < m->ncores; i++) {
		struct fit_core *c = &m->core[i];

		qsort(c->cpu, c->ncpus, sizeof(c->cpu[0]), by_number);
		c->isolated = in_list(isolated, c->cpu[0]);
	}
	if (m->ncores)
		qsort(m->core, m->ncores, sizeof(*m->core), by_first_cpu);
	free(text);
	free(isolated);
	why_forget(&none);
	if (m->ncores)
		return 0;
	free(m->core);
	m->core = NULL;
	fail(ctl, -EIO, "lscpu(1) names none");
	fail_context(ctl, "cannot tell the CPUs of the machine");
	return -EIO;
}

const char *fit_cpu_list(const int *cpu, int n, char *out, size_t len)
{
	size_t at = 0;

	*out = '\0';
	for (int i = 0, last; i < n && at < len; i = last + 1) {
		for (last = i; last + 1 < n && cpu[last + 1] == cpu[last] + 1;)
			last++;
		at += snprintf(out + at, len - at, last > i ? "%s%d-%d" : "%s%d", i ? ", " : "",
			       cpu[i], cpu[last]);
	}
	return out;
}

const char *fit_number_list(const int *number, int n, char *out, size_t len)
{
	size_t at = 0;

	*out = '\0';
	for (int i = 0; i < n && at < len; i++)
		at += snprintf(out + at, len - at, "%s%d", i ? ", " : "", number[i]);
	return out;
}
