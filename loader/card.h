/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * card.h - the policy's program on a card that chooses receive queues (Netronome), and its maps
 *
 * The card's maps are pinned beside the host's, as "nfp_" and their name. The card's program has a
 * link of its own, pinned as SHUNT_CARD_LINK. Every queue that the card may choose has one core.
 */
#pragma once

#include <bpf/libbpf.h>

#include "bundle/bundle.h"
#include "ctl.h"
#include "setup.h"

#define SHUNT_CARD_LINK "nfp_link"
#define CARD_INSNS 2560 /* of the card's own, for a program */

struct card {
	struct bpf_object *obj;
	int prog_fd;
	unsigned int prog_id;
	unsigned int ninsns; /* of the card's */
};

/* The kernel's words for what is on the card. */
struct card_state {
	unsigned int prog_id; /* 0: nothing */
	unsigned int ninsns;
	bool gone;            /* the link has lost its interface */
};

/* How many queues the card counts: those that are served, up to the last. */
static inline __u32 card_queues(const struct setup *s)
{
	__u32 n = SHUNT_QUEUES;

	while (n && !setup_serves(s, n - 1))
		n--;
	return n;
}

/* card_check.c: what would make the card, or its driver, lose requests: each with what to do. */
int card_check(struct ctl *ctl, const struct setup *s);
int card_check_maps(struct ctl *ctl, const char *path, struct bpf_object *obj);

/* Loads the program for the card, with new maps or (reuse) those that are pinned. */
int card_load(struct ctl *ctl, const char *policy, bool reuse, struct card *c);
void card_close(struct card *c);
/* Pins its maps. */
int card_pin(struct ctl *ctl, const struct card *c);
/* Attaches and pins the link; or puts the program in the place of the one that is attached. */
int card_attach(struct ctl *ctl, const struct card *c);
int card_replace(struct ctl *ctl, const struct card *c);
/* 0, or -ENOENT without a failure noted if no program on a card is loaded. */
int card_state(struct ctl *ctl, struct card_state *state);
bool card_there(struct ctl *ctl);

/* card_maps.c: the same configuration into the card's maps; all served queues, equal loads. */
int card_write(struct ctl *ctl, const struct setup *s);
/* The card's counts and state; NULL if no program on a card is loaded. */
json_t *card_json(struct ctl *ctl);
