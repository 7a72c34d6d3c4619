// SPDX-License-Identifier: BSD-2-Clause
/*
 * holes.c - finds frames that are not the kernel's any more
 *
 * Seals keep a memfd's size, but no seal that lets workers map it for writing forbids to punch
 * holes into it. The kernel then goes on with the pages that it had from the start, while everybody
 * who maps the file gets new ones there: requests and replies are lost, with this worker and with
 * all that follow.
 *
 * A hole takes the page out of every mapping. So one mapping is made of which nobody ever touches a
 * byte: a page that is missing there was punched out, whatever was written to the file since. The
 * mapping is locked, as the kernel would else take pages out of it when memory is short. An agent
 * that takes over the memory has no such mapping from before: it looks for holes that are still
 * there. Frames that were punched and written to again before are found by a worker: requests
 * without metadata, which it counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "domain.h"
#include "holes.h"
#include "log.h"

#define ENTRIES 512           /* of pagemap, read at once */
#define PRESENT (1ULL << 63)

static size_t length_of(const struct domain *d)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (shunt_frames_len(&d->pool.r.geo) + page - 1) & ~(page - 1);
}

/* Pages that are not there; 0, too, if nothing can be known. */
static __u32 missing(const struct domain *d)
{
	size_t page = sysconf(_SC_PAGESIZE), n = length_of(d) / page, at = 0;
	off_t first = (uintptr_t)d->pool.witness / page;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry[ENTRIES];
	__u32 found = 0;
	ssize_t got = 1;

	while (fd >= 0 && at < n && got > 0) {
		size_t some = n - at < ENTRIES ? n - at : ENTRIES;

		got = pread(fd, entry, some * sizeof(*entry), (first + at) * sizeof(*entry));
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(*entry); i++, at++)
			found += !(entry[i] & PRESENT);
	}
	if (fd >= 0)
		close(fd);
	return found;
}

void holes_unwatch(struct domain *d)
{
	if (d->pool.witness)
		munmap(d->pool.witness, length_of(d));
	d->pool.witness = NULL;
	d->pool.holes = false;
}

static void watch(struct domain *d)
{
	size_t len = length_of(d);
	void *at = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, d->pool.memory, 0);

	holes_unwatch(d);
	if (at == MAP_FAILED)
		return;
	if (mlock(at, len)) {
		log_say(LOG_WARNING,
			"cannot lock the frames of domain %u: %m; a worker that punches holes into "
			"them is not found",
			d->id);
		munmap(at, len);
		return;
	}
	d->pool.witness = at;
}

__u64 holes_bad_frames(const struct domain *d)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++)
		sum += peek(d->pool.r.view->core[i].stats.bad_frame);
	return sum;
}

void holes_begin(struct domain *d)
{
	watch(d);
	d->pool.bad_frames = holes_bad_frames(d);
	d->pool.made_ns = clock_ns();
}

void holes_take_over(struct domain *d)
{
	off_t hole = lseek(d->pool.memory, 0, SEEK_HOLE);

	holes_begin(d);
	d->pool.made_ns = 0; /* earlier changes of them cannot be known */
	d->pool.holes = hole >= 0 && (size_t)hole < shunt_frames_len(&d->pool.r.geo);
}

bool holes_found(struct domain *d)
{
	d->pool.holes |= d->pool.witness && missing(d);
	return d->pool.holes;
}
