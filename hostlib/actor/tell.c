// SPDX-License-Identifier: BSD-2-Clause
/*
 * tell.c - messages to actors of the place
 */
#include <errno.h>

#include "place.h"

int place_tell(struct place *p, uint32_t to, uint32_t from, uint32_t kind, const void *data,
	       uint32_t len, uint64_t cookie)
{
	struct letter in = { .to = to, .from = from, .kind = kind, .cookie = cookie, .len = len };
	struct shunt_actor *a = place_actor(p, to);
	int err;

	if (__builtin_expect(!a, 0)) {
		in.to = place_local(p, to);
		a = place_actor(p, in.to);
	}
	err = !a ? -ENOENT : len > SHUNT_TELL_MAX ? -EMSGSIZE : 0;
	if (!err && !mailbox_put(a->box, &a->slot->told, &in, data))
		err = -EAGAIN;
	if (err) {
		place_count(&p->head->refused, 1);
		return err;
	}
	place_set_ready(p, a->nr);
	return 0;
}

int shunt_tell(struct shunt_actor *self, uint32_t to, uint32_t kind, const void *data, uint32_t len)
{
	return place_tell(self->place, to, self->id, kind, data, len, 0);
}

/* A request goes on once this handler has returned: its client waits for one answer. */
long shunt_forward(struct shunt_actor *self, struct shunt_message *m, uint32_t to)
{
	int err;

	if (m->req) {
		self->forward = to;
		return SHUNT_FORWARDED;
	}
	err = place_tell(self->place, to, m->from, m->kind, m->data, m->len, m->cookie);
	return err == -EAGAIN ? SHUNT_LATER : SHUNT_FORWARDED;
}
