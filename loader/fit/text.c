// SPDX-License-Identifier: BSD-2-Clause
/*
 * text.c - the texts that facts are read from: what ethtool(8) and lscpu(1) print, files, or copies
 * of both in a folder
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "run.h"

#define PCI "/sys/bus/pci/devices/" /* no network namespace hides it, as it does /sys/class/net */
#define TEXT_MOST (32 << 20)

/* Where a text comes from: "IF" stands for the interface, "BUS" for the NIC's PCI address. */
static const struct origin {
	const char *name;
	const char *file;
	const char *words[8];
} origins[] = {
	{ "ethtool-i", NULL, { "ethtool", "-i", "IF" } },
	{ "ethtool-l", NULL, { "ethtool", "-l", "IF" } },
	{ "ethtool-x", NULL, { "ethtool", "-x", "IF" } },
	{ "ethtool-k", NULL, { "ethtool", "-k", "IF" } },
	{ "ethtool-c", NULL, { "ethtool", "-c", "IF" } },
	{ "ethtool-n", NULL, { "ethtool", "-n", "IF" } },
	{ "ethtool-n-udp4", NULL, { "ethtool", "-n", "IF", "rx-flow-hash", "udp4" } },
	{ "ethtool-n-udp6", NULL, { "ethtool", "-n", "IF", "rx-flow-hash", "udp6" } },
	{ "lscpu", NULL, { "lscpu", "-p=CPU,CORE,SOCKET,NODE" } },
	{ "isolated", "/sys/devices/system/cpu/isolated", { NULL } },
	{ "interrupts", "/proc/interrupts", { NULL } },
	{ "numa_node", PCI "BUS/numa_node", { NULL } },
	{ "msi_irqs", PCI "BUS/msi_irqs", { NULL } },
};

/* A folder is read as the list of its files. */
static char *list_folder(DIR *d)
{
	struct dirent *e;
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	while (out && (e = readdir(d))) {
		if (e->d_name[0] != '.')
			fprintf(out, "%s\n", e->d_name);
	}
	closedir(d);
	if (out)
		fclose(out);
	return text;
}

/* Files of /proc and /sys have no size. */
static char *read_file(const char *path)
{
	char chunk[8192], *text = NULL;
	FILE *in = fopen(path, "re"), *out;
	size_t len, n, sum = 0;

	if (!in)
		return NULL;
	out = open_memstream(&text, &len);
	while (out && sum < TEXT_MOST && (n = fread(chunk, 1, sizeof(chunk), in)))
		sum += fwrite(chunk, 1, n, out);
	fclose(in);
	if (out)
		fclose(out);
	return text;
}

static char *read_path(const char *path, struct why *why)
{
	DIR *d = opendir(path);
	char *text = d ? list_folder(d) : read_file(path);

	if (!text)
		why_fail(why, -errno, "'%s': %s", path, strerror(errno));
	return text;
}

static char *ask_program(const struct fit_source *s, const struct origin *o, struct why *why)
{
	const char *args[8];
	char *said = NULL;
	int n = 0, err;

	for (; n < 7 && o->words[n]; n++)
		args[n] = !strcmp(o->words[n], "IF") ? s->ifname : o->words[n];
	args[n] = NULL;
	err = fit_run(args, &said);
	if (!err)
		return said;
	fit_run_fail(why, args, err, said);
	free(said);
	return NULL;
}

static char *ask_file(const struct fit_source *s, const struct origin *o, struct why *why)
{
	char path[PATH_MAX];
	const char *at = strstr(o->file, "BUS");

	if (at && !*s->bus) {
		why_fail(why, -ENODEV, "it has no PCI address");
		return NULL;
	}
	if (at)
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(at - o->file), o->file, s->bus,
			 at + 3);
	else
		snprintf(path, sizeof(path), "%s", o->file);
	return read_path(path, why);
}

int fit_number(const char *text, int most, int none)
{
	long n;

	if (!isdigit((unsigned char)*text))
		return none;
	n = strtol(text, NULL, 10);
	return n <= most ? n : none;
}

char *fit_text(const struct fit_source *s, const char *name, struct why *why)
{
	const struct origin *o = origins;
	char path[PATH_MAX];

	if (s->folder) {
		snprintf(path, sizeof(path), "%s/%s", s->folder, name);
		return read_path(path, why);
	}
	while (strcmp(o->name, name))
		o++;
	return o->file ? ask_file(s, o, why) : ask_program(s, o, why);
}
