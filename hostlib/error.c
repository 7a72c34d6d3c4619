// SPDX-License-Identifier: BSD-2-Clause
/*
 * error.c - errors in words
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

int set_error(struct shunt *s, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->text, sizeof(s->text), format, args);
	va_end(args);
	return err;
}

const char *shunt_error(const struct shunt *s)
{
	return s && s->text[0] ? s->text : "out of memory";
}

const char *shunt_strerror(int err)
{
	switch (err < 0 ? -err : err) {
	case 0:
		return "success";
	case ENOENT:
	case ECONNREFUSED:
		return "no shuntd on this interface: start 'shuntd --dev IF', after 'shunt load'";
	case EACCES:
	case EPERM:
		return "refused: start shuntd with '--user' or '--group' of this worker";
	case EPROTO:
		return "shuntd and this library are of different versions";
	case EBUSY:
		return "the domain has a worker already";
	case ESTALE:
		return "the request is not the one that this thread's handler serves";
	case ENOBUFS:
		return "no frame or no room in the send ring, now";
	case EMSGSIZE:
		return "the datagram is longer than the interface and the frame allow";
	case ETIMEDOUT:
		return "shuntd does not answer";
	case ECONNRESET:
		return "shuntd hung up without an answer: see its messages";
	default:
		return strerror(err < 0 ? -err : err);
	}
}

const char *shunt_version(void)
{
	return SHUNT_VERSION;
}
