// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_read.c - the configuration file's schema: its keys and their types
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/nic.h>

#include "config_lines.h"
#include "setup.h"
#include "units.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define WORD (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)
#define LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

static const cyaml_strval_t requeues[] = {
	{ "head", SHUNT_HEAD + 1 },
	{ "tail", SHUNT_TAIL + 1 },
	{ "auto", SHUNT_REQUEUE_AUTO + 1 },
};

static const cyaml_strval_t fallbacks[] = {
	{ "hold", SHUNT_FALLBACK_HOLD },
	{ "pass", SHUNT_FALLBACK_PASS },
	{ "drop", SHUNT_FALLBACK_DROP },
};

/* Words for an option that is on or off. (libcyaml's own reader takes "off" for true.) */
static const cyaml_strval_t switches[] = {
	{ "on", 1 }, { "off", 0 }, { "true", 1 }, { "false", 0 }, { "yes", 1 }, { "no", 0 },
};

#define SWITCH(name, type, member) CYAML_FIELD_ENUM(name, WORD, type, member, switches, 6)

static const cyaml_strval_t zerocopies[] = {
	{ "auto", 0 },
	{ "on", SHUNT_CFG_ZEROCOPY },
	{ "off", SHUNT_CFG_COPY },
	{ "true", SHUNT_CFG_ZEROCOPY },
	{ "false", SHUNT_CFG_COPY },
	{ "yes", SHUNT_CFG_ZEROCOPY },
	{ "no", SHUNT_CFG_COPY },
};

static const cyaml_strval_t verifies[] = {
	{ "auto", SETUP_VERIFY_AUTO },
	{ "off", SETUP_VERIFY_OFF },
	{ "false", SETUP_VERIFY_OFF },
	{ "no", SETUP_VERIFY_OFF },
	{ "ip", SETUP_VERIFY_IP },
	{ "udp", SETUP_VERIFY_UDP },
};

static const cyaml_strval_t refusals[] = {
	{ "drop", SHUNT_REFUSE_DROP },
	{ "memcached", SHUNT_REFUSE_MEMCACHED },
	{ "dns", SHUNT_REFUSE_DNS },
	{ "onc-rpc", SHUNT_REFUSE_ONC_RPC },
};

static const cyaml_strval_t hangs[] = {
	{ "tell", SHUNT_HANG_TELL },
	{ "kill", SHUNT_HANG_KILL },
};

static const cyaml_strval_t preempts[] = {
	{ "auto", SHUNT_PREEMPT_AUTO },
	{ "on", SHUNT_PREEMPT_ON },
	{ "off", SHUNT_PREEMPT_OFF },
};

static const cyaml_strval_t signallers[] = {
	{ "agent", 0 },
	{ "xdp", 1 },
};

static const cyaml_schema_value_t number = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t) };
static const cyaml_schema_value_t big_number = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint64_t) };
static const cyaml_schema_value_t word = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED)
};

static const cyaml_schema_field_t domain_fields[] = {
	CYAML_FIELD_UINT_PTR("queue", LIST, struct config_domain, queue),
	CYAML_FIELD_SEQUENCE("queues", LIST, struct config_domain, queues, &number, 1,
			     SHUNT_QUEUES),
	CYAML_FIELD_SEQUENCE_COUNT("cpus", LIST, struct config_domain, cpu_words, cpu_words_count,
				   &word, 1, SHUNT_CORES),
	CYAML_FIELD_STRING_PTR("user", LIST, struct config_domain, user, 1, 256),
	CYAML_FIELD_STRING_PTR("service", LIST, struct config_domain, service, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t class_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct config_class, name, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("slo", LIST, struct config_class, slo, 1, 32),
	CYAML_FIELD_STRING_PTR("quantum", LIST, struct config_class, quantum, 1, 32),
	CYAML_FIELD_UINT("hold", OPTIONAL, struct config_class, hold),
	CYAML_FIELD_ENUM("requeue", WORD, struct config_class, requeue, requeues, 3),
	CYAML_FIELD_UINT("demote_after", OPTIONAL, struct config_class, demote_after),
	CYAML_FIELD_STRING_PTR("expire", LIST, struct config_class, expire, 1, 8),
	CYAML_FIELD_STRING_PTR("admit", LIST, struct config_class, admit, 1, 8),
	CYAML_FIELD_STRING_PTR("least", LIST, struct config_class, least, 1, 8),
	CYAML_FIELD_STRING_PTR("demote_to", LIST, struct config_class, demote_to, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t key_fields[] = {
	CYAML_FIELD_UINT("offset", CYAML_FLAG_DEFAULT, struct config_key, offset),
	CYAML_FIELD_UINT("length", CYAML_FLAG_DEFAULT, struct config_key, length),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t refuse_fields[] = {
	CYAML_FIELD_ENUM("protocol", WORD, struct config_refuse, protocol, refusals, 4),
	CYAML_FIELD_STRING_PTR("reply", LIST, struct config_refuse, reply, 1, 256),
	CYAML_FIELD_UINT("offset", OPTIONAL, struct config_refuse, offset),
	CYAML_FIELD_UINT("length", OPTIONAL, struct config_refuse, length),
	CYAML_FIELD_UINT_PTR("rate", LIST, struct config_refuse, rate),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t port_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct config_port, port),
	CYAML_FIELD_STRING_PTR("default", LIST, struct config_port, dflt, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_MAPPING("key", OPTIONAL, struct config_port, key, key_fields),
	CYAML_FIELD_MAPPING("refuse", OPTIONAL, struct config_port, refuse, refuse_fields),
	CYAML_FIELD_STRING_PTR("service", LIST, struct config_port, service, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct config_rule, port),
	CYAML_FIELD_UINT("offset", OPTIONAL, struct config_rule, offset),
	CYAML_FIELD_STRING_PTR("value", CYAML_FLAG_POINTER, struct config_rule, value, 1, 64),
	CYAML_FIELD_STRING_PTR("mask", LIST, struct config_rule, mask, 1, 64),
	CYAML_FIELD_UINT("width", OPTIONAL, struct config_rule, width),
	CYAML_FIELD_STRING_PTR("class", LIST, struct config_rule, cls, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("actor", LIST, struct config_rule, actor, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t actor_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct config_actor, name, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("kind", LIST, struct config_actor, kind, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("class", LIST, struct config_actor, cls, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("place", LIST, struct config_actor, place, 1, 15),
	CYAML_FIELD_UINT_PTR("count", LIST, struct config_actor, count),
	CYAML_FIELD_UINT("exclusive", OPTIONAL, struct config_actor, exclusive),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t rpc_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct config_rpc, port),
	CYAML_FIELD_UINT("program", CYAML_FLAG_DEFAULT, struct config_rpc, program),
	CYAML_FIELD_UINT("version", CYAML_FLAG_DEFAULT, struct config_rpc, version),
	CYAML_FIELD_STRING_PTR("class", CYAML_FLAG_POINTER, struct config_rpc, cls, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_SEQUENCE("procedures", LIST, struct config_rpc, procedures, &number, 1,
			     SHUNT_PROCEDURES),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t seats_fields[] = {
	CYAML_FIELD_STRING_PTR("quantum", LIST, struct config_seats, quantum, 1, 32),
	CYAML_FIELD_STRING_PTR("hold", LIST, struct config_seats, hold, 1, 32),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t hang_fields[] = {
	CYAML_FIELD_STRING_PTR("after", LIST, struct config_hang, after, 1, 32),
	CYAML_FIELD_ENUM("action", WORD, struct config_hang, action, hangs, 2),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t hold_fields[] = {
	CYAML_FIELD_STRING_PTR("age", LIST, struct config_hold, age, 1, 32),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t preempt_fields[] = {
	CYAML_FIELD_ENUM("mode", WORD, struct config_preempt, mode, preempts, 3),
	CYAML_FIELD_UINT("parked", OPTIONAL, struct config_preempt, parked),
	CYAML_FIELD_STRING_PTR("watch", LIST, struct config_preempt, watch, 1, 32),
	CYAML_FIELD_STRING_PTR("grace", LIST, struct config_preempt, grace, 1, 32),
	CYAML_FIELD_ENUM("signals", WORD, struct config_preempt, signals, signallers, 2),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t wire_core_fields[] = {
	CYAML_FIELD_STRING_PTR("mac", CYAML_FLAG_POINTER, struct config_wire_core, mac, 1, 17),
	CYAML_FIELD_UINT("host", OPTIONAL, struct config_wire_core, host),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t wire_core_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_wire_core, wire_core_fields)
};

static const cyaml_schema_field_t wire_host_fields[] = {
	CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct config_wire_host, key, 1, 4096),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t wire_host_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_wire_host, wire_host_fields)
};

static const cyaml_schema_field_t wire_fields[] = {
	CYAML_FIELD_STRING_PTR("key", LIST, struct config_wire, key, 1, 4096),
	CYAML_FIELD_SEQUENCE("hosts", LIST, struct config_wire, hosts, &wire_host_value, 1,
			     SHUNT_NIC_GROUPS),
	CYAML_FIELD_UINT("k", OPTIONAL, struct config_wire, k),
	SWITCH("keep", struct config_wire, keep),
	SWITCH("grow", struct config_wire, grow),
	CYAML_FIELD_STRING_PTR("late", LIST, struct config_wire, late, 1, 32),
	CYAML_FIELD_UINT("slots", OPTIONAL, struct config_wire, slots),
	CYAML_FIELD_UINT("frame", OPTIONAL, struct config_wire, frame),
	CYAML_FIELD_SEQUENCE("cores", CYAML_FLAG_POINTER, struct config_wire, cores,
			     &wire_core_value, 1, SHUNT_CORES),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t domain_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_domain, domain_fields)
};
static const cyaml_schema_value_t class_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_class, class_fields)
};
static const cyaml_schema_value_t port_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_port, port_fields)
};
static const cyaml_schema_value_t rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_rule, rule_fields)
};

static const cyaml_schema_value_t actor_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_actor, actor_fields)
};

static const cyaml_schema_value_t rpc_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_rpc, rpc_fields)
};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("domains", LIST, struct config, domains, &domain_value, 1,
			     SHUNT_DOMAINS),
	CYAML_FIELD_SEQUENCE("classes", LIST, struct config, classes, &class_value, 1,
			     SHUNT_CLASSES),
	CYAML_FIELD_SEQUENCE("ports", CYAML_FLAG_POINTER, struct config, ports, &port_value, 1,
			     CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("rules", LIST, struct config, rules, &rule_value, 0, SHUNT_RULES),
	CYAML_FIELD_SEQUENCE("actors", LIST, struct config, actors, &actor_value, 1, SHUNT_ACTORS),
	CYAML_FIELD_SEQUENCE("rpc", LIST, struct config, rpc, &rpc_value, 1, 1024),
	CYAML_FIELD_SEQUENCE("knobs", LIST, struct config, knobs, &big_number, 0, SHUNT_KNOBS),
	CYAML_FIELD_SEQUENCE("address", LIST, struct config, address, &word, 1, 2),
	CYAML_FIELD_MAPPING("seats", OPTIONAL, struct config, seats, seats_fields),
	CYAML_FIELD_MAPPING("hang", OPTIONAL, struct config, hang, hang_fields),
	CYAML_FIELD_MAPPING("hold", OPTIONAL, struct config, hold, hold_fields),
	CYAML_FIELD_MAPPING("preempt", OPTIONAL, struct config, preempt, preempt_fields),
	CYAML_FIELD_MAPPING("wire", OPTIONAL, struct config, wire, wire_fields),
	CYAML_FIELD_ENUM("fallback", WORD, struct config, fallback, fallbacks, 3),
	SWITCH("any-address", struct config, any_address),
	CYAML_FIELD_ENUM("verify", WORD, struct config, verify, verifies, 6),
	CYAML_FIELD_STRING_PTR("drain", LIST, struct config, drain, 1, 32),
	SWITCH("share_cpus", struct config, share_cpus),
	SWITCH("stamp", struct config, stamp),
	CYAML_FIELD_ENUM("zerocopy", WORD, struct config, zerocopy, zerocopies, 7),
	CYAML_FIELD_UINT("chunk", OPTIONAL, struct config, chunk),
	CYAML_FIELD_UINT("core_ring", OPTIONAL, struct config, core_ring),
	CYAML_FIELD_UINT("hold_ring", OPTIONAL, struct config, hold_ring),
	CYAML_FIELD_UINT("spare", OPTIONAL, struct config, spare),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, top_fields)
};

/* "3" is one, "4-7" are four. The number of CPUs, 0: it is none of these. */
static uint32_t cpu_range(const char *text, uint32_t *first)
{
	char *end = NULL;
	unsigned long from, to;

	if (!isdigit((unsigned char)text[0]) || looks_octal(text))
		return 0;
	from = to = strtoul(text, &end, 0);
	if (*end == '-' && isdigit((unsigned char)end[1]) && !looks_octal(end + 1))
		to = strtoul(end + 1, &end, 0);
	*first = from;
	return *end || to < from || to > UINT32_MAX || to - from >= SHUNT_CORES ? 0 : to - from + 1;
}

/* NULL: all are understood; else the word that is not, and its number. */
static const char *expand_cpus(struct config_domain *d, uint32_t *at)
{
	uint32_t first, n;

	if (!d->cpu_words_count)
		return NULL;
	*at = 0;
	d->cpus = malloc(SHUNT_CORES * sizeof(*d->cpus));
	for (; *at < d->cpu_words_count; ++*at) {
		n = cpu_range(d->cpu_words[*at], &first);
		if (!n || !d->cpus || d->cpus_count + n > SHUNT_CORES)
			return d->cpu_words[*at];
		while (n--)
			d->cpus[d->cpus_count++] = first++;
	}
	return NULL;
}

/* The line of the first that is not understood, with the reason in why; 0: all are. */
static int expand_all_cpus(struct config *c, const char *text, size_t len, struct why *why)
{
	char path[64];
	uint32_t at;

	for (uint32_t i = 0; i < c->domains_count; i++) {
		const char *word = expand_cpus(&c->domains[i], &at);

		if (!word)
			continue;
		snprintf(path, sizeof(path), "domains[%u].cpus[%u]", i, at);
		why_fail(why, -EINVAL,
			 "%s: '%.40s' is no CPU and no range of them such as 4-7, of %d in all",
			 path, word, SHUNT_CORES);
		return config_line(text, len, path);
	}
	return 0;
}

/* A text without short forms. */
static struct config *read_full(const char *text, size_t len, int *line, struct why *why)
{
	struct config *out = config_load(text, len, &top, line, why);

	if (!out)
		return NULL;
	*line = expand_all_cpus(out, text, len, why);
	if (!*line)
		return out;
	config_free(out);
	return NULL;
}

struct config *config_read(char *text, size_t len, int *line, struct why *why)
{
	bool auto_domains = config_take_auto(text, len);
	struct config *out;
	char *full = config_spell_out(text, &len);

	*line = 0;
	if (!full) {
		why_fail(why, -ENOMEM, "no memory");
		return NULL;
	}
	out = read_full(full, len, line, why);
	if (out)
		out->auto_domains = auto_domains;
	free(full);
	return out;
}

void config_free(struct config *c)
{
	for (uint32_t i = 0; c && i < c->domains_count; i++)
		free(c->domains[i].cpus);
	config_unload(c, &top);
}
