// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_text.c - a configuration with every key, and reading a text as a configuration file
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_text.h"

#include <cmocka.h> /* last: its fail() is a macro */

const char whole[WHOLE_LEN] =
	"domains:\n"                                                            /* 1 */
	"  - queue: 2\n"
	"    cpus: [0, 0]\n"
	"  - {queue: 0, cpus: [1], user: 1000}\n"
	"fallback: drop\n"                                                      /* 5 */
	"hang: {after: 250ms, action: kill}\n"
	"address: [198.18.0.2, \"fd00::2\"]\n"
	"stamp: true\n"
	"core_ring: 128\n"
	"hold_ring: 512\n"                                                      /* 10 */
	"chunk: 4096\n"
	"spare: 99\n"
	"classes:\n"
	"  - {name: short, slo: 50us, quantum: 5us, hold: 448, requeue: head}\n"
	"  - name: long\n"                                                      /* 15 */
	"ports:\n"
	"  - {port: 9000, default: long, key: {offset: 2, length: 8}}\n"
	"  - port: 9001\n"
	"rules:\n"
	"  - {port: 9001, value: \"get \", class: long}\n"                      /* 20 */
	"  - {port: 9000, offset: 1, value: 0x01, mask: 0x0f, width: 1, class: short}\n"
	"  - {port: 9001, value: 0x02, class: short}\n"
	"knobs: [7, 0xffffffffffffffff]\n"
	"drain: 90s\n";

char said[1024];

int read_text(const char *text, size_t len, struct setup *s)
{
	char path[] = "/tmp/test_config.XXXXXX";
	struct ctl ctl = { 0 };
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	err = setup_from_file(&ctl, path, s);
	unlink(path);
	snprintf(said, sizeof(said), "%s",
		 ctl.why.text ? ctl.why.text + (err ? strlen(path) : 0) : "");
	ctl_forget(&ctl);
	return err;
}
