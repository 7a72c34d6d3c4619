// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost.c - nanoseconds that XDP ingress takes for one request, under each policy, beside XDP_DROP
 *
 * BPF_PROG_TEST_RUN in batches of 1 and of 6 (metadata piles up over repeats, so there are no
 * larger ones); what a further packet costs is (6 * ns(6) - ns(1)) / 5: the steady state, as larger
 * batches would show it. The first packet also pays for the clock that is read around the batch,
 * and for what the system call left cold; it is told too. The state is set before each batch so
 * that all of it takes the path that is timed, and the counters are checked after it.
 *
 * Rounds go through all paths of all policies, each batch beside one of XDP_DROP. The result is the
 * median of quiet rounds, and the middle half of them. A round is quiet if XDP_DROP itself took its
 * lower quartile, within a tenth: it takes longer when another CPU of the same processor core is
 * busy, and less when the processor's clock is raised for a moment. Quiet rounds are counted.
 *
 * Classes have objectives and service times, and a policy that plans has planned.
 *
 * POLICY=fcfs in the environment: that one alone; OUT: another file than build/bench/cost.json;
 * NOISE=N: so many percent off the quartile are quiet, in place of 10.
 *
 *   steer   16 idle cores (4 classes; the request matches its port's payload rule)
 *   hold    no core idle, and the rings of all full
 *   reject  no core idle; the policy decides, then rejects (bench/reject.c)
 *   verify  as steer, with all checksums verified; LEN=1400
 *           in the environment: of so long a payload
 *   refuse  as reject, and memcached's SERVER_ERROR goes back; the clock is read for every 50th, as
 *           at the usual rate; ASKING=27 in the environment: for a request of that payload, from
 *           which nothing is cut off (bench/again.bpf.c makes the frame a request again, whose time
 *           is left out)
 *   plain   as steer, on a port without rules: all requests are of one class
 *   rpc     as plain, on a port of ONC RPC: the call's head is checked, and
 *           its class is that of program, version and procedure
 *
 * Beside them, once a round, programs that do only what none can leave out (least.bpf.c).
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cost.h"
#include "tests/prog/packet.h"

#define CLS 2 /* of the request */
#define LOOPBACK 1 /* interface of every network namespace */
#define RPC_PORT (PACKET_PORT + CLASSES)
#define PLAIN_PORT (RPC_PORT + 1)

const char *const path_name[PATHS] = { "steer_ns", "hold_ns", "reject_ns", "verify_ns",
				       "refuse_ns", "plain_ns", "rpc_ns" };

struct policy policies[POLICIES_MAX];
int npolicies;
static struct ingress drop;
static struct ingress again, again_drop; /* in front of a policy, and of XDP_DROP */
static __u32 *batch_ns[6]; /* of batches of 1 and INGRESS_REPEAT: a path, XDP_DROP, again_drop */
__u32 rounds, batches;
static struct packet packet, asking, plain, call; /* asking: for REFUSE */
static struct verdict v;

/* --- one batch -------------------------------------------------------------------------------- */

/* The state that sends every request of a batch along this path. */
static void set_state(struct ingress *g, enum path path)
{
	__u32 behind = path == HOLD ? 250 : 0; /* of a core's ring of 256 */

	g->view->idle = path == HOLD || path == REJECT ? 0 : (1ULL << CORES) - 1;
	for (int i = 0; i < CORES; i++)
		g->view->done[i] = g->in->sent[i] - behind;
	g->view->deq[CLS] = g->in->enq[CLS];
}

static __u64 counted(const struct ingress *g, enum path path)
{
	const struct shunt_ingress_class *n = &g->in->cls[CLS];

	if (path == REFUSE)
		return g->in->said_no[CLS];
	return path == HOLD ? n->held : path == REJECT ? n->rejected : n->steered;
}

static const struct packet *packet_of(enum path path)
{
	static const struct packet *const of[PATHS] = { [REFUSE] = &asking, [PLAIN] = &plain,
							[RPC] = &call };

	return of[path] ? of[path] : &packet;
}

static __u32 time_batch(const char *name, struct ingress *g, enum path path, __u32 packets)
{
	__u64 before;

	set_state(g, path);
	before = counted(g, path);
	ingress_repeat(path == REFUSE ? &again : g, packet_of(path)->data, packet_of(path)->len,
		       packets, &v);
	if (counted(g, path) != before + packets)
		die("cost: '%s' took another path than %s", name, path_name[path]);
	return v.ns;
}

/*
 * To run a program more than once, the kernel puts it into its XDP dispatcher, and takes it out
 * afterwards: 20 ms for a batch of a microsecond. One that is attached somewhere is there already:
 * to "lo" of a namespace of ours.
 */
static void make_known(int prog)
{
	int err = bpf_xdp_attach(LOOPBACK, prog, XDP_FLAGS_SKB_MODE, NULL);

	if (err)
		die("cost: cannot attach to the namespace's loopback: %s", strerror(-err));
}

static int by_ns(const void *a, const void *b)
{
	return (*(const __u32 *)a > *(const __u32 *)b) - (*(const __u32 *)a < *(const __u32 *)b);
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

static void store_times(struct times *t, __u32 round, __u32 *const ns[2])
{
	double one = middle(ns[0], batches), many = middle(ns[1], batches);

	t->first[round] = one;
	t->ns[round] = (many * INGRESS_REPEAT - one) / (INGRESS_REPEAT - 1);
}

/* Of a program that is no policy's. */
static __u32 time_other(struct ingress *g, const struct packet *p, __u32 packets)
{
	ingress_repeat(g, p->data, p->len, packets, &v);
	return v.ns;
}

/* The cost of a request, less that of making the reply a request again. */
static void leave_out_again(struct times *t, const struct times *floor, __u32 round)
{
	struct times *with = calloc(1, sizeof(*with));

	if (!with)
		die("cost: no memory");
	store_times(with, round, batch_ns + 4);
	t->ns[round] += floor->ns[round] - with->ns[round];
	t->first[round] += floor->first[round] - with->first[round];
	free(with);
}

static void set_verify(struct ingress *g, enum shunt_verify verify)
{
	struct shunt_cfg cfg;

	ingress_get(g, "cfg", 0, &cfg);
	cfg.verify = verify;
	ingress_set(g, "cfg", 0, &cfg);
}

static void time_path(struct policy *p, enum path path, __u32 round)
{
	struct ingress *g = path == REJECT || path == REFUSE ? p->reject : p->g;
	const struct packet *of = packet_of(path);

	if (path == REFUSE)
		ingress_set(&again, "again_next", 0, &g->prog);
	set_verify(g, path == VERIFY ? SHUNT_VERIFY_UDP : SHUNT_VERIFY_OFF);
	make_known(g->prog);
	for (__u32 i = 0; i < batches; i++) {
		batch_ns[0][i] = time_batch(p->name, g, path, 1);
		batch_ns[1][i] = time_batch(p->name, g, path, INGRESS_REPEAT);
		batch_ns[2][i] = time_other(&drop, of, 1);
		batch_ns[3][i] = time_other(&drop, of, INGRESS_REPEAT);
		if (path != REFUSE)
			continue;
		batch_ns[4][i] = time_other(&again_drop, of, 1);
		batch_ns[5][i] = time_other(&again_drop, of, INGRESS_REPEAT);
	}
	store_times(&p->path[path], round, batch_ns);
	store_times(&p->drop[path], round, batch_ns + 2);
	if (path == REFUSE)
		leave_out_again(&p->path[path], &p->drop[path], round);
}

static void time_least(struct least *l, __u32 round)
{
	for (__u32 i = 0; i < batches; i++) {
		batch_ns[0][i] = time_other(&l->g, &packet, 1);
		batch_ns[1][i] = time_other(&l->g, &packet, INGRESS_REPEAT);
		if (v.action != l->action)
			die("cost: a step of least.bpf.c ended early");
		batch_ns[2][i] = time_other(&drop, &packet, 1);
		batch_ns[3][i] = time_other(&drop, &packet, INGRESS_REPEAT);
	}
	store_times(&l->all, round, batch_ns);
	store_times(&l->drop, round, batch_ns + 2);
}

/* --- what is measured ------------------------------------------------------------------------- */

/* The next program to be loaded gets another namespace. */
void keep_known(int prog)
{
	make_known(prog);
	if (open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) < 0 || unshare(CLONE_NEWNET))
		die("cost: cannot make a network namespace: %s", strerror(errno));
}

static void load_drop(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_XDP);

	drop.prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "drop", "GPL", insns, 2, &opts);
	if (drop.prog < 0)
		die("cost: cannot load XDP_DROP: %s", strerror(errno));
	keep_known(drop.prog);
}

/* Makes the frame a request again, then goes on to the program that is next. */
static void load_again(struct ingress *a, int next)
{
	struct bpf_program *prog;
	__u64 request[2][16] = { { 0 }, { asking.len } };

	if (asking.len > sizeof(request[0]))
		die("cost: LEN is too long for a request that is refused by a reply");
	memcpy(request[0], asking.data, asking.len);
	a->obj = bpf_object__open_file("build/bench/again.o", NULL);
	if (!a->obj || bpf_object__load(a->obj))
		die("cost: cannot load 'build/bench/again.o': %s", strerror(errno));
	prog = bpf_object__find_program_by_name(a->obj, "again");
	a->prog = bpf_program__fd(prog);
	ingress_set(a, "again_request", 0, request[0]);
	ingress_set(a, "again_request", 1, request[1]);
	if (next >= 0)
		ingress_set(a, "again_next", 0, &next);
	keep_known(a->prog);
}

/* Objectives, service times and rates of the classes, and the plan that follows from them. */
static void plan(struct ingress *g)
{
	static const struct shunt_event ev = { .now_ns = 1, .run_cls = SHUNT_NONE };
	__u32 slo_us;

	for (__u32 c = 0; c < CLASSES; c++) {
		slo_us = 100 << c;
		ingress_set(g, "slo_us", c, &slo_us);
		g->view->slo_us[c] = slo_us;
		g->view->mean_ns[c] = 1000 << c;
		g->view->rate[c] = 100000;
	}
	ingress_ask(g, SHUNT_ASK_PLAN, &ev);
	g->view->plan[0].use ^= 1; /* in force */
}

/* A version of a program whose procedure 4 is of the class. */
static void serve_rpc(struct ingress *g)
{
	struct shunt_program program = { .program = htonl(400100), .version = htonl(1) };

	program.cls[4] = CLS;
	ingress_set(g, "programs", 0, &program);
	ingress_port(g, RPC_PORT, (struct shunt_port){ .count = 1, .flags = SHUNT_PORT_ON |
								       SHUNT_PORT_RPC });
	ingress_port(g, PLAIN_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON });
}

static void build_packets(__u32 len)
{
	struct packet_spec s = { .payload = "get key0123", .payload_len = len, .sums = 1 };
	const __be32 head[] = { 7, 0, htonl(2), htonl(400100), htonl(1), htonl(4) };

	packet_build(&s, &packet);
	s.dport = PLAIN_PORT;
	packet_build(&s, &plain);
	s.dport = RPC_PORT;
	packet_build(&s, &call);
	memcpy(call.data + call.payload, head, sizeof(head));
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
	ingress_set(g, "refuse", 1, &(struct shunt_refuse){ .kind = SHUNT_REFUSE_MEMCACHED,
							    .batch = 50, .step_ns = 1 });
	ingress_port(g, PACKET_PORT + CLS,
		     (struct shunt_port){ .cls = CLS,
					  .flags = SHUNT_PORT_ON | 1 << SHUNT_PORT_REFUSAL });
	serve_rpc(g);
	plan(g);
	return g;
}

static void load_policies(void)
{
	const char *only = getenv("POLICY");
	char reject[256], objects[256];
	glob_t found;

	snprintf(objects, sizeof(objects), "build/bpf/%s.o", only ? only : "*");
	if (glob(objects, 0, NULL, &found) || found.gl_pathc > POLICIES_MAX)
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

static void measure(void)
{
	for (__u32 r = 0; r < rounds; r++) {
		for (int i = 0; i < npolicies; i++) {
			for (enum path path = 0; path < PATHS; path++)
				time_path(&policies[i], path, r);
		}
		for (int i = 0; i < LEAST; i++)
			time_least(&least[i], r);
	}
}

int main(void)
{
	struct packet_spec ask = { .dport = PACKET_PORT + CLS, .sums = 1 };

	rounds = env_number("ROUNDS", 21);
	batches = env_number("BATCHES", 1000);
	if (rounds < 1 || rounds > ROUNDS_MAX || batches < 4)
		die("cost: ROUNDS is 1 to %d, BATCHES at least 4", ROUNDS_MAX);
	if (unshare(CLONE_NEWNET))
		die("cost: needs root, for a network namespace and BPF: %s", strerror(errno));
	for (int i = 0; i < 6; i++)
		batch_ns[i] = calloc(batches, sizeof(*batch_ns[i]));
	build_packets(env_number("LEN", 64));
	ask.payload_len = env_number("ASKING", 64);
	packet_build(&ask, &asking);
	memcpy(asking.data + asking.payload, "\0\1\0\0\0\1\0\0get ", 12);
	load_policies();
	load_drop();
	load_again(&again, -1);
	load_again(&again_drop, drop.prog);
	load_least();
	measure();
	mkdir("build/bench", 0755);
	write_json(getenv("OUT") ? getenv("OUT") : "build/bench/cost.json");
	print_table();
	for (int i = 0; i < npolicies; i++) {
		ingress_free(policies[i].g);
		ingress_free(policies[i].reject);
	}
	free_least();
	bpf_object__close(again.obj);
	bpf_object__close(again_drop.obj);
	for (int i = 0; i < 6; i++)
		free(batch_ns[i]);
	return 0;
}
