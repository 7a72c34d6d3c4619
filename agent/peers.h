/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peers.h - connections
 */
#pragma once

#include <stdbool.h>

struct agent;
struct domain;
struct peer;
struct why;

int peers_listen(struct agent *a, struct why *why);
void peers_accept(struct agent *a);
/* One message of a peer, and what follows from it. */
void peers_hear(struct agent *a, struct peer *p);
/* Each tick: looks after waiting peers, drops those that waited too long, offers new policies. */
void peers_tick(struct agent *a);
/* Tells all workers, or that of one domain, to leave the rings that they have. */
void peers_tell_leave(struct agent *a, const struct domain *d);
/* Shall the peer be listened to in this turn? */
bool peers_listens_to(const struct peer *p);
bool peers_lets_in(const struct agent *a);
