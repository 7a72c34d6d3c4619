// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer.c - a worker for tests, from the bare messages: it counts frames, or does everything wrong
 *
 * usage: peer census SOCKET [DOMAIN]   attaches, counts the frames in the rings, leaves;
 *                                      {"frames":N,"fill":N,"least":N,"comp":N,"rx":N,
 *                                      "spare":N,"twice":N,"missing":N}
 *                                      (least: of the fill rings' counts)
 *        peer view SOCKET              attaches, prints what policies read of tunables, leaves
 *        peer hostile SOCKET N [SEED]  sends N messages, most of them wrong in some way;
 *                                      {"sent":N,"malformed":N}
 *        peer wreck SOCKET [SEED]      attaches, writes nonsense into all that it was given, dies
 *        peer linger SOCKET            attaches, says UP, hangs up, and lives on
 *        peer hush SOCKET              attaches, takes back the words by which the kernel
 *                                      asks to be woken, dies
 *        peer silent SOCKET            attaches, says UP, never looks at its rings
 *        peer overfill SOCKET          attaches, writes counts that keep XDP from bounding
 *
 * This program shares nothing with libshunt but the layout.
 */
#include "tests/wreck.h"

/* Counts a frame; those that were there already in "twice". */
static void tick(unsigned char *seen, uint32_t nframes, uint64_t frame, unsigned int *n,
		 unsigned int *twice)
{
	if (frame >= nframes)
		return;
	(*n)++;
	*twice += seen[frame];
	seen[frame] = 1;
}

static void census(const struct given *g)
{
	const struct shunt_geometry *geo = &g->w.geo;
	unsigned char *seen = calloc(geo->nframes, 1);
	const struct shunt_ctl *ctl =
		shunt_ctl_of(map(g->fd[SHUNT_FD_MEMORY], shunt_memory_len(geo)), geo);
	unsigned int fill = 0, least = ~0u, comp = 0, rx = 0, spare = 0, twice = 0, missing = 0;
	struct shunt_ring r;

	for (uint32_t k = 0; k < shunt_fill_rings(geo); k++) {
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_FILL, geo->fill_ring);
		least = ring_count(&r) < least ? ring_count(&r) : least;
		for (uint32_t i = ring_cons(&r); i != ring_prod(&r); i++)
			tick(seen, geo->nframes, r.addr[i & r.mask] / geo->chunk, &fill, &twice);
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_COMP, geo->fill_ring);
		for (uint32_t i = ring_cons(&r); i != ring_prod(&r); i++)
			tick(seen, geo->nframes, r.addr[i & r.mask] / geo->chunk, &comp, &twice);
	}
	for (uint32_t k = 0; k < nsockets(geo); k++) {
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_RX,
			 k < geo->ncores ? geo->core_ring : geo->hold_ring);
		for (uint32_t i = ring_cons(&r); i != ring_prod(&r); i++)
			tick(seen, geo->nframes, r.desc[i & r.mask].addr / geo->chunk, &rx, &twice);
	}
	for (uint32_t i = 0; i < geo->ncores; i++) {
		for (uint32_t k = 0; k < ctl->free[i].n && k < SHUNT_FREE_ROOM; k++)
			tick(seen, geo->nframes, ctl->free[i].frame[k], &spare, &twice);
	}
	for (uint32_t i = 0; i < geo->nframes; i++)
		missing += !seen[i];
	printf("{\"frames\":%u,\"fill\":%u,\"least\":%u,\"comp\":%u,\"rx\":%u,\"spare\":%u,"
	       "\"twice\":%u,\"missing\":%u}\n",
	       geo->nframes, fill, least, comp, rx, spare, twice, missing);
	free(seen);
}

static void hush(const struct given *g)
{
	const struct shunt_geometry *geo = &g->w.geo;
	struct shunt_ring r;

	for (uint32_t k = 0; k < geo->ncores; k++) {
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_TX, geo->core_ring);
		*r.flags = 0;
	}
}

static void print_list(const char *name, const void *list, size_t size, int n)
{
	printf("%s\"%s\":[", *name == 's' ? "{" : ",", name);
	for (int i = 0; i < n; i++)
		printf("%s%llu", i ? "," : "", size == 4 ? ((const __u32 *)list)[i] :
		       ((const unsigned long long *)list)[i]);
	printf("]");
}

static void print_view(const struct given *g)
{
	const struct shunt_view *v = map(g->fd[SHUNT_FD_VIEW], sizeof(*v));

	print_list("slo_us", v->slo_us, 4, SHUNT_CLASSES);
	print_list("quantum_us", v->quantum_us, 4, SHUNT_CLASSES);
	print_list("knob", v->knob, 8, SHUNT_KNOBS);
	printf(",\"expires\":%u}\n", v->expires);
}

/* By lib/broker.h: is it a message that a worker may send at some time? */
static bool well_formed(const union message *m, size_t len)
{
	if (len < sizeof(m->msg) || m->msg.magic != SHUNT_MSG_MAGIC || m->msg.abi != SHUNT_ABI)
		return false;
	return (m->msg.type == SHUNT_MSG_HELLO && len == sizeof(m->hello)) ||
	       (m->msg.type == SHUNT_MSG_UP && len == sizeof(m->core)) ||
	       (m->msg.type == SHUNT_MSG_DOWN && len == sizeof(m->core)) ||
	       (m->msg.type == SHUNT_MSG_BYE && len == sizeof(m->msg));
}

/* Reads what there is until shuntd hangs up, or says why it is about to. False: it was about to
 * before, and does not read what we say any more. */
static bool was_it_for_that(int fd)
{
	struct shunt_msg_refused m = { 0 };

	while (recv(fd, &m, sizeof(m), 0) > 0) {
		if (m.msg.type == SHUNT_MSG_REFUSED)
			return m.err == -EPROTO;
	}
	return true;
}

static void hostile(const char *path, unsigned long count)
{
	unsigned long malformed = 0;
	int fd = dial(path);

	for (unsigned long i = 0; i < count;) {
		union message m;
		size_t len = bad_one(&m);
		ssize_t n = any(50) ? send(fd, &m, len, MSG_NOSIGNAL)
				    : send_with_fd(fd, &m, len, MSG_NOSIGNAL);
		bool ends = n < 0 || !any(20); /* it hung up before, or we do */

		i += n >= 0;
		if (n > 0 && !well_formed(&m, len)) {
			malformed += was_it_for_that(fd);
			ends = true;
		}
		if (ends) {
			close(fd);
			fd = dial(path);
		}
	}
	close(fd);
	printf("{\"sent\":%lu,\"malformed\":%lu}\n", count, malformed);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *path = argv[2];
	bool attaches = strcmp(what, "hostile"), one_domain = !strcmp(what, "census") && argc > 3;
	struct shunt_msg bye;
	struct given g;
	int fd = -1;

	if (argc < 3 || (!attaches && argc < 4))
		return 2;
	rng.state = strtoul(argc > 3 ? argv[argc - 1] : "1", NULL, 0);
	if (attaches)
		fd = attach(path, one_domain ? strtoul(argv[3], NULL, 0) : SHUNT_ANY_DOMAIN, &g);
	if (!strcmp(what, "census")) {
		census(&g);
		put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	} else if (!strcmp(what, "view")) {
		print_view(&g);
		put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	} else if (!strcmp(what, "hostile")) {
		hostile(path, strtoul(argv[3], NULL, 0));
	} else if (!strcmp(what, "wreck")) {
		say_up(fd, any(2) ? g.w.cores : 0);
		wreck(&g);
		kill(getpid(), SIGKILL);
	} else if (!strcmp(what, "hush")) {
		hush(&g);
		kill(getpid(), SIGKILL);
	} else if (!strcmp(what, "linger")) {
		say_up(fd, g.w.cores);
		close(fd);
		pause();
	} else if (!strcmp(what, "silent")) {
		say_up(fd, g.w.cores);
		pause();
	} else if (!strcmp(what, "overfill")) {
		struct shunt_view *v = map(g.fd[SHUNT_FD_VIEW], sizeof(*v));

		for (int i = 0; i < SHUNT_CLASSES; i++)
			v->deq[i] = v->enq[i] - (1u << 30);
		puts("ready");
		fflush(stdout);
		pause();
	} else {
		return 2;
	}
	return 0;
}
