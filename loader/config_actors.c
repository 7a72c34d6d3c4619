// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_actors.c - 'actors' of the configuration file: rows with a name, a kind, a class, a place
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "actors.h"
#include "config_reader.h"

/* What a command line, a message and a rule can name. */
static bool is_name(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	}
	return true;
}

static bool is_taken(const struct setup *s, const char *name)
{
	for (__u32 i = 0; i < s->cfg.nactors; i++) {
		if (!strncmp(s->actors[i].name, name, SHUNT_NAME_LEN))
			return true;
	}
	return false;
}

/* Rows that an entry is for; without 'count' one, whose name has no number. */
static __u32 count_of(const struct config_actor *in)
{
	return in->count ? *in->count : 1;
}

/* The k-th row of an entry; of several each has its number behind the name. */
static int add_row(struct config_reader *r, __u32 i, __u32 k, __u8 cls)
{
	const struct config_actor *in = &r->c->actors[i];
	struct setup *s = r->s;
	struct shunt_actor_row *row = &s->actors[s->cfg.nactors];
	char name[SHUNT_NAME_LEN + 16];
	int len = count_of(in) > 1 ? snprintf(name, sizeof(name), "%s.%u", in->name, k)
				: snprintf(name, sizeof(name), "%s", in->name);

	if (len >= SHUNT_NAME_LEN)
		return config_bad(r, "with the number behind it, it has more than 15 characters",
				  "actors[%u].name", i);
	if (is_taken(s, name))
		return config_bad(r, "named twice", "actors[%u].name", i);
	*row = (struct shunt_actor_row){ .gen = 1, .state = SHUNT_ACTOR_HERE, .cls = cls,
					 .exclusive = in->exclusive };
	memcpy(row->name, name, len);
	if (in->kind)
		memcpy(row->kind, in->kind, strlen(in->kind));
	s->cfg.nactors++;
	return 0;
}

static int read_actor(struct config_reader *r, __u32 i)
{
	const struct config_actor *in = &r->c->actors[i];
	int cls = in->cls ? config_class_of(r->s, in->cls) : 0, err = 0;
	__u32 n = count_of(in);

	if (cls < 0)
		return config_bad_class(r, in->cls, "actors[%u].class", i);
	if (!is_name(in->name))
		return config_bad(r, "a letter, then letters, digits, '-' and '_'",
				  "actors[%u].name", i);
	if (in->kind && !is_name(in->kind))
		return config_bad(r, "a letter, then letters, digits, '-' and '_'",
				  "actors[%u].kind", i);
	if (!n)
		return config_bad(r, "from 1 on", "actors[%u].count", i);
	if (in->exclusive > SHUNT_EXCLUSIVE)
		return config_bad(r, "more than 32 requests on the core that has the actor",
				  "actors[%u].exclusive", i);
	if (n > SHUNT_ACTORS - r->s->cfg.nactors)
		return config_bad(r, "more than 1024 actors", in->count ? "actors[%u].count"
									: "actors[%u]", i);
	for (__u32 k = 0; !err && k < n; k++)
		err = add_row(r, i, k, cls);
	return err;
}

int config_actors(struct config_reader *r)
{
	int err = 0;

	for (__u32 i = 0; !err && i < r->c->actors_count; i++)
		err = read_actor(r, i);
	if (!err && r->c->actors_count)
		r->s->cfg.flags |= SHUNT_CFG_ACTORS;
	return err;
}

/* The port's key chooses among several, so it must have one. */
int config_rule_actor(struct config_reader *r, __u32 i, const struct shunt_port *port,
		      struct shunt_rule *rule)
{
	const struct config_rule *in = &r->c->rules[i];
	__u32 first, n = actors_find_all(r->s->actors, r->s->cfg.nactors, in->actor, &first);

	if (!n)
		return config_bad(r, "no actor of 'actors'", "rules[%u].actor", i);
	if (n > 1 && !port->key_len)
		return config_bad(r,
				  "the key of a request says which of several actors it is "
				  "for: the port needs a 'key'",
				  "rules[%u].actor", i);
	rule->actor = first + 1;
	rule->spread = n > 1 ? n : 0;
	rule->cls = r->s->actors[first].cls;
	return 0;
}

/* Has the NIC cores of several hosts? */
static bool more_hosts(const struct setup *s)
{
	for (__u32 i = 1; i < s->wire.ncores; i++) {
		if (s->wire.core[i].group != s->wire.core[0].group)
			return true;
	}
	return false;
}

int config_actor_places(struct config_reader *r)
{
	struct setup *s = r->s;
	__u32 row = 0;

	if (s->cfg.nactors && s->wire.on && more_hosts(s))
		return config_bad(r, "an actor is at one host, and 'wire' has cores of several",
				  "actors");
	for (__u32 i = 0; i < r->c->actors_count; i++) {
		const struct config_actor *in = &r->c->actors[i];
		__u32 n = count_of(in);
		struct shunt_actor_row at = { 0 };

		if (s->wire.on && in->place && strchr(in->place, '/'))
			return config_bad(r, "a NIC's port gives an actor no core of its own",
					  "actors[%u].place", i);
		if (in->place && s->auto_domains)
			return config_bad(r, "with 'domains: auto' nobody knows them yet: leave it "
					     "out, or say the domains",
					  "actors[%u].place", i);
		if (in->place && actors_place(s->domains, in->place, &at, &r->ctl->why))
			return config_at(r, "actors[%u].place", i);
		if (in->exclusive && s->domains[at.domain].by_queue)
			return config_bad(r,
					  "the NIC chooses among the cores of its domain "
					  "('queues'), so no core can have it",
					  "actors[%u].exclusive", i);
		for (; n--; row++) {
			s->actors[row].domain = at.domain;
			s->actors[row].core = at.core;
		}
	}
	return 0;
}
