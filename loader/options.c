// SPDX-License-Identifier: BSD-2-Clause
/*
 * options.c - the command line: options of all verbs are read, and those of one verb taken
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"
#include "verb.h"
#include "pindir.h"

#define MOST 64     /* verbs; different options of all of them */
#define OF_VERB 256 /* what getopt_long() returns for the first option of a verb */

static int take_dry_run(struct ctl *ctl, const char *value)
{
	ctl->dry_run = true;
	return 0;
}

const struct verb_option option_dev = { "dev", 'd', "IF", pindir_set };
const struct verb_option option_dry_run = { "dry-run", 0, NULL, take_dry_run };
const struct verb_option *const no_options[] = { NULL };
const struct verb_option *const only_dev[] = { &option_dev, NULL };

/* The options as getopt_long() wants them: those of every verb, then each of the verbs' once. */
struct table {
	const struct verb_option *of_verb[MOST];
	int n;
	struct option option[MOST + 7];
	char letters[3 * MOST];
};

static void add_option(struct table *t, const struct verb_option *o)
{
	size_t len = strlen(t->letters);

	for (int i = 0; i < t->n; i++) {
		if (!strcmp(t->of_verb[i]->name, o->name))
			return;
	}
	if (t->n == MOST)
		abort();
	if (o->letter)
		snprintf(t->letters + len, sizeof(t->letters) - len, "%c%s", o->letter,
			 o->value ? ":" : "");
	t->option[t->n] = (struct option){ o->name, o->value ? required_argument : no_argument,
					   NULL, OF_VERB + t->n };
	t->of_verb[t->n++] = o;
}

static void make_table(struct table *t, const struct verb *const *verbs)
{
	static const struct option common[] = {
		{ "json", no_argument, NULL, 'j' },	{ "pretty", no_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },	{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },	{ "bpffs", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 },
	};

	memset(t, 0, sizeof(*t));
	strcpy(t->letters, ":jpvVh"); /* bpffs has no letter */
	for (; *verbs; verbs++) {
		for (const struct verb_option *const *o = (*verbs)->options; *o; o++)
			add_option(t, *o);
	}
	memcpy(t->option + t->n, common, sizeof(common));
}

/* The word that holds the option which getopt_long() does
 * not know; it says which only of long ones. */
static const char *unknown_option(int argc, char **argv)
{
	for (int i = 1; optopt && i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '-' && strchr(argv[i] + 1, optopt))
			return argv[i];
	}
	return argv[optind - 1];
}

static int refuse(struct ctl *ctl, const char *word)
{
	fail_usage(ctl, "unknown option '%s'", word);
	if (strchr("0123456789.", word[1]))
		hint(ctl, "no number or time here is negative");
	return -EINVAL;
}

static int take_common(struct ctl *ctl, int opt, struct given *given)
{
	switch (opt) {
	case 'p':
		ctl->pretty = true; /* fall through */
	case 'j':
		ctl->json = true;
		return 0;
	case 'v':
		ctl->verbose++;
		return 0;
	case 'V':
		given->version = true;
		return 0;
	case 'h':
		given->help = true;
		return 0;
	case 'b':
		ctl->pins.bpffs = optarg;
		return 0;
	default:
		return fail_usage(ctl, "cannot read option '%c'", opt);
	}
}

/* The number of the verbs' option that getopt_long() found,
 * by its letter too; -1: it is one of every verb. */
static int verbs_option(const struct table *t, int opt)
{
	for (int i = 0; i < t->n; i++) {
		if (opt == OF_VERB + i || (t->of_verb[i]->letter && opt == t->of_verb[i]->letter))
			return i;
	}
	return -1;
}

static int keep(struct ctl *ctl, struct given *given, const char *name)
{
	if (given->n == (int)(sizeof(given->option) / sizeof(given->option[0])))
		return fail_usage(ctl, "more than %d options", given->n);
	given->option[given->n].name = name;
	given->option[given->n++].value = optarg;
	return 0;
}

int options_read(struct ctl *ctl, int argc, char **argv, struct given *given)
{
	struct table t;
	int opt, err = 0, e, i;

	make_table(&t, ctl->verbs);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, t.letters, t.option, NULL)) != -1) {
		i = verbs_option(&t, opt);
		if (i >= 0)
			e = keep(ctl, given, t.of_verb[i]->name);
		else if (opt == ':')
			e = fail_usage(ctl, "option '%s' needs a value", argv[optind - 1]);
		else if (opt == '?')
			e = refuse(ctl, unknown_option(argc, argv));
		else
			e = take_common(ctl, opt, given);
		err = err ? err : e;
	}
	ctl->argc = argc - optind;
	ctl->argv = argv + optind;
	return err;
}

const struct verb *verb_find(struct ctl *ctl, const char *word)
{
	const char *names[MOST];
	int n = 0, i;

	for (; ctl->verbs[n] && n < MOST; n++)
		names[n] = ctl->verbs[n]->name;
	i = pick_word(ctl, "verb", word, names, n);
	return i < 0 ? NULL : ctl->verbs[i];
}

const char *options_list(const struct verb *verb, char *out, size_t len)
{
	size_t at = 0;

	snprintf(out, len, "no options");
	for (const struct verb_option *const *o = verb->options; *o && at < len; o++)
		at += snprintf(out + at, len - at, "%s--%s%s%s", at ? ", " : "", (*o)->name,
			       (*o)->value ? " " : "", (*o)->value ? (*o)->value : "");
	return out;
}

static const struct verb_option *find(const struct verb *verb, const char *name)
{
	for (const struct verb_option *const *o = verb->options; *o; o++) {
		if (!strcmp((*o)->name, name))
			return *o;
	}
	return NULL;
}

int options_take(struct ctl *ctl, const struct given *given)
{
	const struct verb_option *o;
	char list[256];
	int err = 0;

	for (int i = 0; !err && i < given->n; i++) {
		o = find(ctl->verb, given->option[i].name);
		if (o) {
			err = o->take(ctl, given->option[i].value);
			continue;
		}
		err = fail_usage(ctl, "'%s' takes no option '--%s'", ctl->verb->name,
				 given->option[i].name);
		hint(ctl, "'%s' takes %s", ctl->verb->name,
		     options_list(ctl->verb, list, sizeof(list)));
	}
	return err;
}

int option_number(struct ctl *ctl, const char *option, const char *value, __u64 least, __u64 most,
		  __u64 *out)
{
	if (!parse_number(value, least, most, out, &ctl->why))
		return 0;
	fail_context(ctl, "--%s", option);
	return fail_as_usage(ctl);
}

const char *usage_line(const struct verb *v, char *out, size_t len)
{
	size_t at = snprintf(out, len, "%s%s%s", v->name, *v->args ? " " : "", v->args);
	char name[64], letter[4] = "";

	for (const struct verb_option *const *o = v->options; *o && at < len; o++) {
		snprintf(name, sizeof(name), "--%s", (*o)->name);
		snprintf(letter, sizeof(letter), "-%c ", (*o)->letter);
		if (!strstr(v->args, name) && !((*o)->letter && strstr(v->args, letter)))
			at += snprintf(out + at, len - at, " [%s%s%s]", name,
				       (*o)->value ? " " : "", (*o)->value ? (*o)->value : "");
	}
	return out;
}

void hint_usage(struct ctl *ctl)
{
	char usage[USAGE_LEN];

	hint(ctl, "usage: shunt %s", usage_line(ctl->verb, usage, sizeof(usage)));
}

int need_args(struct ctl *ctl, int least, int most)
{
	if (ctl->argc >= least && ctl->argc <= most)
		return 0;
	if (ctl->argc < least)
		fail_usage(ctl, "too few arguments");
	else
		fail_usage(ctl, "unexpected argument '%s'", ctl->argv[most]);
	hint_usage(ctl);
	return -EINVAL;
}
