// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_trace.c - a trace of memory of any author: refused with the line and the reason, or scans in
 * which each batch is within its bounds
 */
/* link: lib/mem/trace_read.c lib/why.c */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "lib/mem/trace.h"

static void check(const struct mem_trace *t)
{
	for (int i = 0; i < t->n; i++) {
		const struct mem_read *b = &t->b[i];

		MUST(b->rss_kib <= b->kib && b->used_kib <= b->rss_kib);
		MUST(b->rss_kib <= MEM_TRACE_KIB);
		MUST(b->start + (b->kib << 10) >= b->start && b->kib <= ~0ULL >> 10);
		MUST(b->is_there || !b->rss_kib);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t last = 0;
	struct why why = { 0 };
	struct mem_trace t;
	static int fd = -1;
	char path[32];
	int got = -1;

	if (fd < 0)
		fd = memfd_create("trace", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, len, 0) == (ssize_t)len);
	if (!mem_trace_open(&t, path, &why)) {
		while ((got = mem_trace_next(&t, &why)) > 0) {
			MUST(t.scans == 1 ? !t.at_ms : t.at_ms > last);
			last = t.at_ms;
			check(&t);
		}
		mem_trace_close(&t);
	}
	MUST(got ? why.text && strstr(why.text, path) : !why.text);
	why_forget(&why);
	return 0;
}
