/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pindir.h - the interface's directory of pins: finding, locking, removing
 *
 * bpffs is the only state. A process that changes anything holds an exclusive flock() on the
 * directory.
 */
#pragma once

#include "way.h"

#define PINDIR_MAX 256 /* interfaces that are listed */

struct pindir_list {
	int n;
	char name[PINDIR_MAX][16]; /* of the interface, or of the directory if it is gone */
};

/* Sets the interface from --dev: it must have a sound name, it need not exist. */
int pindir_set(struct ctl *ctl, const char *ifname);
/* Are the pins of two interfaces in one directory? Dots are underscores there. */
bool pindir_share_pins(const struct ctl *ctl, const char *one, const char *other);
/* bpffs is there and may be looked into. */
int pindir_check(struct ctl *ctl);
/* Only root, or the user who runs this, may write to the folders of the pins. */
int pindir_check_folder(struct ctl *ctl);
/* All interfaces that have a directory. */
int pindir_list(struct ctl *ctl, struct pindir_list *list);
/* Locks the directory (made if create). A descriptor for pindir_unlock(), or -errno. */
int pindir_lock(struct ctl *ctl, bool create);
/* Waits for no one: -EBUSY without a failure noted when another holds it. */
int pindir_try_lock(struct ctl *ctl);
void pindir_unlock(int lock);
/* Removes every pin, that of the way first: that detaches. The directory stays, and so does its
 * lock. */
int pindir_sweep(struct ctl *ctl);
/* Removes the directory, and the one above it, if they are empty. */
void pindir_tidy(struct ctl *ctl);
/* 0, -ENOENT without a failure noted if neither way's pin is there, or another -errno. */
int pindir_link(struct ctl *ctl, struct link_state *state);
