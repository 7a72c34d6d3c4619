/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - what shuntd tells its operator, on stderr
 */
#pragma once

#include <stdbool.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG */

/* Under systemd lines carry a level; elsewhere they carry the program and interface. */
void log_open(const char *ifname, bool verbose);

/* A line that repeats itself (the same format, of the same domain) is held back, and its number
 * told later. */
void log_say(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells systemd, if it started us: "READY=1", "STATUS=…", "MAINPID=…". */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
