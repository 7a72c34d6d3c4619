// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shunt-rpcgen: from FILE.x to FILE_shunt.h and FILE_shunt.c
 *
 * The file goes through the C preprocessor first, as rpcgen's does, with RPC_HDR and RPC_SVC
 * defined.
 */
#include <argp.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rpcgen.h"

const char *argp_program_version = "shunt-rpcgen " SHUNT_VERSION;

struct options {
	const char *file, *base;
};

static pid_t start_preprocessor(const char *file)
{
	const char *cpp = getenv("CPP");
	char *const args[] = { (char *)(cpp ? cpp : "cpp"), "-DRPC_HDR", "-DRPC_SVC",
			       (char *)file, NULL };
	posix_spawn_file_actions_t actions;
	extern char **environ;
	int ends[2], err;
	pid_t pid;

	if (pipe(ends))
		refuse("cannot make a pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	err = posix_spawnp(&pid, args[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		refuse("cannot run the preprocessor '%s': %s", args[0], strerror(err));
	close(ends[1]);
	lex.in = fdopen(ends[0], "r");
	return pid;
}

static struct def *read_file(const char *file)
{
	pid_t pid;
	struct def *defs;
	int status;

	if (access(file, R_OK))
		refuse("cannot read '%s': %s", file, strerror(errno));
	pid = start_preprocessor(file);
	lex.file = file;
	lex.line = 1;
	lex.at_line_start = true;
	defs = parse();
	lex.line = 0;
	if (waitpid(pid, &status, 0) < 0 || status)
		refuse("the preprocessor failed");
	return defs;
}

/* Both texts are made before a file is written: what is refused then leaves none behind. */
static char *text_of(const char *base, const struct def *defs,
		     void (*write)(FILE *out, const struct def *defs, const char *base))
{
	const char *slash = strrchr(base, '/');
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		refuse("no memory");
	write(out, defs, slash ? slash + 1 : base);
	if (fclose(out))
		refuse("no memory");
	return text;
}

static void write_file(const char *base, const char *end, const char *text)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s.%s", base, end);
	out = fopen(path, "w");
	if (!out)
		refuse("cannot write '%s': %s", path, strerror(errno));
	fputs(text, out);
	if (fclose(out)) {
		unlink(path);
		refuse("cannot write '%s': %s", path, strerror(errno));
	}
}

/* calc.x: calc_shunt, in this folder. */
static char *base_of(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	size_t len = strlen(name);
	char *base = allocate(len + 8);

	if (len > 2 && !strcmp(name + len - 2, ".x"))
		len -= 2;
	sprintf(base, "%.*s_shunt", (int)len, name);
	return base;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'o':
		o->base = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->file)
			argp_error(state, "one FILE.x at a time");
		o->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->file)
			argp_error(state, "FILE.x is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "output", 'o', "BASE", 0, "write BASE.h and BASE.c (FILE_shunt, here)", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		list, parse_option, "FILE.x",
		"Makes C code of an ONC RPC service for libshunt-rpc.\vRefuses what it makes no "
		"code for, and names the line: see shunt-rpcgen(1).", NULL, NULL, NULL
	};
	struct options o = { 0 };
	char *header, *code;
	struct def *defs;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	defs = read_file(o.file);
	if (!o.base)
		o.base = base_of(o.file);
	header = text_of(o.base, defs, write_header);
	code = text_of(o.base, defs, write_code);
	write_file(o.base, "h", header);
	write_file(o.base, "c", code);
	free(header);
	free(code);
	return 0;
}
