/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * app.h - the applications, whatever brings them requests: libshunt or one of the baselines
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kv/kv.h"

struct app {
	const char *name; /* spin, kv */
	struct kv *kv;
};

struct app_options {
	const char *name;
	bool compared; /* it notes its gaps: work_calibrate() */
	struct kv_options kv;
};

extern const char app_help[];
#define APP_LONG_OPTIONS \
	{ "app", 1, NULL, 1001 }, { "engine", 1, NULL, 1002 }, { "path", 1, NULL, 1003 }, \
	{ "fill", 1, NULL, 1004 }, { "key-size", 1, NULL, 1005 }, { "value-size", 1, NULL, 1006 }, \
	{ "memory", 1, NULL, 1007 }

void app_defaults(struct app_options *o);
/* Takes an option: 0; -ENOENT: not one of those above; -EINVAL: a bad value, which was told. */
int app_option(struct app_options *o, int c, const char *arg, const char *program);
int app_open(struct app *a, const struct app_options *o, const char *program);
void app_close(struct app *a);

/* As kv_handle: bytes of the reply's last datagram, those before it through emit; 0: no reply. */
size_t app_handle(struct app *a, const void *req, size_t len, void *reply, size_t room,
		  uint64_t arrival_ns, kv_emit emit, void *ctx);
