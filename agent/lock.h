/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - one shuntd for a socket's path, and one for what 'shunt load' has loaded
 *
 * Both locks are flock()s, kept in the store: they last as long as any process has the store's
 * descriptors, and no longer, however those processes end.
 */
#pragma once

#include <stdbool.h>

struct options;
struct shunt_pins;
struct store;
struct why;

/* Of the socket's path: "lock". 0, or -errno (told). */
int lock_socket(const struct options *o, struct store *s);
void lock_socket_remove(const struct options *o);
/* Drops what goes by the socket's path from the store where the path is another one by now, or is
 * gone. */
void lock_check_paths(const struct options *o, struct store *s);

/* Of the load: "load", on the pinned map "cfg", whatever socket workers come to. 0; -EBUSY: another
 * shuntd has it; or -errno with the reason in why. */
int lock_load(struct store *s, const struct shunt_pins *pins, struct why *why);
/* Is the load still there that was locked? True, if none was. */
bool lock_load_stands(const struct store *s, const struct shunt_pins *pins);
