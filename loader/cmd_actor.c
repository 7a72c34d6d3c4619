// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_actor.c - shunt actor: the actors of an interface, listed with their counts, changed, pinned
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor_counts.h"
#include "actors.h"
#include "maps.h"
#include "pick.h"
#include "pindir.h"
#include "show.h"
#include "units.h"
#include "verb.h"
#include "wire.h"
#include "words.h"

enum { KEY_CLASS, KEY_EXCLUSIVE, KEYS };
static const char *const keys[KEYS] = { "class", "exclusive" };

static const char *class_name(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls,
			      struct shunt_class *c)
{
	if (cls >= cfg->nclasses || map_get(ctl, "classes", cls, c, sizeof(*c)))
		return "(none)";
	c->name[SHUNT_NAME_LEN - 1] = '\0';
	return c->name;
}

static void put(json_t *j, const char *key, __u64 n)
{
	json_object_set_new(j, key, json_integer((json_int_t)n));
}

static void put_counts(json_t *j, const struct actor_counts *c)
{
	put(j, "arrived", c->arrived);
	put(j, "taken", actor_counts_taken(c));
	put(j, "running", c->running);
	put(j, "done", c->replied + c->noreply);
	put(j, "replied", c->replied);
	put(j, "noreply", c->noreply);
	put(j, "rejected", c->rejected);
	put(j, "dropped", c->dropped);
	put(j, "away", c->away);
	put(j, "none", c->none);
	put(j, "passed", c->passed);
	put(j, "expired", c->expired);
	put(j, "lost", c->lost);
	put(j, "open", actor_counts_open(c));
	if (c->timed)
		put(j, "mean_ns", c->service_ns / c->timed);
}

/* At a NIC: on which of its cores, and how many wait for that. */
static int put_at_nic(struct ctl *ctl, json_t *j, __u32 nr)
{
	struct shunt_nic_actor a;
	int err = map_get(ctl, "nic_actors", nr, &a, sizeof(a));

	if (err)
		return err;
	json_object_set_new(j, "core", a.last ? json_integer(a.last - 1) : json_null());
	put(j, "moved", a.moved);
	put(j, "waiting", a.count + a.ticket);
	return 0;
}

/* Of an exclusive actor: where it is, or was last, and what came of that. */
static int put_at(struct ctl *ctl, json_t *j, const struct shunt_cfg *cfg,
		  const struct shunt_actor_row *row, __u32 nr)
{
	struct shunt_actor_at at;
	int err = 0;

	put(j, "exclusive", row->exclusive);
	if (row->exclusive && cfg->flags & SHUNT_CFG_WIRE)
		return put_at_nic(ctl, j, nr);
	if (row->exclusive)
		err = map_get(ctl, "actor_at", nr, &at, sizeof(at));
	if (err || !row->exclusive)
		return err;
	json_object_set_new(j, "core", at.core ? json_integer(at.core - 1) : json_null());
	put(j, "moved", at.moved);
	put(j, "full", at.full);
	return 0;
}

static json_t *entry(struct ctl *ctl, const struct shunt_cfg *cfg,
		     const struct shunt_actor_row *row, __u32 nr, const struct actor_counts *c)
{
	char place[16], name[SHUNT_NAME_LEN], kind[SHUNT_NAME_LEN];
	struct shunt_class cls;
	json_t *j;

	snprintf(name, sizeof(name), "%.*s", SHUNT_NAME_LEN - 1, row->name);
	snprintf(kind, sizeof(kind), "%.*s", SHUNT_NAME_LEN - 1, row->kind);
	j = json_pack("{s:s, s:I, s:s, s:s, s:b, s:b}", "actor", name, "id",
		      (json_int_t)SHUNT_ACTOR_ID(row->gen, nr), "class",
		      class_name(ctl, cfg, row->cls, &cls), "place", actors_place_text(row, place),
		      "pinned", !!(row->flags & SHUNT_ACTOR_PINNED), "here",
		      row->state == SHUNT_ACTOR_HERE);
	if (*kind)
		json_object_set_new(j, "kind", json_string(kind));
	put_counts(j, c);
	return j;
}

static void show_exclusive(const json_t *a)
{
	printf("%s is exclusive: ", text_at(a, "actor"));
	if (json_is_integer(json_object_get(a, "core")))
		printf("on core %lld last, ", number_at(a, "core"));
	printf("moved %lld times; ", number_at(a, "moved"));
	if (json_object_get(a, "waiting"))
		printf("%lld requests wait at the NIC for it\n", number_at(a, "waiting"));
	else
		printf("%lld requests more than %lld at once were dropped\n",
		       number_at(a, "full"), number_at(a, "exclusive"));
}

static void show(const json_t *r)
{
	const json_t *list = json_object_get(r, "actors"), *a;
	char buf[16];
	size_t i;

	if (!json_array_size(list)) {
		printf("no actors: 'actors' of the configuration names some at load\n");
		return;
	}
	printf("%-15s %-15s %-15s %-7s %10s %10s %8s %8s %8s %8s\n", "ACTOR", "KIND", "CLASS",
	       "PLACE", "ARRIVED", "DONE", "OPEN", "DROPPED", "LOST", "MEAN");
	json_array_foreach(list, i, a) {
		printf("%-15s %-15s %-15s %-7s %10lld %10lld %8lld %8lld %8lld %8s%s\n",
		       text_at(a, "actor"), text_at(a, "kind"), text_at(a, "class"),
		       text_at(a, "place"), number_at(a, "arrived"), number_at(a, "done"),
		       number_at(a, "open"),
		       number_at(a, "dropped") + number_at(a, "rejected") + number_at(a, "passed") +
			       number_at(a, "expired"),
		       number_at(a, "lost"), show_ns(a, "mean_ns", buf),
		       json_is_true(json_object_get(a, "pinned")) ? "  pinned" : "");
	}
	json_array_foreach(list, i, a) {
		if (number_at(a, "exclusive"))
			show_exclusive(a);
	}
}

static int list(struct ctl *ctl, const struct shunt_cfg *cfg, const struct shunt_actor_row *rows)
{
	struct actor_counts *counts = calloc(cfg->nactors + 1, sizeof(*counts));
	json_t *all = json_array();
	int err = counts ? 0 : fail(ctl, -ENOMEM, "no memory");

	if (!err && cfg->nactors)
		err = actor_counts_read(ctl, cfg, counts);
	for (__u32 i = 0; !err && i < cfg->nactors; i++) {
		json_t *j = entry(ctl, cfg, &rows[i], i, &counts[i]);

		err = put_at(ctl, j, cfg, &rows[i], i);
		json_array_append_new(all, j);
	}
	free(counts);
	if (!err)
		return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "actors", all),
			    show);
	json_decref(all);
	return err;
}

static int set_exclusive(struct ctl *ctl, const char *value, struct shunt_actor_row *to)
{
	struct shunt_domain domain;
	__u64 most;
	int err;

	if (parse_number(value, 0, SHUNT_EXCLUSIVE, &most, &ctl->why)) {
		fail_context(ctl, "exclusive");
		return fail_as_usage(ctl);
	}
	err = map_get(ctl, "domains", to->domain, &domain, sizeof(domain));
	if (err)
		return err;
	if (most && domain.by_queue)
		return fail(ctl, -EINVAL, "the NIC chooses among the cores of domain %u "
			    "('queues'), so no core can have '%s'", to->domain, ctl->argv[1]);
	to->exclusive = most;
	return 0;
}

static int set(struct ctl *ctl, const struct shunt_cfg *cfg, struct shunt_actor_row *to)
{
	const char *values[KEYS] = { 0 };
	int err = words_parse(ctl, ctl->argc - 2, ctl->argv + 2, keys, values, KEYS), cls;

	if (!err && values[KEY_EXCLUSIVE])
		err = set_exclusive(ctl, values[KEY_EXCLUSIVE], to);
	if (err || !values[KEY_CLASS])
		return err;
	cls = find_class(ctl, cfg, values[KEY_CLASS]);
	if (cls < 0)
		return cls;
	to->cls = cls;
	return 0;
}

/* An actor's state is where its domain's worker is, and stays there. */
static int pin(struct ctl *ctl, const struct shunt_cfg *cfg, struct shunt_actor_row *to)
{
	struct shunt_domain domains[SHUNT_DOMAINS];
	__u8 domain = to->domain;
	int err = 0;

	for (__u32 d = 0; !err && d < SHUNT_DOMAINS; d++)
		err = map_get(ctl, "domains", d, &domains[d], sizeof(domains[d]));
	if (err)
		return err;
	if (actors_place(domains, ctl->argv[2], to, &ctl->why)) {
		fail_context(ctl, "place '%s'", ctl->argv[2]);
		return fail_as_usage(ctl);
	}
	if (to->domain != domain) {
		fail(ctl, -EINVAL, "'%s' is at domain %u: an actor does not move to another domain",
		     ctl->argv[1], domain);
		hint(ctl, "say its place in the configuration, and load again");
		return -EINVAL;
	}
	to->flags |= SHUNT_ACTOR_PINNED;
	return to->core && cfg->flags & SHUNT_CFG_WIRE ?
		       fail(ctl, -EINVAL, "'%s' is a NIC's port, which gives an actor no core of "
			    "its own", ctl->ifname) :
		       0;
}

static int unpin(struct shunt_actor_row *to)
{
	to->core = 0;
	to->flags &= ~SHUNT_ACTOR_PINNED;
	return 0;
}

static void show_rows(const json_t *r)
{
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(r, "rows"), i, a) {
		const char *kind = json_string_value(json_object_get(a, "kind"));

		printf("%s%s%s\n", text_at(a, "actor"), kind ? " " : "", kind ? kind : "");
	}
}

/* Names and kinds, as shuntd on a host wants them (lib/actor_rows.h). */
static int list_rows(struct ctl *ctl, const struct shunt_cfg *cfg,
		     const struct shunt_actor_row *rows)
{
	json_t *all = json_array();

	for (__u32 i = 0; i < cfg->nactors; i++) {
		char name[SHUNT_NAME_LEN], kind[SHUNT_NAME_LEN];
		json_t *j;

		snprintf(name, sizeof(name), "%.*s", SHUNT_NAME_LEN - 1, rows[i].name);
		snprintf(kind, sizeof(kind), "%.*s", SHUNT_NAME_LEN - 1, rows[i].kind);
		j = json_pack("{s:s}", "actor", name);
		if (*kind)
			json_object_set_new(j, "kind", json_string(kind));
		json_array_append_new(all, j);
	}
	return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "rows", all),
		    show_rows);
}

enum action { LS, ROWS, SET, PIN, UNPIN, ACTIONS };

static int change_row(struct ctl *ctl, const struct shunt_cfg *cfg, enum action action,
		      struct shunt_actor_row *rows)
{
	int nr = actors_find(rows, cfg->nactors, ctl->argv[1]), err;
	struct shunt_actor_row to;

	if (nr < 0) {
		fail(ctl, -ENOENT, "'%s' has no actor '%s'", ctl->ifname, ctl->argv[1]);
		hint(ctl, "'shunt actor ls --dev %s' lists them", ctl->ifname);
		return -ENOENT;
	}
	to = rows[nr];
	err = action == PIN ? pin(ctl, cfg, &to) :
	      action == UNPIN ? unpin(&to) : set(ctl, cfg, &to);
	if (!err)
		actors_put(&rows[nr], &to);
	return err ? err : list(ctl, cfg, rows);
}

static int change(struct ctl *ctl, enum action action)
{
	struct shunt_actor_row *rows = NULL;
	struct shunt_cfg cfg;
	int lock = pick_locked(ctl), err;

	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err) {
		rows = actors_open(ctl);
		err = rows ? change_row(ctl, &cfg, action, rows) : -errno;
		actors_close(rows);
	}
	pindir_unlock(lock);
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[ACTIONS] = { "ls", "rows", "set", "pin", "unpin" };
	static const int least[ACTIONS] = { 0, 1, 3, 3, 2 },
			 most[ACTIONS] = { 1, 1, 2 + KEYS, 3, 2 };
	struct shunt_actor_row *rows = NULL;
	struct shunt_cfg cfg;
	int action = LS, err;

	if (ctl->argc)
		action = pick_word(ctl, "action", ctl->argv[0], actions, ACTIONS);
	if (action < 0 || need_args(ctl, least[action], most[action]))
		return -EINVAL;
	if (action > ROWS)
		return change(ctl, action);
	err = pick_loaded(ctl);
	if (!err)
		err = map_cfg(ctl, &cfg);
	if (err)
		return err;
	rows = actors_open(ctl);
	err = !rows ? -errno : action == LS ? list(ctl, &cfg, rows) : list_rows(ctl, &cfg, rows);
	actors_close(rows);
	return err;
}

const struct verb verb_actor = { "actor", "[ls | rows | set ACTOR [class=CLASS] [exclusive=N] | "
				 "pin ACTOR DOMAIN[/CORE] | unpin ACTOR]",
				 "actors: what each has done; another class, a core of its own",
				 only_dev, run };
