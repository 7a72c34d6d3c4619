// SPDX-License-Identifier: BSD-2-Clause
/*
 * key.c - reads the key that a NIC and its hosts share
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "key.h"

#define DIGITS 16

int shunt_read_key(const char *path, __u64 *key, char *why, size_t len)
{
	char text[DIGITS + 2] = "", rest;
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t n;
	int err = 0;

	if (!f) {
		err = -errno;
		snprintf(why, len, "cannot open the key '%s': %s", path, strerror(-err));
		return err;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	if (!fstat(fileno(f), &st) && (st.st_mode & 077)) {
		err = -EACCES;
		snprintf(why, len, "others may read the key '%s': chmod 600", path);
	} else if (n < DIGITS || strspn(text, "0123456789abcdefABCDEF") != DIGITS || fread(&rest, 1, 1, f) ||
		   (n > DIGITS && text[DIGITS] != '\n') || sscanf(text, "%llx", key) != 1 || !*key) {
		err = -EINVAL;
		snprintf(why, len, "the key '%s' is not 16 hexadecimal digits: make one with "
			 "'od -An -N8 -tx8 /dev/urandom | tr -d \" \"'", path);
	}
	fclose(f);
	return err;
}
