// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_yaml.c - a configuration's text into the structs of its schema, by libcyaml
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_lines.h"

/* libcyaml's first complaint, and the first place that its backtrace names. */
struct complaint {
	char text[256];
	int line;
};

static void listen(cyaml_log_t level, void *arg, const char *fmt, va_list args)
{
	struct complaint *c = arg;
	char said[256];
	const char *at;

	vsnprintf(said, sizeof(said), fmt, args);
	said[strcspn(said, "\n")] = '\0';
	if (level < CYAML_LOG_ERROR)
		return;
	at = strstr(said, "line: ");
	if (at && !c->line)
		c->line = atoi(at + 6);
	if (!c->text[0] && !strstr(said, "Backtrace")) {
		at = strncmp(said, "Load: ", 6) ? said : said + 6;
		snprintf(c->text, sizeof(c->text), "%s", at);
		c->text[0] = tolower((unsigned char)c->text[0]);
	}
}

static cyaml_config_t with(struct complaint *c)
{
	return (cyaml_config_t){ .log_fn = listen, .log_ctx = c, .log_level = CYAML_LOG_ERROR,
				 .mem_fn = cyaml_mem };
}

void *config_load(const char *text, size_t len, const cyaml_schema_value_t *schema, int *line,
		  struct why *why)
{
	struct complaint c = { 0 };
	cyaml_config_t config = with(&c);
	cyaml_data_t *out = NULL;
	cyaml_err_t err;

	*line = 0;
	if (config_check_keys(text, len, schema, line, why))
		return NULL;
	err = cyaml_load_data((const uint8_t *)text, len, &config, schema, &out, NULL);
	if (err == CYAML_OK && out)
		return out;
	*line = c.line;
	why_fail(why, -EINVAL, "%s", c.text[0] ? c.text : err == CYAML_OK ? "nothing in it" :
		 cyaml_strerror(err));
	return NULL;
}

void config_unload(void *loaded, const cyaml_schema_value_t *schema)
{
	struct complaint ignored = { 0 };
	cyaml_config_t config = with(&ignored);

	if (loaded)
		cyaml_free(&config, schema, loaded, 0);
}
