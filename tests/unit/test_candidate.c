// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_candidate.c - what a shuntd that wants to take over makes of a domain that is not finished
 */
/* link: agent/candidate.c agent/state.c agent/store.c agent/sd.c agent/log.c agent/lock.c */
/* link: agent/maps.c agent/actor_maps.c agent/geometry.c agent/sockpath.c agent/handover.c */
/* link: lib/pins.c */
/* link: lib/pins_folder.c lib/bpfmap.c lib/inforce.c lib/netns.c lib/why.c */
/* links more: the check of another load, of locks and pins is in that file; none is called here */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/candidate.h"
#include "agent/options.h"
#include "agent/role.h"
#include "agent/state.h"
#include "agent/store.h"
#include "lib/why.h"

#define LOAD 7

static int look(const struct options *o, const struct store *s, struct load_seen *l,
		struct why *why)
{
	l->on = true;
	l->map_id = LOAD;
	return 0;
}

static const struct role role = { .look = look };

/* A shuntd's table, with one domain without sockets; its state. */
static struct store *one_domain(__u32 ready, __u32 load)
{
	struct domain_state *state;
	struct store *s = store_open(-1);
	int fd = memfd_create("state", MFD_CLOEXEC);

	assert_non_null(s);
	assert_int_equal(ftruncate(fd, STATE_ROOM), 0);
	state = mmap(NULL, STATE_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(state, MAP_FAILED);
	*state = (struct domain_state){ .size = sizeof(*state), .ready = ready, .map_id = load,
					.geo.ncores = 1 };
	munmap(state, STATE_ROOM);
	assert_int_equal(store_put(s, "d0.state", fd), 0);
	return s;
}

static int check(__u32 ready, __u32 load, struct why *why)
{
	struct options o = { .role = &role, .ifname = "none such" };
	struct store *s = one_domain(ready, load);
	int err = candidate_check(&o, s, false, why);

	store_free(s);
	return err;
}

static void a_domain_that_is_being_made_is_worth_another_look(void **state)
{
	struct why why = { 0 };

	assert_int_equal(check(0, LOAD, &why), -EAGAIN);
	assert_non_null(strstr(why_text(&why), "domain 0 was never finished"));
	why_forget(&why);
}

static void a_finished_domain_that_is_of_no_use_is_not(void **state)
{
	struct why why = { 0 };

	assert_int_equal(check(1, LOAD + 1, &why), -EINVAL);
	why_forget(&why);
	assert_int_equal(check(1, LOAD, &why), -EINVAL);
	assert_non_null(strstr(why_text(&why), "domain 0 lacks a socket"));
	why_forget(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_that_is_being_made_is_worth_another_look),
		cmocka_unit_test(a_finished_domain_that_is_of_no_use_is_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
