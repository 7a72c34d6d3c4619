// SPDX-License-Identifier: BSD-2-Clause
/*
 * tamper.c - a worker whose child goes on writing the rings while shuntd takes back what the worker
 * left
 *
 * usage: tamper refill SOCKET DOMAIN     attaches and ends; a child fills the receive rings
 *                                        whenever shuntd has taken from them
 *        tamper undrain SOCKET DOMAIN    the same, with the send and completion rings
 *        tamper crooked SOCKET DOMAIN    attaches, and stands still: the metadata of what waits for
 *                                        its cores lies across two cache lines
 *
 * The child is killed by its caller; "done" is printed once it has begun.
 */
#include "tests/bare.h"

#define ROUND 64 /* between two looks at other rings */

struct hold {
	struct given g;
	uint32_t nrx, ncores, nfill;
	struct shunt_ring rx[SHUNT_SLOTS], tx[SHUNT_CORES], fill[SHUNT_CORES], comp[SHUNT_CORES];
};

static int attach_to(const char *path, uint32_t domain, struct given *g)
{
	struct shunt_msg_hello hello = { .domain = domain, .name = "tamper" };
	int fd = dial(path), n;

	put(fd, &hello, sizeof(hello), SHUNT_MSG_HELLO);
	n = answer(fd, &g->w, sizeof(g->w), g->fd, &g->nfd);
	if (n == sizeof(g->w) && g->w.msg.type == SHUNT_MSG_WELCOME)
		return fd;
	fprintf(stderr, "no welcome\n");
	exit(EXIT_FAILURE);
}

/* By the process that writes them: children do not inherit these mappings. */
static void map_all(struct hold *h)
{
	const struct shunt_geometry *geo = &h->g.w.geo;
	const int *sock = &h->g.fd[SHUNT_FD_SOCKETS];

	h->nrx = nsockets(geo);
	h->ncores = geo->ncores;
	h->nfill = shunt_fill_rings(geo);
	for (uint32_t i = 0; i < h->nrx; i++)
		map_ring(&h->rx[i], sock[i], SHUNT_RING_RX,
			 i < geo->ncores ? geo->core_ring : geo->hold_ring);
	for (uint32_t i = 0; i < h->ncores; i++)
		map_ring(&h->tx[i], sock[i], SHUNT_RING_TX, geo->core_ring);
	for (uint32_t i = 0; i < h->nfill; i++) {
		map_ring(&h->fill[i], sock[i], SHUNT_RING_FILL, geo->fill_ring);
		map_ring(&h->comp[i], sock[i], SHUNT_RING_COMP, geo->fill_ring);
	}
}

static void done(void)
{
	puts("done");
	fclose(stdout);
}

static void refill(struct hold *h)
{
	for (uint32_t i = 0; i < h->nrx; i++)
		ring_set_prod(&h->rx[i], ring_cons(&h->rx[i]) + h->rx[i].mask + 1);
}

static void undrain(struct hold *h)
{
	for (uint32_t i = 0; i < h->ncores; i++)
		ring_set_prod(&h->tx[i], ring_cons(&h->tx[i]) + h->tx[i].mask + 1);
	for (uint32_t i = 0; i < h->nfill; i++)
		ring_set_cons(&h->comp[i], ring_prod(&h->comp[i]) - h->comp[i].mask - 1);
}

static void child_goes_on(const char *path, uint32_t domain, void (*deed)(struct hold *h))
{
	static struct hold h;

	attach_to(path, domain, &h.g);
	if (fork())
		exit(EXIT_SUCCESS);
	map_all(&h);
	done();
	for (;;) {
		for (int i = 0; i < ROUND; i++)
			deed(&h);
	}
}

static void say_core(int fd, uint32_t core, int type)
{
	struct shunt_msg_core m = { .core = core, .tid = getpid() };

	put(fd, &m, sizeof(m), type);
}

/* The word of arrival is at 8 in the metadata, which ends where the packet begins. */
static void crooked(const char *path, uint32_t domain)
{
	static struct hold h;
	int fd = attach_to(path, domain, &h.g);
	char *memory = map(h.g.fd[SHUNT_FD_MEMORY], shunt_memory_len(&h.g.w.geo));
	unsigned int across = 64 - 4 - offsetof(struct shunt_meta, arrival_ns);

	map_all(&h);
	for (uint32_t i = 0; i < h.ncores; i++) {
		struct shunt_ring *rx = &h.rx[i];

		for (uint32_t k = 0; k <= rx->mask; k++)
			rx->desc[k].addr = (uint64_t)(k % h.g.w.geo.nframes) * h.g.w.geo.chunk +
					   256 + across + sizeof(struct shunt_meta);
	}
	done();
	for (;;) {
		refill(&h);
		for (uint32_t i = 0; i < h.g.w.geo.nframes; i++)
			memset(memory + (size_t)i * h.g.w.geo.chunk, 0, 1024);
		say_core(fd, 0, SHUNT_MSG_UP);
		say_core(fd, 0, SHUNT_MSG_DOWN);
		usleep(50000);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "", *path = argv[2];
	uint32_t domain = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;

	if (!strcmp(what, "refill"))
		child_goes_on(path, domain, refill);
	else if (!strcmp(what, "undrain"))
		child_goes_on(path, domain, undrain);
	else if (!strcmp(what, "crooked"))
		crooked(path, domain);
	return 2;
}
