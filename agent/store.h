/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - the descriptors that must outlive their process, by name
 *
 * The keeper and the agent each have the same table. The agent tells the keeper of every change;
 * whichever dies, the other has them all and hands them to its successor through an environment
 * variable that names them.
 *
 *   lock          who serves this socket (flock)
 *   load          who serves what is loaded (flock)
 *   listen        the broker's listener
 *   control       the keeper's: a successor comes there (handover.h)
 *   dN.state      what the agent must remember of domain N (domain.h)
 *   dN.memory     its memory (layout.h)
 *   dN.sK         its sockets, K as in the order of WELCOME
 *   dN.worker     a pidfd of its worker
 *   seatN.K.*     domain N's sockets for moving the seat that its core K shares (seats.c)
 */
#pragma once

#include <stdbool.h>

#define STORE_NAME 16
#define STORE_ENV "SHUNTD_TABLE"    /* name=fd,name=fd,… */
#define STORE_KEEPER "SHUNTD_KEEPER" /* in the agent: descriptor of the socket to the keeper */

struct store;

/* The table that the environment names, or an empty one. keeper: the socket to the keeper, -1 in
 * the keeper itself. NULL: no memory. */
struct store *store_open(int keeper);

/* Takes over fd; replaces what had the name. 0, or -errno and fd is still the caller's. */
int store_put(struct store *s, const char *name, int fd);
/* Tells the keeper of descriptors that it could not be told of before,
 * for want of memory or as too many were under way. False: some are left. */
bool store_retry(struct store *s);
/* Is there a descriptor that the keeper has not been told of? */
bool store_is_behind(const struct store *s);
/* Drops every name that starts so. */
void store_drop(struct store *s, const char *prefix);
/* Is there a descriptor whose name starts so? */
bool store_has(const struct store *s, const char *prefix);
void store_free(struct store *s);
/* Keeper: drops all; here, nobody is told. */
void store_clear(struct store *s);
/* Keeper: from now on systemd has all of them, too, and hears of every change. */
void store_mirror(struct store *s);
/* Keeper: takes the descriptors that systemd kept while no shuntd ran. */
void store_take_back(struct store *s);
/* Entry i, still the store's; false: there are not so many. */
bool store_at(const struct store *s, unsigned int i, const char **name, int *fd);
/* The descriptor, still the store's; -1: there is none. */
int store_get(const struct store *s, const char *name);

/* Keeper: applies one message from the agent. 0, or -errno: the agent is gone (-EPIPE). */
int store_receive(struct store *s, int agent);

/* Makes all descriptors inheritable and names them in the environment, for exec. */
int store_export(const struct store *s);
