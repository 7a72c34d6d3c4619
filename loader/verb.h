/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verb.h - the verbs of the shunt command, and the options that each takes
 *
 * A new verb is a file cmd_NAME.c that defines verb_NAME with its help and its options, its name in
 * VERBS, and a section of docs/man/shunt.8.rst. Help, completion and the parser of options go by
 * these.
 */
#pragma once

#include "ctl.h"

/* As help lists them. */
#define VERBS(X)                                                                            \
	X(actor) X(build)                                                                   \
	X(class) X(doctor) X(features) X(fit) X(help) X(knob) X(limit) X(lint) X(load) X(mem) \
		X(policies) X(preempt) X(quantum) X(rule) X(sched) X(slo) X(stats) X(status) \
			X(switch) X(unload) X(wire)

/* Options of one name are alike in all verbs: they are read
 * before it is known which word is the verb. */
struct verb_option {
	const char *name;  /* after the two dashes */
	char letter;       /* 0: none */
	const char *value; /* as help calls it; NULL: it has none */
	int (*take)(struct ctl *ctl, const char *value);
};

struct verb {
	const char *name;
	const char *args;
	const char *text;
	/* NULL ends; besides those that every verb takes */
	const struct verb_option *const *options;
	int (*run)(struct ctl *ctl);
};

#define VERB_DECLARE(name) extern const struct verb verb_##name;
VERBS(VERB_DECLARE)
#undef VERB_DECLARE

/* cmd_help.c: its purpose, and what it takes. */
int help_verb(struct ctl *ctl, const struct verb *verb);

/* --- options.c -------------------------------------------------------------------------------- */
extern const struct verb_option option_dev, option_dry_run;
extern const struct verb_option *const no_options[], *const only_dev[]; /* lists for verbs */

/* The command line, read: what every verb takes is in ctl, the rest waits for the verb. */
struct given {
	bool help, version;
	int n;
	struct {
		const char *name, *value;
	} option[32];
};

/* One of ctl->verbs by its name or a unique prefix; NULL (and failed) if there is none. */
const struct verb *verb_find(struct ctl *ctl, const char *word);
/* Reads the options, wherever they stand. The first mistake
 * counts; the rest may still say --json. */
int options_read(struct ctl *ctl, int argc, char **argv, struct given *given);
/* Gives ctl->verb its options; fails for one that it does not take. */
int options_take(struct ctl *ctl, const struct given *given);
/* "--dev IF, --dry-run": what a verb takes; "no options". */
const char *options_list(const struct verb *verb, char *out, size_t len);
/* The value of an option that is a whole number. */
int option_number(struct ctl *ctl, const char *option, const char *value, __u64 least, __u64 most,
		  __u64 *out);

/* Takes the verb's arguments: fails unless there are least to most. */
int need_args(struct ctl *ctl, int least, int most);
#define USAGE_LEN 512
/* "load POLICY --dev IF [--dry-run]": the verb, its arguments, and the options that are not
 * among these. */
const char *usage_line(const struct verb *verb, char *out, size_t len);
/* The hint for a wrong command line: how the verb is used. */
void hint_usage(struct ctl *ctl);
