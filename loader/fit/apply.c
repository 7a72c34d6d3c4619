// SPDX-License-Identifier: BSD-2-Clause
/*
 * apply.c - does what is proposed, one step after the other, and puts back what was there
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../iface.h"
#include "plan.h"
#include "record.h"

/* One setting, about to be changed. */
struct change {
	struct fit_source *s;
	struct fit_nic nic; /* only the setting's part is read */
	const char *setting, *value;
	char table[FIT_VALUE]; /* its value before queues are changed; "": not known */
};

static int need_root(struct ctl *ctl)
{
	int err = iface_need(ctl);

	if (err || !geteuid())
		return err;
	fail(ctl, -EPERM, "the settings of a NIC are root's to change");
	hint(ctl, "run it as root");
	return -EPERM;
}

/* Drivers refuse to change queues below a program's sockets, or take the program away. */
static int check_program(struct ctl *ctl, const char *setting)
{
	struct xdp_there xdp;
	int err;

	if (strcmp(setting, "channels"))
		return 0;
	err = iface_xdp(ctl, &xdp);
	if (err || !xdp.prog_id)
		return err;
	fail(ctl, -EBUSY, "an XDP program is on '%s' ('%s', id %u): the number of queues is not "
			  "changed below it", ctl->ifname, xdp.name, xdp.prog_id);
	hint(ctl, "if it is shunt's: shunt unload --dev %s; then fit, then load", ctl->ifname);
	return -EBUSY;
}

static const char *why_unknown(const struct change *c)
{
	const char *why = fit_nic_unknown(&c->nic, fit_setting_part(c->setting));

	return *why ? why : "it is not there now";
}

/* Sets the value, and looks whether it is what the NIC has then. */
static int change(struct ctl *ctl, struct change *c, json_t *done)
{
	char line[FIT_VALUE * 2], now[FIT_VALUE] = "";
	int err;

	fit_setting_line(&c->nic, ctl->ifname, c->setting, c->value, line, sizeof(line));
	err = fit_setting_set(&c->nic, ctl->ifname, c->setting, c->value, &ctl->why);
	if (err) {
		fail_context(ctl, "'%s' failed", line);
		return err;
	}
	fit_nic_read(c->s, &c->nic, fit_setting_part(c->setting));
	if (!fit_setting_is(&c->nic, c->setting, c->value)) {
		fit_setting_value(&c->nic, c->setting, now);
		return fail(ctl, -EIO, "'%s' was taken, but %s is '%s' after it", line,
			    c->setting, now);
	}
	json_array_append_new(done, json_pack("{s:s, s:s, s:s}", "setting", c->setting, "value",
					      c->value, "command", line));
	return 0;
}

/* Reads the setting; *is: it has the value already, which goes on the list, too. */
static int look(struct ctl *ctl, struct change *c, char now[FIT_VALUE], bool *is, json_t *done)
{
	fit_nic_read(c->s, &c->nic, fit_setting_part(c->setting));
	/* A table that looks as the driver's own may be a set one: it is not left at that. */
	*is = fit_setting_is(&c->nic, c->setting, c->value) &&
	      strcmp(c->value, FIT_TABLE_DEFAULT);
	if (*is)
		json_array_append_new(done, json_pack("{s:s, s:s, s:b}", "setting", c->setting,
						      "value", c->value, "already", 1));
	else if (!fit_setting_value(&c->nic, c->setting, now))
		return fail(ctl, -EIO, "%s cannot be read, so it is left alone: %s", c->setting,
			    why_unknown(c));
	return 0;
}

/* With the number of queues a driver may spread all interrupts over the CPUs anew, as virtio-net
 * does: so they are noted before that. */
static int note_interrupts(struct ctl *ctl, struct change *c, struct record *r)
{
	char setting[32], was[FIT_VALUE];
	int err = 0;

	fit_nic_read(c->s, &c->nic, FIT_PART_QUEUES | FIT_PART_IRQS);
	for (int q = 0; !err && q < fit_nic_queues(&c->nic); q++) {
		snprintf(setting, sizeof(setting), "interrupt-%d", q);
		if (fit_setting_value(&c->nic, setting, was) && !record_was(r, setting))
			err = record_add(ctl, r, setting, was, was);
	}
	return err;
}

static int do_step(struct ctl *ctl, struct change *c, struct record *r, json_t *done)
{
	char was[FIT_VALUE];
	bool is;
	int err = look(ctl, c, was, &is, done);

	if (err || is)
		return err;
	err = check_program(ctl, c->setting);
	if (!err && !strcmp(c->setting, "channels"))
		err = note_interrupts(ctl, c, r);
	if (!strcmp(c->setting, "table") && *c->table)
		snprintf(was, sizeof(was), "%s", c->table);
	/* A value that a former --apply noted is the one from before all changes. */
	if (!err && !record_was(r, c->setting))
		err = record_add(ctl, r, c->setting, was, c->value);
	return err ? err : change(ctl, c, done);
}

/* Beside the failure: how far it came, and the way back. */
static void tell_rest(struct ctl *ctl, const struct record *r)
{
	size_t n = json_array_size(record_steps(r));

	if (n)
		hint(ctl, "%zu %s changed so far, or about to be; this puts back what was there: "
			  "shunt fit --dev %s --undo", n,
		     n == 1 ? "setting is" : "settings are", ctl->ifname);
	hint(ctl, "nothing was changed");
}

static void end(struct change *c)
{
	fit_nic_forget(&c->nic);
	free(c);
}

static struct change *begin(struct ctl *ctl, struct fit_source *s, struct record *r, int *err)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c) {
		*err = fail(ctl, -ENOMEM, "no memory");
		return NULL;
	}
	c->s = s;
	fit_nic_read(s, &c->nic, 0);
	*err = record_open(ctl, &c->nic, r);
	if (!*err)
		return c;
	end(c);
	return NULL;
}

/* The number of queues changes what a table says: so it is read before that. */
static void note_table(struct change *c)
{
	fit_nic_read(c->s, &c->nic, FIT_PART_TABLE);
	if (fit_table_is_default(&c->nic))
		snprintf(c->table, sizeof(c->table), FIT_TABLE_DEFAULT);
	else if (!fit_setting_value(&c->nic, "table", c->table))
		c->table[0] = '\0';
}

int fit_apply(struct ctl *ctl, struct fit_source *s, const struct fit_wish *wish,
	      const struct fit_plan *plan, json_t *done)
{
	struct record r;
	struct change *c;
	int err = need_root(ctl);

	c = err ? NULL : begin(ctl, s, &r, &err);
	if (!c)
		return err;
	note_table(c);
	for (int i = 0; !err && i < plan->nsteps; i++) {
		const struct fit_step *step = &plan->step[i];

		if (step->choice && !wish->no_coalesce)
			continue;
		c->setting = step->setting;
		c->value = step->want;
		err = do_step(ctl, c, &r, done);
	}
	if (err)
		tell_rest(ctl, &r);
	record_close(&r);
	end(c);
	return err;
}

/* A NIC whose driver was loaded anew may lack the setting; one of which nothing can be read does
 * not, as far as we know. */
static bool is_gone(const struct change *c)
{
	char now[FIT_VALUE];

	return *c->nic.driver && !fit_setting_value(&c->nic, c->setting, now);
}

static int undo_step(struct ctl *ctl, struct change *c, struct record *r, size_t i, json_t *done)
{
	const json_t *step = json_array_get(record_steps(r), i);
	char now[FIT_VALUE];
	bool is;
	int err;

	c->setting = text_at(step, "setting");
	c->value = text_at(step, "was");
	if (!fit_setting_part(c->setting))
		return fail(ctl, -EINVAL, "'%s' names a setting '%s' that there is not", r->path,
			    c->setting);
	err = look(ctl, c, now, &is, done);
	if (err && is_gone(c)) {
		ctl_forget(ctl);
		note("%s is left alone: %s", c->setting, why_unknown(c));
		return record_drop(ctl, r, i);
	}
	if (!err && !is)
		err = check_program(ctl, c->setting);
	if (!err && !is)
		err = change(ctl, c, done);
	return err ? err : record_drop(ctl, r, i);
}

/* Receive queues of a value such as "rx 0 tx 0 combined 4". */
static int queues_of(const char *value)
{
	char kind[16];
	int count, len, sum = 0;

	for (; sscanf(value, "%15s %d%n", kind, &count, &len) == 2; value += len)
		sum += strcmp(kind, fit_channel_names[FIT_TX]) ? count : 0;
	return sum;
}

/* Steps of a higher rank are undone first: while there are more queues, what names one of them; an
 * interrupt of a queue that stays behind the queues, as the driver may have spread it. */
static int rank(const char *setting, int queues_then, int queues_now)
{
	int queue;

	if (!strcmp(setting, "channels"))
		return queues_then > queues_now ? 3 : 1;
	return sscanf(setting, "interrupt-%d", &queue) == 1 && queue < queues_then ? 0 : 2;
}

static void order_steps(struct change *c, struct record *r)
{
	const char *channels = record_was(r, "channels");
	json_t *steps = record_steps(r), *ordered = json_array(), *step;
	size_t i;

	if (channels) {
		fit_nic_read(c->s, &c->nic, FIT_PART_QUEUES);
		for (int of = 0; of <= 3; of++) {
			json_array_foreach(steps, i, step) {
				if (rank(text_at(step, "setting"), queues_of(channels),
					 fit_nic_queues(&c->nic)) == of)
					json_array_append(ordered, step);
			}
		}
		json_array_clear(steps);
		json_array_extend(steps, ordered);
	}
	json_decref(ordered);
}

int fit_undo(struct ctl *ctl, struct fit_source *s, json_t *done)
{
	struct record r;
	struct change *c;
	int err = need_root(ctl);

	c = err ? NULL : begin(ctl, s, &r, &err);
	if (!c)
		return err;
	order_steps(c, &r);
	for (size_t i = json_array_size(record_steps(&r)); !err && i--;)
		err = undo_step(ctl, c, &r, i, done);
	if (err)
		hint(ctl, "what is not put back yet is in '%s': once the cause is mended, --undo "
			  "goes on there", r.path);
	record_close(&r);
	end(c);
	return err;
}
