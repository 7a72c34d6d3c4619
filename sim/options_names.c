// SPDX-License-Identifier: BSD-2-Clause
/*
 * options_names.c - the options' long names
 */
#include "cmd.h"

const struct option option_names[] = {
	{ "rss", required_argument, NULL, 'R' },     { "page", required_argument, NULL, 'H' },
	{ "policy", required_argument, NULL, 'p' },   { "workload", required_argument, NULL, 'w' },
	{ "system", required_argument, NULL, 's' },   { "cost", required_argument, NULL, 'C' },
	{ "load", required_argument, NULL, 'l' },     { "rate", required_argument, NULL, 'r' },
	{ "cores", required_argument, NULL, 'c' },    { "quantum", required_argument, NULL, 'q' },
	{ "knob", required_argument, NULL, 'k' },     { "arrivals", required_argument, NULL, 'a' },
	{ "flows", required_argument, NULL, 'f' },    { "domains", required_argument, NULL, 'd' },
	{ "preempt", required_argument, NULL, 'P' },  { "fail", required_argument, NULL, 'F' },
	{ "requests", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 'S' },
	{ "jobs", required_argument, NULL, 'j' },     { "csv", required_argument, NULL, 'x' },
	{ "json", required_argument, NULL, 'J' },     { "svg", required_argument, NULL, 'g' },
	{ "metric", required_argument, NULL, 'm' },   { "quiet", no_argument, NULL, 'Q' },
	{ "precision", required_argument, NULL, 'E' }, { "seeds", required_argument, NULL, 'N' },
	{ "speed", required_argument, NULL, 'X' },   { "misses", required_argument, NULL, 'M' },
	{ "cdf", required_argument, NULL, 'D' },
	{ "shape", required_argument, NULL, OPT_SHAPE },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "clients", required_argument, NULL, OPT_CLIENTS },
	{ "think", required_argument, NULL, OPT_THINK },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "retries", required_argument, NULL, OPT_RETRIES },
	{ "backoff", required_argument, NULL, OPT_BACKOFF },
	{ "retry-budget", required_argument, NULL, OPT_BUDGET },
	{ "hedge", required_argument, NULL, OPT_HEDGE },
	{ "cancel", no_argument, NULL, OPT_CANCEL },
	{ "servers", required_argument, NULL, OPT_SERVERS },
	{ "fanout", required_argument, NULL, OPT_FANOUT },
	{ "quorum", required_argument, NULL, OPT_QUORUM },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "series", required_argument, NULL, OPT_SERIES },
	{ "series-svg", required_argument, NULL, OPT_SERIES_SVG },
	{ "instead", required_argument, NULL, 'I' },
	{ "help", no_argument, NULL, 'h' },           { 0 },
};

const char *option_name(int c)
{
	for (int i = 0; option_names[i].name; i++) {
		if (option_names[i].val == c)
			return option_names[i].name;
	}
	return "";
}
