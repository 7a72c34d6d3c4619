/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - the numbers of RFC 5531, and words in network order
 */
#pragma once

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum rpc_type { RPC_CALL, RPC_REPLY };
enum rpc_reply { RPC_ACCEPTED, RPC_DENIED };
enum rpc_accept {
	RPC_SUCCESS, RPC_PROG_UNAVAIL, RPC_PROG_MISMATCH, RPC_PROC_UNAVAIL, RPC_GARBAGE_ARGS,
	RPC_SYSTEM_ERR,
};
enum rpc_reject { RPC_MISMATCH, RPC_AUTH_ERROR };
enum rpc_auth {
	RPC_AUTH_BADCRED = 1, RPC_AUTH_REJECTEDCRED = 2, RPC_AUTH_BADVERF = 3,
	RPC_AUTH_TOOWEAK = 5,
};

#define RPC_VERSION 2
#define RPC_AUTH_MAX 400    /* bytes of credentials, and of a verifier */
#define RPC_MACHINE_MAX 255 /* of AUTH_SYS */
#define RPC_GIDS_MAX 16
#define RPC_ACCEPTED_LEN 24 /* the head of an accepted reply */

static inline uint32_t rpc_get(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, 4);
	return ntohl(word);
}

static inline uint8_t *rpc_put(uint8_t *at, uint32_t word)
{
	word = htonl(word);
	memcpy(at, &word, 4);
	return at + 4;
}

static inline uint32_t rpc_padded(uint32_t len)
{
	return (len + 3) & ~3u;
}
