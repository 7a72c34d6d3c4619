// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_abi.c - what every policy's object asks of a kernel: names that fit, helpers that Linux 5.15
 * has, no kernel function; and that it carries what loader and workers need
 *
 * Needs no privileges: the objects are opened, not loaded.
 */
/* link: tests/prog/ingress.c tests/prog/native.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "ingress.h"
#include "native.h"

/*
 * The last helper in v5.15's include/uapi/linux/bpf.h (commit dd6e10fbd9fb); v5.16 went on with
 * bpf_get_branch_snapshot, 176. 5.15 is what BlueField cards run.
 */
#define LAST_HELPER_5_15 BPF_FUNC_task_pt_regs

static glob_t objects;

static int find_objects(void **state)
{
	libbpf_set_print(NULL);
	return glob("build/bpf/*.o", 0, NULL, &objects);
}

static int forget_objects(void **state)
{
	globfree(&objects);
	return 0;
}

static void for_each(void (*fn)(const char *path, struct bpf_object *obj))
{
	for (size_t i = 0; i < objects.gl_pathc; i++) {
		struct bpf_object *obj = bpf_object__open_file(objects.gl_pathv[i], NULL);

		assert_non_null(obj);
		fn(objects.gl_pathv[i], obj);
		bpf_object__close(obj);
	}
}

static void check_name(const char *path, const char *name)
{
	if (!*name || strlen(name) > 15)
		fail_msg("%s: '%s' is no name that the kernel keeps whole", path, name);
}

static void check_names(const char *path, struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		check_name(path, bpf_map__name(map));
	bpf_object__for_each_program(prog, obj)
		check_name(path, bpf_program__name(prog));
}

static void names_are_at_most_15_characters(void **state)
{
	for_each(check_names);
}

static void check_calls(const char *path, struct bpf_object *obj)
{
	struct bpf_program *prog;
	int calls = 0;

	bpf_object__for_each_program(prog, obj) {
		const struct bpf_insn *insn = bpf_program__insns(prog);

		for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
			if (insn[i].code != (BPF_JMP | BPF_CALL))
				continue;
			if (insn[i].src_reg == BPF_PSEUDO_KFUNC_CALL)
				fail_msg("%s: '%s' calls a kernel function", path,
					 bpf_program__name(prog));
			if (insn[i].src_reg)
				continue;
			calls++;
			if (insn[i].imm <= 0 || insn[i].imm > LAST_HELPER_5_15)
				fail_msg("%s: '%s' calls helper %d, which Linux 5.15 has not", path,
					 bpf_program__name(prog), insn[i].imm);
		}
	}
	assert_true(calls > 3);
}

static void helpers_are_those_of_linux_5_15(void **state)
{
	for_each(check_calls);
}

/* Kernel functions and variables come as undefined symbols;
 * libbpf turns them into calls at load. */
static void check_symbols(const char *path, struct bpf_object *obj)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), symbols = 0;
	Elf *elf = (elf_version(EV_CURRENT), elf_begin(fd, ELF_C_READ, NULL));
	Elf_Scn *at = NULL;
	GElf_Shdr header;
	GElf_Sym sym;

	assert_non_null(elf);
	while ((at = elf_nextscn(elf, at))) {
		assert_non_null(gelf_getshdr(at, &header));
		if (header.sh_type != SHT_SYMTAB)
			continue;
		for (int i = 1; gelf_getsym(elf_getdata(at, NULL), i, &sym); i++, symbols++) {
			if (sym.st_shndx == SHN_UNDEF)
				fail_msg("%s wants '%s' of the kernel", path,
					 elf_strptr(elf, header.sh_link, sym.st_name));
		}
	}
	assert_true(symbols > 3);
	elf_end(elf);
	close(fd);
}

static void nothing_is_wanted_of_the_kernel_by_name(void **state)
{
	for_each(check_symbols);
}

static void check_contents(const char *path, struct bpf_object *obj)
{
	static const char *const maps[] = {
		"slo_us", "quantum_us", "hold_limit", "admit", "least", "knobs", "cfg", "classes",
		"ports", "rules",
		"queues", "domains", "agent", "ingress", "policy", "views", "xsks",
	};
	const char *base = strrchr(path, '/') + 1;
	struct native n;

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		if (!bpf_object__find_map_by_name(obj, maps[i]))
			fail_msg("%s has no map '%s'", path, maps[i]);
	}
	assert_non_null(bpf_object__find_program_by_name(obj, "shunt_ingress"));
	assert_non_null(bpf_object__find_program_by_name(obj, "shunt_ask"));
	native_load(&n, path);
	assert_int_equal(n.desc->abi, SHUNT_ABI);
	assert_int_equal((__u8)n.desc->abi, SHUNT_ABI); /* the room that metadata has for it */
	assert_int_equal(strlen(n.desc->name), strlen(base) - 2);
	assert_memory_equal(n.desc->name, base, strlen(n.desc->name));
	assert_true(n.desc->text[0]);
	native_free(&n);
}

static void each_has_its_maps_programs_and_native_code(void **state)
{
	for_each(check_contents);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_at_most_15_characters),
		cmocka_unit_test(helpers_are_those_of_linux_5_15),
		cmocka_unit_test(nothing_is_wanted_of_the_kernel_by_name),
		cmocka_unit_test(each_has_its_maps_programs_and_native_code),
	};

	return cmocka_run_group_tests(tests, find_objects, forget_objects);
}
