// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost.c - what the programs of a bundle cost the kernel's verifier: each is loaded and dropped
 */
#include "cost.h"
#include "object.h"
#include "verify.h"

static void add_cost(json_t *list, const char *program, __u32 insns)
{
	if (insns) /* else this kernel does not say */
		json_array_append_new(list, json_pack("{s:s, s:I}", "name", program, "instructions",
						      (json_int_t)insns));
}

/* as: the name in the list; NULL: the program's own. */
static int add_program(struct ctl *ctl, const struct bundle *b, bool actors,
		       const struct shunt_nic_sizes *sizes, const char *as, json_t *list)
{
	struct object o = { 0 };
	int err = object_load(ctl, b, false, 0, actors, sizes, &o);

	if (!err)
		add_cost(list, as ? as : o.prog_name, verify_cost(o.prog_fd));
	if (!err && o.plan_fd >= 0 && !sizes && !actors)
		add_cost(list, PLANNER, verify_cost(o.plan_fd));
	object_close(&o);
	return err;
}

json_t *cost_of_bundle(struct ctl *ctl, const struct bundle *b)
{
	const struct shunt_nic_sizes usual = { 0 };
	json_t *list = json_array(), *j;
	__u32 ask = 0;
	int err = verify_functions(ctl, b, &ask);

	if (!err)
		add_cost(list, VERIFY_ASK, ask);
	if (!err)
		err = add_program(ctl, b, false, NULL, NULL, list);
	if (!err)
		err = add_program(ctl, b, true, NULL, NULL, list);
	if (!err && b->nic)
		err = add_program(ctl, b, false, &usual, NULL, list);
	if (!err && b->nic) /* the same one, loaded for rules that name actors */
		err = add_program(ctl, b, true, &usual, "shunt_nic_actors", list);
	j = json_pack("{s:o, s:s*}", "programs", list, "error", err ? ctl->why.text : NULL);
	if (err)
		ctl_forget(ctl);
	return j;
}
