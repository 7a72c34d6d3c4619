// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - the shunt command: options, the table of verbs, help
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "units.h"
#include "where.h"

static int cmd_help(struct ctl *ctl);

static const struct verb verbs[] = {
	{ "build", "FILE.c [-o OUT.shunt]", "compile a policy into a bundle; needs no privileges",
	  OPT_OUT, cmd_build },
	{ "class", "[list | set CLASS KEY=VALUE... | add NAME KEY=VALUE...]",
	  "the kinds of request: slo=, quantum=, hold=, requeue=, demote=", OPT_DEV, cmd_class },
	{ "doctor", "", "what stands in the way on this machine, each with its fix", OPT_DEV,
	  cmd_doctor },
	{ "features", "", "what this kernel (and interface) offers to shunt", OPT_DEV,
	  cmd_features },
	{ "help", "[VERB]", "this text", 0, cmd_help },
	{ "knob", "get [N] | set N VALUE", "numbers that a policy reads", OPT_DEV, cmd_knob },
	{ "limit", "get [CLASS] | set CLASS N", "how many requests of a class may wait", OPT_DEV,
	  cmd_limit },
	{ "lint", "OBJECT [--card]", "what a policy costs the kernel's verifier; would a Netronome card take this BPF "
	  "object? if not, why, and what instead (--card: of a policy's bundle, too)", OPT_CARD, cmd_lint },
	{ "load", "POLICY|FILE.c|FILE.shunt --dev IF [--config FILE | --port N [--cores N]] "
	  "[--offload nfp|auto|none]",
	  "put shunt on an interface (and its card); --dry-run only tries",
	  OPT_DEV | OPT_CONFIG | OPT_PORT | OPT_CORES | OPT_DRY_RUN | OPT_OFFLOAD, cmd_load },
	{ "policies", "", "the built-in policies", 0, cmd_policies },
	{ "preempt", "[get | set KEY=VALUE...]",
	  "requests that yield: mode=auto|on|off, parked=, watch=, grace=", OPT_DEV, cmd_preempt },
	{ "quantum", "get [CLASS] | set CLASS TIME",
	  "how long a request may run while others wait", OPT_DEV, cmd_quantum },
	{ "rule", "[list | add KEY=VALUE... | del N | flush [PORT]]",
	  "how requests are told apart: port=, offset=, value=, mask=, class=", OPT_DEV, cmd_rule },
	{ "slo", "get [CLASS] | set CLASS TIME | bytes TIME [CLASS]",
	  "latency objectives; bytes prints the bpftool line", OPT_DEV, cmd_slo },
	{ "stats", "[--interval SECONDS [--count N]]", "every count, repeated with rates; man 8 shunt, COUNTS, says what "
	  "each is",
	  OPT_DEV | OPT_INTERVAL | OPT_COUNT, cmd_stats },
	{ "status", "", "what is loaded, who serves it (the default verb)", OPT_DEV, cmd_status },
	{ "switch", "POLICY|FILE.c|FILE.shunt [--force]", "replace the policy in place; --dry-run only tries, --force takes "
	  "one that was put out of force", OPT_DEV | OPT_DRY_RUN | OPT_FORCE, cmd_switch },
	{ "unload", "", "detach from the interface and forget everything", OPT_DEV, cmd_unload },
	{ "wire", "[get | set KEY=VALUE...]",
	  "how a NIC that schedules feeds its cores: k=, keep=on|off, late=", OPT_DEV, cmd_wire },
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

enum {
	LONG_BPFFS = 256,
	LONG_CONFIG,
	LONG_DRY_RUN,
	LONG_PORT,
	LONG_CORES,
	LONG_INTERVAL,
	LONG_COUNT,
	LONG_OFFLOAD,
	LONG_FORCE,
	LONG_CARD,
};

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "dev", required_argument, NULL, 'd' },
	{ "output", required_argument, NULL, 'o' },
	{ "bpffs", required_argument, NULL, LONG_BPFFS },
	{ "config", required_argument, NULL, LONG_CONFIG },
	{ "dry-run", no_argument, NULL, LONG_DRY_RUN },
	{ "port", required_argument, NULL, LONG_PORT },
	{ "cores", required_argument, NULL, LONG_CORES },
	{ "interval", required_argument, NULL, LONG_INTERVAL },
	{ "count", required_argument, NULL, LONG_COUNT },
	{ "offload", required_argument, NULL, LONG_OFFLOAD },
	{ "force", no_argument, NULL, LONG_FORCE },
	{ "card", no_argument, NULL, LONG_CARD },
	{ NULL, 0, NULL, 0 },
};

/* The long options in the order of enum option_bit. */
static const char *const option_names[] = { "--dev", "--config", "--dry-run", "--port", "--cores",
					    "--interval", "--count", "-o", "--offload", "--force", "--card" };

static const struct verb *find_verb(struct ctl *ctl, const char *word)
{
	const char *names[NVERBS];
	int i;

	for (size_t v = 0; v < NVERBS; v++)
		names[v] = verbs[v].name;
	i = pick_word(ctl, "verb", word, names, NVERBS);
	return i < 0 ? NULL : &verbs[i];
}

static json_t *help_json(void)
{
	json_t *list = json_array();

	for (size_t v = 0; v < NVERBS; v++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "verb", verbs[v].name,
						      "arguments", verbs[v].args, "text",
						      verbs[v].text));
	return json_pack("{s:s, s:o}", "version", SHUNT_VERSION, "verbs", list);
}

static void show_help(const json_t *r)
{
	const json_t *v;
	size_t i;

	puts("usage: shunt [-j|--json] [-p|--pretty] [-v] [--bpffs PATH] [-V] VERB [ARGS] [--dev IF]\n"
	     "Request scheduling at the NIC. Verbs may be shortened as long as they are unique.\n");
	json_array_foreach(json_object_get(r, "verbs"), i, v)
		printf("  %s %s\n            %s\n", text_at(v, "verb"), text_at(v, "arguments"),
		       text_at(v, "text"));
	puts("\nWith shunt on one interface only, --dev may be left out. Exit status: 0 done,\n"
	     "1 failed, 2 wrong usage, 3 not supported by this kernel or NIC. More: man 8 shunt");
}

static void show_verb(const json_t *r)
{
	printf("usage: shunt %s %s\n  %s\n", text_at(r, "verb"), text_at(r, "arguments"),
	       text_at(r, "text"));
}

static int help_verb(struct ctl *ctl, const struct verb *verb)
{
	return emit(ctl, json_pack("{s:s, s:s, s:s}", "verb", verb->name, "arguments", verb->args,
				   "text", verb->text), show_verb);
}

static int cmd_help(struct ctl *ctl)
{
	const struct verb *verb;

	if (need_args(ctl, 0, 1, "help [VERB]"))
		return -EINVAL;
	if (!ctl->argc)
		return emit(ctl, help_json(), show_help);
	verb = find_verb(ctl, ctl->argv[0]);
	return verb ? help_verb(ctl, verb) : -EINVAL;
}

static void show_version(const json_t *r)
{
	printf("shunt %s (ABI %lld)\n", text_at(r, "version"), number_at(r, "abi"));
}

static int number_option(struct ctl *ctl, const char *name, __u64 least, __u64 most, __u64 *out)
{
	char why[128];

	return parse_number(optarg, least, most, out, why, sizeof(why)) ?
	       fail_usage(ctl, "%s: %s", name, why) : 0;
}

static int interval_option(struct ctl *ctl)
{
	char *end;

	ctl->interval = strtod(optarg, &end);
	if (end == optarg || *end || !(ctl->interval >= 0.01 && ctl->interval <= 86400))
		return fail_usage(ctl, "--interval: '%s' is no number of seconds from 0.01 to "
				  "86400", optarg);
	return 0;
}

static int offload_option(struct ctl *ctl)
{
	static const char *const names[] = { "none", "nfp", "auto" }; /* as enum offload */

	for (int i = OFFLOAD_NONE; i <= OFFLOAD_AUTO; i++) {
		if (!strcmp(optarg, names[i])) {
			ctl->given |= OPT_OFFLOAD;
			ctl->offload = i;
			return 0;
		}
	}
	return fail_usage(ctl, "--offload: '%s' is none of nfp, auto and none", optarg);
}

/* An option that only some verbs take. */
static int verb_option(struct ctl *ctl, int opt)
{
	__u64 n = 0;
	int err = 0;

	switch (opt) {
	case 'd':
		ctl->given |= OPT_DEV;
		return where_set(ctl, optarg);
	case 'o':
		ctl->given |= OPT_OUT;
		ctl->out = optarg;
		return 0;
	case LONG_CONFIG:
		ctl->given |= OPT_CONFIG;
		ctl->config = optarg;
		return 0;
	case LONG_DRY_RUN:
		ctl->given |= OPT_DRY_RUN;
		return 0;
	case LONG_OFFLOAD:
		return offload_option(ctl);
	case LONG_FORCE:
		ctl->given |= OPT_FORCE;
		return 0;
	case LONG_CARD:
		ctl->given |= OPT_CARD;
		return 0;
	case LONG_PORT:
		ctl->given |= OPT_PORT;
		err = number_option(ctl, "--port", 1, 65535, &n);
		ctl->port = n;
		return err;
	case LONG_CORES:
		ctl->given |= OPT_CORES;
		err = number_option(ctl, "--cores", 1, SHUNT_CORES, &n);
		ctl->cores = n;
		return err;
	case LONG_COUNT:
		ctl->given |= OPT_COUNT;
		err = number_option(ctl, "--count", 1, 1ULL << 32, &n);
		ctl->count = n;
		return err;
	default:
		ctl->given |= OPT_INTERVAL;
		return interval_option(ctl);
	}
}

/* The word that holds the option which getopt_long() does not know; it says which only of long ones. */
static const char *unknown_option(int argc, char **argv)
{
	for (int i = 1; optopt && i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '-' && strchr(argv[i] + 1, optopt))
			return argv[i];
	}
	return argv[optind - 1];
}

static int refuse_option(struct ctl *ctl, const char *word)
{
	fail_usage(ctl, "unknown option '%s'", word);
	if (strchr("0123456789.", word[1]))
		hint(ctl, "no number or time here is negative");
	return -EINVAL;
}

/* All options, wherever they stand. The first mistake counts; the rest may still say --json. */
static int parse_options(struct ctl *ctl, int argc, char **argv, bool *help, bool *version)
{
	int opt, err = 0, e;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":jpvVhd:o:", options, NULL)) != -1) {
		e = 0;
		switch (opt) {
		case 'p':
			ctl->pretty = true; /* fall through */
		case 'j':
			ctl->json = true;
			break;
		case 'v':
			ctl->verbose++;
			break;
		case 'V':
			*version = true;
			break;
		case 'h':
			*help = true;
			break;
		case LONG_BPFFS:
			ctl->pins.bpffs = optarg;
			break;
		case ':':
			e = fail_usage(ctl, "option '%s' needs a value", argv[optind - 1]);
			break;
		case '?':
			e = refuse_option(ctl, unknown_option(argc, argv));
			break;
		default:
			e = verb_option(ctl, opt);
		}
		err = err ? err : e;
	}
	ctl->argc = argc - optind;
	ctl->argv = argv + optind;
	return err;
}

static int check_options(struct ctl *ctl, const struct verb *verb)
{
	unsigned int stray = ctl->given & ~verb->options;

	if (!stray)
		return 0;
	fail_usage(ctl, "'%s' takes no option '%s'", verb->name,
		   option_names[__builtin_ctz(stray)]);
	hint(ctl, "usage: shunt %s %s", verb->name, verb->args);
	return -EINVAL;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	bool help = false, version = false;
	const struct verb *verb;
	int err = parse_options(ctl, argc, argv, &help, &version);

	if (err) {
		hint(ctl, "'shunt help' lists verbs and options");
		return err;
	}
	if (version)
		return emit(ctl, json_pack("{s:s, s:i}", "version", SHUNT_VERSION, "abi",
					   SHUNT_ABI), show_version);
	if (!ctl->argc)
		return help ? cmd_help(ctl) : cmd_status(ctl);
	verb = find_verb(ctl, ctl->argv[0]);
	if (!verb)
		return -EINVAL;
	ctl->argc--;
	ctl->argv++;
	if (help)
		return help_verb(ctl, verb);
	err = check_options(ctl, verb);
	return err ? err : verb->run(ctl);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { 0 };
	int code = conclude(&ctl, run(&ctl, argc, argv));

	free(ctl.error);
	free(ctl.advice);
	/* A full disk or a closed pipe is a failure too. */
	if (fflush(stdout) || ferror(stdout))
		return code ? code : EXIT_FAILED;
	return code;
}
