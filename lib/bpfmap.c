// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpfmap.c - BPF maps: their memory, their numbers, and those that a domain has of its own
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "bpfmap.h"

void *shunt_map_mmap(int fd, size_t len, bool writable)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (len + page - 1) & ~(page - 1), PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

__u32 shunt_map_id(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static int make_array(const char *name, size_t size, __u32 n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), size, n, &opts);

	return fd < 0 ? -errno : fd;
}

int shunt_map_make_view(const char *name)
{
	return make_array(name, sizeof(struct shunt_view), 1);
}

int shunt_map_make_hist(const char *name, __u32 ncores)
{
	return make_array(name, sizeof(struct shunt_core_hist), ncores);
}
