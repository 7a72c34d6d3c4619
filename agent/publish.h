/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publish.h - a card is told which cores are up and how loaded they are (shunt/nfp.h)
 */
#pragma once

#include "maps.h"

struct publisher;

/*
 * Begins, if the interface has a card's maps; else NULL. A thread of its own, since a card that
 * does not answer keeps a message for seconds. period_us 0: as services ask for. delay_us: an
 * emulated card's, of each message. Until publish_stop(), maps stay open.
 */
struct publisher *publish_start(const struct shunt_pins *pins, struct maps *maps,
				unsigned int period_us, unsigned int delay_us);
/* No request comes: it rests until that is over. p may be NULL. */
void publish_rest(struct publisher *p, bool rests);
void publish_stop(struct publisher *p);
