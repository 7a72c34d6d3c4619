// SPDX-License-Identifier: BSD-2-Clause
/*
 * page.c - the page around the charts: the machine, the rate that each system holds, all numbers
 */
#include <string.h>

#include "report.h"

void put_text(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc(*text, out);
		}
	}
}

static const char *text_at(json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static double number_at(json_t *j, const char *key)
{
	return json_number_value(json_object_get(j, key));
}

static void put_fact(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<dt>%s<dd>", name);
	put_text(out, text);
}

static void put_skipped(FILE *out, json_t *skipped)
{
	const char *name;
	json_t *why;

	if (json_object_size(skipped))
		fputs("<dt>skipped<dd>", out);
	json_object_foreach(skipped, name, why) {
		put_text(out, name);
		fputs(": ", out);
		put_text(out, json_string_value(why));
		fputs("<br>", out);
	}
}

static void put_machine(FILE *out, json_t *suite)
{
	json_t *machine = json_object_get(suite, "machine"),
	       *stalls = json_object_get(suite, "stalls");

	fputs("<dl>", out);
	fprintf(out, "<dt>machine<dd>%.0f CPUs of ", number_at(machine, "cpus"));
	put_text(out, text_at(machine, "cpu"));
	fputs("; cpuidle: ", out);
	put_text(out, text_at(machine, "cpuidle"));
	if (json_is_true(json_object_get(machine, "kept_awake")))
		fputs(", kept out of deeper sleep", out);
	put_fact(out, "kernel", text_at(suite, "kernel"));
	put_fact(out, "mode", text_at(suite, "mode"));
	fprintf(out, "<dt>worker cores<dd>%.0f; claimed: ", number_at(suite, "cores"));
	put_text(out, text_at(suite, "claims"));
	put_fact(out, "commit", text_at(suite, "commit"));
	fprintf(out,
		"<dt>rounds<dd>%.0f of %.0f; medians over them, bounds hold with %.4g %%; seed "
		"%.0f",
		number_at(suite, "rounds"), number_at(suite, "rounds_wanted"),
		number_at(suite, "confidence") * 100, number_at(suite, "seed"));
	fprintf(out,
		"<dt>stalls<dd>the machine stalled in %.0f of %.0f samples: %.0f ms stolen by the "
		"hypervisor, %.0f ms waited for a CPU, the client stood still %.0f times. The "
		"client fell behind in %.0f. %.0f points were measured again since other processes "
		"had the CPUs.",
		number_at(suite, "stalled_samples"), number_at(suite, "samples"),
		number_at(stalls, "stolen_ms"), number_at(stalls, "waited_ms"),
		number_at(stalls, "client"), number_at(suite, "invalid_samples"),
		number_at(stalls, "repeated_points"));
	put_skipped(out, json_object_get(suite, "skipped"));
	fputs("</dl>\n", out);
}

static void put_rps(FILE *out, json_t *rate, bool at_least, const char *none)
{
	fputs(at_least ? "<td>&ge; " : "<td>", out);
	if (json_is_number(rate))
		put_number(out, json_number_value(rate));
	else
		fputs(none, out);
}

/* With stalls set aside: a system that can be compared at no rate may hold any. */
static void put_clean_rps(FILE *out, json_t *s)
{
	json_t *rates = json_object_get(s, "clean_rates");

	put_rps(out, json_object_get(s, "clean_max_rps_at_slo"), false,
		!rates                      ? "-"
		: json_integer_value(rates) ? "none"
					    : "not known");
}

/* Puts a line a system: the highest rate at which the objective held. */
static void put_best(FILE *out, json_t *workload)
{
	json_t *systems = json_object_get(workload, "systems"),
	       *slo = json_object_get(workload, "slo"), *s;
	const char *name;

	fputs("<figure><figcaption>requests/s up to which ", out);
	put_text(out, text_at(slo, "metric"));
	fprintf(out,
		" &le; %.6g</figcaption>\n<div "
		"class=wide><table><tr><th>system<th>stalls set aside<th>raw, "
		"median<th>least<th>most<th>served</tr>\n",
		number_at(slo, "limit"));
	json_object_foreach(systems, name, s) {
		fprintf(out, "<tr><td class=name><span class=\"key s%d %s\"></span>",
			colour_of(name, systems), kind_of(name));
		put_text(out, name);
		put_clean_rps(out, s);
		put_rps(out, json_object_get(s, "max_rps_at_slo"),
			json_is_false(json_object_get(s, "more_was_offered")), "none");
		put_rps(out, json_object_get(s, "max_rps_at_slo_low"), false, "none");
		put_rps(out, json_object_get(s, "max_rps_at_slo_high"), false, "none");
		put_rps(out, json_object_get(s, "max_achieved_rps"), false, "none");
		fputs("</tr>\n", out);
	}
	fputs("</table></div></figure>\n", out);
}

static void put_cell(FILE *out, json_t *class, const char *key)
{
	json_t *x = json_object_get(class, key);

	if (json_is_number(x))
		fprintf(out, "<td>%.4g", json_number_value(x));
	else
		fputs("<td>-", out);
}

/* p99 with stalls set aside, its bounds, and the share of requests that was kept. */
static void put_clean(FILE *out, json_t *clean)
{
	json_t *p99 = json_object_get(json_object_get(clean, "clean"), "p99_us"),
	       *kept = json_object_get(clean, "kept");

	put_cell(out, p99, "at");
	if (json_is_false(json_object_get(clean, "comparable")))
		fputs("~", out);
	put_cell(out, p99, "low");
	put_cell(out, p99, "high");
	if (json_is_number(kept))
		fprintf(out, "<td>%.0f %%", json_number_value(kept) * 100);
	else
		fputs("<td>-", out);
}

static void put_point(FILE *out, const char *system, json_t *p)
{
	static const char *const columns[] = { "p50_us", "p99_us", "p99_us_low", "p99_us_high",
					       "p999_us", "slowdown_p99" };
	const char *class;
	json_t *c;

	json_object_foreach(json_object_get(p, "classes"), class, c) {
		fputs("<tr><td class=name>", out);
		put_text(out, system);
		fprintf(out, "<td>%.0f<td>%.0f<td>", number_at(p, "offered_rps"),
			number_at(p, "achieved_rps"));
		put_text(out, class);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			put_cell(out, c, columns[i]);
		put_clean(out, json_object_get(json_object_get(p, "clean"), class));
		fprintf(out, "<td>%.0f<td>%.0f<td>%.0f</tr>\n", number_at(p, "rounds"),
			number_at(p, "valid_rounds"), number_at(p, "stalled_rounds"));
	}
}

static void put_numbers(FILE *out, json_t *workload)
{
	const char *name;
	json_t *s, *p;
	size_t i;

	fputs("<details><summary>all numbers</summary><div "
	      "class=wide><table><tr><th>system<th>offered<th>achieved<th>class<th>p50 &micro;"
	      "s<th>p99<th>from<th>to<th>p99.9<th>slowdown "
	      "p99<th>p99, stalls set aside<th>from<th>to<th>kept"
	      "<th>rounds<th>valid<th>stalled</tr>\n",
	      out);
	json_object_foreach(json_object_get(workload, "systems"), name, s) {
		json_array_foreach(json_object_get(s, "points"), i, p)
			put_point(out, name, p);
	}
	fputs("</table></div></details>\n", out);
}

static void put_charts(FILE *out, json_t *workload)
{
	json_t *slo = json_object_get(workload, "slo"),
	       *systems = json_object_get(workload, "systems"), *classes, *c;
	const char *metric = text_at(slo, "metric"), *dot = strchr(metric, '.'), *class;
	void *first = json_object_iter(systems);

	classes = json_object_get(json_array_get(json_object_get(json_object_iter_value(first),
								 "points"),
						 0),
				  "classes");
	if (!dot)
		return;
	json_object_foreach(classes, class, c) {
		int ours = strlen(class) == (size_t)(dot - metric) &&
			   !strncmp(metric, class, dot - metric);
		struct chart chart = { workload, class, dot + 1,
				       ours ? number_at(slo, "limit") : 0 };

		fputs("<figure><figcaption>", out);
		put_text(out, class);
		fputs(strcmp(dot + 1, "slowdown_p99") ? ": p99, &micro;s" : ": p99 of slowdown",
		      out);
		fputs(reading_is_clean(workload, class, dot + 1) ? ", stalls set aside" : ", raw",
		      out);
		fputs("</figcaption>\n", out);
		chart_draw(out, &chart);
		fputs("</figure>\n", out);
	}
}

static void put_workload(FILE *out, const char *name, json_t *workload)
{
	fputs("<section><h3>", out);
	put_text(out, name);
	fputs("</h3><p class=soft>", out);
	put_text(out, text_at(workload, "figures"));
	fputs(". <code>", out);
	put_text(out, text_at(workload, "mix"));
	fputs("</code>", out);
	if (strcmp(text_at(workload, "quantum"), "none")) {
		fputs(", quantum ", out);
		put_text(out, text_at(workload, "quantum"));
	}
	fputs("</p>\n", out);
	fputs("<div class=charts>\n", out);
	put_charts(out, workload);
	put_best(out, workload);
	fputs("</div>\n", out);
	put_numbers(out, workload);
	fputs("</section>\n", out);
}

void page_suite(FILE *out, json_t *suite)
{
	const char *name;
	json_t *w;

	fputs("<h2>", out);
	put_text(out, text_at(suite, "title"));
	fputs("</h2>\n", out);
	if (json_is_true(json_object_get(suite, "quick")))
		fputs("<p class=quick>A quick run: few points, few rounds. It shows that things "
		      "work; it supports no claim.</p>\n",
		      out);
	put_machine(out, suite);
	json_object_foreach(json_object_get(suite, "workloads"), name, w)
		put_workload(out, name, w);
}

/* Numbers of a benchmark that is no sweep, as they were written. */
void page_other(FILE *out, const char *file, json_t *numbers)
{
	char *text = json_dumps(numbers, JSON_INDENT(2) | JSON_REAL_PRECISION(6));

	fputs("<details><summary>", out);
	put_text(out, file);
	fputs("</summary><div class=wide><pre class=soft>", out);
	put_text(out, text);
	fputs("</pre></div></details>\n", out);
	free(text);
}

void page_begin(FILE *out)
{
	fprintf(out,
		"<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
		"content=\"width=device-width,initial-scale=1\"><title>shunt: "
		"measurements</title>\n<style>\n%s</style></head><body>\n"
		"<h1>shunt: measurements</h1>\n<p class=soft>Latencies are the client's, from when "
		"a request was due to when its reply reached the kernel. With stalls set aside, "
		"points are of all windows, bars their 95 %% bounds; hollow, and ~: the method "
		"does not hold there. Raw, points are medians over rounds, bars what these may be; "
		"hollow: the client fell behind. Solid: "
		"shunt; dotted with squares: shunt over the wire; dashed: others, in the same "
		"minute on the same cores. &ge;: no higher rate was offered. Served: the most that "
		"came back in a second of any point, objective or not.</p>\n",
		page_style);
}

void page_end(FILE *out)
{
	fputs("</body></html>\n", out);
}
