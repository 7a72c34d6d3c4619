// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost.c - nanoseconds that XDP ingress takes for one request, under each policy, beside XDP_DROP
 *
 * BPF_PROG_TEST_RUN in batches of 6, as metadata piles up over repeats. The state is set before each batch so that
 * all of it takes the path that is timed, and the counters are checked after it. Rounds go through all paths of all
 * policies; what is told is the median of rounds, and the middle half of them.
 *
 *   steer   16 idle cores (4 classes; the request matches its port's payload rule)
 *   hold    no core idle, and the rings of all full
 *   reject  no core idle; the policy decides, then rejects (bench/reject.c)
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "tests/prog/ingress.h"
#include "tests/prog/packet.h"

#define CORES 16
#define CLASSES 4
#define CLS 2 /* of the request */
#define LOOPBACK 1 /* interface of every network namespace */
#define POLICIES_MAX 32
#define ROUNDS_MAX 1000

enum path { STEER, HOLD, REJECT, PATHS };

static const char *const path_name[PATHS] = { "steer_ns", "hold_ns", "reject_ns" };
static const int target_ns[PATHS] = { 40, 70, 40 }; /* over the floor */

struct policy {
	char name[SHUNT_NAME_LEN];
	struct ingress *g, *reject;
	double ns[PATHS][ROUNDS_MAX];
};

static struct policy policies[POLICIES_MAX];
static int npolicies;
static double floor_ns[ROUNDS_MAX];
static __u32 *batch_ns;
static __u32 rounds, batches;
static struct packet packet;
static struct verdict v;

/* --- statistics ------------------------------------------------------------------------------------ */

static int by_ns(const void *a, const void *b)
{
	return (*(const __u32 *)a > *(const __u32 *)b) - (*(const __u32 *)a < *(const __u32 *)b);
}

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Mean of the middle half: batches are whole ns, and some met an interrupt. */
static double middle(__u32 *ns, __u32 n)
{
	__u32 from = n / 4, to = n - n / 4;
	double sum = 0;

	qsort(ns, n, sizeof(*ns), by_ns);
	for (__u32 i = from; i < to; i++)
		sum += ns[i];
	return sum / (to - from);
}

/* Sorts the rounds. */
static double quantile(double *values, double q)
{
	qsort(values, rounds, sizeof(*values), by_value);
	return values[(__u32)(q * (rounds - 1) + 0.5)];
}

/* --- one batch ---------------------------------------------------------------------------------------- */

/* The state that sends every request of a batch along this path. */
static void set_state(struct ingress *g, enum path path)
{
	__u32 behind = path == HOLD ? 250 : 0; /* of a core's ring of 256 */

	g->view->idle = path == STEER ? (1ULL << CORES) - 1 : 0;
	for (int i = 0; i < CORES; i++)
		g->view->done[i] = g->in->sent[i] - behind;
	g->view->deq[CLS] = g->in->enq[CLS];
}

static __u64 counted(const struct ingress *g, enum path path)
{
	const struct shunt_ingress_class *n = &g->in->cls[CLS];

	return path == STEER ? n->steered : path == HOLD ? n->held : n->rejected;
}

static __u32 time_batch(const char *name, struct ingress *g, enum path path)
{
	__u64 before;

	set_state(g, path);
	before = counted(g, path);
	ingress_repeat(g, packet.data, packet.len, INGRESS_REPEAT, &v);
	if (counted(g, path) != before + INGRESS_REPEAT)
		die("cost: '%s' took another path than %s", name, path_name[path]);
	return v.ns;
}

/*
 * To run a program more than once, the kernel puts it into its XDP dispatcher, and takes it out afterwards: 20 ms for
 * a batch of a microsecond. One that is attached somewhere is there already: to "lo" of our own namespace.
 */
static void make_known(int prog)
{
	int err = bpf_xdp_attach(LOOPBACK, prog, XDP_FLAGS_SKB_MODE, NULL);

	if (err)
		die("cost: cannot attach to the namespace's loopback: %s", strerror(-err));
}

static double time_path(struct policy *p, enum path path)
{
	struct ingress *g = path == REJECT ? p->reject : p->g;

	make_known(g->prog);
	for (__u32 i = 0; i < batches; i++)
		batch_ns[i] = time_batch(p->name, g, path);
	return middle(batch_ns, batches);
}

/* The same harness around a program of two instructions. */
static double time_floor(int prog)
{
	struct ingress drop = { .prog = prog };

	make_known(prog);
	for (__u32 i = 0; i < batches; i++) {
		ingress_repeat(&drop, packet.data, packet.len, INGRESS_REPEAT, &v);
		batch_ns[i] = v.ns;
	}
	return middle(batch_ns, batches);
}

/* --- what is measured ----------------------------------------------------------------------------------- */

static int load_drop(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "drop", "GPL", insns, 2, NULL);

	if (prog < 0)
		die("cost: cannot load XDP_DROP: %s", strerror(errno));
	return prog;
}

static struct ingress *load(const char *object)
{
	struct ingress *g = ingress_load(object, CORES, CLASSES);
	struct shunt_rule get = { .cls = CLS };

	memcpy(&get.value, "get ", 4);
	memcpy(&get.mask, "\xff\xff\xff\xff", 4);
	ingress_set(g, "rules", 0, &get);
	for (int i = 0; i < CLASSES; i++)
		ingress_port(g, PACKET_PORT + i,
			     (struct shunt_port){ .count = !i, .cls = i, .flags = SHUNT_PORT_ON,
						  .key_len = 8, .key_off = 4 });
	return g;
}

static void load_policies(void)
{
	char reject[256];
	glob_t found;

	if (glob("build/bpf/*.o", 0, NULL, &found) || found.gl_pathc > POLICIES_MAX)
		die("cost: no policies in build/bpf: run make bench-cost");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *base = strrchr(found.gl_pathv[i], '/') + 1;
		struct policy *p = &policies[npolicies++];

		snprintf(p->name, sizeof(p->name), "%.*s", (int)strlen(base) - 2, base);
		snprintf(reject, sizeof(reject), "build/bench/reject/%s", base);
		p->g = load(found.gl_pathv[i]);
		p->reject = load(reject);
	}
	globfree(&found);
}

static void measure(int drop)
{
	for (__u32 r = 0; r < rounds; r++) {
		floor_ns[r] = time_floor(drop);
		for (int i = 0; i < npolicies; i++) {
			for (enum path path = 0; path < PATHS; path++)
				policies[i].ns[path][r] = time_path(&policies[i], path);
		}
	}
}

/* --- what is told --------------------------------------------------------------------------------------- */

static json_t *policy_json(struct policy *p)
{
	json_t *spread = json_object(), *out = json_object();

	for (enum path path = 0; path < PATHS; path++) {
		double *ns = p->ns[path];

		json_object_set_new(out, path_name[path], json_real(quantile(ns, 0.5)));
		json_object_set_new(spread, path_name[path],
				    json_pack("[f,f]", quantile(ns, 0.25), quantile(ns, 0.75)));
	}
	json_object_set_new(out, "middle_half_of_rounds", spread);
	return out;
}

static void write_json(const char *path)
{
	json_t *all = json_object(), *root;
	struct utsname host;

	for (int i = 0; i < npolicies; i++)
		json_object_set_new(all, policies[i].name, policy_json(&policies[i]));
	uname(&host);
	root = json_pack("{s:f, s:[f,f], s:o, s:i, s:i, s:i, s:i, s:i, s:s, s:s}",
			 "floor_ns", quantile(floor_ns, 0.5),
			 "floor_middle_half_of_rounds", quantile(floor_ns, 0.25), quantile(floor_ns, 0.75),
			 "policies", all, "rounds", (int)rounds, "batches_a_round", (int)batches,
			 "packets_a_batch", INGRESS_REPEAT, "cores", CORES, "classes", CLASSES,
			 "kernel", host.release,
			 "note", "all ns are of whole packets, floor included; reject: the policy's own "
				 "decision, then SHUNT_REJECT (bench/reject.c), as no built-in policy rejects");
	if (!root || json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(4)))
		die("cost: cannot write '%s'", path);
	json_decref(root);
}

/* 0 if every target of every policy is met. */
static int print_table(void)
{
	double low = quantile(floor_ns, 0.5);
	int missed = 0;

	printf("XDP_DROP: %.1f ns (%.1f to %.1f); over it, for one request:\n", low,
	       quantile(floor_ns, 0.25), quantile(floor_ns, 0.75));
	printf("%-10s %24s %24s %24s\n", "policy", "steer (<= 40)", "hold (<= 70)", "reject (<= 40)");
	for (int i = 0; i < npolicies; i++) {
		printf("%-10s", policies[i].name);
		for (enum path path = 0; path < PATHS; path++) {
			double *ns = policies[i].ns[path], over = quantile(ns, 0.5) - low;

			printf(" %8.1f (%5.1f to %5.1f)%s", over, quantile(ns, 0.25) - low,
			       quantile(ns, 0.75) - low, over > target_ns[path] ? "!" : " ");
			missed |= over > target_ns[path];
		}
		putchar('\n');
	}
	return missed;
}

int main(void)
{
	struct packet_spec s = { .payload = "get key0123", .payload_len = 64 };
	int missed;

	rounds = env_number("ROUNDS", 21);
	batches = env_number("BATCHES", 1000);
	if (rounds < 1 || rounds > ROUNDS_MAX || batches < 4)
		die("cost: ROUNDS is 1 to %d, BATCHES at least 4", ROUNDS_MAX);
	if (unshare(CLONE_NEWNET))
		die("cost: needs root, for a network namespace and BPF: %s", strerror(errno));
	batch_ns = calloc(batches, sizeof(*batch_ns));
	packet_build(&s, &packet);
	load_policies();
	measure(load_drop());
	mkdir("build/bench", 0755);
	write_json("build/bench/cost.json");
	missed = print_table();
	puts(missed ? "!: beyond the target" : "all within their targets");
	for (int i = 0; i < npolicies; i++) {
		ingress_free(policies[i].g);
		ingress_free(policies[i].reject);
	}
	free(batch_ns);
	return 0;
}
