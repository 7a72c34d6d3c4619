/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * successor.h - taking the place of a shuntd, or ending one
 */
#pragma once

struct options;
struct store;

/* If one serves at our socket (and --replace is given), or keeps what it had for the next one:
 * takes its descriptors into the store, which is empty; 1: then it is quiet, and *trial is the
 * connection to it. 0: there is none. -errno: told why not, and it goes on as before. */
int successor_take(const struct options *o, struct store **s, int *trial);

/* Has the shuntd at our socket give everything up. An exit status. */
int successor_end(const struct options *o);
