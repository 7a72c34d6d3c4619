// SPDX-License-Identifier: BSD-2-Clause
/*
 * irqs.c - the interrupt of each receive queue, by the names in /proc/interrupts
 *
 * A driver names its interrupts as it likes: eth0-TxRx-3 (i40e, ice, bnxt and igb, with words
 * before it), eth0-Tx-Rx-3 (ena), mlx5_comp3@pci:0000:08:00.0, virtio1-input.3, eth0-rx-3, eth0-3.
 * With too few vectors one serves two queues: ice-eth0-TxRx-6-7.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

/* Is the number in the list of the NIC's own, a line each? */
static bool is_own_number(const char *list, long irq)
{
	for (const char *at = list; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		if (strtol(at, NULL, 10) == irq)
			return true;
	}
	return false;
}

/* Does the name speak of the interface, or of its PCI address? */
static bool is_own_name(const struct fit_source *s, const char *bus, const char *name)
{
	const char *at = strstr(name, s->ifname);
	char next = at ? at[strlen(s->ifname)] : 'x';

	return !isalnum((unsigned char)next) || (strlen(bus) >= 12 && strstr(name, bus));
}

/* The queues that a name tells, -1 if it is of none. */
static int queues_of(const struct fit_source *s, const char *name, int *last)
{
	static const char *const before[] = { "rxtx-", "rx-", "comp", "input." };
	char own[32], *end;
	const char *at = NULL;
	long first;

	snprintf(own, sizeof(own), "%s-", s->ifname);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]) && !at; i++) {
		at = strcasestr(name, before[i]);
		at = at ? at + strlen(before[i]) : NULL;
		at = at && isdigit((unsigned char)*at) ? at : NULL;
	}
	if (!at && !strncmp(name, own, strlen(own)) && isdigit((unsigned char)name[strlen(own)]))
		at = name + strlen(own);
	if (!at)
		return -1;
	first = *last = strtol(at, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*last = strtol(end + 1, &end, 10);
	return (!*end || *end == '@') && *last < SHUNT_QUEUES && first <= *last ? first : -1;
}

/* A line: "  44:  1  0  PCI-MSI 524288-edge  eth0-TxRx-0". */
static void read_line(const struct fit_source *s, struct fit_nic *nic, const char *own, char *line)
{
	char *end, *name;
	long irq = strtol(line, &end, 10);
	int first, last;

	if (end == line || *end != ':' || irq < 0 || irq > INT_MAX)
		return;
	for (end += strlen(end); end > line && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	name = end;
	while (name > line && !isspace((unsigned char)name[-1]))
		name--;
	if (own ? !is_own_number(own, irq) : !is_own_name(s, nic->bus, name))
		return;
	first = queues_of(s, name, &last);
	for (int q = first; first >= 0 && q <= last; q++) {
		nic->irq[q] = irq;
		nic->has_irqs = true;
	}
}

void fit_irqs_read(const struct fit_source *s, struct fit_nic *nic, struct why *why)
{
	struct why none = { 0 };
	char *text = fit_text(s, "interrupts", why), *save = NULL;
	char *own = text ? fit_text(s, "msi_irqs", &none) : NULL;

	for (int q = 0; q < SHUNT_QUEUES; q++)
		nic->irq[q] = -1;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(s, nic, own, line);
	if (text && !nic->has_irqs)
		why_fail(why, -ENOENT,
			 "no name in /proc/interrupts tells of a receive queue of '%s'", s->ifname);
	why_forget(&none);
	free(own);
	free(text);
}
