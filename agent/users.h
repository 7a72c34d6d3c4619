/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * users.h - users that connect: how often, how many descriptors, and after which pause
 */
#pragma once

#include <sys/types.h>

#include <linux/types.h>

#define USERS_MAX 64

struct agent;
struct domain;
struct peer;

/* A user that connects: how often it may again, and whether its workers may come. */
struct user {
	uid_t uid;
	__u32 left;
	__u64 seen_ns;     /* when left was counted; 0: nobody */
	__u32 damaged;     /* how often the user's workers have damaged their memory of late */
	__u64 damaged_ns;  /* when they last did */
};

/* Each: NULL, or why not. May a process of that user connect? */
const char *users_may_come(struct agent *a, uid_t uid);
/* Was it given new memory in the place of damaged memory so often that it has to wait? */
const char *users_pause(struct agent *a, uid_t uid);
/* Shall the peer be given the domain's descriptors? */
const char *users_unread(const struct agent *a, const struct peer *p, const struct domain *d);
