// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic.c - what ethtool(8) prints of a NIC: driver, queues, hash, features, coalescing, rules
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

const char *const fit_channel_names[FIT_CHANNELS] = { "rx", "tx", "combined" };

/* The value behind "KEY:" at the begin of a line (blanks before it aside) from *at on, which moves
 * behind it; NULL: there is none. It may be shown on a terminal, and as JSON: what is no printable
 * ASCII character becomes a question mark. */
static const char *value_of(const char **at, const char *key, char *out, size_t len)
{
	const char *line = *at;
	size_t n = strlen(key);

	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *word = line + strspn(line, " \t");

		if (strncasecmp(word, key, n) || word[n] != ':')
			continue;
		word += n + 1;
		word += strspn(word, " \t");
		snprintf(out, len, "%.*s", (int)strcspn(word, "\n"), word);
		for (char *c = out; *c; c++)
			*c = *c >= ' ' && *c <= '~' ? *c : '?';
		*at = word;
		return out;
	}
	return NULL;
}

/* A count; what is "n/a" there is none. */
static int number_of(const char **at, const char *key, int none)
{
	char value[64];

	if (!value_of(at, key, value, sizeof(value)))
		return none;
	return fit_number(value, FIT_NUMBER_MOST, none);
}

static void read_driver(struct fit_nic *nic, const char *text)
{
	const char *at = text;

	value_of(&at, "driver", nic->driver, sizeof(nic->driver));
	value_of(&at, "bus-info", nic->bus, sizeof(nic->bus));
}

static void read_queues(struct fit_nic *nic, const char *text)
{
	const char *most = strstr(text, "Pre-set maximums"), *now;

	now = strstr(text, "Current hardware settings");
	if (!most || !now)
		return;
	nic->has_queues = true;
	for (int c = 0; c < FIT_CHANNELS; c++) {
		const char *of_most = most, *of_now = now;

		nic->most[c] = number_of(&of_most, fit_channel_names[c], 0);
		nic->now[c] = number_of(&of_now, fit_channel_names[c], 0);
	}
}

/* The letters that ethtool takes for the fields that it prints. */
static void read_hash(char hash[16], const char *text)
{
	static const struct {
		const char *said;
		char letter;
	} fields[] = {
		{ "L2DA", 'm' }, { "VLAN tag", 'v' }, { "L3 proto", 't' }, { "IP SA", 's' },
		{ "IP DA", 'd' }, { "L4 bytes 0 & 1", 'f' }, { "L4 bytes 2 & 3", 'n' },
	};
	const char *list = strstr(text, "computing Hash flow key");
	int n = 0;

	for (size_t i = 0; list && i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strstr(list, fields[i].said))
			hash[n++] = fields[i].letter;
	}
	hash[n] = '\0';
}

static struct fit_feature read_feature(const char *text, const char *name)
{
	struct fit_feature f = { 0 };
	char value[64];

	if (!value_of(&text, name, value, sizeof(value)))
		return f;
	f.known = true;
	f.on = !strncmp(value, "on", 2);
	f.fixed = strstr(value, "[fixed]");
	return f;
}

static void read_features(struct fit_nic *nic, const char *text)
{
	nic->rxvlan = read_feature(text, "rx-vlan-offload");
	nic->lro = read_feature(text, "large-receive-offload");
	nic->ntuple = read_feature(text, "ntuple-filters");
}

static void read_coalesce(struct fit_nic *nic, const char *text)
{
	const char *at = text;
	char value[64];

	if (value_of(&at, "Adaptive RX", value, sizeof(value)) && strncmp(value, "n/a", 3))
		nic->adaptive = !strncmp(value, "on", 2);
	at = text;
	nic->rx_usecs = number_of(&at, "rx-usecs", -1);
}

/* Does the rule ask for nothing but the port? In these masks, bits that are set do not count. */
static bool is_for_the_port_alone(const char *rule, bool v6)
{
	static const char *const words[2][3] = {
		{ "Rule Type: UDP over IPv4", "Src IP addr: 0.0.0.0 mask: 255.255.255.255",
		  "Dest IP addr: 0.0.0.0 mask: 255.255.255.255" },
		{ "Rule Type: UDP over IPv6",
		  "Src IP addr: :: mask: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "Dest IP addr: :: mask: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	for (int i = 0; i < 3; i++) {
		if (!strstr(rule, words[v6][i]))
			return false;
	}
	return strstr(rule, "Src port: 0 mask: 0xffff");
}

static void keep_rule(struct fit_rule *list, int *n, struct fit_rule rule)
{
	if (*n < FIT_RULES)
		list[(*n)++] = rule;
}

/* A rule by which all of a UDP port over one family goes to a queue; all others are left alone. */
static void read_rule(struct fit_nic *nic, const char *rule)
{
	static const char filter[] = "Filter: ", direct[] = "Direct to queue ";
	const char *at, *end = strstr(rule, "\nFilter:");
	int id = -1, number, queue = -1;
	char one[2048], port[64] = "", action[64] = "";

	snprintf(one, sizeof(one), "%.*s", end ? (int)(end - rule) : (int)strlen(rule), rule);
	at = one;
	value_of(&at, "Dest port", port, sizeof(port));
	value_of(&at, "Action", action, sizeof(action));
	if (!strncmp(one, filter, strlen(filter)))
		id = fit_number(one + strlen(filter), INT_MAX, -1);
	if (!strncmp(action, direct, strlen(direct)))
		queue = fit_number(action + strlen(direct), FIT_NUMBER_MOST, -1);
	number = fit_number(port, 65535, -1);
	if (!strstr(port, "mask: 0x0") || id < 0 || queue < 0 || number < 0)
		return;
	if (is_for_the_port_alone(one, false))
		keep_rule(nic->rule, &nic->nrules, (struct fit_rule){ id, number, queue });
	else if (is_for_the_port_alone(one, true))
		keep_rule(nic->rule6, &nic->nrules6, (struct fit_rule){ id, number, queue });
}

static void read_rules(struct fit_nic *nic, const char *text)
{
	nic->has_rules = strstr(text, "Total ");
	for (const char *at = strstr(text, "Filter:"); at; at = strstr(at + 1, "\nFilter:"))
		read_rule(nic, at + (*at == '\n'));
}

static char *text_of(const struct fit_source *s, struct fit_nic *nic, enum fit_part part,
		     const char *name)
{
	struct why *why = fit_nic_why(nic, part);

	why_forget(why); /* of two texts of a part, the one that is read last */
	return fit_text(s, name, why);
}

static void read_part(const struct fit_source *s, struct fit_nic *nic, enum fit_part part,
		      const char *name, void (*read)(struct fit_nic *nic, const char *text))
{
	char *text = text_of(s, nic, part, name);

	if (text)
		read(nic, text);
	free(text);
}

static void read_hashes(const struct fit_source *s, struct fit_nic *nic)
{
	static const char *const names[] = { "ethtool-n-udp4", "ethtool-n-udp6" };

	for (int v = 1; v >= 0; v--) {
		char *text = text_of(s, nic, FIT_PART_HASH, names[v]);

		if (text)
			read_hash(nic->hash[v], text);
		free(text);
	}
}

/* PCI addresses alone are looked up in /sys. */
static bool is_pci(const char *bus)
{
	return strlen(bus) >= 12 && strspn(bus, "0123456789abcdef:.") == strlen(bus);
}

static void read_node(const struct fit_source *s, struct fit_nic *nic)
{
	struct why none = { 0 };
	char *text = fit_text(s, "numa_node", &none);

	nic->node = text ? fit_number(text, FIT_CPUS, -1) : -1;
	free(text);
	why_forget(&none);
}

static void read_driver_text(const struct fit_source *s, struct fit_nic *nic)
{
	struct why none = { 0 };
	char *text = fit_text(s, "ethtool-i", &none);

	if (text)
		read_driver(nic, text);
	free(text);
	why_forget(&none);
}

struct why *fit_nic_why(struct fit_nic *nic, enum fit_part part)
{
	return &nic->why[__builtin_ctz(part)];
}

const char *fit_nic_unknown(const struct fit_nic *nic, enum fit_part part)
{
	const char *text = part ? nic->why[__builtin_ctz(part)].text : NULL;

	return text ? text : "";
}

void fit_nic_forget(struct fit_nic *nic)
{
	for (size_t i = 0; i < sizeof(nic->why) / sizeof(nic->why[0]); i++)
		why_forget(&nic->why[i]);
	memset(nic, 0, sizeof(*nic));
}

void fit_nic_read(struct fit_source *s, struct fit_nic *nic, unsigned int parts)
{
	fit_nic_forget(nic);
	nic->here = !s->folder;
	nic->adaptive = nic->rx_usecs = -1;
	read_driver_text(s, nic);
	if (is_pci(nic->bus))
		snprintf(s->bus, sizeof(s->bus), "%s", nic->bus);
	read_node(s, nic);
	if (parts & FIT_PART_QUEUES)
		read_part(s, nic, FIT_PART_QUEUES, "ethtool-l", read_queues);
	if (parts & FIT_PART_TABLE)
		read_part(s, nic, FIT_PART_TABLE, "ethtool-x", fit_table_read);
	if (parts & FIT_PART_HASH)
		read_hashes(s, nic);
	if (parts & FIT_PART_FEATURES)
		read_part(s, nic, FIT_PART_FEATURES, "ethtool-k", read_features);
	if (parts & FIT_PART_COALESCE)
		read_part(s, nic, FIT_PART_COALESCE, "ethtool-c", read_coalesce);
	if (parts & FIT_PART_RULES)
		read_part(s, nic, FIT_PART_RULES, "ethtool-n", read_rules);
	if (parts & FIT_PART_IRQS)
		fit_irqs_read(s, nic, fit_nic_why(nic, FIT_PART_IRQS));
}

int fit_nic_queues(const struct fit_nic *nic)
{
	int n = nic->now[FIT_RX] + nic->now[FIT_COMBINED];

	return n ? n : nic->rings;
}
