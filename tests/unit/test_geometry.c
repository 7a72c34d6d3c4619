// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_geometry.c - a domain has frames for all that can hold one, and fill rings have room for
 * them
 */
/* link: agent/geometry.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/domain.h"

#define HELD 4096

static const struct shunt_cfg cfg = { .chunk = 2048, .core_ring = 256, .hold_ring = 1024,
				      .nclasses = 2, .spare_frames = 1024 };

static struct shunt_geometry of(bool by_queue, __u32 ncores, __u32 held)
{
	struct shunt_cfg with = cfg;
	struct shunt_domain d = { .ncores = ncores, .nqueues = by_queue ? ncores : 1,
				  .by_queue = by_queue };
	struct shunt_geometry g;

	with.driver_frames = held;
	domain_geometry(&g, &with, &d, 1500);
	assert_true(domain_geometry_serves(&g, &with, &d));
	return g;
}

static void frames_that_a_driver_may_hold_come_on_top_for_each_queue(void **state)
{
	assert_int_equal(of(false, 3, HELD).nframes, of(false, 3, 0).nframes + HELD);
	assert_int_equal(of(true, 3, HELD).nframes, of(true, 3, 0).nframes + 3 * HELD);
}

static void a_fill_ring_has_room_for_all_frames_at_home_in_it(void **state)
{
	for (int by_queue = 0; by_queue < 2; by_queue++) {
		for (__u32 held = 0; held <= 32768; held = held ? 2 * held : 256) {
			struct shunt_geometry g = of(by_queue, 5, held);

			assert_int_equal(g.fill_ring & (g.fill_ring - 1), 0);
			assert_true(g.fill_ring >= g.nframes / shunt_fill_rings(&g) + SHUNT_NAPI);
		}
	}
}

/* Root's nonsense in the map "domains". */
static void a_domain_has_1_to_64_cores_whatever_the_map_says(void **state)
{
	static const __u32 bad[] = { 0, SHUNT_CORES + 1, ~0u };
	struct shunt_geometry g;

	for (int i = 0; i < 6; i++) {
		struct shunt_domain d = { .ncores = bad[i / 2], .nqueues = 1, .by_queue = i & 1 };

		domain_geometry(&g, &cfg, &d, 1500);
		assert_int_equal(g.ncores, SHUNT_CORES);
		assert_false(domain_geometry_serves(&g, &cfg, &d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_a_driver_may_hold_come_on_top_for_each_queue),
		cmocka_unit_test(a_fill_ring_has_room_for_all_frames_at_home_in_it),
		cmocka_unit_test(a_domain_has_1_to_64_cores_whatever_the_map_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
