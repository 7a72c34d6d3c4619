// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_native.c - native_check() on objects that are sound
 * but for one thing, which dlopen() or dlsym() would act on
 *
 * Each is a sound one with some bytes altered; its section table is as innocent as can be. None is
 * ever mapped. KEEP=FOLDER in the environment: they are left there, as inputs for
 * tests/fuzz/native.c.
 */
/* link: lib/bundle/native.c lib/bundle/native_image.c lib/bundle/native_symbols.c lib/why.c */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/native.h"

#include <cmocka.h> /* last: its fail() is a macro */

#ifdef __aarch64__
#define SOUND "tests/fuzz/corpus/native/fcfs-aarch64"
#define OTHER_MACHINE EM_X86_64
#define IRELATIVE R_AARCH64_IRELATIVE
#else
#define SOUND "tests/fuzz/corpus/native/fcfs-x86_64"
#define OTHER_MACHINE EM_AARCH64
#define IRELATIVE R_X86_64_IRELATIVE
#endif

static uint64_t room[1024]; /* the object, aligned */
static size_t len;

static Elf64_Ehdr *head(void) { return (void *)room; }
static void *at(uint64_t offset) { return (uint8_t *)room + offset; }

static Elf64_Phdr *segment(uint32_t type, int nth)
{
	Elf64_Phdr *p = at(head()->e_phoff);

	for (int i = 0; i < head()->e_phnum; i++) {
		if (p[i].p_type == type && !nth--)
			return &p[i];
	}
	fail_msg("no segment of type %#x", type);
	return NULL;
}

static Elf64_Phdr *writable(void) { return segment(PT_LOAD, 1); }

/* The first entry with this tag. */
static Elf64_Dyn *entry(int64_t tag)
{
	Elf64_Dyn *d = at(segment(PT_DYNAMIC, 0)->p_offset);

	while (d->d_tag != tag && d->d_tag != DT_NULL)
		d++;
	assert_int_equal(d->d_tag, tag);
	return d;
}

/* Writes one more entry over the first DT_NULL; more of those follow. */
static void add(int64_t tag, uint64_t value)
{
	Elf64_Dyn *d = entry(DT_NULL);

	assert_int_equal(d[1].d_tag, DT_NULL);
	d->d_tag = tag;
	d->d_un.d_val = value;
}

/* Addresses of the first part are offsets. */
static Elf64_Sym *symbol(int i) { return (Elf64_Sym *)at(entry(DT_SYMTAB)->d_un.d_ptr) + i; }
static uint32_t *hash(void) { return at(entry(DT_GNU_HASH)->d_un.d_ptr); }

static Elf64_Sym *named(const char *name)
{
	for (int i = 1;; i++) {
		if (!strcmp(at(entry(DT_STRTAB)->d_un.d_ptr + symbol(i)->st_name), name))
			return symbol(i);
	}
}

static void begin(void)
{
	FILE *f = fopen(SOUND, "r");
	Elf64_Shdr *s;

	assert_non_null(f);
	memset(room, 0, sizeof(room));
	len = fread(room, 1, sizeof(room), f);
	fclose(f);
	assert_true(len < sizeof(room));
	/* The loader does not look at sections: nothing that it reads is in their table. */
	s = at(head()->e_shoff);
	for (int i = 0; i < head()->e_shnum; i++) {
		if (s[i].sh_type == SHT_DYNAMIC || s[i].sh_type == SHT_RELA)
			s[i].sh_type = SHT_PROGBITS;
	}
}

/* As above, and the table of sections names a copy of the sound symbols, which the loader does not
 * read. */
static void begin_with_symbols_aside(void)
{
	Elf64_Shdr *s;

	begin();
	s = at(head()->e_shoff);
	for (int i = 0; i < head()->e_shnum; i++) {
		if (s[i].sh_type != SHT_DYNSYM)
			continue;
		memcpy(at(len), at(s[i].sh_offset), s[i].sh_size);
		s[i].sh_offset = len;
		len += s[i].sh_size;
	}
}

static void keep(const char *name)
{
	const char *folder = getenv("KEEP");
	char path[256];
	FILE *f;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(room, 1, len, f), len);
	fclose(f);
}

static int check(char *why, size_t room_for_it)
{
	struct native_found found;
	struct why said = { 0 };
	void *exact = malloc(len ? len : 1); /* the sanitizer sees what is read beyond */
	int err;

	assert_non_null(exact);
	memcpy(exact, room, len);
	err = native_check(&said, "a.shunt", exact, len, &found);
	snprintf(why, room_for_it, "%s", said.text ? said.text : "");
	free(exact);
	why_forget(&said);
	return err;
}

static void assert_refused(const char *name, const char *because)
{
	char why[512];

	keep(name);
	assert_true(check(why, sizeof(why)));
	if (!strstr(why, because))
		fail_msg("'%s' does not say '%s'", why, because);
}

static void a_sound_object_is_taken(void **state)
{
	char why[512];

	begin();
	assert_int_equal(check(why, sizeof(why)), 0);
	head()->e_shoff = head()->e_shnum = head()->e_shstrndx = 0; /* stripped of all sections */
	assert_int_equal(check(why, sizeof(why)), 0);
}

static void what_runs_when_it_is_loaded_or_unloaded_is_refused(void **state)
{
	static const struct { int64_t tag; const char *name, *why; } runs[] = {
		{ DT_INIT, "init", "DT_INIT" },
		{ DT_INIT_ARRAY, "init-array", "DT_INIT_ARRAY" },
		{ DT_PREINIT_ARRAY, "preinit-array", "DT_PREINIT_ARRAY" },
		{ DT_FINI, "fini", "DT_FINI" },
		{ DT_FINI_ARRAY, "fini-array", "DT_FINI_ARRAY" },
		{ DT_NEEDED, "needed", "needs another" },
		{ DT_RUNPATH, "runpath", "need not say" },
		{ DT_AUDIT, "audit", "need not say" },
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		begin();
		add(runs[i].tag, named("shunt_policy_steer")->st_value);
		if (runs[i].tag == DT_INIT_ARRAY)
			add(DT_INIT_ARRAYSZ, 8);
		assert_refused(runs[i].name, runs[i].why);
	}
}

static void relocations_are_refused(void **state)
{
	Elf64_Rela r = { writable()->p_vaddr, ELF64_R_INFO(0, IRELATIVE), 0 };

	begin();
	/* its code, for want of other room */
	memcpy(at(named("shunt_policy_steer")->st_value), &r, sizeof(r));
	add(DT_RELA, named("shunt_policy_steer")->st_value);
	add(DT_RELASZ, sizeof(r));
	add(DT_RELAENT, sizeof(r));
	assert_refused("rela", "filled in when it is loaded");
	begin();
	add(DT_JMPREL, named("shunt_policy_steer")->st_value);
	assert_refused("jmprel", "when it is loaded");
	begin();
	add(DT_FLAGS, DF_TEXTREL);
	assert_refused("textrel", "does not need");
	begin();
	add(DT_FLAGS_1, DF_1_NODELETE);
	assert_refused("nodelete", "does not need");
}

static void writable_data_is_refused(void **state)
{
	begin(); /* what lies in the file behind PT_DYNAMIC is no section's that is mapped */
	writable()->p_filesz += 64;
	writable()->p_memsz += 64;
	assert_refused("data", "writable data");
	begin();
	writable()->p_memsz += 64;
	assert_refused("bss", "writable data");
	begin();
	segment(PT_LOAD, 0)->p_flags = PF_R | PF_W;
	assert_refused("all-writable", "writable data");
	begin();
	segment(PT_LOAD, 0)->p_flags = PF_R | PF_W | PF_X;
	assert_refused("code-writable", "its own code");
}

/* aarch64's linker reserves four words of the GOT in every object, x86-64's none. */
static void the_reserved_words_of_a_got_are_taken_and_no_more(void **state)
{
	uint64_t got, size;
	char why[512];

	begin();
	got = segment(PT_DYNAMIC, 0)->p_offset + segment(PT_DYNAMIC, 0)->p_memsz;
	size = 4 * sizeof(got);
	memset(at(got), 0, size + sizeof(got));
	memcpy(at(got), &segment(PT_DYNAMIC, 0)->p_vaddr, sizeof(got));
	writable()->p_filesz = writable()->p_memsz = segment(PT_DYNAMIC, 0)->p_memsz + size;
	assert_int_equal(check(why, sizeof(why)), 0);
	writable()->p_filesz = writable()->p_memsz += sizeof(got);
	assert_refused("got-longer", "writable data");
	writable()->p_filesz = writable()->p_memsz -= sizeof(got);
	*(uint8_t *)at(got + size - 1) = 1;
	assert_refused("got-with-data", "writable data");
}

static void segments_that_dlopen_would_act_on_are_refused(void **state)
{
	static const struct { uint32_t type; const char *name, *why; } types[] = {
		{ PT_INTERP, "interp", "does not need" },
		{ PT_TLS, "tls", "each thread" },
		{ PT_NOTE, "note", "does not need" },
		{ PT_GNU_PROPERTY, "property", "does not need" },
		{ PT_DYNAMIC, "two-dynamics", "broken" },
		{ PT_PHDR, "headers-elsewhere", "broken" },
		{ PT_GNU_RELRO, "relro-of-code", "broken" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		begin();
		segment(PT_GNU_EH_FRAME, 0)->p_type = types[i].type;
		assert_refused(types[i].name, types[i].why);
	}
	begin();
	segment(PT_GNU_STACK, 0)->p_flags |= PF_X;
	assert_refused("stack-executable", "stacks");
	begin();
	segment(PT_GNU_STACK, 0)->p_type = PT_NULL;
	assert_refused("no-stack", "stacks");
}

static void segments_that_do_not_fit_are_refused(void **state)
{
	begin(); /* what the file says there is innocent, what is mapped there need not be */
	segment(PT_DYNAMIC, 0)->p_offset = segment(PT_GNU_EH_FRAME, 0)->p_offset & ~7ULL;
	assert_refused("dynamic-elsewhere", "broken");
	begin();
	writable()->p_vaddr -= writable()->p_align;
	segment(PT_DYNAMIC, 0)->p_vaddr -= writable()->p_align;
	assert_refused("overlap", "over each other");
	begin();
	writable()->p_vaddr += 64ULL << 20;
	assert_refused("far", "cannot be mapped");
	begin();
	segment(PT_LOAD, 0)->p_filesz = segment(PT_LOAD, 0)->p_memsz = len + 1;
	assert_refused("beyond-the-file", "cannot be mapped");
	begin();
	segment(PT_LOAD, 0)->p_align = 1;
	assert_refused("unaligned", "cannot be mapped");
}

static void objects_for_another_machine_are_refused(void **state)
{
	begin();
	head()->e_machine = OTHER_MACHINE;
	assert_refused("machine", "another processor");
}

/* dlsym() divides by the number of buckets, and follows chains to their end without a bound. */
static void tables_of_symbols_that_break_dlsym_are_refused(void **state)
{
	begin();
	hash()[0] = 0;
	assert_refused("no-buckets", "broken table");
	begin();
	hash()[2] = 3;
	assert_refused("odd-filter", "broken table");
	begin();
	for (uint32_t *chain = hash() + 4 + 2 * hash()[2] + hash()[0]; chain < hash() + 12; chain++)
		*chain &= ~1u;
	assert_refused("endless-chain", "");
	begin();
	entry(DT_GNU_HASH)->d_un.d_ptr = 1ULL << 40;
	assert_refused("hash-elsewhere", "broken table");
	begin();
	entry(DT_SYMTAB)->d_un.d_ptr = writable()->p_vaddr + writable()->p_memsz - 8;
	assert_refused("symbols-elsewhere", "symbol");
	begin();
	entry(DT_STRSZ)->d_un.d_val = 1 << 20;
	assert_refused("names-too-long", "broken table");
	begin();
	entry(DT_SYMENT)->d_un.d_val = 16; /* an assertion of the loader's */
	assert_refused("entry-size", "no sound list");
	begin();
	entry(DT_STRTAB)->d_tag = DT_HASH;
	assert_refused("no-names", "no sound list");
}

static void symbols_that_are_something_else_are_refused(void **state)
{
	begin_with_symbols_aside();
	named("shunt_policy_select")->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
	assert_refused("ifunc", "runs when it is loaded");
	begin_with_symbols_aside();
	named("shunt_policy_select")->st_shndx = SHN_UNDEF;
	assert_refused("undefined", "does not define: 'shunt_policy_select'");
	begin_with_symbols_aside();
	named("shunt_policy_select")->st_shndx = SHN_ABS;
	assert_refused("absolute", "no function");
	begin_with_symbols_aside();
	named("shunt_policy_select")->st_value = writable()->p_vaddr;
	assert_refused("code-in-data", "no function");
	begin_with_symbols_aside();
	named("shunt_policy")->st_size = 1;
	assert_refused("short-description", "something else");
	begin_with_symbols_aside();
	named("shunt_policy_select")->st_name++;
	assert_refused("no-select", "lacks 'shunt_policy_select'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_object_is_taken),
		cmocka_unit_test(what_runs_when_it_is_loaded_or_unloaded_is_refused),
		cmocka_unit_test(relocations_are_refused),
		cmocka_unit_test(writable_data_is_refused),
		cmocka_unit_test(the_reserved_words_of_a_got_are_taken_and_no_more),
		cmocka_unit_test(segments_that_dlopen_would_act_on_are_refused),
		cmocka_unit_test(segments_that_do_not_fit_are_refused),
		cmocka_unit_test(objects_for_another_machine_are_refused),
		cmocka_unit_test(tables_of_symbols_that_break_dlsym_are_refused),
		cmocka_unit_test(symbols_that_are_something_else_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
