/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peek.h - plain loads and stores of words that others use at the same time: each is whole, and
 * there is no order between them
 */
#pragma once

#define peek(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define poke(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELAXED)
/* A counter that has one writer. */
#define bump(p, by) poke(p, peek(p) + (by))
