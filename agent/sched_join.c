// SPDX-License-Identifier: BSD-2-Clause
/*
 * sched_join.c - an agent joins the scheduler of threads: what 'shunt sched load' has pinned, and
 * the take-over from the agent before
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfmap.h"
#include "offload/inside.h"
#include "peek.h"
#include "sched_join.h"

void sched_load_none(struct sched_load *l)
{
	*l = (struct sched_load){ .life = -1, .agents = -1, .offload = -1, .ring = -1 };
}

static int open_pin(const struct shunt_pins *pins, const char *name)
{
	char path[PATH_MAX];
	int fd, err = shunt_pin_path(path, sizeof(path), pins, name);

	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static int read_pin(const struct shunt_pins *pins, const char *name, void *value, __u32 *id)
{
	int fd = open_pin(pins, name), err;
	__u32 zero = 0;

	if (fd < 0)
		return fd;
	err = bpf_map_lookup_elem(fd, &zero, value) ? -errno : 0;
	if (id)
		*id = shunt_map_id(fd);
	close(fd);
	return err;
}

bool sched_load_ended(const struct sched_load *l)
{
	struct shunt_sched_life life;
	__u32 zero = 0;

	return bpf_map_lookup_elem(l->life, &zero, &life) || life.exit_ns;
}

static int fail_pin(struct why *why, int err, const char *what, const char *name)
{
	return why_fail(why, err, "cannot %s '%s', which 'shunt sched load' has pinned: %s", what,
			name, strerror(-err));
}

static int map_view(struct sched_load *l, const struct shunt_pins *pins, struct why *why)
{
	int fd = open_pin(pins, "view"), err;

	if (fd < 0)
		return fail_pin(why, fd, "open", "view");
	l->view = shunt_map_mmap(fd, sizeof(*l->view), false);
	err = l->view ? 0 : -errno;
	close(fd);
	return err ? fail_pin(why, err, "map", "view") : 0;
}

static int open_all(struct sched_load *l, const struct shunt_pins *pins, struct why *why)
{
	const struct {
		const char *name;
		int *fd;
	} files[] = { { "life", &l->life }, { "agents", &l->agents }, { "offload", &l->offload },
		      { SHUNT_SCHED_RING, &l->ring } };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		*files[i].fd = open_pin(pins, files[i].name);
		if (*files[i].fd < 0)
			return fail_pin(why, *files[i].fd, "open", files[i].name);
	}
	l->ctl = shunt_map_mmap(l->offload, sizeof(*l->ctl), true);
	return l->ctl ? map_view(l, pins, why) : fail_pin(why, -errno, "map", "offload");
}

int sched_load_open(struct sched_load *l, const struct shunt_pins *pins, struct why *why)
{
	int err;

	sched_load_none(l);
	err = read_pin(pins, "cfg", &l->cfg, &l->id);
	if (err == -ENOENT) {
		why_hint(why, "shunt sched load POLICY");
		return why_fail(why, err, "no policy of shunt schedules threads");
	}
	if (!err && (l->cfg.abi != SHUNT_ABI || !l->cfg.nclasses ||
		     l->cfg.nclasses > SHUNT_CLASSES)) {
		why_hint(why, "shunt sched unload, and load again");
		return why_fail(why, -EPROTO, "what is loaded is of another version of shunt");
	}
	err = err ? fail_pin(why, err, "read", "cfg") : open_all(l, pins, why);
	if (!err && sched_load_ended(l))
		err = why_fail(why, -ENOENT, "the kernel has ejected the scheduler of threads");
	if (err)
		sched_load_close(l);
	return err;
}

void sched_load_close(struct sched_load *l)
{
	int fds[] = { l->life, l->agents, l->offload, l->ring };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	shunt_map_unmap(l->ctl, sizeof(*l->ctl));
	shunt_map_unmap((void *)l->view, sizeof(*l->view));
	sched_load_none(l);
}

bool sched_load_current(const struct sched_load *l, const struct shunt_pins *pins)
{
	int fd = open_pin(pins, "cfg");
	bool same = fd >= 0 && shunt_map_id(fd) == l->id;

	if (fd >= 0)
		close(fd);
	return same;
}

struct shunt_policy_slot *sched_load_policy(const struct shunt_pins *pins)
{
	struct shunt_policy_slot *slot = malloc(sizeof(*slot));

	if (slot && !read_pin(pins, "policy", slot, NULL))
		return slot;
	free(slot);
	return NULL;
}

/* The kernel returns from the update when no program that found the map of before runs any more: so
 * the next decision's number, which the new agent reads after that, is final. */
static int put_in_place(const struct sched_load *l, __u32 epoch, struct shunt_off_agent **agent)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "agent", sizeof(__u32), sizeof(**agent), 1,
				&opts), err = 0;
	__u32 zero = 0;

	if (fd < 0)
		return -errno;
	*agent = shunt_map_mmap(fd, sizeof(**agent), true);
	if (!*agent) {
		err = -errno;
	} else {
		(*agent)->abi = SHUNT_OFF;
		(*agent)->epoch = epoch;
		err = bpf_map_update_elem(l->agents, &zero, &fd, BPF_ANY) ? -errno : 0;
	}
	close(fd);
	if (err)
		shunt_map_unmap(*agent, sizeof(**agent));
	return err;
}

static struct shunt_off_view *look_over(const struct shunt_pins *pins,
					struct shunt_off_agent *agent)
{
	int fd = open_pin(pins, "offload");
	size_t len = sizeof(struct shunt_sched_offload);
	void *at = fd < 0 ? NULL : shunt_map_mmap(fd, len, false);

	if (fd >= 0)
		close(fd);
	if (at)
		return off_view_over(at, len, agent);
	shunt_map_unmap(agent, sizeof(*agent));
	return NULL;
}

struct shunt_off_view *sched_join(const struct sched_load *l, const struct shunt_pins *pins,
				  struct why *why)
{
	__u32 epoch = peek(l->ctl->epoch) + 1;
	struct shunt_off_agent *agent = NULL;
	struct shunt_off_view *v = NULL;
	int err = put_in_place(l, epoch ? epoch : 1, &agent);

	if (!err) {
		/* Behind the memory: no decision of the agent before meets the new number. */
		__atomic_store_n(&l->ctl->epoch, epoch ? epoch : 1, __ATOMIC_SEQ_CST);
		v = look_over(pins, agent);
		err = v ? 0 : -errno;
	}
	if (err)
		why_fail(why, err, "cannot join the scheduler of threads: %s", strerror(-err));
	return v;
}

int sched_ring(const struct sched_load *l, __u64 cpus)
{
	struct shunt_sched_ring r = { cpus };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &r, .ctx_size_in = sizeof(r));

	return bpf_prog_test_run_opts(l->ring, &opts) ? -errno : 0;
}
