// SPDX-License-Identifier: BSD-2-Clause
/*
 * verbs.c - which verb takes which option: an option that a verb would not obey is refused
 */
#include <string.h>

#include "cmd.h"

enum { RUN = 1, PAPER = 2, ADVISE = 4, MEM = 8, ALL = RUN | PAPER | ADVISE };

static const struct {
	const char *name;
	int bit;
} verbs[] = { { "run", RUN }, { "paper", PAPER }, { "advise", ADVISE }, { "mem", MEM } };

/* Options that are not listed belong to run alone. */
static const struct {
	int option, verbs;
} takes[] = {
	{ 's', RUN | ADVISE }, { 'C', RUN | ADVISE }, { 'w', RUN | ADVISE }, { 'a', RUN | ADVISE },
	{ 'X', RUN | ADVISE }, { 'f', RUN | ADVISE }, { 'R', RUN | ADVISE }, { 'c', RUN | ADVISE },
	{ 'd', RUN | ADVISE }, { 'r', RUN | ADVISE }, { 'q', RUN | ADVISE }, { 'P', RUN | ADVISE },
	{ 'k', RUN | ADVISE }, { 'm', RUN | ADVISE }, { 'M', ADVISE },       { 'x', RUN | PAPER },
	{ 'D', RUN | PAPER },  { 'g', RUN | PAPER },  { 'I', PAPER },        { 'n', ALL },
	{ 'j', ALL },          { 'p', RUN | ADVISE | MEM }, { 'J', RUN | PAPER | MEM },
	{ 'S', ALL | MEM },    { 'Q', ALL | MEM },    { 'h', ALL | MEM },
};
#define TAKES (sizeof(takes) / sizeof(takes[0]))

static int bit_of(const char *verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].bit;
	}
	return RUN;
}

static int takers(int option)
{
	for (size_t i = 0; i < TAKES; i++) {
		if (takes[i].option == option)
			return takes[i].verbs;
	}
	return RUN;
}

static int refuse(const char *verb, int option)
{
	char list[512] = "";
	size_t n = 0;

	if (bit_of(verb) == RUN) {
		complain("run takes no --%s, which is an option of '%s'", option_name(option),
			 takers(option) & PAPER ? "paper" : "advise");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < TAKES; i++) {
		/* --instead is for tests */
		if (takes[i].verbs & bit_of(verb) && takes[i].option != 'I')
			n += snprintf(list + n, sizeof(list) - n, "%s--%s", n ? ", " : "",
				      option_name(takes[i].option));
	}
	complain("%s takes no --%s: it takes %s", verb, option_name(option), list);
	return EXIT_USAGE;
}

int verb_check(const char *verb, const struct options *o)
{
	for (int c = 0; c < OPT_END; c++) {
		if (o->given[c] && !(takers(c) & bit_of(verb)))
			return refuse(verb, c);
	}
	return 0;
}
