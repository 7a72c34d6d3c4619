// SPDX-License-Identifier: BSD-2-Clause
/*
 * key.c - reads the key that a NIC and one of its hosts share
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int parse(const char *path, const char *text, size_t n, struct shunt_key *key,
		 struct why *why)
{
	int digits = count_digits(text, n);

	if (digits == DIGITS && sscanf(text, "%16llx%16llx", &key->word[0], &key->word[1]) == 2 &&
	    (key->word[0] | key->word[1]))
		return 0;
	why_hint(why, MAKE);
	if (digits == OLD_DIGITS)
		return why_fail(why, -EINVAL, "the key '%s' has 16 digits, as versions before 3 of "
				"the wire had: now it is 32, and one key a host", path);
	return why_fail(why, -EINVAL, "the key '%s' is not 32 hexadecimal digits", path);
}

int shunt_read_key(const char *path, struct shunt_key *key, struct why *why)
{
	char text[DIGITS + 3] = "";
	/* a FIFO waits for nobody */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		err = -errno;
		return why_fail(why, err, "cannot open the key '%s': %s", path, strerror(-err));
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		why_hint(why, MAKE);
		err = why_fail(why, -EINVAL, "the key '%s' is no plain file", path);
	} else if (st.st_mode & 077) {
		why_hint(why, "chmod 600");
		err = why_fail(why, -EACCES, "others may read the key '%s'", path);
	}
	if (!err) {
		n = read(fd, text, sizeof(text) - 1);
		err = parse(path, text, n < 0 ? 0 : n, key, why);
	}
	close(fd);
	return err;
}
