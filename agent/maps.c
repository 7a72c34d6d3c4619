// SPDX-License-Identifier: BSD-2-Clause
/*
 * maps.c - opens the pinned maps and bounds what the configuration says
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actor_maps.h"
#include "maps.h"

#define RING_MIN (2 * SHUNT_RING_MARGIN)
#define CORE_RING_MAX 4096
#define HOLD_RING_MAX 65536
#define SPARE_MAX (1u << 20)
#define DRIVER_MAX 32768 /* no driver has rings for more */

static const struct maps no_maps = { .cfg_fd = -1, .classes_fd = -1, .policy_fd = -1,
				     .xsks_fd = -1, .views_fd = -1, .slo_fd = -1,
				     .quantum_fd = -1, .admit_fd = -1, .least_fd = -1,
				     .knobs_fd = -1 };

void maps_none(struct maps *m)
{
	*m = no_maps;
}

static void *anonymous(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (len + page - 1) & ~(page - 1), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int maps_make(struct maps *m)
{
	m->domains = anonymous(SHUNT_DOMAINS * sizeof(*m->domains));
	m->agent = anonymous(SHUNT_DOMAINS * sizeof(*m->agent));
	m->ingress = anonymous((SHUNT_QUEUES + 1) * sizeof(*m->ingress));
	if (m->domains && m->agent && m->ingress)
		return 0;
	maps_close(m);
	return -ENOMEM;
}

static bool is_ring(__u32 n, __u32 max)
{
	return n >= RING_MIN && n <= max && !(n & (n - 1));
}

/* Root may have written anything with bpftool. */
static const char *check_cfg(const struct shunt_cfg *c)
{
	if (c->chunk != 2048 && c->chunk != 4096)
		return "chunk is neither 2048 nor 4096";
	if (!is_ring(c->core_ring, CORE_RING_MAX))
		return "core_ring is no power of two from 128 to 4096";
	if (!is_ring(c->hold_ring, HOLD_RING_MAX))
		return "hold_ring is no power of two from 128 to 65536";
	if (!c->nclasses || c->nclasses > SHUNT_CLASSES)
		return "nclasses is not 1 to 16";
	if (c->spare_frames > SPARE_MAX)
		return "spare_frames is more than 1048576";
	if (c->driver_frames > DRIVER_MAX)
		return "driver_frames is more than 32768";
	return NULL;
}

static int open_fd(const struct shunt_pins *pins, const char *name, int *fd, struct why *why)
{
	int err = shunt_pin_open(pins, name);

	if (err == -EPROTO)
		why_hint(why, "unload and load again");
	if (err < 0)
		return why_fail(why, err, "cannot open the pinned map '%s': %s", name,
				err == -EPROTO ? "it is none that this version of shunt makes" :
				strerror(-err));
	*fd = err;
	return 0;
}

static void *open_mapped(const struct shunt_pins *pins, const char *name, size_t size,
			 bool writable, struct why *why)
{
	int fd, err = open_fd(pins, name, &fd, why);
	void *at;

	if (err) {
		errno = -err;
		return NULL;
	}
	at = shunt_map_mmap(fd, size, writable);
	err = errno;
	close(fd);
	if (!at)
		why_fail(why, -err, "cannot map the map '%s': %s", name, strerror(err));
	errno = err;
	return at;
}

static int read_cfg(struct maps *m, struct why *why)
{
	const char *wrong;
	__u32 zero = 0;
	int err = 0;

	for (__u32 i = 0; i < SHUNT_CLASSES && !err; i++)
		err = bpf_map_lookup_elem(m->classes_fd, &i, &m->classes[i]) ? -errno : 0;
	if (!err)
		err = bpf_map_lookup_elem(m->cfg_fd, &zero, &m->cfg) ? -errno : 0;
	if (err)
		return why_fail(why, err, "cannot read the configuration: %s", strerror(-err));
	wrong = check_cfg(&m->cfg);
	if (!wrong)
		return 0;
	why_hint(why, "load again");
	return why_fail(why, -EINVAL, "the map 'cfg' makes no sense: %s", wrong);
}

static int open_fds(struct maps *m, const struct shunt_pins *pins, struct why *why)
{
	int err = open_fd(pins, "cfg", &m->cfg_fd, why);

	if (!err)
		err = open_fd(pins, "classes", &m->classes_fd, why);
	if (!err)
		err = open_fd(pins, "policy", &m->policy_fd, why);
	if (!err)
		err = open_fd(pins, "xsks", &m->xsks_fd, why);
	if (!err)
		err = open_fd(pins, "views", &m->views_fd, why);
	if (!err)
		err = open_fd(pins, "slo_us", &m->slo_fd, why);
	if (!err)
		err = open_fd(pins, "quantum_us", &m->quantum_fd, why);
	if (!err)
		err = open_fd(pins, "admit", &m->admit_fd, why);
	if (!err)
		err = open_fd(pins, "least", &m->least_fd, why);
	return err ? err : open_fd(pins, "knobs", &m->knobs_fd, why);
}

static int map_all(struct maps *m, const struct shunt_pins *pins, struct why *why)
{
	m->domains = open_mapped(pins, "domains", SHUNT_DOMAINS * sizeof(*m->domains), true, why);
	if (m->domains)
		m->agent = open_mapped(pins, "agent", SHUNT_DOMAINS * sizeof(*m->agent), true,
				       why);
	if (m->agent)
		m->ingress = open_mapped(pins, "ingress",
					 (SHUNT_QUEUES + 1) * sizeof(*m->ingress), false, why);
	if (m->ingress)
		m->own = open_mapped(pins, "own", sizeof(*m->own), true, why);
	return m->own ? 0 : -errno;
}

int maps_open(struct maps *m, const struct shunt_pins *pins, struct why *why)
{
	int err = shunt_pins_folder_is_ours(pins, why);

	*m = no_maps;
	if (err == -ENOENT) { /* the next one has words for what is not there */
		why_forget(why);
		err = 0;
	}
	if (!err)
		err = shunt_check_abi(pins, why);
	if (!err)
		err = open_fds(m, pins, why);
	if (!err)
		err = read_cfg(m, why);
	if (!err)
		err = map_all(m, pins, why);
	if (!err)
		err = actor_maps_open(&m->actors, pins, &m->cfg, m->domains, why);
	if (!err)
		m->id = shunt_map_id(m->cfg_fd);
	if (err)
		maps_close(m);
	return err;
}

static void unmap(const void *at, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (at)
		munmap((void *)at, (len + page - 1) & ~(page - 1));
}

void maps_close(struct maps *m)
{
	int fds[] = { m->cfg_fd, m->classes_fd, m->policy_fd, m->xsks_fd, m->views_fd, m->slo_fd,
		      m->quantum_fd, m->admit_fd, m->least_fd, m->knobs_fd };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	actor_maps_close(m->actors);
	unmap(m->domains, SHUNT_DOMAINS * sizeof(*m->domains));
	unmap(m->agent, SHUNT_DOMAINS * sizeof(*m->agent));
	unmap(m->ingress, (SHUNT_QUEUES + 1) * sizeof(*m->ingress));
	unmap(m->own, sizeof(*m->own));
	*m = no_maps;
}

bool maps_current(const struct maps *m, const struct shunt_pins *pins)
{
	int fd = shunt_pin_open(pins, "cfg");
	bool same;

	if (fd < 0)
		return false;
	same = shunt_map_id(fd) == m->id;
	close(fd);
	return same;
}

__u64 maps_policy_gen(const struct maps *m)
{
	struct shunt_cfg cfg;
	__u32 zero = 0;

	return bpf_map_lookup_elem(m->cfg_fd, &zero, &cfg) ? 0 : cfg.policy_gen;
}

struct shunt_policy_slot *maps_slot(const struct maps *m, __u64 gen)
{
	struct shunt_policy_slot *slot = malloc(sizeof(*slot));
	__u32 key = gen & 1;

	if (slot && !bpf_map_lookup_elem(m->policy_fd, &key, slot) && slot->gen == gen &&
	    maps_policy_gen(m) == gen)
		return slot;
	free(slot);
	return NULL;
}

bool maps_read_array(int fd, void *out, __u32 n)
{
	__u32 key[SHUNT_CLASSES], at, count = n;

	return !bpf_map_lookup_batch(fd, NULL, &at, key, out, &count, NULL) && count == n;
}

bool maps_reread(struct maps *m)
{
	struct shunt_class classes[SHUNT_CLASSES];
	struct shunt_cfg cfg;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(m->cfg_fd, &zero, &cfg) ||
	    !maps_read_array(m->classes_fd, classes, SHUNT_CLASSES))
		return false;
	memcpy(m->classes, classes, sizeof(classes));
	m->cfg.flags = cfg.flags;
	m->cfg.parked_max = cfg.parked_max;
	m->cfg.watch_us = cfg.watch_us;
	m->cfg.grace_us = cfg.grace_us;
	m->cfg.hold_age_ms = cfg.hold_age_ms;
	return true;
}

/* An update of a map of maps waits for running XDP programs, so that its caller may free
 * what was there before. The view that is written is the one that is there: nothing changes. */
int maps_wait_for_xdp(const struct maps *m, __u32 domain, int view_fd)
{
	return bpf_map_update_elem(m->views_fd, &domain, &view_fd, 0) ? -errno : 0;
}
