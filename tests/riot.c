// SPDX-License-Identifier: BSD-2-Clause
/*
 * riot.c - processes of one user that do everything harmful
 * at once, at random, with shuntd and with what it gives them
 *
 * usage: riot SOCKET DOMAIN SECONDS SEED    prints how often each thing was done
 *
 * Several processes at a time, each with a seed of its own; one that ends, or is ended, is followed
 * by another. The number of children that keep descriptors is bounded, and they end with the first
 * process.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/falloc.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/wreck.h"

#define PROCESSES 4
#define KEPT 24     /* connections that one process keeps open unread */
#define NAP_US 500  /* between two deeds, so that others get the CPU */

struct rioter {
	const char *path;
	uint32_t domain;
	int kept[KEPT];
	bool has;        /* it was given the domain */
	int link;        /* the connection that gave it the domain */
	struct given g;
	unsigned char *memory;
	struct shunt_view *view;
};

struct deed {
	const char *name;
	void (*doit)(struct rioter *r);
};

static unsigned long *attached, *done; /* by deed; shared */

static void nap(unsigned int us)
{
	usleep(us);
}

/* shuntd may be busy, or may not let us in. */
static int try_dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void hello(int fd, uint32_t domain)
{
	struct shunt_msg_hello m = { .domain = domain, .name = "riot" };

	put(fd, &m, sizeof(m), SHUNT_MSG_HELLO);
}

static void keep(struct rioter *r, int fd)
{
	int *place = &r->kept[any(KEPT)];

	if (*place >= 0)
		close(*place);
	*place = fd;
}

/* --- deeds: connections ----------------------------------------------------------------------- */

static void never_read(struct rioter *r)
{
	for (int i = any(20); i; i--) {
		int fd = try_dial(r->path);

		if (fd < 0)
			return;
		hello(fd, any(4) ? r->domain : SHUNT_ANY_DOMAIN);
		keep(r, fd);
	}
}

static void storm(struct rioter *r)
{
	for (int i = any(200); i; i--) {
		int fd = try_dial(r->path);

		if (fd < 0)
			return;
		if (any(2))
			hello(fd, any(20));
		close(fd);
	}
}

static void crowd(struct rioter *r)
{
	for (int i = any(KEPT); i; i--) {
		int fd = try_dial(r->path);

		if (fd >= 0)
			keep(r, fd);
	}
}

static void nonsense(struct rioter *r)
{
	int fd = try_dial(r->path);

	for (int i = any(20); fd >= 0 && i; i--) {
		union message m;
		size_t len = bad_one(&m);

		if ((any(10) ? send(fd, &m, len, MSG_NOSIGNAL | MSG_DONTWAIT)
			     : send_with_fd(fd, &m, len, MSG_NOSIGNAL)) < 0)
			break;
	}
	if (fd >= 0)
		close(fd);
}

static void hasty(struct rioter *r)
{
	struct shunt_msg bye;
	int fd = try_dial(r->path);

	if (fd < 0)
		return;
	hello(fd, r->domain);
	put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	close(fd);
}

/* --- deeds: of a worker ----------------------------------------------------------------------- */

static void *try_map(int fd, size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void attach_it(struct rioter *r)
{
	struct pollfd p;
	int fd, n;

	if (r->has)
		return;
	fd = try_dial(r->path);
	if (fd < 0)
		return;
	hello(fd, r->domain);
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	n = poll(&p, 1, 200) == 1 ? answer(fd, &r->g.w, sizeof(r->g.w), r->g.fd, &r->g.nfd) : 0;
	if (n != sizeof(r->g.w) || r->g.w.msg.type != SHUNT_MSG_WELCOME) {
		close(fd);
		return;
	}
	r->has = true;
	r->link = fd;
	__atomic_fetch_add(attached, 1, __ATOMIC_RELAXED);
	r->memory = try_map(r->g.fd[SHUNT_FD_MEMORY], shunt_memory_len(&r->g.w.geo));
	r->view = try_map(r->g.fd[SHUNT_FD_VIEW], sizeof(*r->view));
}

static void forge_cores(struct rioter *r)
{
	for (int i = any(500); r->has && i; i--) {
		struct shunt_msg_core m = { .core = any(r->g.w.cores + (any(100) == 0)),
					    .tid = any(2) ? 1 : any(70000) };

		put(r->link, &m, sizeof(m), any(3) ? SHUNT_MSG_UP : SHUNT_MSG_DOWN);
	}
	for (uint32_t i = 0; r->has && r->view && i < r->g.w.cores; i++) {
		r->view->core[i].run.tid = any(2) ? (uint32_t)getppid() : any(70000);
		r->view->core[i].run.id = any(~0u);
		r->view->core[i].run.start_ns = any(3);
	}
}

static void garbage(struct rioter *r)
{
	if (r->has && r->view && r->memory)
		wreck(&r->g);
}

static void beat(struct rioter *r)
{
	for (int turn = any(200); r->has && r->view && turn; turn--) {
		for (uint32_t i = 0; i < r->g.w.cores; i++)
			r->view->core[i].run.beat++;
		nap(100);
	}
}

/* The link ends with or without a goodbye; what it was given it goes on with. */
static void goodbye_and_go_on(struct rioter *r)
{
	struct shunt_msg bye;

	if (!r->has)
		return;
	if (any(4))
		put(r->link, &bye, sizeof(bye), SHUNT_MSG_BYE);
	if (any(4))
		close(r->link);
	else
		keep(r, r->link);
	garbage(r);
	r->has = false;
	if (any(3))
		return; /* with all of it still mapped */
	munmap(r->memory, shunt_memory_len(&r->g.w.geo));
	munmap(r->view, sizeof(*r->view));
	for (int i = 0; i < r->g.nfd; i++)
		close(r->g.fd[i]);
}

static void punch(struct rioter *r)
{
	size_t len = r->has ? shunt_memory_len(&r->g.w.geo) : 0, from, n;
	int fd = r->g.fd[SHUNT_FD_MEMORY];

	if (!len)
		return;
	from = (size_t)any(len / 4096) * 4096;
	n = (size_t)(1 + any(64)) * 4096;
	if (any(2))
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, n);
	else
		madvise(r->memory + from, n < len - from ? n : len - from, MADV_REMOVE);
	if (ftruncate(fd, any(3) ? 0 : len * 2) == 0)
		abort(); /* sealed */
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
}

static void abuse_sockets(struct rioter *r)
{
	for (int i = any(50); r->has && i; i--) {
		int fd = r->g.fd[any(r->g.nfd)];
		char bytes[64] = { 0 };

		switch (any(4)) {
		case 0:
			setsockopt(fd, 283 /* SOL_XDP */, any(10), bytes, any(sizeof(bytes)));
			break;
		case 1:
			send(fd, NULL, 0, MSG_DONTWAIT);
			break;
		case 2:
			recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
			break;
		default:
			shutdown(fd, SHUT_RDWR);
		}
	}
}

static void freeze_view(struct rioter *r)
{
	union bpf_attr attr = { .map_fd = r->has ? r->g.fd[SHUNT_FD_VIEW] : -1 };

	if (r->has && !any(20))
		syscall(SYS_bpf, BPF_MAP_FREEZE, &attr, sizeof(attr));
}

/* A child that has all descriptors and mappings, and goes on with them for a while. */
static void have_a_child(struct rioter *r)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = any(20); i; i--) {
		if (any(2))
			garbage(r);
		nap(10000);
	}
	_exit(0);
}

static void crash(struct rioter *r)
{
	if (r->has && !any(3))
		kill(getpid(), any(2) ? SIGKILL : SIGTERM);
}

static void hang(struct rioter *r)
{
	nap(any(50) ? any(20000) : 300000);
}

static const struct deed deeds[] = {
	{ "never_read", never_read },
	{ "storm", storm },
	{ "crowd", crowd },
	{ "nonsense", nonsense },
	{ "hasty", hasty },
	{ "attach", attach_it },
	{ "attach", attach_it },
	{ "attach", attach_it },
	{ "forge_cores", forge_cores },
	{ "garbage", garbage },
	{ "beat", beat },
	{ "goodbye_and_go_on", goodbye_and_go_on },
	{ "punch", punch },
	{ "abuse_sockets", abuse_sockets },
	{ "freeze_view", freeze_view },
	{ "have_a_child", have_a_child },
	{ "crash", crash },
	{ "hang", hang },
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

static void riot(const char *path, uint32_t domain, uint64_t seed)
{
	struct rioter *r = calloc(1, sizeof(*r));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rng.state = seed;
	r->path = path;
	r->domain = domain;
	memset(r->kept, -1, sizeof(r->kept));
	for (int i = any(200); i; i--) {
		uint32_t which = any(DEEDS);

		deeds[which].doit(r);
		__atomic_fetch_add(&done[which], 1, __ATOMIC_RELAXED);
		nap(NAP_US);
	}
	_exit(0);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
	double end = argc > 4 ? now_s() + atof(argv[3]) : 0;
	int running = 0, status;
	unsigned long n = 0;

	if (argc < 5)
		return 2;
	attached = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	done = attached + 1;
	signal(SIGPIPE, SIG_IGN);
	while (now_s() < end || running) {
		if (now_s() < end && running < PROCESSES) {
			if (!fork())
				riot(argv[1], strtoul(argv[2], NULL, 0), seed + n);
			n++;
			running++;
			continue;
		}
		if (waitpid(-1, &status, now_s() < end ? 0 : WNOHANG) > 0)
			running--;
		else if (now_s() > end + 1)
			break;
	}
	printf("processes %lu\nattached %lu\n", n, *attached);
	for (unsigned int i = 0; i < DEEDS; i++)
		printf("%s %lu\n", deeds[i].name, done[i]);
	return 0;
}
