// SPDX-License-Identifier: BSD-2-Clause
/*
 * verify.c - a policy's functions before the kernel's verifier
 *
 * The program shunt_ask calls steer(), select(), requeue() and done(). It gets maps of its own,
 * which go with it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "origin.h"
#include "verify.h"

#define ASK "shunt_ask"

__u32 verify_cost(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.verified_insns;
}

void verify_warn_nic(const struct bundle *b)
{
	if (b->desc.flags & SHUNT_STEALS)
		note("policy '%s' wants idle cores to steal, which cores of a NIC cannot: each has what the NIC sends to it",
		     b->desc.name);
}

int verify_functions(struct ctl *ctl, const struct bundle *b, __u32 *insns)
{
	struct bpf_object *obj;
	char *log = calloc(1, LOG_LEN);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = b->desc.name,
		    .kernel_log_buf = log, .kernel_log_size = LOG_LEN);
	int err = log ? 0 : fail(ctl, -ENOMEM, "no memory");

	if (err)
		return err;
	log_start(ctl->verbose);
	obj = bpf_object__open_mem(b->data, b->len, &opts);
	err = obj ? object_select(ctl, b, obj, ASK) : log_explain_open(ctl, b, -errno);
	if (!err) {
		err = bpf_object__load(obj);
		if (err)
			err = log_explain(ctl, b, PART_HOST, ASK, err, log);
	}
	if (!err && insns)
		*insns = verify_cost(bpf_program__fd(bpf_object__find_program_by_name(obj, ASK)));
	bpf_object__close(obj);
	free(log);
	return err;
}

static void add_cost(json_t *list, const char *program, __u32 insns)
{
	if (insns) /* else this kernel does not say */
		json_array_append_new(list, json_pack("{s:s, s:I}", "name", program, "instructions",
						      (json_int_t)insns));
}

static int add_program(struct ctl *ctl, const struct bundle *b, const struct shunt_nic_sizes *sizes, json_t *list)
{
	struct object o = { 0 };
	int err = object_load(ctl, b, false, sizes, &o);

	if (!err)
		add_cost(list, o.prog_name, verify_cost(o.prog_fd));
	object_close(&o);
	return err;
}

json_t *verify_costs(struct ctl *ctl, const struct bundle *b)
{
	const struct shunt_nic_sizes usual = { 0 };
	json_t *list = json_array(), *j;
	__u32 ask = 0;
	int err = verify_functions(ctl, b, &ask);

	if (!err)
		add_cost(list, ASK, ask);
	if (!err)
		err = add_program(ctl, b, NULL, list);
	if (!err && b->nic)
		err = add_program(ctl, b, &usual, list);
	j = json_pack("{s:o, s:s*}", "programs", list, "error", err ? ctl->why.text : NULL);
	if (err)
		ctl_forget(ctl);
	return j;
}
