// SPDX-License-Identifier: BSD-2-Clause
/*
 * kv_text.c - memcached's text protocol: the first byte is about
 * the room for answers, the rest datagrams, with a 0 between them
 */
/* link: apps/kv/kv.c apps/kv/item.c apps/kv/out.c apps/kv/ops.c apps/kv/text.c apps/kv/binary.c */
/* link: apps/kv/engine_hash.c apps/gap.c lib/why.c tests/unit/kv_safepoint.c */
#include "kv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	uint8_t how = take8(&in);
	size_t room = how & 1 ? KV_DATAGRAM : 64 + how, n;
	struct kv *kv = kv_fresh();

	while (in.left) {
		const uint8_t *body = take_until(&in, 0, &n);

		kv_ask(kv, body, n, room, how & 2);
	}
	return 0;
}
