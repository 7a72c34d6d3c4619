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

/* What agent, workers and XDP would have written. */
void views_sane(struct rng *rng, struct shunt_view *v);
/* Whatever a worker may write. */
void views_noisy(struct rng *rng, struct shunt_view *v);
/* What a core sees at the heads of its queues. */
void views_sane_heads(struct rng *rng, struct shunt_core_heads *h);
void views_noisy_heads(struct rng *rng, struct shunt_core_heads *h);
struct shunt_event views_event(struct rng *rng);
