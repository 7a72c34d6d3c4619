// SPDX-License-Identifier: BSD-2-Clause
/*
 * file.c - a whole file in memory
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

int file_read(struct why *why, const char *path, void **data, size_t *len)
{
	struct stat st;
	size_t got = 0;
	ssize_t n;
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return why_fail(why, -errno, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MOST) {
		close(fd);
		return why_fail(why, -EINVAL, "'%s' is no file of at most %d bytes", path,
				FILE_MOST);
	}
	*data = malloc(st.st_size + 1);
	while (*data && got < (size_t)st.st_size) {
		n = read(fd, (char *)*data + got, st.st_size - got);
		if (n <= 0)
			break;
		got += n;
	}
	if (!*data || got < (size_t)st.st_size) {
		err = why_fail(why, -EIO, "cannot read '%s'", path);
		free(*data);
		*data = NULL;
	}
	*len = got;
	close(fd);
	return err;
}
