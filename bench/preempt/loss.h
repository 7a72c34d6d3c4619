/* SPDX-License-Identifier: BSD-2-Clause */
/* loss.h - throughput lost to quanta */
#pragma once

#include <jansson.h>

#define LOSS_ROUNDS 201
/* Into "loss", a quantum each; spreads as the result. */
json_t *bench_loss(json_t *loss, int rounds);
