// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the policy's native code, as it comes from the agent in a sealed memfd
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

static void policy_free(struct policy *p)
{
	if (!p)
		return;
	if (p->handle)
		dlclose(p->handle);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

/* Unloads what no core can be in any more: each has begun a turn with a newer one. */
static void policy_reap(struct shunt *s)
{
	struct policy *p = atomic_load(&s->policy);
	uint64_t oldest = p->gen;

	for (unsigned int i = 0; i < s->ncores; i++) {
		uint64_t seen = atomic_load(&s->core[i].policy_seen);

		if (s->core[i].started && seen < oldest)
			oldest = seen;
	}
	while (p->next) {
		if (p->next->gen >= oldest) {
			p = p->next;
			continue;
		}
		struct policy *old = p->next;

		p->next = old->next;
		policy_free(old);
	}
}

/* Takes over fd. The new policy is in force with each core's next turn. */
int policy_take(struct shunt *s, int fd, const struct shunt_msg_policy *msg)
{
	const struct shunt_policy_desc *desc;
	struct policy *p = calloc(1, sizeof(*p)), *now = atomic_load(&s->policy);
	const char *lacks;
	char path[32];

	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	p->fd = fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->handle) {
		set_error(s, -ENOEXEC, "cannot map the policy's native code: %s", dlerror());
		policy_free(p);
		return -ENOEXEC;
	}
	desc = dlsym(p->handle, SHUNT_SYM_DESC);
	lacks = shunt_policy_find(dlsym, p->handle, p->fn);
	if (!desc || desc->abi != SHUNT_ABI || lacks) {
		policy_free(p);
		return set_error(s, -EPROTO, "the policy's native code is of another ABI");
	}
	p->flags = desc->flags | msg->desc.flags; /* where it runs, it may have to steal */
	p->gen = msg->gen;
	p->next = now;
	atomic_store(&s->policy, p);
	policy_reap(s);
	return 0;
}

/* On the wire the NIC decides. */
int policy_none(struct shunt *s)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (!p)
		return set_error(s, -ENOMEM, "out of memory");
	p->fd = -1;
	p->gen = 1;
	atomic_store(&s->policy, p);
	return 0;
}

void policy_free_all(struct shunt *s)
{
	struct policy *p = atomic_exchange(&s->policy, NULL), *next;

	for (; p; p = next) {
		next = p->next;
		policy_free(p);
	}
}
