// SPDX-License-Identifier: BSD-2-Clause
/*
 * native.c - a policy's native code, as native_check() judges it: whatever is accepted, mapping it runs nothing
 */
/* link: loader/native.c loader/out.c */
#include <gelf.h>
#include <libelf.h>

#include "input.h"
#include "loader/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ctl ctl = { 0 };
	uint8_t *copy = exactly(data, len);

	if (native_check(&ctl, "a.shunt", copy, len))
		MUST(ctl.error && strstr(ctl.error, "a.shunt"));
	free(copy);
	free(ctl.error);
	free(ctl.advice);
	return 0;
}
