/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sd.h - systemd keeps descriptors while no shuntd runs, by
 * its protocols sd_notify(3) and sd_listen_fds(3)
 */
#pragma once

#include <stdbool.h>

/* Does a service manager listen? */
bool sd_is_there(void);
void sd_store(const char *name, int fd);
void sd_remove(const char *name);
/* Waits until all that was said before has been heard: what a process says counts for nothing once
 * it is gone. */
void sd_barrier(void);

/* Calls take() for each descriptor that we were started with, which is take()'s from then on. */
void sd_take(void (*take)(void *arg, const char *name, int fd), void *arg);
