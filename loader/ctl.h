/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl.h - one run of the shunt command: its options, its outcome, and how verbs report both
 *
 * A function that fails says why with fail() and what to do next with hint(), and returns -errno;
 * main() prints both once, as text on stderr or as JSON on stdout.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include <shunt/abi.h>

#include "pins.h"
#include "why.h"

struct ctl {
	struct why why;
	bool json;
	bool pretty;
	int verbose;
	int code;            /* exit code of a verb that did its work and found something wrong */
	bool dry_run;        /* only try */
	bool force;          /* take a policy that was put out of force */
	unsigned int priority; /* among the programs of a dispatcher; 0: as usual */
	struct shunt_pins pins;
	char ifname[16];     /* pins.ifname points here */
	unsigned int ifindex; /* 0: no such interface now */
	const struct verb *const *verbs; /* all; NULL ends */
	const struct verb *verb;         /* the one that runs */
	int argc;            /* its arguments */
	char **argv;
};

/* The verifier lets shunt's programs do what they do with
 * CAP_PERFMON alone (bounds by what a loop can reach). */
#define SHUNT_CAPS "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"

#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))

/* The first failure wins: it is nearest to the cause. Returns err. */
int fail(struct ctl *ctl, int err, const char *fmt, ...) __printf(3, 4);
/* The same for a wrong command line: exit code 2. Returns -EINVAL. */
int fail_usage(struct ctl *ctl, const char *fmt, ...) __printf(2, 3);
/* Makes the failure that a parser told one of the command line. Returns -EINVAL. */
int fail_as_usage(struct ctl *ctl);
/* Puts "what was tried: " before the cause. */
void fail_context(struct ctl *ctl, const char *fmt, ...) __printf(2, 3);
/* The next step after the failure; the first wins here, too. */
void hint(struct ctl *ctl, const char *fmt, ...) __printf(2, 3);
/* Messages of the kernel, a compiler or a card, and the
 * next step for each. The last of a list is all NULL. */
struct remedy {
	const char *said;
	const char *advice;
};
/* Notes the next step for a text that is known. */
void hint_known(struct ctl *ctl, const struct remedy *known, const char *text);
/* fail() with the words and the hint for an errno of the bpf() system call or of bpffs. */
int fail_bpf(struct ctl *ctl, int err, const char *fmt, ...) __printf(3, 4);
/* Drops a failure that is told elsewhere. */
void ctl_forget(struct ctl *ctl);
/* Says something on stderr that is no failure; the result that is printed as JSON has it, too, in
 * "notes". */
void note(const char *fmt, ...) __printf(1, 2);

/* Prints a result: as JSON, or for people with show(). Takes the reference. */
int emit(struct ctl *ctl, json_t *result, void (*show)(const json_t *));
/* Prints the failure of this run and returns the exit code for err. */
int conclude(struct ctl *ctl, int err);
/* The value at key as text or number of a result that emit() shows; "" or 0 if absent. */
const char *text_at(const json_t *obj, const char *key);
long long number_at(const json_t *obj, const char *key);

/* A sub-verb by its name or a unique prefix, -1 (and failed) if there is none. */
int pick_word(struct ctl *ctl, const char *what, const char *word, const char *const *words, int n);
