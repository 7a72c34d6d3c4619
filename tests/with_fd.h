/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * with_fd.h - a message with a descriptor that nobody asked for
 */
#pragma once

#include "agent/scm.h"

static inline ssize_t send_with_fd(int to, const void *msg, size_t len, int flags)
{
	SCM_ROOM(1) control;
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	int zero = 0;

	scm_pack(&hdr, &control, &zero, 1);
	return sendmsg(to, &hdr, flags);
}
