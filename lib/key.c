// SPDX-License-Identifier: BSD-2-Clause
/*
 * key.c - reads the key that a NIC and one of its hosts share
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "key.h"

#define DIGITS 32
#define OLD_DIGITS 16 /* of versions of the wire before 3 */
#define MAKE "make one with '(umask 077 && od -An -N16 -tx8 /dev/urandom | tr -d \" \" >FILE)'"

/* The number of hexadecimal digits before the end, or a newline at the end; -1: something else is
 * there. */
static int count_digits(const char *text, size_t n)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	return digits == n || (digits + 1 == n && text[digits] == '\n') ? (int)digits : -1;
}

static int parse(const char *path, const char *text, size_t n, struct shunt_key *key, char *why,
		 size_t len)
{
	int digits = count_digits(text, n);

	if (digits == OLD_DIGITS) {
		snprintf(why, len,
			 "the key '%s' has 16 digits, as versions before 3 of the wire had: now it "
			 "is "
			 "32, and one key a host; " MAKE,
			 path);
		return -EINVAL;
	}
	if (digits != DIGITS || sscanf(text, "%16llx%16llx", &key->word[0], &key->word[1]) != 2 ||
	    !(key->word[0] | key->word[1])) {
		snprintf(why, len, "the key '%s' is not 32 hexadecimal digits: " MAKE, path);
		return -EINVAL;
	}
	return 0;
}

int shunt_read_key(const char *path, struct shunt_key *key, char *why, size_t len)
{
	char text[DIGITS + 3] = "";
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t n;
	int err;

	if (!f) {
		err = -errno;
		snprintf(why, len, "cannot open the key '%s': %s", path, strerror(-err));
		return err;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	if (!fstat(fileno(f), &st) && (st.st_mode & 077)) {
		err = -EACCES;
		snprintf(why, len, "others may read the key '%s': chmod 600", path);
	} else {
		err = parse(path, text, n, key, why, len);
	}
	fclose(f);
	return err;
}
