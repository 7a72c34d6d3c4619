// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpfmap.c - BPF maps: their memory, their numbers, those of a domain; programs' constants
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "bpfmap.h"

static size_t whole_pages(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}

void *shunt_map_mmap(int fd, size_t len, bool writable)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	void *at = mmap(NULL, whole_pages(len), prot, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

void shunt_map_unmap(void *at, size_t len)
{
	if (at)
		munmap(at, whole_pages(len));
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

int shunt_map_make_actors(const char *name, __u32 n)
{
	return make_array(name, sizeof(struct shunt_actor_core), n);
}

/* Offset of the constant in .rodata, where a policy's
 * tables may be, too. -ENOENT: it is not there. */
static long constant_at(const struct bpf_object *obj, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *sec = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *at = btf_var_secinfos(sec) + i;
		const struct btf_type *var = btf__type_by_id(btf, at->type);

		if (var && at->size == sizeof(__u32) &&
		    !strcmp(btf__name_by_offset(btf, var->name_off), name))
			return at->offset;
	}
	return -ENOENT;
}

int shunt_constant_set(struct bpf_object *obj, const char *name, __u32 was, __u32 now)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	long at = constant_at(obj, name);
	size_t len = 0;
	const char *old = rodata ? bpf_map__initial_value(rodata, &len) : NULL;
	char *data;
	int err;

	if (!old || at < 0 || len < sizeof(was) || (size_t)at > len - sizeof(was) ||
	    memcmp(old + at, &was, sizeof(was)))
		return -EINVAL;
	data = malloc(len);
	if (!data)
		return -ENOMEM;
	memcpy(data, old, len);
	memcpy(data + at, &now, sizeof(now));
	err = bpf_map__set_initial_value(rodata, data, len);
	free(data);
	return err;
}
