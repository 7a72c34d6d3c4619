/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * views.h - views and events at random, to ask policies about
 */
#pragma once

#include <stddef.h>

#include "ingress.h"

/* what policies can see of a view, but for the heads */
#define VIEWS_HEAD offsetof(struct shunt_view, core)
#define VIEWS_NOW 1000000000000ULL

/* A view as agent, workers and XDP would write it. */
void views_sane(struct rng *rng, struct shunt_view *v);
/* A view with noise in each word that a worker may write. */
void views_noisy(struct rng *rng, struct shunt_view *v);
/* The queues' heads as a core would see them. */
void views_sane_heads(struct rng *rng, struct shunt_core_heads *h);
void views_noisy_heads(struct rng *rng, struct shunt_core_heads *h);
struct shunt_event views_event(struct rng *rng);
