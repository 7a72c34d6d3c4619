// SPDX-License-Identifier: BSD-2-Clause
/*
 * log.c - lines on stderr, with levels under systemd, and word to systemd itself
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "plural.h"

#define REPEAT_S 10   /* of one format and domain, in this many seconds, */
#define REPEAT_MAX 5  /* no more lines than this */
#define REPEATS 256

static const char *interface = "?";
static bool talkative;
static bool journal; /* stderr goes to the journal: it reads levels */

struct repeat {
	const char *format;
	int domain; /* -1: the line names none */
	time_t since;
	unsigned int said;
	unsigned int held_back;
};

static struct repeat repeats[REPEATS];
static unsigned int dropped; /* lines: nobody read them */

/* systemd names stderr by device and inode, so that redirected output is not mistaken for it. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && !fstat(2, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

void log_open(const char *ifname, bool verbose)
{
	interface = ifname;
	talkative = verbose;
	journal = is_journal();
}

/* Without a wait: whoever reads it may be stopped, or slow, and workers wait for us. Where the
 * kernel has no such write (a terminal), it has told before whether there is room. One call: lines
 * of several processes do not mix. */
static bool write_line(const char *line, size_t n)
{
	struct iovec iov = { .iov_base = (char *)line, .iov_len = n };
	struct pollfd p = { .fd = 2, .events = POLLOUT };
	struct stat st;
	ssize_t done;

	if (fstat(2, &st))
		return true; /* with stderr gone there is nowhere to complain */
	if (S_ISREG(st.st_mode))
		return write(2, line, n) >= 0 || errno != EAGAIN;
	if (!poll(&p, 1, 0))
		return false;
	if (S_ISSOCK(st.st_mode))
		done = send(2, line, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		done = pwritev2(2, &iov, 1, -1, RWF_NOWAIT);
	if (done < 0 && (errno == EOPNOTSUPP || errno == ENOTSOCK))
		done = write(2, line, n);
	return done >= 0 || errno != EAGAIN;
}

static void put(int level, const char *text)
{
	char line[600];
	int n;

	if (journal)
		n = snprintf(line, sizeof(line), "<%d>%s: %s\n", level, interface, text);
	else
		n = snprintf(line, sizeof(line), "shuntd: %s: %s%s\n", interface,
			     level <= LOG_ERR ? "error: " : level == LOG_WARNING ? "warning: " : "",
			     text);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (!write_line(line, n))
		dropped++;
}

/* Says how many lines were dropped, once a line can be written again. */
static void tell_dropped(void)
{
	char text[100];
	unsigned int n = dropped;

	if (!n)
		return;
	snprintf(text, sizeof(text), "%u %s dropped: nobody read standard error", n,
		 plural(n, "line was", "lines were"));
	put(LOG_WARNING, text);
	dropped -= dropped == n ? n : 1; /* else it was dropped, too, and is no line of its own */
}

/* The domain that a line of the format names, -1 without: what goes on in one must not hide what
 * goes on in another. */
static int domain_of(const char *format, va_list args)
{
	const char *at = strstr(format, "domain %");
	char begin[256], text[512];
	size_t len = at ? at - format + strlen("domain %u") : sizeof(begin);
	va_list same;

	if (len >= sizeof(begin) || !strchr("ud", format[len - 1]))
		return -1;
	snprintf(begin, sizeof(begin), "%.*s", (int)len, format);
	va_copy(same, args);
	vsnprintf(text, sizeof(text), begin, same);
	va_end(same);
	at = strrchr(text, ' '); /* what comes before may be a worker's to say */
	return at ? atoi(at + 1) : -1;
}

static struct repeat *find_repeat(const char *format, int domain, time_t now)
{
	struct repeat *oldest = repeats;

	for (int i = 0; i < REPEATS; i++) {
		if (repeats[i].format == format && repeats[i].domain == domain)
			return &repeats[i];
		if (repeats[i].since < oldest->since)
			oldest = &repeats[i];
	}
	*oldest = (struct repeat){ .format = format, .domain = domain, .since = now };
	return oldest;
}

void log_say(int level, const char *format, ...)
{
	struct timespec now;
	struct repeat *r;
	char text[512];
	va_list args;
	int err = errno; /* what %m is about */

	if (level > LOG_INFO && !talkative)
		return;
	tell_dropped();
	clock_gettime(CLOCK_MONOTONIC, &now);
	va_start(args, format);
	r = find_repeat(format, domain_of(format, args), now.tv_sec);
	va_end(args);
	if (now.tv_sec - r->since >= REPEAT_S) {
		if (r->held_back) {
			snprintf(text, sizeof(text), "%u more %s like the next one", r->held_back,
				 plural(r->held_back, "line", "lines"));
			put(level, text);
		}
		*r = (struct repeat){ .format = format, .domain = r->domain,
				      .since = now.tv_sec };
	}
	if (r->said == REPEAT_MAX) {
		r->held_back++;
		return;
	}
	r->said++;
	va_start(args, format);
	errno = err;
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(level, text);
}

void notify(const char *format, ...)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	char text[256];
	va_list args;
	int fd, n;

	if (!len || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1, MSG_NOSIGNAL,
		   (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + len) < 0)
		log_say(LOG_DEBUG, "cannot notify systemd at '%s': %m", path);
	close(fd);
}
