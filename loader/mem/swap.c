// SPDX-License-Identifier: BSD-2-Clause
/*
 * swap.c - the swap of the machine, and what it takes of its memory where it is zram
 */
#include <errno.h>
#include <string.h>

#include "mem.h"

#define ROOM_KIB (16 << 10)

static void add_zram(struct mem_swap *s, unsigned int nr)
{
	unsigned long long data, used;
	char path[48];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/zram%u/mm_stat", nr);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fscanf(f, "%llu %*u %llu", &data, &used) == 2) {
		s->zram_data_kib += data >> 10;
		s->zram_used_kib += used >> 10;
	}
	fclose(f);
}

static void read_devices(struct mem_swap *s)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[512], *name;
	unsigned int nr;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		name = strstr(line, "/zram");
		if (name && sscanf(name, "/zram%u", &nr) == 1)
			add_zram(s, nr);
	}
	fclose(f);
}

int mem_swap_read(struct mem_swap *s)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib;
	char line[128];

	*s = (struct mem_swap){ 0 };
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "SwapTotal: %llu", &kib) == 1)
			s->total_kib = kib;
		else if (sscanf(line, "SwapFree: %llu", &kib) == 1)
			s->free_kib = kib;
		else if (sscanf(line, "SwapCached: %llu", &kib) == 1)
			s->cached_kib = kib;
	}
	fclose(f);
	read_devices(s);
	return 0;
}

bool mem_swap_has_room(const struct mem_swap *s)
{
	return s->free_kib > ROOM_KIB && s->free_kib > s->total_kib / 20;
}

__u64 mem_swap_price_kib(const struct mem_swap *s, __u64 swap_kib)
{
	if (!s->zram_data_kib)
		return 0;
	return (double)swap_kib * s->zram_used_kib / s->zram_data_kib;
}
