// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_rule.c - shunt rule: how requests are told apart, listed and changed live
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "pick.h"
#include "rule_actor.h"
#include "rules.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"
#include "words.h"

enum { KEY_PORT, KEY_OFFSET, KEY_VALUE, KEY_MASK, KEY_WIDTH, KEY_CLASS, KEY_ACTOR, KEY_AT, NKEYS };
static const char *const keys[] = { "port",  "offset", "value", "mask",
				    "width", "class",  "actor", "at" };

#define NPORTS 65536

static void class_name(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls, char out[20])
{
	struct shunt_class c;

	if (cls >= cfg->nclasses || map_get(ctl, "classes", cls, &c, sizeof(c)))
		snprintf(out, 20, "(none: %u)", cls);
	else
		snprintf(out, 20, "%.*s", SHUNT_NAME_LEN, c.name);
}

static json_t *rule_json(struct ctl *ctl, const struct shunt_cfg *cfg, const struct shunt_rule *r,
			 int n)
{
	char value[20], mask[20], name[20];
	json_t *j;

	format_rule(r, value, mask);
	class_name(ctl, cfg, r->cls, name);
	j = json_pack("{s:i, s:i, s:s, s:s, s:s}", "rule", n, "offset", r->offset, "value", value,
		      "mask", mask, "class", name);
	rule_put_actor(ctl, r, j);
	return j;
}

/* A version of a program: the class of most procedures, and those that have another. */
static json_t *program_json(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 n)
{
	json_t *others = json_object();
	struct shunt_program p;
	char name[20], number[16];

	if (map_get(ctl, "programs", n % SHUNT_PROGRAMS, &p, sizeof(p)))
		return others;
	for (int i = 0; i < SHUNT_PROCEDURES - 1; i++) {
		if (p.cls[i] == p.cls[SHUNT_PROCEDURES - 1])
			continue;
		class_name(ctl, cfg, p.cls[i], name);
		snprintf(number, sizeof(number), "%d", i);
		json_object_set_new(others, number, json_string(name));
	}
	class_name(ctl, cfg, p.cls[SHUNT_PROCEDURES - 1], name);
	return json_pack("{s:I, s:I, s:s, s:o}", "program", (json_int_t)ntohl(p.program),
			 "version", (json_int_t)ntohl(p.version), "class", name, "procedures",
			 others);
}

static json_t *programs_json(struct ctl *ctl, const struct shunt_cfg *cfg,
			     const struct shunt_port *p)
{
	json_t *list = json_array();

	for (__u32 i = 0; i < p->count && i < SHUNT_PORT_PROGRAMS; i++)
		json_array_append_new(list, program_json(ctl, cfg, p->first + i));
	return list;
}

/* The service that the port is of, if it is one's. */
static void set_service(struct ctl *ctl, const struct shunt_port *p, json_t *j)
{
	struct shunt_domain dom;

	if (p->flags & SHUNT_PORT_SERVICE &&
	    !map_get(ctl, "domains", p->key_off >> SHUNT_PORT_DOMAIN, &dom, sizeof(dom)))
		json_object_set_new(j, "service", json_stringn(dom.service, strnlen(dom.service,
								     SHUNT_NAME_LEN)));
}

static json_t *port_json(struct ctl *ctl, const struct shunt_cfg *cfg, const struct rule_table *t,
			 __u32 port, int *n)
{
	struct shunt_rule rules[SHUNT_PORT_RULES];
	const struct shunt_port *p = &t->ports[port];
	json_t *list = json_array(), *j;
	int count = rules_get(t, port, rules);
	char name[20];

	for (int i = 0; i < count; i++)
		json_array_append_new(list, rule_json(ctl, cfg, &rules[i], (*n)++));
	class_name(ctl, cfg, p->cls, name);
	j = json_pack("{s:i, s:s, s:o}", "port", (int)port, "default", name, "rules", list);
	if (rules_by_rpc(t, port))
		json_object_set_new(j, "rpc", programs_json(ctl, cfg, p));
	if (p->key_len)
		json_object_set_new(j, "key", json_pack("{s:i, s:i}", "offset",
							p->key_off & SHUNT_OFFSET_MAX, "length",
							p->key_len));
	set_service(ctl, p, j);
	return j;
}

static void show_programs(const json_t *port)
{
	const json_t *program, *cls;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(port, "rpc"), i, program) {
		printf("  program %lld version %lld:", number_at(program, "program"),
		       number_at(program, "version"));
		json_object_foreach((json_t *)json_object_get(program, "procedures"), name, cls)
			printf(" %s -> %s,", name, json_string_value(cls));
		printf(" else -> %s\n", text_at(program, "class"));
	}
}

static void show_rule(const json_t *rule)
{
	bool actor = json_object_get(rule, "actor");

	printf("  %3lld  offset %lld: %s & %s -> %s%s", number_at(rule, "rule"),
	       number_at(rule, "offset"), text_at(rule, "value"), text_at(rule, "mask"),
	       actor ? "actor " : "", text_at(rule, actor ? "actor" : "class"));
	if (number_at(rule, "spread"))
		printf(" and the next %lld, by key", number_at(rule, "spread") - 1);
	printf("\n");
}

static void show(const json_t *r)
{
	const json_t *port, *rule;
	size_t i, k;

	json_array_foreach(json_object_get(r, "ports"), i, port) {
		printf("port %lld", number_at(port, "port"));
		if (json_object_get(port, "service"))
			printf(" of service %s", text_at(port, "service"));
		puts(":");
		show_programs(port);
		json_array_foreach(json_object_get(port, "rules"), k, rule)
			show_rule(rule);
		printf("       else -> %s\n", text_at(port, "default"));
	}
}

static int list(struct ctl *ctl, const struct shunt_cfg *cfg, const struct rule_table *t)
{
	json_t *ports = json_array();
	int n = 0;

	for (__u32 port = 0; port < NPORTS; port++) {
		if (rules_serves(t, port))
			json_array_append_new(ports, port_json(ctl, cfg, t, port, &n));
	}
	return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "ports", ports), show);
}

static int number_of(struct ctl *ctl, const char *what, const char *text, __u64 most, __u64 *out)
{
	*out = 0;
	if (!text || !parse_number(text, 0, most, out, &ctl->why))
		return 0;
	fail_context(ctl, "%s", what);
	return fail_as_usage(ctl);
}

/* The port that is said, or the only one there is. */
static int pick_port(struct ctl *ctl, const struct rule_table *t, const char *text)
{
	int found = -1;
	__u64 port;

	if (text) {
		if (number_of(ctl, "port", text, NPORTS - 1, &port))
			return -EINVAL;
		if (rules_serves(t, port))
			return port;
		fail(ctl, -ENOENT, "port %llu is not one that is served", port);
		hint(ctl,
		     "ports come with the configuration at load; 'shunt rule list' shows them");
		return -ENOENT;
	}
	for (__u32 p = 0; p < NPORTS; p++) {
		if (!rules_serves(t, p))
			continue;
		if (found >= 0)
			return fail_usage(ctl, "which port? say port=%d or port=%u", found, p);
		found = p;
	}
	return found >= 0 ? found : fail(ctl, -ENOENT, "no port is served");
}

/* The shell takes quotes away, so text that begins with a digit is written in hex here. */
static int check_bytes(struct ctl *ctl, const char *what, const char *text)
{
	char hex[2 * 8 + 1] = "";

	if (!text || !looks_numeric(text))
		return 0;
	for (size_t i = 0; i < 8 && text[i]; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)text[i]);
	fail_usage(ctl, "%s: '%.40s' may be a number or text", what, text);
	hint(ctl, "write two hex digits a byte behind 0x, as in 0x02; the text '%.8s' is 0x%s",
	     text, hex);
	return -EINVAL;
}

static int parse_add(struct ctl *ctl, const struct shunt_cfg *cfg, const char **words,
		     struct shunt_rule *rule, __u64 *at)
{
	struct rule_text text = { .value = words[KEY_VALUE], .mask = words[KEY_MASK] };
	__u64 n;
	int cls;

	if (!words[KEY_VALUE] || !(words[KEY_CLASS] || words[KEY_ACTOR])) {
		fail_usage(ctl, "a rule needs %s", words[KEY_VALUE] ? "class=" : "value=");
		hint_usage(ctl);
		return -EINVAL;
	}
	if (words[KEY_CLASS] && words[KEY_ACTOR])
		return fail_usage(ctl, "class= or actor=, not both: an actor has a class");
	if (check_bytes(ctl, "value", words[KEY_VALUE]) ||
	    check_bytes(ctl, "mask", words[KEY_MASK]))
		return -EINVAL;
	if (number_of(ctl, "offset", words[KEY_OFFSET], SHUNT_OFFSET_MAX, &n))
		return -EINVAL;
	text.offset = n;
	if (number_of(ctl, "width", words[KEY_WIDTH], 8, &n))
		return -EINVAL;
	text.width = n;
	if (number_of(ctl, "at", words[KEY_AT], SHUNT_PORT_RULES, at))
		return -EINVAL;
	cls = words[KEY_CLASS] ? find_class(ctl, cfg, words[KEY_CLASS]) : 0;
	if (cls < 0)
		return cls;
	return parse_rule(&text, cls, rule, &ctl->why) ? fail_as_usage(ctl) : 0;
}

/* The same, for a change of its rules. */
static int pick_ruled_port(struct ctl *ctl, const struct rule_table *t, const char *text)
{
	int port = pick_port(ctl, t, text);

	if (port < 0 || !rules_by_rpc(t, port))
		return port;
	fail(ctl, -EINVAL, "port %d has no rules: its requests are told apart by 'rpc'", port);
	hint(ctl, "that comes with the configuration at load");
	return -EINVAL;
}

static int add(struct ctl *ctl, const struct shunt_cfg *cfg, struct rule_table *t)
{
	struct shunt_rule rules[SHUNT_PORT_RULES + 1], rule;
	const char *words[NKEYS] = { 0 };
	int err = words_parse(ctl, ctl->argc - 1, ctl->argv + 1, keys, words, NKEYS), port, n;
	__u64 at;

	if (!err)
		err = parse_add(ctl, cfg, words, &rule, &at);
	if (err)
		return err;
	port = pick_ruled_port(ctl, t, words[KEY_PORT]);
	if (port < 0)
		return port;
	if (words[KEY_ACTOR]) {
		err = rule_name_actor(ctl, cfg, words[KEY_ACTOR], &t->ports[port], &rule);
		if (err)
			return err;
	}
	n = rules_get(t, port, rules);
	if (n == SHUNT_PORT_RULES)
		return fail(ctl, -ENOSPC, "port %d has %d rules, the most there can be", port, n);
	if (!words[KEY_AT] || at > (__u64)n)
		at = n;
	memmove(&rules[at + 1], &rules[at], (n - at) * sizeof(rules[0]));
	rules[at] = rule;
	return rules_put(ctl, t, port, rules, n + 1);
}

/* Rules are numbered as they are listed. */
static int del(struct ctl *ctl, struct rule_table *t)
{
	struct shunt_rule rules[SHUNT_PORT_RULES];
	__u64 left, which;
	int n;

	if (number_of(ctl, "rule", ctl->argv[1], SHUNT_RULES - 1, &which))
		return -EINVAL;
	left = which;
	for (__u32 port = 0; port < NPORTS; port++) {
		n = rules_serves(t, port) ? rules_get(t, port, rules) : 0;
		if (left >= (__u64)n) {
			left -= n;
			continue;
		}
		memmove(&rules[left], &rules[left + 1], (n - left - 1) * sizeof(rules[0]));
		return rules_put(ctl, t, port, rules, n - 1);
	}
	fail(ctl, -ENOENT, "there is no rule %llu", which);
	hint(ctl, "'shunt rule list' numbers them");
	return -ENOENT;
}

static int flush(struct ctl *ctl, struct rule_table *t)
{
	int port, err = 0;

	if (ctl->argc > 1) {
		port = pick_ruled_port(ctl, t, ctl->argv[1]);
		return port < 0 ? port : rules_put(ctl, t, port, NULL, 0);
	}
	for (__u32 p = 0; !err && p < NPORTS; p++) {
		if (rules_serves(t, p) && !rules_by_rpc(t, p))
			err = rules_put(ctl, t, p, NULL, 0);
	}
	return err;
}

static int change(struct ctl *ctl, int action, struct rule_table *t)
{
	struct shunt_cfg cfg;
	int lock = pick_locked(ctl), err;

	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err)
		err = rules_open(ctl, t);
	if (!err) {
		err = action == 1 ? add(ctl, &cfg, t) : action == 2 ? del(ctl, t) : flush(ctl, t);
		if (!err)
			err = list(ctl, &cfg, t);
		rules_close(t);
	}
	pindir_unlock(lock);
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "list", "add", "del", "flush" };
	static const int least[] = { 0, 3, 2, 1 }, most[] = { 1, 1 + NKEYS, 2, 2 };
	struct rule_table t;
	struct shunt_cfg cfg;
	int action = 0, err;

	if (ctl->argc)
		action = pick_word(ctl, "action", ctl->argv[0], actions, 4);
	/* The missing words of a rule are said by name. */
	if (action == 1 && ctl->argc > 1 && ctl->argc < least[1]) {
		fail_usage(ctl, "a rule needs %s, too",
			   strncmp(ctl->argv[1], "value=", 6) ? "value= and class=" : "class=");
		hint_usage(ctl);
		return -EINVAL;
	}
	if (action < 0 || need_args(ctl, least[action], most[action]))
		return -EINVAL;
	if (action)
		return change(ctl, action, &t);
	err = pick_loaded(ctl);
	if (!err)
		err = map_cfg(ctl, &cfg);
	if (!err)
		err = rules_open(ctl, &t);
	if (err)
		return err;
	err = list(ctl, &cfg, &t);
	rules_close(&t);
	return err;
}

const struct verb verb_rule = { "rule",
				"[list | add [port=N] [offset=N] value=BYTES [mask=BYTES] "
				"[width=N] class=CLASS|actor=ACTOR [at=N] | del N | flush [PORT]]",
				"how requests are told apart", only_dev, run };
