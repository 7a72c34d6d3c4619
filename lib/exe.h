/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exe.h - the folder that this program lies in: what was
 * built or installed with it is found from there
 */
#pragma once

#include <stddef.h>

/* 0, or -errno with out "". */
int exe_dir(char *out, size_t len);
