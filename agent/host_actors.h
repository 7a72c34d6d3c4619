/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_actors.h - the NIC's actors, for a worker on its host
 */
#pragma once

struct host_opts;
struct peer;

/* ACTORS: the rows of --actors, and lines in which the worker's cores count. Nothing if no file was
 * named. 0, or -errno: nobody listens, or there is no memory. */
int host_tell_actors(const struct host_opts *h, struct peer *p);
