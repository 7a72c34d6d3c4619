// SPDX-License-Identifier: BSD-2-Clause
/*
 * pins.c - finds, opens and maps an interface's pinned maps
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "pins.h"

int shunt_pin_path(char *out, size_t len, const struct shunt_pins *pins, const char *name)
{
	const char *root = pins->bpffs ? pins->bpffs : SHUNT_BPFFS;
	int head = snprintf(out, len, "%s/shunt/", root);
	int n = snprintf(out, len, "%s/shunt/%s%s%s", root, pins->ifname, name ? "/" : "",
			 name ? name : "");

	if (n < 0 || (size_t)n >= len)
		return -ENAMETOOLONG;
	for (char *at = out + head; *at && *at != '/'; at++) {
		if (*at == '.')
			*at = '_';
	}
	return 0;
}

int shunt_pin_open(const struct shunt_pins *pins, const char *name)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), pins, name), fd;

	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int shunt_pin_open_view(const struct shunt_pins *pins, unsigned int domain)
{
	char name[16];

	snprintf(name, sizeof(name), "view%u", domain);
	return shunt_pin_open(pins, name);
}

void *shunt_map_mmap(int fd, size_t len, bool writable)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (len + page - 1) & ~(page - 1),
			PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

int shunt_check_abi(const struct shunt_pins *pins, char *why, size_t len)
{
	struct shunt_cfg cfg = { 0 };
	__u32 zero = 0;
	int fd = shunt_pin_open(pins, "cfg"), err;

	if (fd < 0) {
		if (fd == -ENOENT)
			snprintf(why, len, "shunt is not loaded on '%s'", pins->ifname);
		else
			snprintf(why, len, "cannot open the pinned map 'cfg' of '%s': %s",
				 pins->ifname, strerror(-fd));
		return fd;
	}
	err = bpf_map_lookup_elem(fd, &zero, &cfg) ? -errno : 0;
	close(fd);
	if (err) {
		snprintf(why, len, "cannot read the map 'cfg' of '%s': %s", pins->ifname,
			 strerror(-err));
		return err;
	}
	if (!cfg.abi) {
		snprintf(why, len, "a load of '%s' is under way, or was interrupted", pins->ifname);
		return -EPROTO;
	}
	if (!cfg.abi) { /* its maps are there, its configuration is written next */
		snprintf(why, len, "shunt is being loaded on '%s'", pins->ifname);
		return -EAGAIN;
	}
	if (cfg.abi != SHUNT_ABI) {
		snprintf(why, len, "'%s' was loaded with ABI %u, this program has ABI %u: "
			 "use one version of shunt, shuntd and libshunt", pins->ifname, cfg.abi,
			 SHUNT_ABI);
		return -EPROTO;
	}
	return 0;
}
