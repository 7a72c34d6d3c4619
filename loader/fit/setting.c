// SPDX-License-Identifier: BSD-2-Clause
/*
 * setting.c - one setting of the NIC: its value now, and the command that sets it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"
#include "run.h"

/* The words of a command. */
struct words {
	const char *word[FIT_VALUE / 2];
	int n;
	char room[FIT_VALUE * 2];
	size_t used;
};

/* Kinds of settings; a name that ends with "-" is followed by a number. */
struct kind {
	const char *name;
	enum fit_part part;
	bool (*value)(const struct fit_nic *nic, int n, char value[FIT_VALUE]);
	/* The command behind "ethtool"; NULL: a file is written. */
	void (*words)(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
		      const char *value);
	/* One that goes before it, if it has words; NULL: none does. */
	void (*before)(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
		       const char *value);
};

static void __attribute__((format(printf, 2, 3))) add(struct words *w, const char *fmt, ...)
{
	size_t left = sizeof(w->room) - w->used;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(w->room + w->used, left, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= left ||
	    w->n + 1 == (int)(sizeof(w->word) / sizeof(w->word[0])))
		return;
	w->word[w->n++] = w->room + w->used;
	w->word[w->n] = NULL;
	w->used += len + 1;
}

/* Each word of the text. */
static void add_all(struct words *w, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		add(w, "%.*s", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

/* --- channels: "rx 0 tx 0 combined 4" -------------------------------------------------------- */

static bool channels_value(const struct fit_nic *nic, int n, char value[FIT_VALUE])
{
	size_t at = 0;

	value[0] = '\0';
	for (int c = 0; c < FIT_CHANNELS && nic->has_queues; c++) {
		if (nic->most[c])
			at += snprintf(value + at, FIT_VALUE - at, "%s%s %d", at ? " " : "",
				       fit_channel_names[c], nic->now[c]);
	}
	return at;
}

/* What is as it shall be is not named: some drivers refuse even that. */
static void channels_words(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
			   const char *value)
{
	char kind[16];
	int count, len;

	add(w, "-L");
	add(w, "%s", ifname);
	for (; sscanf(value, "%15s %d%n", kind, &count, &len) == 2; value += len) {
		for (int c = 0; c < FIT_CHANNELS; c++) {
			if (strcmp(kind, fit_channel_names[c]) || nic->now[c] == count)
				continue;
			add(w, "%s", kind);
			add(w, "%d", count);
		}
	}
}

/* --- table: "equal 4", "weight 3 4", "default" ------------------------------------------------ */

static bool table_value(const struct fit_nic *nic, int n, char value[FIT_VALUE])
{
	size_t at;

	if (nic->equal)
		return snprintf(value, FIT_VALUE, "equal %d", nic->equal) > 0;
	at = snprintf(value, FIT_VALUE, "weight");
	for (int q = 0; q < nic->rings && q < FIT_TABLE_QUEUES && at < FIT_VALUE; q++)
		at += snprintf(value + at, FIT_VALUE - at, " %d", nic->weight[q]);
	return nic->rings && at < FIT_VALUE; /* a part of the weights would not be put back */
}

static void table_words(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
			const char *value)
{
	add(w, "-X");
	add(w, "%s", ifname);
	add_all(w, value);
}

bool fit_table_is_default(const struct fit_nic *nic)
{
	return nic->equal && nic->equal == nic->rings;
}

/* Weights are shared out among the table's entries, so one may be an entry more or less. */
static bool table_is(const struct fit_nic *nic, const char *value)
{
	int weight[FIT_TABLE_QUEUES] = { 0 }, n = 0, sum = 0;
	char *at = (char *)value, *end;

	if (!strcmp(value, FIT_TABLE_DEFAULT))
		return fit_table_is_default(nic);
	if (strncmp(value, "weight ", 7) || !nic->entries)
		return false;
	for (at += 7; n < FIT_TABLE_QUEUES; n++, at = end) {
		weight[n] = strtol(at, &end, 10);
		if (end == at)
			break;
		sum += weight[n];
	}
	for (int q = 0; q < FIT_TABLE_QUEUES && sum; q++) {
		if (abs(nic->weight[q] - (int)((long)weight[q] * nic->entries / sum)) > 1)
			return false;
	}
	return sum;
}

/* --- hash-udp4, features, coalesce ------------------------------------------------------------ */

static bool hash_value(const struct fit_nic *nic, int n, char value[FIT_VALUE])
{
	snprintf(value, FIT_VALUE, "%s", nic->hash[n == 6]);
	return *value;
}

static void hash_words(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
		       const char *value)
{
	add(w, "-N");
	add(w, "%s", ifname);
	add(w, "rx-flow-hash");
	add(w, "udp%d", n);
	add(w, "%s", value);
}

static bool feature_value(const struct fit_feature *f, char value[FIT_VALUE])
{
	snprintf(value, FIT_VALUE, f->on ? "on" : "off");
	return f->known;
}

static void feature_words(struct words *w, const char *ifname, const char *name, const char *value)
{
	add(w, "-K");
	add(w, "%s", ifname);
	add(w, "%s", name);
	add(w, "%s", value);
}

#define FEATURE(name)                                                                          \
	static bool name##_value(const struct fit_nic *nic, int n, char value[FIT_VALUE])      \
	{                                                                                      \
		return feature_value(&nic->name, value);                                       \
	}                                                                                      \
	static void name##_words(struct words *w, const struct fit_nic *nic,                   \
				 const char *ifname, int n, const char *value)      \
	{                                                                                      \
		feature_words(w, ifname, #name, value);                                        \
	}

FEATURE(rxvlan)
FEATURE(lro)
FEATURE(ntuple)

static bool coalesce_value(const struct fit_nic *nic, int n, char value[FIT_VALUE])
{
	size_t at = 0;

	value[0] = '\0';
	if (nic->adaptive >= 0)
		at += snprintf(value, FIT_VALUE, "adaptive-rx %s", nic->adaptive ? "on" : "off");
	if (nic->rx_usecs >= 0)
		snprintf(value + at, FIT_VALUE - at, "%srx-usecs %d", at ? " " : "",
			 nic->rx_usecs);
	return *value;
}

static void coalesce_words(struct words *w, const struct fit_nic *nic, const char *ifname, int n,
			   const char *value)
{
	add(w, "-C");
	add(w, "%s", ifname);
	add_all(w, value);
}

/* --- rule-9000: "queue 1" or "none" ----------------------------------------------------------- */

/* The place of the port's rule, -1: it has none. */
static int rule_id(const struct fit_nic *nic, int port)
{
	int id = -1;

	for (int i = 0; i < nic->nrules; i++) {
		if (nic->rule[i].port == port)
			id = nic->rule[i].id;
	}
	return id;
}

int fit_rules_of(const struct fit_nic *nic, int port)
{
	int n = 0;

	for (int i = 0; i < nic->nrules; i++)
		n += nic->rule[i].port == port;
	return n;
}

/* Of several, the driver decides which counts. */
static bool rule_value(const struct fit_nic *nic, int port, char value[FIT_VALUE])
{
	snprintf(value, FIT_VALUE, "none");
	for (int i = 0; i < nic->nrules; i++) {
		if (nic->rule[i].port == port)
			snprintf(value, FIT_VALUE, "queue %d", nic->rule[i].queue);
	}
	return nic->has_rules && fit_rules_of(nic, port) <= 1;
}

/* bnxt_en takes no place for a rule ("loc"), and no second rule for what another one is for: of
 * Linux 6.10, bnxt_srxclsrlins() answers EINVAL, bnxt_add_ntuple_cls_rule() EEXIST. */
static bool rules_have_places(const struct fit_nic *nic)
{
	return strcmp(nic->driver, "bnxt_en");
}

static bool rule_is_for_a_queue(const char *value)
{
	return !strncmp(value, "queue ", 6);
}

static void rule_delete(struct words *w, const char *ifname, int id)
{
	add(w, "-N");
	add(w, "%s", ifname);
	add(w, "delete");
	add(w, "%d", id);
}

static void rule_before(struct words *w, const struct fit_nic *nic, const char *ifname, int port,
			const char *value)
{
	int id = rule_id(nic, port);

	if (id >= 0 && rule_is_for_a_queue(value) && !rules_have_places(nic))
		rule_delete(w, ifname, id);
}

static void rule_words(struct words *w, const struct fit_nic *nic, const char *ifname, int port,
		       const char *value)
{
	int id = rule_id(nic, port);

	if (!rule_is_for_a_queue(value)) {
		rule_delete(w, ifname, id);
		return;
	}
	add(w, "-N");
	add(w, "%s", ifname);
	add_all(w, "flow-type udp4 dst-port");
	add(w, "%d", port);
	add(w, "action");
	add(w, "%s", value + 6);
	if (id >= 0 && rules_have_places(nic)) { /* beside the one that is there, it would not
						  * count */
		add(w, "loc");
		add(w, "%d", id);
	}
}

/* --- interrupt-3: "8", "0-7,64-71" ------------------------------------------------------------ */

static const char *irq_path(const struct fit_nic *nic, int queue, char path[64])
{
	if (queue < 0 || queue >= SHUNT_QUEUES || nic->irq[queue] < 0)
		return NULL;
	snprintf(path, 64, "/proc/irq/%d/smp_affinity_list", nic->irq[queue]);
	return path;
}

static bool irq_value(const struct fit_nic *nic, int queue, char value[FIT_VALUE])
{
	char path[64];
	FILE *f = nic->here && irq_path(nic, queue, path) ? fopen(path, "re") : NULL;
	bool read = f && fgets(value, FIT_VALUE, f);

	if (f)
		fclose(f);
	if (read)
		value[strcspn(value, "\n")] = '\0';
	return read;
}

static int irq_set(const struct fit_nic *nic, int queue, const char *value, struct why *why)
{
	char path[64];
	int fd, err = 0;

	if (!irq_path(nic, queue, path))
		return why_fail(why, -ENOENT, "the interrupt of queue %d is not known", queue);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%s\n", value) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err)
		why_fail(why, err, "cannot write '%s': %s%s", path, strerror(-err),
			 err == -EIO || err == -EPERM ? " (the kernel places this interrupt itself)"
						      : "");
	return err;
}

static const struct kind kinds[] = {
	{ "channels", FIT_PART_QUEUES, channels_value, channels_words, NULL },
	{ "table", FIT_PART_TABLE, table_value, table_words, NULL },
	{ "hash-udp", FIT_PART_HASH, hash_value, hash_words, NULL },
	{ "rxvlan", FIT_PART_FEATURES, rxvlan_value, rxvlan_words, NULL },
	{ "lro", FIT_PART_FEATURES, lro_value, lro_words, NULL },
	{ "ntuple", FIT_PART_FEATURES, ntuple_value, ntuple_words, NULL },
	{ "coalesce", FIT_PART_COALESCE, coalesce_value, coalesce_words, NULL },
	{ "rule-", FIT_PART_RULES, rule_value, rule_words, rule_before },
	{ "interrupt-", FIT_PART_IRQS, irq_value, NULL, NULL },
};

/* The kind of a name, NULL: there is none such; *n: its number. */
static const struct kind *kind_of(const char *setting, int *n)
{
	size_t len = strcspn(setting, "0123456789");

	*n = strtol(setting + len, NULL, 10);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == len && !strncmp(kinds[i].name, setting, len))
			return &kinds[i];
	}
	return NULL;
}

enum fit_part fit_setting_part(const char *setting)
{
	int n;
	const struct kind *k = kind_of(setting, &n);

	return k ? k->part : 0;
}

bool fit_setting_value(const struct fit_nic *nic, const char *setting, char value[FIT_VALUE])
{
	int n;
	const struct kind *k = kind_of(setting, &n);

	return k && k->value(nic, n, value);
}

bool fit_setting_is(const struct fit_nic *nic, const char *setting, const char *value)
{
	char now[FIT_VALUE];

	if (!fit_setting_value(nic, setting, now))
		return false;
	return !strcmp(now, value) || (!strcmp(setting, "table") && table_is(nic, value));
}

static int run(struct words *w, struct why *why)
{
	char *said = NULL;
	int err = fit_run(w->word, &said);

	if (err)
		err = fit_run_fail(why, w->word, err, said);
	free(said);
	return err;
}

int fit_setting_set(const struct fit_nic *nic, const char *ifname, const char *setting,
		    const char *value, struct why *why)
{
	int n, err = 0;
	const struct kind *k = kind_of(setting, &n);
	struct words before = { .n = 0 }, w = { .n = 0 };

	if (!k->words)
		return irq_set(nic, n, value, why);
	add(&before, "ethtool");
	if (k->before)
		k->before(&before, nic, ifname, n, value);
	if (before.n > 1)
		err = run(&before, why);
	add(&w, "ethtool");
	k->words(&w, nic, ifname, n, value);
	return err ? err : run(&w, why);
}

static size_t put_words(const struct words *w, char *line, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < w->n && at < len; i++)
		at += snprintf(line + at, len - at, "%s%s", i ? " " : "", w->word[i]);
	return at < len ? at : len;
}

const char *fit_setting_line(const struct fit_nic *nic, const char *ifname, const char *setting,
			     const char *value, char *line, size_t len)
{
	int n;
	const struct kind *k = kind_of(setting, &n);
	struct words before = { .n = 0 }, w = { .n = 0 };
	char path[64];
	size_t at = 0;

	if (!k->words) {
		snprintf(line, len, "echo %s >%s", value,
			 irq_path(nic, n, path) ? path : "/proc/irq/N/smp_affinity_list");
		return line;
	}
	add(&before, "ethtool");
	if (k->before)
		k->before(&before, nic, ifname, n, value);
	if (before.n > 1)
		at = put_words(&before, line, len);
	if (at && at < len)
		at += snprintf(line + at, len - at, " && ");
	add(&w, "ethtool");
	k->words(&w, nic, ifname, n, value);
	if (at < len)
		put_words(&w, line + at, len - at);
	return line;
}
