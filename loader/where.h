/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * where.h - the interface's directory of pins: finding, locking, removing
 *
 * bpffs is the only state. Whoever changes anything holds an exclusive flock() on the directory.
 */
#pragma once

#include "ctl.h"

#define WHERE_MAX 256 /* interfaces that are listed */

struct where_list {
	int n;
	char name[WHERE_MAX][16]; /* of the interface, or of the directory if it is gone */
};

/* What the pinned link says. */
struct link_state {
	unsigned int id;
	unsigned int ifindex; /* 0: the interface is gone */
	unsigned int prog_id; /* the program that sees packets now */
};

/* Sets the interface from --dev: it must have a sound name, it need not exist. */
int where_set(struct ctl *ctl, const char *ifname);
/* Are the pins of two interfaces in one directory? Dots are underscores there. */
bool where_share_pins(const struct ctl *ctl, const char *one, const char *other);
/* bpffs is there and may be looked into. */
int where_check(struct ctl *ctl);
/* Nobody but root, or who runs this, may write where the interface's pins are, or shall be. */
int where_check_folder(struct ctl *ctl);
/* All interfaces that have a directory. */
int where_list(struct ctl *ctl, struct where_list *list);
/* Locks the directory (made if create). A descriptor for where_unlock(), or -errno. */
int where_lock(struct ctl *ctl, bool create);
/* Waits for no one: -EBUSY without a failure noted when another holds it. */
int where_try_lock(struct ctl *ctl);
void where_unlock(int lock);
/* Removes every pin, the link first: that detaches. The directory stays, and so does its lock. */
int where_sweep(struct ctl *ctl);
/* Removes the directory, and the one above it, if they are empty. */
void where_tidy(struct ctl *ctl);
/* 0, -ENOENT without a failure noted if there is no link, or another -errno. */
int where_link(struct ctl *ctl, struct link_state *state);
