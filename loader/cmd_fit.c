// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_fit.c - shunt fit: which domains, queues and CPUs suit this NIC and machine, and the commands
 * that lead there; does them, and undoes them
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/plan.h"
#include "iface.h"
#include "pindir.h"
#include "plural.h"
#include "verb.h"

static struct {
	const char *from;
	bool apply, undo;
	struct fit_wish wish;
} given;

static int take_from(struct ctl *ctl, const char *value)
{
	given.from = value;
	return 0;
}

static int take_domains(struct ctl *ctl, const char *value)
{
	__u64 n;
	int err = option_number(ctl, "domains", value, 1, SHUNT_DOMAINS, &n);

	given.wish.domains = n;
	return err;
}

static int take_cores(struct ctl *ctl, const char *value)
{
	__u64 n;
	int err = option_number(ctl, "cores", value, 1, FIT_CPUS, &n);

	given.wish.cores = n;
	return err;
}

/* "9000,9001" */
static int take_port(struct ctl *ctl, const char *value)
{
	char one[16];
	__u64 n;
	int err = 0;

	while (!err && *value) {
		size_t len = strcspn(value, ",");

		if (given.wish.nports == FIT_PORTS)
			return fail_usage(ctl, "--port: at most %d ports", FIT_PORTS);
		if (snprintf(one, sizeof(one), "%.*s", (int)len, value) >= (int)sizeof(one))
			return fail_usage(ctl, "--port: '%.*s' is no number from 1 to 65535",
					  (int)len, value);
		err = option_number(ctl, "port", one, 1, 65535, &n);
		given.wish.port[given.wish.nports++] = n;
		value += len + (value[len] == ',');
	}
	return err;
}

static int take_by_queue(struct ctl *ctl, const char *value)
{
	given.wish.by_queue = true;
	return 0;
}

static int take_no_coalesce(struct ctl *ctl, const char *value)
{
	given.wish.no_coalesce = true;
	return 0;
}

static int take_apply(struct ctl *ctl, const char *value)
{
	given.apply = true;
	return 0;
}

static int take_undo(struct ctl *ctl, const char *value)
{
	given.undo = true;
	return 0;
}

/* --- the proposal as JSON --------------------------------------------------------------------- */

static json_t *channels_json(const int n[FIT_CHANNELS])
{
	json_t *j = json_object();

	for (int c = 0; c < FIT_CHANNELS; c++)
		json_object_set_new(j, fit_channel_names[c], json_integer(n[c]));
	return j;
}

static json_t *nic_json(const struct fit_nic *nic)
{
	json_t *j = json_pack("{s:s, s:s, s:i}", "driver", nic->driver, "bus", nic->bus, "queues",
			      fit_nic_queues(nic));
	char value[FIT_VALUE];

	if (nic->node >= 0)
		json_object_set_new(j, "numa_node", json_integer(nic->node));
	if (nic->has_queues) {
		json_object_set_new(j, "channels", channels_json(nic->now));
		json_object_set_new(j, "channels_most", channels_json(nic->most));
	}
	if (fit_setting_value(nic, "table", value))
		json_object_set_new(j, "table", json_string(value));
	if (*nic->hash[0])
		json_object_set_new(j, "hash_udp4", json_string(nic->hash[0]));
	if (*nic->hash[1])
		json_object_set_new(j, "hash_udp6", json_string(nic->hash[1]));
	return j;
}

static json_t *numbers(const int *n, int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_integer(n[i]));
	return list;
}

static json_t *domains_json(const struct fit_plan *plan)
{
	json_t *list = json_array();

	for (int i = 0; i < plan->ndomains; i++) {
		const struct fit_domain *d = &plan->domain[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "queues",
						      numbers(d->queue, d->nqueues), "cpus",
						      numbers(d->cpu, d->ncpus), "interrupts",
						      numbers(d->irq_cpu, d->nqueues)));
	}
	return list;
}

static json_t *steps_json(const struct ctl *ctl, const struct fit_nic *nic,
			  const struct fit_plan *plan)
{
	char was[FIT_VALUE], line[FIT_VALUE * 2];
	json_t *list = json_array(), *j;

	for (int i = 0; i < plan->nsteps; i++) {
		const struct fit_step *s = &plan->step[i];

		fit_setting_line(nic, ctl->ifname, s->setting, s->want, line, sizeof(line));
		j = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "setting", s->setting, "value",
			      s->want, "command", line, "reason", s->reason, "choice", s->choice,
			      "check", s->check);
		if (fit_setting_value(nic, s->setting, was))
			json_object_set_new(j, "now", json_string(was));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *proposal_json(const struct ctl *ctl, const struct fit_nic *nic,
			     const struct fit_machine *m, const struct fit_plan *plan)
{
	char *yaml = fit_yaml(nic, ctl->ifname, &given.wish, plan);
	json_t *j = json_pack("{s:s, s:o, s:{s:i, s:i, s:i, s:i}, s:o, s:o, s:s, s:O, s:s++}",
			      "interface", ctl->ifname, "nic", nic_json(nic), "machine", "cpus",
			      m->ncpus, "cores", m->ncores, "threads", m->threads, "numa_nodes",
			      m->nnodes, "domains", domains_json(plan), "steps",
			      steps_json(ctl, nic, plan), "config", yaml ? yaml : "", "notes",
			      plan->notes, "load", "shunt load mq --dev ", ctl->ifname,
			      " --config service.yaml");

	free(yaml);
	return j;
}

/* --- for people: lines that a shell takes, and comments --------------------------------------- */

static void show_number(const json_t *of, const char *key, const char *one, const char *many)
{
	long long n = number_at(of, key);

	printf("%lld %s", n, plural(n, one, many));
}

static void show_facts(const json_t *r)
{
	const json_t *nic = json_object_get(r, "nic"), *m = json_object_get(r, "machine");

	printf("# %s: driver %s%s%s, ", text_at(r, "interface"),
	       *text_at(nic, "driver") ? text_at(nic, "driver") : "unknown",
	       *text_at(nic, "bus") ? ", " : "", text_at(nic, "bus"));
	if (json_object_get(nic, "numa_node"))
		printf("NUMA node %lld, ", number_at(nic, "numa_node"));
	show_number(nic, "queues", "receive queue now\n", "receive queues now\n");
	printf("# machine: ");
	show_number(m, "cpus", "CPU in ", "CPUs in ");
	show_number(m, "cores", "core, ", "cores, ");
	if (number_at(m, "threads") > 1)
		printf("up to %lld threads each, ", number_at(m, "threads"));
	show_number(m, "numa_nodes", "NUMA node\n", "NUMA nodes\n");
}

static void show_step(const json_t *s)
{
	const char *now = text_at(s, "now");
	bool choice = json_is_true(json_object_get(s, "choice"));

	printf("\n# %s%s\n", choice ? "by choice (--no-coalesce): " : "", text_at(s, "reason"));
	if (json_is_true(json_object_get(s, "check")))
		puts("# (only if it is not so after the step before)");
	if (*now && strlen(now) < 60)
		printf("# now: %s\n", now);
	printf("%s%s\n", choice ? "# " : "", text_at(s, "command"));
}

/* As a line that writes the file. */
static void show_yaml(const char *text)
{
	printf("\ncat >service.yaml <<'YAML'\n%sYAML\n", text);
}

static void show_notes(const json_t *notes)
{
	const json_t *note;
	size_t i;

	json_array_foreach(notes, i, note)
		printf("%s# note: %s\n", i ? "" : "\n", json_string_value(note));
}

static void show(const json_t *r)
{
	const json_t *s;
	size_t i;

	show_facts(r);
	json_array_foreach(json_object_get(r, "steps"), i, s)
		show_step(s);
	if (!i)
		puts("\n# nothing to change: the NIC is set as proposed");
	show_yaml(text_at(r, "config"));
	show_notes(json_object_get(r, "notes"));
	printf("\n# then, once the file has the service's own classes and ports:\n%s\n",
	       text_at(r, "load"));
}

static void show_done(const json_t *r)
{
	const json_t *d;
	size_t i, n = 0;

	json_array_foreach(json_object_get(r, "done"), i, d) {
		if (json_object_get(d, "already"))
			continue;
		puts(text_at(d, "command"));
		n++;
	}
	if (!n)
		puts("nothing to change: all is so already");
}

/* --- the verb --------------------------------------------------------------------------------- */

static int check_options(struct ctl *ctl)
{
	int err = need_args(ctl, 0, 0);

	if (!err && given.apply && given.undo)
		return fail_usage(ctl, "--apply or --undo, not both");
	if (!err && given.from && (given.apply || given.undo))
		return fail_usage(ctl, "--from is about another machine: no --apply, no --undo");
	if (!err && given.wish.by_queue && given.wish.domains > 1)
		return fail_usage(ctl, "--by-queue is one domain of several queues: no --domains");
	if (!err && !given.from && !ctl->pins.ifname) {
		fail_usage(ctl, "which interface? say --dev IF");
		hint_usage(ctl);
		return -EINVAL;
	}
	return err || given.from ? err : iface_need(ctl);
}

/* Of texts from a folder: the interface that they speak of. The commands are for a shell, so a name
 * with one of its signs is none. */
static void name_from(struct ctl *ctl, const struct fit_source *s)
{
	struct why none = { 0 };
	char *text = fit_text(s, "ethtool-l", &none), end[2];

	snprintf(ctl->ifname, sizeof(ctl->ifname), "IF");
	if (text && sscanf(text, "Channel parameters for %15[A-Za-z0-9_.@-]%1[:]", ctl->ifname,
			   end) != 2)
		snprintf(ctl->ifname, sizeof(ctl->ifname), "IF");
	free(text);
	why_forget(&none);
}

/* Where nothing at all is told, the folder or the program is missing. */
static int check_nic(struct ctl *ctl, const struct fit_nic *nic)
{
	if (*nic->driver || nic->has_queues || nic->rings)
		return 0;
	fail(ctl, -EIO, "nothing can be read of '%s': %s", ctl->ifname,
	     fit_nic_unknown(nic, FIT_PART_QUEUES));
	hint(ctl, given.from ? "--from takes a folder with what ethtool(8) printed, a file for "
			       "each option: ethtool-i, ethtool-l, ..."
			     : "is ethtool(8) installed? apt install ethtool");
	return -EIO;
}

static int propose(struct ctl *ctl, struct fit_source *s, const struct fit_nic *nic,
		   struct fit_machine *m, json_t **result)
{
	struct fit_plan plan;
	json_t *done = json_array();
	int err = fit_propose(ctl, nic, m, &given.wish, &plan);

	if (!err && given.apply)
		err = fit_apply(ctl, s, &given.wish, &plan, done);
	if (!err)
		*result = given.apply ? json_pack("{s:s, s:O}", "interface", ctl->ifname, "done",
						  done)
				      : proposal_json(ctl, nic, m, &plan);
	json_decref(done);
	fit_plan_free(&plan);
	return err;
}

static int undo(struct ctl *ctl, struct fit_source *s)
{
	json_t *done = json_array();
	int err = fit_undo(ctl, s, done);

	if (!err)
		return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "done", done),
			    show_done);
	json_decref(done);
	return err;
}

static int run(struct ctl *ctl)
{
	struct fit_source s = { .folder = given.from, .ifname = ctl->ifname };
	struct fit_machine m = { 0 };
	struct fit_nic *nic;
	json_t *result = NULL;
	int err = check_options(ctl);

	if (err)
		return err;
	if (given.undo)
		return undo(ctl, &s);
	if (given.from && !ctl->pins.ifname)
		name_from(ctl, &s);
	nic = calloc(1, sizeof(*nic));
	if (!nic)
		return fail(ctl, -ENOMEM, "no memory");
	fit_nic_read(&s, nic, FIT_PART_ALL);
	err = check_nic(ctl, nic);
	if (!err)
		err = fit_machine_read(ctl, &s, &m);
	if (!err)
		err = propose(ctl, &s, nic, &m, &result);
	free(m.core);
	fit_nic_forget(nic);
	free(nic);
	return err ? err : emit(ctl, result, given.apply ? show_done : show);
}

static const struct verb_option option_from = { "from", 0, "DIR", take_from };
static const struct verb_option option_domains = { "domains", 0, "N", take_domains };
static const struct verb_option option_cores = { "cores", 0, "N", take_cores };
static const struct verb_option option_port = { "port", 0, "N", take_port };
static const struct verb_option option_by_queue = { "by-queue", 0, NULL, take_by_queue };
static const struct verb_option option_no_coalesce = { "no-coalesce", 0, NULL, take_no_coalesce };
static const struct verb_option option_apply = { "apply", 0, NULL, take_apply };
static const struct verb_option option_undo = { "undo", 0, NULL, take_undo };

static const struct verb_option *const options[] = {
	&option_dev, &option_from, &option_domains, &option_cores, &option_port, &option_by_queue,
	&option_no_coalesce, &option_apply, &option_undo, NULL,
};

const struct verb verb_fit = {
	"fit", "--dev IF [--apply | --undo]",
	"which queues and CPUs suit this NIC, with the commands; does them, undoes them",
	options, run
};
