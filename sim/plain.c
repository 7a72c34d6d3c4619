// SPDX-License-Identifier: BSD-2-Clause
/*
 * plain.c - the same as whole.c without what few runs use: is_plain() says which can do with it
 */
#define PLAIN
#include "waiting.c"
#include "nic.c"
#include "cores.c"
#include "loop.c"
