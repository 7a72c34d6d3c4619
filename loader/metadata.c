// SPDX-License-Identifier: BSD-2-Clause
/*
 * metadata.c - drivers that leave no room for metadata in front of a packet
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "metadata.h"

/* 0: no Linux has it. */
static const struct {
	const char *driver;
	int major, minor;
	const char *text;
} known[] = {
	{ "vmxnet3", 0, 0, "vmxnet3 leaves no room for metadata" },
	{ "ena", 0, 0, "Linux's own ena leaves no room for metadata, newer ones of Amazon do "
		       "(github.com/amzn/amzn-drivers, issue 265)" },
	{ "bnxt_en", 6, 10, "bnxt_en leaves room for metadata from Linux 6.10 on" },
	{ "tun", 6, 15, "tun leaves room for metadata from Linux 6.15 on" },
};

const char *metadata_doubt(const char *driver)
{
	struct utsname host;
	int major = 0, minor = 0;

	uname(&host);
	sscanf(host.release, "%d.%d", &major, &minor);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(driver, known[i].driver))
			continue;
		if (!known[i].major || major < known[i].major ||
		    (major == known[i].major && minor < known[i].minor))
			return known[i].text;
	}
	return NULL;
}
