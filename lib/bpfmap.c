// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpfmap.c - BPF maps: their memory, their numbers, and those that hold a view
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

int shunt_map_make_view(const char *name)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), sizeof(struct shunt_view), 1, &opts);

	return fd < 0 ? -errno : fd;
}
