// SPDX-License-Identifier: BSD-2-Clause
/*
 * host_opts.c - what shuntd is told about a host whose NIC schedules
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor_rows.h"
#include "host_opts.h"
#include "key.h"

static int wrong(const char *format, const char *what)
{
	fputs("shuntd: ", stderr);
	fprintf(stderr, format, what);
	fputs("\ntry 'shuntd --help'\n", stderr);
	return -EINVAL;
}

static int no_such_cpu(const char *text, long last)
{
	fprintf(stderr, "shuntd: there is no such CPU in '%s': this machine has CPUs 0 to %ld\n",
		text, last);
	return -EINVAL;
}

/* Without a CPU it gets the next one after CPU 0, which has the interrupts. */
static __u16 usual_cpu(__u32 i)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 1 ? 1 + i % (n - 1) : 0;
}

int host_add_dev(struct host_opts *h, const char *text)
{
	struct host_dev *dev = &h->dev[h->ndevs];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	char *end;

	if (h->ndevs == SHUNT_CORES)
		return wrong("more than 64 interfaces, at '%s'", text);
	if (!len || len >= sizeof(dev->name) || memchr(text, '/', len))
		return wrong("'%s' is no interface: say IF or IF:CPU", text);
	memcpy(dev->name, text, len);
	dev->name[len] = '\0';
	dev->cpu = usual_cpu(h->ndevs);
	if (colon) {
		unsigned long cpu = strtoul(colon + 1, &end, 10);

		if (end == colon + 1 || *end)
			return wrong("no CPU in '%s': say IF or IF:CPU", text);
		if (cpu >= (unsigned long)cpus)
			return no_such_cpu(text, cpus - 1);
		dev->cpu = cpu;
	}
	h->ndevs++;
	return 0;
}

int host_set_nic(struct host_opts *h, const char *text)
{
	char rest;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &h->nic[0], &h->nic[1],
		   &h->nic[2], &h->nic[3], &h->nic[4], &h->nic[5], &rest) != 6)
		return wrong("'%s' is no MAC address, such as 02:00:00:00:00:01", text);
	h->nic_known = true;
	return 0;
}

static int wrong_why(struct why *why)
{
	char line[240];

	why_line(why, line, sizeof(line));
	why_forget(why);
	return wrong("%s", line);
}

int host_read_key(struct host_opts *h, const char *path)
{
	struct why why = { 0 };

	return shunt_read_key(path, &h->key, &why) ? wrong_why(&why) : 0;
}

int host_read_actors(struct host_opts *h, const char *path)
{
	struct why why = { 0 };
	int n;

	free(h->rows);
	h->rows = calloc(SHUNT_ACTORS, sizeof(*h->rows));
	if (!h->rows)
		return wrong("no memory for the actors of '%s'", path);
	n = shunt_rows_read(path, h->rows, &why);
	if (n < 0)
		return wrong_why(&why);
	h->nrows = n;
	h->actors = shunt_rows_digest(h->rows, n);
	return 0;
}
