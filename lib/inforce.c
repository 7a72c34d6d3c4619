// SPDX-License-Identifier: BSD-2-Clause
/*
 * inforce.c - what shunt and shuntd share about putting a policy in force
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "inforce.h"

#define FNV_BASE 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

const char *shunt_prog_pin(__u64 gen)
{
	return gen & 1 ? "prog1" : "prog0";
}

const char *shunt_plan_pin(__u64 gen)
{
	return gen & 1 ? "plan1" : "plan0";
}

static int open_program(const struct shunt_pins *pins, const char *name, __u32 id)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = shunt_pin_open(pins, name), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	else if (info.id != id)
		err = -ESTALE;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int shunt_prog_open(const struct shunt_pins *pins, __u64 gen, __u32 prog_id)
{
	return open_program(pins, shunt_prog_pin(gen), prog_id);
}

static int put_behind_stub(int map, int prog)
{
	__u32 zero = 0;

	return bpf_map_update_elem(map, &zero, &prog, 0) ? -errno : 0;
}

int shunt_steer_by(const struct shunt_pins *pins, int prog)
{
	int fd = shunt_pin_open(pins, SHUNT_LINK), err;

	if (fd >= 0) {
		err = bpf_link_update(fd, prog, NULL) ? -errno : 0;
	} else if (fd == -ENOENT) {
		fd = shunt_pin_open(pins, SHUNT_STUB_CALLS);
		err = fd < 0 ? fd : put_behind_stub(fd, prog);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int shunt_plan_open(const struct shunt_pins *pins, __u64 gen, __u32 plan_id)
{
	return open_program(pins, shunt_plan_pin(gen), plan_id);
}

void shunt_plan_clear(struct shunt_view *view, __u64 gen)
{
	struct shunt_plan *p = &view->plan[gen & 1];

	/* First: a plan() of before, which may run now, puts nothing in force from here on. */
	__atomic_store_n(&p->use, SHUNT_PLAN_USE(gen, 0), __ATOMIC_SEQ_CST);
	memset(p->word, 0, sizeof(p->word));
}

/* A view that its worker froze nobody can write: shuntd will replace it. */
static int clear_view(int fd, __u64 gen)
{
	struct shunt_view *view = shunt_map_mmap(fd, sizeof(*view), true);

	if (!view)
		return errno == EPERM ? 0 : -errno;
	shunt_plan_clear(view, gen);
	memset(view->state[gen & 1], 0, sizeof(view->state[0]));
	memset(view->core_state[gen & 1], 0, sizeof(view->core_state[0]));
	shunt_map_unmap(view, sizeof(*view));
	return 0;
}

int shunt_slot_clear(const struct shunt_pins *pins, __u64 gen)
{
	int err = 0, fd;

	for (int d = 0; !err && d < SHUNT_DOMAINS; d++) {
		fd = shunt_pin_open_view(pins, d);
		if (fd == -ENOENT)
			continue;
		err = fd < 0 ? fd : clear_view(fd, gen);
		if (fd >= 0)
			close(fd);
	}
	errno = -err;
	return err;
}

void shunt_preempt_decide(struct shunt_cfg *cfg, __u32 policy_flags)
{
	bool on = cfg->preempt == SHUNT_PREEMPT_ON ||
		  (cfg->preempt == SHUNT_PREEMPT_AUTO &&
		   (policy_flags & SHUNT_PREEMPTS || cfg->flags & SHUNT_CFG_SEATS));

	cfg->flags = on ? cfg->flags | SHUNT_CFG_PREEMPT : cfg->flags & ~SHUNT_CFG_PREEMPT;
}

__u64 shunt_code_hash(const void *code, size_t len)
{
	const unsigned char *at = code;
	__u64 hash = FNV_BASE;

	while (len--)
		hash = (hash ^ *at++) * FNV_PRIME;
	return hash ? hash : 1;
}

int shunt_refused_find(int map, __u64 hash, struct shunt_refused *out)
{
	for (__u32 i = 0; i < SHUNT_REFUSED; i++) {
		if (!bpf_map_lookup_elem(map, &i, out) && out->hash == hash) {
			out->name[SHUNT_NAME_LEN - 1] = '\0';
			return i;
		}
	}
	return -1;
}

__u32 shunt_refused_place(int map)
{
	__u64 oldest = ~0ULL;
	struct shunt_refused r;
	__u32 place = 0;

	for (__u32 i = 0; i < SHUNT_REFUSED; i++) {
		if (bpf_map_lookup_elem(map, &i, &r))
			continue;
		if (!r.hash)
			return i;
		if (r.gen < oldest) {
			oldest = r.gen;
			place = i;
		}
	}
	return place;
}

const char *shunt_ask_name(__u32 op)
{
#define SHUNT_OP(OP, name, type, need, targets, text) #name "()",
	static const char *const names[] = { SHUNT_POLICY_OPS(SHUNT_OP) };
#undef SHUNT_OP

	return op < sizeof(names) / sizeof(names[0]) ? names[op] : "the policy";
}

const char *shunt_refused_why(const struct shunt_refused *r, char *out, size_t len)
{
	char of[32] = "";

	if (r->signal)
		snprintf(of, sizeof(of), " of signal %u", r->signal);
	if (r->why == SHUNT_REFUSED_STALL)
		snprintf(out, len, "core %u of domain %u did not come out of its %s", r->core,
			 r->domain, shunt_ask_name(r->op));
	else
		snprintf(out, len, "worker %u of domain %u died%s in its %s", r->pid, r->domain, of,
			 shunt_ask_name(r->op));
	return out;
}

int shunt_try_lock(const struct shunt_pins *pins)
{
	char path[PATH_MAX];
	int fd, err = shunt_pin_path(path, sizeof(path), pins, NULL);

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}
