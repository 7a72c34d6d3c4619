// SPDX-License-Identifier: BSD-2-Clause
/*
 * maps.c - values of the interface's pinned maps, and its policy slots
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "maps.h"
#include "whose.h"

#define BEAT_LIMIT_NS 2000000000ULL

int map_open(struct ctl *ctl, const char *map, size_t value_size)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = shunt_pin_open(&ctl->pins, map), err;

	if (fd == -EPROTO)
		return fail(ctl, fd,
			    "the pinned map '%s' of '%s' is none that this version of shunt makes: "
			    "unload and load again",
			    map, ctl->ifname);
	if (fd < 0)
		return fail_bpf(ctl, fd, "cannot open the pinned map '%s' of '%s'", map,
				ctl->ifname);
	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		err = fail_bpf(ctl, -errno, "cannot look at the pinned map '%s'", map);
	} else if (info.value_size != value_size) {
		/* The kernel copies as much as the map says, whatever room there is here. */
		err = fail(ctl, -EPROTO, "the pinned map '%s' of '%s' has values of %u bytes, not "
			   "%zu: unload and load it again", map, ctl->ifname, info.value_size,
			   value_size);
	} else {
		return fd;
	}
	close(fd);
	return err;
}

int map_get(struct ctl *ctl, const char *map, __u32 key, void *value, size_t size)
{
	int fd = map_open(ctl, map, size), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &key, value))
		err = fail_bpf(ctl, -errno, "cannot read the map '%s'", map);
	close(fd);
	return err;
}

int map_set(struct ctl *ctl, const char *map, __u32 key, const void *value, size_t size)
{
	int fd = map_open(ctl, map, size), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(fd, &key, value, 0))
		err = fail_bpf(ctl, -errno, "cannot write the map '%s'", map);
	close(fd);
	if (!err)
		shunt_pins_touch(&ctl->pins);
	return err;
}

int map_set_card(struct ctl *ctl, const char *map, __u32 key, const void *value, size_t size)
{
	char name[SHUNT_NAME_LEN + 4];
	int fd;

	snprintf(name, sizeof(name), "nfp_%s", map);
	fd = shunt_pin_open(&ctl->pins, name);
	if (fd == -ENOENT)
		return 0;
	if (fd >= 0)
		close(fd);
	return map_set(ctl, name, key, value, size);
}

int map_cfg(struct ctl *ctl, struct shunt_cfg *cfg)
{
	int err = map_get(ctl, "cfg", 0, cfg, sizeof(*cfg));

	/* Root may have written anything with bpftool. */
	if (!err && (cfg->nclasses > SHUNT_CLASSES || cfg->ndomains > SHUNT_DOMAINS ||
		     cfg->nactors > SHUNT_ACTORS))
		err = fail(ctl, -EPROTO, "the map 'cfg' of '%s' holds nonsense: unload and load "
			   "it again", ctl->ifname);
	return err;
}

int map_view(struct ctl *ctl, __u32 domain, struct shunt_view **view)
{
	char name[16];
	int err;

	*view = aligned_alloc(SHUNT_LINE, sizeof(**view));
	if (!*view)
		return fail(ctl, -ENOMEM, "no memory");
	snprintf(name, sizeof(name), "view%u", domain);
	err = map_get(ctl, name, 0, *view, sizeof(**view));
	if (err) {
		free(*view);
		*view = NULL;
	}
	return err;
}

int map_slot(struct ctl *ctl, __u64 gen, struct shunt_policy_slot *slot)
{
	struct shunt_policy_slot *whole = malloc(sizeof(*whole));
	int err = whole ? map_get(ctl, "policy", gen & 1, whole, sizeof(*whole)) :
			  fail(ctl, -ENOMEM, "no memory");

	if (!err) {
		memcpy(slot, whole, offsetof(struct shunt_policy_slot, native));
		slot->desc.name[SHUNT_NAME_LEN - 1] = '\0';
		slot->desc.text[SHUNT_TEXT_LEN - 1] = '\0';
	}
	free(whole);
	return err;
}

bool agent_alive(const struct shunt_agent *a)
{
	__u64 now = clock_ns();

	if (!a->beat_ns || !shunt_process_runs(a->pid))
		return false;
	return a->beat_ns > now || now - a->beat_ns < BEAT_LIMIT_NS;
}

int find_class(struct ctl *ctl, const struct shunt_cfg *cfg, const char *word)
{
	struct shunt_class cls;
	char *end;
	unsigned long n;
	int err;

	for (__u32 i = 0; i < cfg->nclasses; i++) {
		err = map_get(ctl, "classes", i, &cls, sizeof(cls));
		if (err)
			return err;
		if (!strncmp(cls.name, word, SHUNT_NAME_LEN))
			return i;
	}
	n = strtoul(word, &end, 10);
	if (end != word && !*end && n < cfg->nclasses)
		return n;
	fail(ctl, -ENOENT, "'%s' has no class '%s'", ctl->ifname, word);
	hint(ctl, "'shunt class list --dev %s' lists them", ctl->ifname);
	return -ENOENT;
}
