// SPDX-License-Identifier: BSD-2-Clause
/*
 * grace.c - the process has a handler for the signal that
 * stops requests only while a grace time asks for signals
 *
 * The operator may set one at any time: the agent publishes it in the view, and waits with signals
 * for a core until the core's run line says which one it takes.
 */
#include <string.h>

#include "internal.h"

static void tell(struct shunt *s, int signal)
{
	for (unsigned int i = 0; i < s->ncores; i++)
		poke(s->core[i].run->signal, signal);
}

/* In the thread of shunt_run(). 0 or -errno. */
int grace_follow(struct shunt *s)
{
	int err;

	if (s->catching || !s->opts.signal || !peek(s->view->grace_us))
		return 0;
	err = preempt_signal_install(s->opts.signal);
	if (err)
		return set_error(s, err, "cannot install a handler for signal %d: %s",
				 s->opts.signal, strerror(-err));
	s->catching = true;
	tell(s, s->opts.signal);
	return 0;
}

/* The cores' threads have ended, or have not begun. */
void grace_end(struct shunt *s)
{
	if (!s->catching)
		return;
	tell(s, 0);
	preempt_signal_remove(s->opts.signal);
	s->catching = false;
}
