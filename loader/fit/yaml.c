// SPDX-License-Identifier: BSD-2-Clause
/*
 * yaml.c - the proposal as a configuration of `shunt load`
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

static void put_domain(FILE *out, const struct fit_domain *d)
{
	char list[512];

	if (d->nqueues == 1)
		fprintf(out, "  - queue: %d\n", d->queue[0]);
	else
		fprintf(out, "  - queues: [%s]\n",
			fit_number_list(d->queue, d->nqueues, list, sizeof(list)));
	fprintf(out, "    cpus: [%s]\n", d->nqueues == 1 ?
		fit_cpu_list(d->cpu, d->ncpus, list, sizeof(list)) :
		fit_number_list(d->cpu, d->ncpus, list, sizeof(list)));
}

char *fit_yaml(const struct fit_nic *nic, const char *ifname, const struct fit_wish *wish,
	       const struct fit_plan *plan)
{
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "# proposed by 'shunt fit' for %s (%s)\ndomains:\n", ifname,
		*nic->driver ? nic->driver : "driver unknown");
	for (int d = 0; d < plan->ndomains; d++)
		put_domain(out, &plan->domain[d]);
	fputs("classes:\n  - {name: default}    # slo: its objective, such as 100us\n", out);
	fputs("ports:\n", out);
	for (int i = 0; i < wish->nports; i++)
		fprintf(out, "  - {port: %d, default: default}\n", wish->port[i]);
	if (!wish->nports)
		fputs("  - {port: 9000, default: default}    # the service's own\n", out);
	fclose(out);
	return text;
}
