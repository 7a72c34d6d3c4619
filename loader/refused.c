// SPDX-License-Identifier: BSD-2-Clause
/*
 * refused.c - policies that shuntd put out of force on this
 * interface: said, and let in again when forced
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inforce.h"
#include "maps.h"
#include "refused.h"

#define WHY_LEN 128

static int refuse(struct ctl *ctl, const struct bundle *b, const struct shunt_refused *r)
{
	char why[WHY_LEN];

	fail(ctl, -EPERM, "policy '%s' was put out of force here: %s", b->desc.name,
	     shunt_refused_why(r, why, sizeof(why)));
	hint(ctl, "mend it; or, to try it once more as it is: shunt switch --force %s",
	     ctl->argv[0]);
	return -EPERM;
}

int refused_check(struct ctl *ctl, const struct bundle *b)
{
	const struct shunt_refused none = { 0 };
	struct shunt_refused r;
	int fd = map_open(ctl, "put_out", sizeof(r)), err = 0;
	__u32 place;

	if (fd < 0)
		return fd;
	place = shunt_refused_find(fd, shunt_code_hash(b->native, b->native_len), &r);
	if (place < SHUNT_REFUSED && !ctl->force)
		err = refuse(ctl, b, &r);
	else if (place < SHUNT_REFUSED && !ctl->dry_run &&
		 bpf_map_update_elem(fd, &place, &none, 0))
		err = fail_bpf(ctl, -errno, "cannot write the map 'put_out'");
	close(fd);
	return err;
}

static json_t *entry(const struct shunt_refused *r)
{
	char why[WHY_LEN];

	return json_pack("{s:o, s:s, s:s, s:s, s:I, s:I}", "policy",
			 json_stringn(r->name, strnlen(r->name, SHUNT_NAME_LEN)), "why",
			 r->why == SHUNT_REFUSED_STALL ? "stall" : "fault", "function",
			 shunt_ask_name(r->op), "text", shunt_refused_why(r, why, sizeof(why)),
			 "generation", (json_int_t)r->gen, "time", (json_int_t)r->time_s);
}

json_t *refused_json(struct ctl *ctl)
{
	json_t *list = json_array();
	struct shunt_refused r;

	for (__u32 i = 0; i < SHUNT_REFUSED; i++) {
		if (!map_get(ctl, "put_out", i, &r, sizeof(r)) && r.hash)
			json_array_append_new(list, entry(&r));
	}
	if (json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}
