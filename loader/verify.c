// SPDX-License-Identifier: BSD-2-Clause
/*
 * verify.c - a policy's functions before the kernel's verifier
 *
 * The program shunt_ask calls all functions that the policy has. The program gets maps of its own,
 * which go with it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/native.h>

#include "log.h"
#include "verify.h"

/* Tests and lint have more programs in the object; they are not for production. */
int verify_select(struct ctl *ctl, const struct bundle *b, struct bpf_object *obj, const char *name,
		  const char *other)
{
	struct bpf_program *prog;
	bool found = false;

	bpf_object__for_each_program(prog, obj) {
		bool wanted = !strcmp(bpf_program__name(prog), name);

		found |= wanted;
		if (other && !strcmp(bpf_program__name(prog), other))
			wanted = true;
		bpf_program__set_autoload(prog, wanted);
	}
	if (found)
		return 0;
	return fail(ctl, -EINVAL, "'%s' has no program '%s'", b->path, name);
}

__u32 verify_cost(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.verified_insns;
}

void verify_warn_nic(const struct bundle *b)
{
	if (b->desc.flags & SHUNT_STEALS)
		note("policy '%s' wants idle cores to steal, which cores of a NIC cannot: each has "
		     "what the NIC sends to it",
		     b->desc.name);
}

void verify_warn_actors(const struct bundle *b)
{
	if (b->desc.flags & SHUNT_STEALS)
		note("policy '%s' wants idle cores to steal: they take requests of exclusive "
		     "actors, too, from the core that has them",
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
	err = obj ? verify_select(ctl, b, obj, VERIFY_ASK, NULL) : log_explain_open(ctl, b, -errno);
	if (!err) {
		err = bpf_object__load(obj);
		if (err)
			err = log_explain(ctl, b, PART_HOST, VERIFY_ASK, err, log);
	}
	if (!err && insns)
		*insns = verify_cost(
			bpf_program__fd(bpf_object__find_program_by_name(obj, VERIFY_ASK)));
	bpf_object__close(obj);
	free(log);
	return err;
}

json_t *functions_json(const struct bundle *b)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < SHUNT_NR_OPS; i++) {
		if (b->found.ops >> i & 1)
			json_array_append_new(list, json_string(shunt_op(i)->name));
	}
	return list;
}
