// SPDX-License-Identifier: BSD-2-Clause
/*
 * whole.c - the loop and all that happens in it, for the
 * compiler in one piece, so that its calls cost nothing
 */
#include "waiting.c"
#include "nic.c"
#include "cores.c"
#include "loop.c"
