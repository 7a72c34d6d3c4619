// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shuntd: options, privileges, and which of its two processes this is
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "begin.h"
#include "broker.h"
#include "host_opts.h"
#include "keeper.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "pins.h"
#include "rights.h"
#include "role.h"
#include "run.h"
#include "self.h"
#include "store.h"
#include "successor.h"

#define EXIT_USAGE 2
#define TICK_MS 100
#define LINGER_S 10

static const char usage[] =
	"usage: shuntd --dev IF [options]\n"
	"\n"
	"Makes the memory and the AF_XDP sockets of the interface that 'shunt load' configured,\n"
	"and hands them to the workers that may have them.\n"
	"\n"
	"  --dev IF         the interface\n"
	"  --role ROLE      shared, the usual one: NIC, shuntd and workers share memory; nic: the interface is\n"
	"                   the port of a NIC that schedules for hosts that share no memory with it; sched: no\n"
	"                   interface, but the threads of 'shunt sched load'; host: of such a NIC's host, with\n"
	"    --dev IF[:CPU]   a core's virtual function; repeated, in the order of the NIC's numbers\n"
	"    --nic MAC        of the NIC's port\n"
	"    --key FILE       the key that the NIC has for this host\n"
	"    --actors FILE    the NIC's actors, as 'shunt actor rows' prints them there\n"
	"    --first N        the NIC's number of the first core (0)\n"
	"    --grace US       a request that heeds no order to yield for so long gets a signal\n"
	"  --user USER      who may be a worker, besides root; may be repeated\n"
	"  --group GROUP    the same, for a group\n"
	"  --socket PATH    where workers come to (" SHUNT_SOCKET_DIR "/IF.sock)\n"
	"  --bpffs PATH     where the maps are pinned (" SHUNT_BPFFS ")\n"
	"  --tick MS        how often loads are measured and tunables published (100)\n"
	"  --publish US     with a card: how often loads are published to it (as services ask for)\n"
	"  --card-delay US  emulates a card that takes so long for a message (0)\n"
	"  --once           if shunt is not loaded, say so and exit; do not wait for it\n"
	"  --replace        take over from the shuntd that serves: no request is lost\n"
	"  --end            have that one end and give up memory and sockets; SIGTERM keeps them for its successor\n"
	"  --linger S       … for so many seconds (10); systemd keeps them itself\n"
	"  -v, --verbose\n"
	"  -V, --version\n"
	"  -h, --help\n";

static int wrong(const char *format, const char *what)
{
	fputs("shuntd: ", stderr);
	fprintf(stderr, format, what);
	fputs("\ntry 'shuntd --help'\n", stderr);
	return -EINVAL;
}

static bool number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *out <= max;
}

static int add_user(struct options *o, const char *name)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long id;

	if (pw)
		id = pw->pw_uid;
	else if (!number(name, (uid_t)-2, &id))
		return wrong("there is no user '%s'", name);
	if (o->nusers == ALLOW_MAX)
		return wrong("too many users, at '%s': use --group", name);
	o->user[o->nusers++] = id;
	return 0;
}

static int add_group(struct options *o, const char *name)
{
	const struct group *gr = getgrnam(name);
	unsigned long id;

	if (gr)
		id = gr->gr_gid;
	else if (!number(name, (gid_t)-2, &id))
		return wrong("there is no group '%s'", name);
	if (o->ngroups == ALLOW_MAX)
		return wrong("too many groups, at '%s'", name);
	o->group[o->ngroups++] = id;
	return 0;
}

static int set_tick(struct options *o, const char *text)
{
	unsigned long ms;

	if (!number(text, 1000, &ms) || !ms)
		return wrong("'%s' is no tick: 1 to 1000 milliseconds", text);
	o->tick_ms = ms;
	return 0;
}

static int set_socket(struct options *o, const char *path)
{
	int n = path ? snprintf(o->socket, sizeof(o->socket), "%s", path) :
		       snprintf(o->socket, sizeof(o->socket), SHUNT_SOCKET_DIR "/%s.sock",
				o->ifname);

	return n < (int)sizeof(o->socket) ? 0 :
	       wrong("the socket's path '%s' is longer than 107 bytes", o->socket);
}

static int set_role(struct options *o, const char *text)
{
	o->role = role_find(text);
	return o->role ? 0 : wrong("'%s' is no role: shared, nic, host or sched", text);
}

static const char no_time[] = "'%s' is no time: 0 to 1000000 microseconds";

static int set_number(const char *text, unsigned long max, const char *what, __u32 *out)
{
	unsigned long n;

	if (!number(text, max, &n))
		return wrong(what, text);
	*out = n;
	return 0;
}

enum { OPT_USER = 256, OPT_GROUP, OPT_SOCKET, OPT_BPFFS, OPT_TICK, OPT_ONCE, OPT_DEV, OPT_ROLE,
       OPT_NIC,
       OPT_KEY, OPT_ACTORS, OPT_FIRST, OPT_GRACE, OPT_PUBLISH, OPT_CARD_DELAY, OPT_LINGER,
       OPT_REPLACE, OPT_END };

static const struct option longs[] = {
	{ "dev", required_argument, NULL, OPT_DEV },
	{ "user", required_argument, NULL, OPT_USER },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "bpffs", required_argument, NULL, OPT_BPFFS },
	{ "tick", required_argument, NULL, OPT_TICK },
	{ "publish", required_argument, NULL, OPT_PUBLISH },
	{ "card-delay", required_argument, NULL, OPT_CARD_DELAY },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "replace", no_argument, NULL, OPT_REPLACE },
	{ "end", no_argument, NULL, OPT_END },
	{ "linger", required_argument, NULL, OPT_LINGER },
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "nic", required_argument, NULL, OPT_NIC },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "actors", required_argument, NULL, OPT_ACTORS },
	{ "first", required_argument, NULL, OPT_FIRST },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int take_option(struct options *o, int opt, const char **socket)
{
	switch (opt) {
	case OPT_DEV:
		o->ifname = optarg;
		return o->host.ndevs == SHUNT_CORES ? wrong("too many interfaces, at '%s'", optarg)
						    : host_add_dev(&o->host, optarg);
	case OPT_ROLE:
		return set_role(o, optarg);
	case OPT_NIC:
		return host_set_nic(&o->host, optarg);
	case OPT_KEY:
		return host_read_key(&o->host, optarg);
	case OPT_ACTORS:
		return host_read_actors(&o->host, optarg);
	case OPT_FIRST:
		return set_number(optarg, SHUNT_CORES - 1, "'%s' is no core: 0 to 63",
				  &o->host.first);
	case OPT_GRACE:
		return set_number(optarg, 1000000, no_time,
				  &o->host.grace_us);
	case OPT_USER:
		return add_user(o, optarg);
	case OPT_GROUP:
		return add_group(o, optarg);
	case OPT_SOCKET:
		*socket = optarg;
		return 0;
	case OPT_BPFFS:
		o->bpffs = optarg;
		return 0;
	case OPT_TICK:
		return set_tick(o, optarg);
	case OPT_PUBLISH:
		return set_number(optarg, 1000000, no_time, &o->publish_us);
	case OPT_CARD_DELAY:
		return set_number(optarg, 1000000, no_time, &o->card_delay_us);
	case OPT_ONCE:
		o->once = true;
		return 0;
	case OPT_REPLACE:
		o->replace = true;
		return 0;
	case OPT_END:
		o->end = true;
		return 0;
	case OPT_LINGER:
		return set_number(optarg, 3600, "'%s' is no time to linger: 0 to 3600 seconds",
				  &o->linger_s);
	case 'v':
		o->verbose = true;
		return 0;
	case 'V':
		puts("shuntd " SHUNT_VERSION);
		exit(EXIT_SUCCESS);
	case 'h':
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	default:
		fputs("try 'shuntd --help'\n", stderr);
		return -EINVAL;
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	const char *socket = NULL, *amiss;
	int opt, err = 0;

	*o = (struct options){ .tick_ms = TICK_MS, .linger_s = LINGER_S, .role = &role_shared };
	while (!err && (opt = getopt_long(argc, argv, "vVh", longs, NULL)) != -1)
		err = take_option(o, opt, &socket);
	if (err)
		return err;
	if (optind < argc)
		return wrong("what is '%s'?", argv[optind]);
	if (!o->ifname && !o->role->machine)
		return wrong("%s is missing", "--dev IF");
	amiss = o->role->check(o);
	if (amiss)
		return wrong("%s", amiss);
	if (!*o->ifname || strlen(o->ifname) >= 16 || strchr(o->ifname, '/'))
		return wrong("'%s' is no name of an interface", o->ifname);
	if (!o->pins)
		o->pins = o->ifname;
	return set_socket(o, socket);
}

/* Descriptors that a keeper has from the start: of itself, of systemd, or of another shuntd. */
static int run_keeper(const struct options *o, char **argv)
{
	bool again = getenv(STORE_ENV);
	struct store *s = store_open(-1);
	int trial = -1, got = 0;

	if (!s)
		return EXIT_FAILURE;
	if (!again)
		store_take_back(s);
	lock_check_paths(o, s);
	if (!store_has(s, ""))
		got = successor_take(o, &s, &trial);
	if (got < 0 || lock_socket(o, s))
		return EXIT_FAILURE;
	if (o->replace && !got && !again)
		log_say(LOG_INFO, "there is no shuntd at '%s' to replace", o->socket);
	return keeper_run(o, s, argv, trial);
}

int main(int argc, char **argv)
{
	const char *keeper = getenv(STORE_KEEPER);
	struct options opts;

	begin_with_descriptors();
	begin_with_signals();
	if (parse(&opts, argc, argv))
		return EXIT_USAGE;
	log_open(opts.ifname, opts.verbose);
	self_start();
	if (geteuid()) {
		log_say(LOG_ERR, "must be root: AF_XDP sockets and BPF maps need CAP_NET_RAW, "
			"CAP_NET_ADMIN and CAP_BPF");
		return EXIT_FAILURE;
	}
	if (rights_raise_limits())
		return EXIT_FAILURE;
	if (keeper)
		return agent_run(&opts, argv, atoi(keeper));
	if (opts.end)
		return successor_end(&opts);
	if (!getenv(STORE_ENV))
		rights_drop(opts.role->machine);
	return run_keeper(&opts, argv);
}
