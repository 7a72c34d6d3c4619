/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.h - the life of a domain's worker, from attaching to being buried
 */
#pragma once

#include <sys/types.h>

#include "domain.h"

/* The domain is free and pidfd (taken over, even on failure) becomes its worker's. */
int worker_attach(struct domain *d, __u32 pid, uid_t uid, int pidfd, __u32 cores);
/* Its former worker comes again after a goodbye. False: not yet. */
bool worker_may_return(struct domain *d, __u64 now_ns);
/* It was not given anything after all; had: but it had before, and has said goodbye. */
void worker_unwelcome(struct domain *d, bool had, __u64 now_ns);
/* Its connection is there (again). */
void worker_here(struct domain *d, void *peer);
void worker_up(struct domain *d, __u32 core, __u64 now_ns);
void worker_down(struct domain *d, __u32 core);
/* It said BYE: that its rings are drained and unmapped. They are nobody else's before its process has ended. */
void worker_bye(struct domain *d, __u64 now_ns);
/* Its connection ended without that. */
void worker_hung_up(struct domain *d, __u64 now_ns);
/* Has it the rights of its user and no others? Else it is let alone, and the operator told: it may have become a
 * set-user-ID program, which its user could not signal. */
bool worker_may_be_signalled(struct domain *d);
/* Looks whether it lives and works. */
void worker_check(struct domain *d, __u64 now_ns);

/* bury.c: one step of the burial. True: the next one can be done at once. */
bool bury_step(struct domain *d, __u64 now_ns);
/* bury.c: gives the kernel the frame that was left aside, if it has not got it. */
void bury_aside(struct domain *d);

/* Has the process ended? Its number may be another's then. */
bool worker_process_ended(int pidfd);
