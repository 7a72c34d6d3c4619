/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply.h - is a frame the reply to a request? Its headers, byte by byte as the RFCs have them
 */
#pragma once

#include "packet.h"

/* Fails the test unless the headers of the frame answer that request; where its payload is. */
const __u8 *reply_check(const struct packet *request, const struct packet_spec *spec,
			const __u8 *frame, __u32 frame_len, __u32 *payload_len);

/* The UDP checksum of the last one. */
__u16 reply_sum(void);
