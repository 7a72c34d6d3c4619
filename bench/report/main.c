// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - report OUT.html FILE.json...: the page of the measurements
 *
 * Files with workloads are sweeps and come first, a quick
 * one only if there is no full one of its suite.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define FILES_MAX 64

static json_t *numbers[FILES_MAX];
static const char *file[FILES_MAX];
static int files;

static void read_file(const char *path)
{
	json_error_t err;

	if (files == FILES_MAX) {
		fprintf(stderr, "report: more than %d files\n", FILES_MAX);
		exit(1);
	}
	numbers[files] = json_load_file(path, 0, &err);
	if (!json_is_object(numbers[files])) {
		fprintf(stderr, "report: '%s', line %d: %s\n", path, err.line,
			numbers[files] ? "no object" : err.text);
		exit(1);
	}
	file[files++] = path;
}

static const char *suite_of(int i)
{
	return json_string_value(json_object_get(numbers[i], "suite"));
}

static bool is_quick(int i)
{
	return json_is_true(json_object_get(numbers[i], "quick"));
}

static bool is_outdone(int i)
{
	for (int j = 0; is_quick(i) && j < files; j++) {
		if (suite_of(j) && !is_quick(j) && !strcmp(suite_of(i), suite_of(j)))
			return true;
	}
	return false;
}

static void write_page(FILE *out)
{
	bool titled = false;

	page_begin(out);
	for (int i = 0; i < files; i++) {
		if (suite_of(i) && !is_outdone(i))
			page_suite(out, numbers[i]);
	}
	for (int i = 0; i < files; i++) {
		if (suite_of(i))
			continue;
		if (!titled)
			fputs("<h2>Other measurements, as they were written</h2>\n", out);
		titled = true;
		page_other(out, strrchr(file[i], '/') ? strrchr(file[i], '/') + 1 : file[i],
			   numbers[i]);
	}
	page_end(out);
}

int main(int argc, char **argv)
{
	FILE *out;

	if (argc < 3) {
		fputs("usage: report OUT.html FILE.json...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		read_file(argv[i]);
	out = fopen(argv[1], "w");
	if (!out) {
		perror(argv[1]);
		return 1;
	}
	write_page(out);
	for (int i = 0; i < files; i++)
		json_decref(numbers[i]);
	if (fclose(out)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
