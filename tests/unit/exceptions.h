/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exceptions.h - what test_exceptions.c asks of its half in C++
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Throws, catches, throws again from the catch block, to the depth told, and calls leave() at every
 * stage. Returns how often it found an exception that was not the one to be expected there. */
int exceptions_nest(int value, int depth, void (*leave)(void *arg), void *arg);

/* Exceptions that this thread handles or throws. */
int exceptions_here(void);

#ifdef __cplusplus
}
#endif
