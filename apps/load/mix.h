/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mix.h - which requests, in which shares, how long each: what is drawn for every request
 *
 * A mix is phases, separated by ';', of kinds, separated by ',': name=share[:DIST][/slo=TIME].
 * Kinds of one name are one class, whatever the phase. Or it is a name that stands for such a text.
 */
#pragma once

#include "dist.h"

#define MIX_CLASSES 15 /* + 1 is the type that a request says, and classes are 16 */
#define MIX_PHASES 16

struct kind {
	int cls;
	double share; /* of its phase; they add up to 1 */
	struct dist service;
};

struct phase {
	struct kind kind[MIX_CLASSES];
	int kinds;
	double mean_ns;
};

struct mix {
	char name[MIX_CLASSES][16];
	double slo_ns[MIX_CLASSES]; /* objectives; 0: none */
	int classes;
	struct phase phase[MIX_PHASES];
	int phases;
};

/* 0, or -EINVAL and what is wrong in why. */
int mix_parse(struct mix *m, const char *text, struct why *why);
void mix_free(struct mix *m);
const struct kind *mix_draw(const struct mix *m, int phase, struct rng *r);

/* Mean service time of a class over the phases it is in; 0 if it is not known. */
double mix_class_mean(const struct mix *m, int cls);

/* The names that stand for mixes: i = 0, 1, …; NULL after the last. */
const char *mix_named(int i, const char **text, const char **note);
