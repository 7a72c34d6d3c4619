/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seat_sockets.h - the sockets between two workers that share a CPU, through which nobody else
 * speaks
 */
#pragma once

/*
 * Makes a connected pair. The filter of each end takes what comes there for the other worker's
 * word, so no other socket may reach it: neither end has a name by which it could be found, nor can
 * its holder give it one. beside: a path in a folder where this process may make a name, which it
 * removes at once. 0, or -errno.
 */
int seat_sockets_make(int sock[2], const char *beside);
