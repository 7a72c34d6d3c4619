/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split.h - how shunt tells split.c what to split: variables of the environment
 */
#pragma once

#define SPLIT_PID "SHUNT_MEM_PID" /* the process: its children, which inherit this, are not split */
#define SPLIT_KIB "SHUNT_MEM_KIB" /* of a batch: a power of two */
