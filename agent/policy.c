// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the policy in force, from the loader's map into a sealed memfd that workers can map
 *
 * The agent never runs this code.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "inforce.h"
#include "log.h"
#include "maps.h"
#include "peer.h"
#include "shared.h"

/* The code knows which of the two policies in the views it is of. Where, the loader found out. */
static void set_slot(struct shunt_policy_slot *slot, __u64 gen)
{
	__u32 at = slot->slot_at, number = gen & 1;

	if (at && slot->native_len >= sizeof(number) && at <= slot->native_len - sizeof(number))
		memcpy(slot->native + at, &number, sizeof(number));
}

static int seal(const void *code, size_t len)
{
	int fd = memfd_create("shunt-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	if (write(fd, code, len) == (ssize_t)len &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		return fd;
	err = -errno;
	close(fd);
	return err ? err : -EIO;
}

void policy_forget(struct policy *p)
{
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct policy){ .fd = -1 };
}

/* In force though it is refused: an agent before us came no further. */
static void look_for_refusal(struct agent *a)
{
	int fd = shunt_pin_open(&a->pins, "put_out");
	struct shunt_refused r;

	if (fd >= 0 && shunt_refused_find(fd, shared_of(a)->policy.hash, &r) >= 0)
		shared_of(a)->condemned.entry = r;
	if (fd >= 0)
		close(fd);
}

bool policy_refresh(struct agent *a)
{
	__u64 gen = maps_policy_gen(&a->maps);
	struct shunt_policy_slot *slot;
	__u64 hash;
	int fd;

	if (!gen || gen == shared_of(a)->policy.msg.gen)
		return shared_of(a)->policy.fd >= 0;
	slot = maps_slot(&a->maps, gen);
	if (!slot) /* a switch is under way; the one before stays in force until it is done */
		return shared_of(a)->policy.fd >= 0;
	if (!slot->native_len || slot->native_len > SHUNT_NATIVE_MAX) {
		log_say(LOG_WARNING, "policy '%.15s' has no native code for workers",
			slot->desc.name);
		free(slot);
		return shared_of(a)->policy.fd >= 0;
	}
	hash = shunt_code_hash(slot->native, slot->native_len);
	set_slot(slot, gen);
	fd = seal(slot->native, slot->native_len);
	if (fd >= 0) {
		policy_forget(&shared_of(a)->policy);
		shared_of(a)->policy.fd = fd;
		shared_of(a)->policy.msg.gen = gen;
		shared_of(a)->policy.msg.len = slot->native_len;
		shared_of(a)->policy.msg.desc = slot->desc;
		shared_of(a)->policy.hash = hash;
		look_for_refusal(a);
		log_say(LOG_INFO, "policy '%.15s', generation %llu", slot->desc.name, gen);
	} else {
		log_say(LOG_ERR, "cannot make a memfd for the policy: %s", strerror(-fd));
	}
	free(slot);
	return shared_of(a)->policy.fd >= 0;
}

int policy_send(struct agent *a, struct peer *p)
{
	struct shunt_msg_policy m = shared_of(a)->policy.msg;
	int err;

	if (shared_of(a)->policy.fd < 0 || p->policy_gen == m.gen)
		return 0;
	if (p->policy_gen && peer_has_unread(p)) /* it reads the one before first */
		return -EAGAIN;
	err = peer_send(p, &m, sizeof(m), SHUNT_MSG_POLICY, &shared_of(a)->policy.fd, 1);
	if (!err)
		p->policy_gen = m.gen;
	return err;
}
