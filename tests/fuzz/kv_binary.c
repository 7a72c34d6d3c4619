// SPDX-License-Identifier: BSD-2-Clause
/*
 * kv_binary.c - memcached's binary protocol: the first byte is about the room for answers; then
 * datagrams, a byte with the length before each
 */
/* link: apps/kv/kv.c apps/kv/item.c apps/kv/out.c apps/kv/ops.c apps/kv/text.c apps/kv/binary.c */
/* link: apps/kv/engine_hash.c apps/gap.c lib/why.c tests/unit/kv_safepoint.c */
#include "kv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	uint8_t how = take8(&in), body[1 + 255] = { 0x80 };
	size_t room = how & 1 ? KV_DATAGRAM : 64 + how, n;
	struct kv *kv = kv_fresh();

	while (in.left) {
		n = take8(&in);
		n = take(&in, body + 1, n);
		kv_ask(kv, body, 1 + n, room, how & 2);
	}
	return 0;
}
