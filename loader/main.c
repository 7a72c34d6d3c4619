// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - the shunt command: finds the verb, gives it its options, and runs it
 */
#include <errno.h>
#include <stdio.h>

#include "verb.h"

static const struct verb *const verbs[] = {
#define VERB_ROW(name) &verb_##name,
	VERBS(VERB_ROW)
#undef VERB_ROW
	NULL,
};

static void show_version(const json_t *r)
{
	printf("shunt %s (ABI %lld)\n", text_at(r, "version"), number_at(r, "abi"));
}

/* A wrong option is told with the options of its verb. */
static int wrong_options(struct ctl *ctl, int err)
{
	struct ctl quiet = { .verbs = verbs };
	const struct verb *verb = ctl->argc ? verb_find(&quiet, ctl->argv[0]) : NULL;
	char list[256];

	ctl_forget(&quiet);
	if (verb)
		hint(ctl, "'%s' takes %s; 'shunt help' lists verbs and options", verb->name,
		     options_list(verb, list, sizeof(list)));
	hint(ctl, "'shunt help' lists verbs and options");
	return err;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct given given = { 0 };
	int err = options_read(ctl, argc, argv, &given);

	if (err)
		return wrong_options(ctl, err);
	if (given.version)
		return emit(ctl,
			    json_pack("{s:s, s:i}", "version", SHUNT_VERSION, "abi", SHUNT_ABI),
			    show_version);
	ctl->verb = given.help ? &verb_help : &verb_status;
	if (ctl->argc) {
		ctl->verb = verb_find(ctl, ctl->argv[0]);
		if (!ctl->verb)
			return -EINVAL;
		ctl->argc--;
		ctl->argv++;
		if (given.help)
			return help_verb(ctl, ctl->verb);
	}
	err = options_take(ctl, &given);
	return err ? err : ctl->verb->run(ctl);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .verbs = verbs };
	int code = conclude(&ctl, run(&ctl, argc, argv));

	ctl_forget(&ctl);
	/* A full disk or a closed pipe is a failure too. */
	if (fflush(stdout) || ferror(stdout))
		return code ? code : EXIT_FAILED;
	return code;
}
