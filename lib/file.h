/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - a whole file in memory
 */
#pragma once

#include <stddef.h>

#include "why.h"

#define FILE_MOST (16 << 20)

/* The caller frees *data. Fails for anything but a plain file of at most FILE_MOST bytes. */
int file_read(struct why *why, const char *path, void **data, size_t *len);
