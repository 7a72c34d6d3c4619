// SPDX-License-Identifier: BSD-2-Clause
/*
 * split.c - LD_PRELOAD: large mappings of a program become batches, mappings of 256 KiB each
 *
 * /proc/PID/smaps tells what was used mapping by mapping, and neighbours that differ in a flag stay
 * mappings of their own. A thread gives every other batch the flag "no huge pages", which makes no
 * difference to a batch smaller than one; where a mapping has that already, "not in core dumps".
 * Mappings for which the program wants huge pages are left alone, and locked ones. Of memory that
 * is shared only that of actors is split: its library never grows or moves it by mremap(), which
 * for files could not be done piece by piece.
 *
 * The thread allocates nothing, takes no signals, and looks seldom where nothing grows.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../../hostlib/actor/layout.h"
#include "split.h"

#define FIRST_MS 50
#define LAST_MS 4000
#define STACK (256 << 10)

static size_t batch;         /* bytes */
static unsigned long most;   /* mappings that the process may have by our doing */
static int usual_flag;       /* MADV_NOHUGEPAGE; MADV_DONTDUMP where the kernel has no huge pages */

/* A file of /proc, line by line, without an allocator. */
struct lines {
	int fd;
	size_t at, len;
	char text[8192];
};

static bool lines_open(struct lines *l, const char *path)
{
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	l->at = l->len = 0;
	return l->fd >= 0;
}

/* The next one, without its end; NULL: there is none. A line that is too long is cut. */
static char *lines_next(struct lines *l)
{
	char *start, *end;
	ssize_t n;

	for (;;) {
		start = l->text + l->at;
		end = memchr(start, '\n', l->len - l->at);
		if (end) {
			*end = '\0';
			l->at = end + 1 - l->text;
			return start;
		}
		memmove(l->text, start, l->len - l->at);
		l->len -= l->at;
		l->at = 0;
		if (l->len == sizeof(l->text))
			l->len = 0;
		n = read(l->fd, l->text + l->len, sizeof(l->text) - l->len);
		if (n <= 0)
			return NULL;
		l->len += n;
	}
}

struct mapping {
	size_t start, end, rss;
	bool is_ours;    /* readable, writable, private, of no file: to be split */
	bool is_place;   /* memory of actors, from its beginning on: to be split, too */
	bool no_huge;    /* it has that flag */
};

/* Of a file it may be more than the file has: a load could be the program's end. */
static bool has_magic(size_t at)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint64_t magic = 0;
	bool is = fd >= 0 && pread(fd, &magic, sizeof(magic), at) == sizeof(magic) &&
		  magic == PLACE_MAGIC;

	if (fd >= 0)
		close(fd);
	return is;
}

static bool is_place(const char *mode, unsigned long offset, const char *name, size_t at)
{
	return !strcmp(mode, "rw-s") && !offset &&
	       (!strncmp(name, "/memfd:", 7) || !strncmp(name, "/dev/shm/", 9)) && has_magic(at);
}

static bool read_head(const char *line, struct mapping *m)
{
	unsigned long start, end, offset, inode;
	char mode[5], name[16] = "";

	if (*line >= 'A' && *line <= 'Z')
		return false;
	if (sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu %15s", &start, &end, mode, &offset, &inode,
		   name) < 5)
		return false;
	*m = (struct mapping){ .start = start, .end = end };
	m->is_ours = !strcmp(mode, "rw-p") && !inode && end - start >= 2 * batch &&
		     (!*name || !strcmp(name, "[heap]") || !strncmp(name, "[anon", 5));
	m->is_place = end - start >= 2 * batch && is_place(mode, offset, name, start);
	m->is_ours |= m->is_place;
	return true;
}

static void read_field(const char *line, struct mapping *m)
{
	static const char *const not_ours[] = { " sh", " hg", " lo", " ht", " pf", " io", " gd" };

	if (!strncmp(line, "Rss:", 4))
		m->rss = strtoul(line + 4, NULL, 10) << 10;
	if (strncmp(line, "VmFlags:", 8))
		return;
	m->no_huge = strstr(line, " nh");
	for (size_t i = m->is_place; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		m->is_ours &= !strstr(line, not_ours[i]);
}

/* How many mappings came of it; -1: the kernel lets the process have no more. */
static long split(const struct mapping *m, unsigned long room)
{
	int flag = m->no_huge ? MADV_DONTDUMP : usual_flag;
	size_t at = (m->start + batch - 1) & ~(batch - 1);
	long n = 0;

	for (; at + batch <= m->end; at += batch) {
		if (!(at / batch & 1))
			continue;
		if (room < (unsigned long)n + 2)
			return -1;
		if (madvise((void *)at, batch, flag)) {
			if (errno == EINVAL && flag == MADV_NOHUGEPAGE) {
				usual_flag = MADV_DONTDUMP;
				return n;
			}
			return -1;
		}
		n += 2;
	}
	return n;
}

/* Cheap: bytes in mappings that may be to split, and the number of all mappings. */
static size_t count(struct lines *l, unsigned long *mappings)
{
	struct mapping m;
	size_t bytes = 0;
	char *line;

	*mappings = 0;
	if (!lines_open(l, "/proc/self/maps"))
		return 0;
	while ((line = lines_next(l))) {
		++*mappings;
		if (read_head(line, &m) && m.is_ours)
			bytes += m.end - m.start;
	}
	close(l->fd);
	return bytes;
}

static bool is_worth_it(const struct mapping *m)
{
	return m->is_ours && m->rss >= 2 * batch;
}

/* What a mapping is for is in smaps alone, behind all of its other lines. */
static bool split_all(struct lines *l, unsigned long mappings)
{
	struct mapping m = { 0 };
	unsigned long room = mappings < most ? most - mappings : 0;
	bool any = false;
	char *line;
	long n;

	if (!lines_open(l, "/proc/self/smaps"))
		return false;
	while ((line = lines_next(l))) {
		if (read_head(line, &m))
			continue;
		read_field(line, &m);
		if (strncmp(line, "VmFlags:", 8) || !is_worth_it(&m))
			continue;
		n = split(&m, room);
		if (n < 0)
			break;
		any |= n > 0;
		room -= n;
	}
	close(l->fd);
	return any;
}

static size_t resident(struct lines *l)
{
	unsigned long pages = 0;
	char *line;

	if (!lines_open(l, "/proc/self/statm"))
		return 0;
	line = lines_next(l);
	if (line)
		sscanf(line, "%*u %lu", &pages);
	close(l->fd);
	return pages * sysconf(_SC_PAGESIZE);
}

static void *splitter(void *arg)
{
	static struct lines l;
	unsigned long mappings, wait_ms = FIRST_MS;
	size_t bytes, left = 0, rss, rss_then = 0;

	for (;;) {
		struct timespec t = { wait_ms / 1000, wait_ms % 1000 * 1000000 };

		nanosleep(&t, NULL);
		bytes = count(&l, &mappings);
		rss = resident(&l);
		wait_ms = wait_ms < LAST_MS ? 2 * wait_ms : LAST_MS;
		/* what could not be split is not read again until it has changed */
		if (!bytes || (bytes == left && rss < rss_then + rss_then / 16))
			continue;
		if (split_all(&l, mappings))
			wait_ms = 4 * FIRST_MS;
		left = count(&l, &mappings);
		rss_then = rss;
	}
	return NULL;
}

static unsigned long number_in(const char *path, unsigned long none)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t n;

	if (fd < 0)
		return none;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoul(text, NULL, 10) : none;
}

/* Signals of the program are for its own threads. */
static void start_thread(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t t;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!pthread_create(&t, &attr, splitter, NULL))
		pthread_setname_np(t, "shunt-split");
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor)) static void begin(void)
{
	const char *pid = getenv(SPLIT_PID), *kib = getenv(SPLIT_KIB);

	if (!pid || !kib || strtol(pid, NULL, 10) != getpid())
		return;
	batch = strtoul(kib, NULL, 10) << 10;
	if (batch < 64 << 10 || batch & (batch - 1))
		return;
	most = number_in("/proc/sys/vm/max_map_count", 65530);
	most -= most / 8; /* the rest is the program's */
	usual_flag = MADV_NOHUGEPAGE;
	start_thread();
}

typedef void *mremap_fn(void *, size_t, size_t, int, ...);

/*
 * The kernel moves and grows one mapping only, so that what was one for the program is moved batch
 * by batch; offset: of its beginning in a batch.
 */
static bool move(char *from, char *to, size_t len, size_t offset, mremap_fn *next, size_t *moved)
{
	size_t piece;

	for (*moved = 0; *moved < len; *moved += piece) {
		piece = batch - ((offset + *moved) & (batch - 1));
		if (piece > len - *moved)
			piece = len - *moved;
		if (next(from + *moved, piece, piece, MREMAP_MAYMOVE | MREMAP_FIXED,
			 to + *moved) == MAP_FAILED)
			return false;
	}
	return true;
}

/* Memory of that length, whose batches begin where those of the old one do. */
static char *map_like(size_t offset, size_t len)
{
	char *m = mmap(NULL, len + batch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	size_t before;

	if (m == MAP_FAILED)
		return m;
	before = (offset - (size_t)m) & (batch - 1);
	if (before)
		munmap(m, before);
	munmap(m + before + len, batch - before);
	return m + before;
}

static void *move_all(char *from, size_t len, size_t new_len, mremap_fn *next)
{
	size_t offset = (size_t)from & (batch - 1), moved, back;
	char *to;

	len = (len + 4095) & ~4095UL;
	new_len = (new_len + 4095) & ~4095UL;
	to = map_like(offset, new_len);
	if (to == MAP_FAILED)
		return MAP_FAILED;
	if (move(from, to, len, offset, next, &moved))
		return to;
	move(to, from, moved, offset, next, &back);
	munmap(to, new_len);
	errno = EFAULT;
	return MAP_FAILED;
}

__attribute__((visibility("default"))) void *mremap(void *old, size_t old_len, size_t new_len,
						    int flags, ...)
{
	static mremap_fn *next;
	void *to = NULL, *at;
	va_list args;

	if (flags & MREMAP_FIXED) {
		va_start(args, flags);
		to = va_arg(args, void *);
		va_end(args);
	}
	if (!next)
		next = (mremap_fn *)dlsym(RTLD_NEXT, "mremap");
	at = next(old, old_len, new_len, flags, to);
	if (at == MAP_FAILED && errno == EFAULT && batch && flags == MREMAP_MAYMOVE &&
	    new_len > old_len)
		return move_all(old, old_len, new_len, next);
	return at;
}
