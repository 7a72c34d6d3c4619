/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preempt_self.h - the test's thread as a worker and its own request: preempt_point() only counts
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <shunt/abi.h>

#include "hostlib/guard.h"

static volatile uint32_t mark;
static int points[2];   /* calls of preempt_point(), by way */
static uint32_t point_depth;
static bool point_stay;

static void preempt_point(enum preempt_way way)
{
	points[way]++;
	point_depth = shunt_tls.depth;
	point_stay = shunt_tls.stay;
	mark = 0;
	errno = EBADMSG;
}

static int set_up(void **state)
{
	memset(points, 0, sizeof(points));
	mark = 0;
	assert_int_equal(preempt_signal_install(SHUNT_SIGNAL), 0);
	preempt_worker_begin(&mark, preempt_point);
	preempt_request_begin();
	memset(shunt_tls.why, 0, sizeof(shunt_tls.why));
	return 0;
}

static int tear_down(void **state)
{
	preempt_request_end();
	preempt_worker_end();
	return 0;
}

#define DEPTH(n) assert_int_equal(shunt_tls.depth, n)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, fn, arg), 0);
	pthread_join(t, NULL);
}
