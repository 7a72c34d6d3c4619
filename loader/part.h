/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * part.h - programs of shunt's that are no policy's: objects that lie beside the policies' folder
 */
#pragma once

#include "ctl.h"

/* Finds signal.o or stub.o. 0, or failed. */
int part_find(struct ctl *ctl, const char *name, char *path, size_t len);
