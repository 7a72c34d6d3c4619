// SPDX-License-Identifier: BSD-2-Clause
/*
 * card_log.c - why a card refused a program
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "card_log.h"

#define VERIFIER "[nfp] "       /* begins the driver's messages through the verifier */
#define WARNING "[nfp] warning" /* begins those that are no refusal */
#define KERNEL "NFP net bpf: "

int card_log_open(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (kmsg < 0)
		return -errno;
	lseek(kmsg, 0, SEEK_END);
	return kmsg;
}

/* Into out, the last line from the mark on; not one that has the other. */
static void take_last(char *text, const char *mark, const char *but, char *out, size_t len)
{
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, mark);

		if (at && !(but && strstr(line, but)))
			snprintf(out, len, "%s", at + strlen(mark));
	}
}

void card_log_reason(int kmsg, char *verifier_log, char *out, size_t len)
{
	char record[1024];
	ssize_t n;

	out[0] = '\0';
	if (strstr(verifier_log, VERIFIER))
		take_last(verifier_log, VERIFIER, WARNING, out, len);
	if (kmsg < 0)
		return;
	/* EPIPE: records were lost meanwhile, the next are there. */
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		take_last(record, KERNEL, NULL, out, len);
	}
	close(kmsg);
}
