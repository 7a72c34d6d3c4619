/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kv.h - a key-value store that speaks memcached's UDP protocol: the answer to a datagram
 *
 * One request handler, whatever brings the datagrams: libshunt, a UDP socket, an AF_XDP ring. Any
 * number of threads may call it at once, and it may be preempted by shunt where the scan loop says
 * so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

#define KV_PORT 11211
#define KV_KEY_MAX 250
#define KV_VALUE_MAX 65536
#define KV_SCAN_MAX 1000000
#define KV_DATAGRAM 1400 /* bytes of a reply's datagram, as memcached has it */
#define KV_HEADER 8      /* of them: request, datagram, datagrams, 0; 16 bits each, big-endian */

struct kv;

struct kv_options {
	const char *engine;    /* hash, rocksdb */
	const char *path;      /* rocksdb: its folder, on tmpfs */
	size_t memory;         /* hash: bytes of values and keys; then "out of memory" */
	size_t fill, key_size, value_size; /* keys k000…0 on that are there from the start */
};

int kv_open(struct kv **ret, const struct kv_options *o, struct why *why);
void kv_close(struct kv *kv);

/* Sends a datagram of a reply before the last one. */
typedef void (*kv_emit)(void *ctx, const void *datagram, size_t len);

/*
 * Answers one datagram. Returns the bytes of the reply's last datagram, in reply; those before it
 * went through emit; 0: none. reply may be where the request is. room below KV_DATAGRAM makes
 * smaller datagrams.
 */
size_t kv_handle(struct kv *kv, const void *req, size_t len, void *reply, size_t room, kv_emit emit,
		 void *ctx);
