// SPDX-License-Identifier: BSD-2-Clause
/*
 * table.c - the NIC's indirection table: which queue each hash goes to
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

/* One line, "   16:      0     1     2 ...": counts its entries. False: it is none, or names a
 * queue beyond all that can be noted; then the table is not known at all. */
static bool read_line(struct fit_nic *nic, const char *line)
{
	char *at;
	long entry = strtol(line, &at, 10), queue;

	if (at == line || *at != ':' || entry != nic->entries)
		return false;
	for (at++;; nic->entries++) {
		at += strspn(at, " \t");
		if (!isdigit((unsigned char)*at))
			return *at == '\n' || !*at;
		queue = strtol(at, &at, 10);
		if (queue >= FIT_TABLE_QUEUES) {
			nic->entries = 0;
			return false;
		}
		nic->weight[queue]++;
	}
}

/* Queues from 0 on that have the same share of the entries, but for one that does not divide; 0: it
 * is another table. Drivers have them in turns (0 1 0 1) or in blocks (0 0 1 1). */
static int equal_queues(const struct fit_nic *nic)
{
	int n = 0, sum = 0, share;

	while (n < FIT_TABLE_QUEUES && nic->weight[n])
		sum += nic->weight[n++];
	if (sum != nic->entries || !n)
		return 0;
	share = sum / n;
	for (int q = 0; q < n; q++) {
		if (nic->weight[q] < share || nic->weight[q] > share + 1)
			return 0;
	}
	return n;
}

void fit_table_read(struct fit_nic *nic, const char *text)
{
	const char *line = strstr(text, "with ");

	if (!strstr(text, "indirection table") || !line)
		return;
	nic->rings = fit_number(line + 5, FIT_NUMBER_MOST, 0);
	for (line = strchr(line, '\n'); line && read_line(nic, line + 1);)
		line = strchr(line + 1, '\n');
	nic->equal = equal_queues(nic);
	if (!nic->entries)
		nic->rings = 0;
}
