// SPDX-License-Identifier: BSD-2-Clause
/*
 * options_wants.c - the value that each option takes, for the message about a wrong one
 */
#include "cmd.h"

#define TIMES "times with their unit, as 500ns, 20us, 1ms"

static const struct {
	int option;
	const char *text;
} wants[] = {
	{ 'p', "at least one policy, at most 64: fcfs,mq" },
	{ 's', "at least one system, at most 64: shunt-sim list" },
	{ 'w', "a name of 'shunt-sim list', or NAME=SHARE:TIME" },
	{ 'C', "NAME=X, as in nic_ns=100" },
	{ 'k', "KNOB=VALUE, as in 0=3" },
	{ 'l', "shares of the cores' time up to 10, 0.7 for 70 %: 0.5,0.7 or LOW:HIGH:STEP as "
	       "0.1:0.9:0.1" },
	{ 'r', "requests a second: 100k,2.5M or LOW:HIGH:STEP" },
	{ 'c', "numbers of cores: 4,16 or LOW:HIGH:STEP as 4:16:4" },
	{ 'q', TIMES },
	{ 'F', "CORE@TIME or CORE@TIME:TIME, as in 3@10ms:5ms" },
	{ 'P', "yes or no" },
	{ 'd', "a whole number from 1 to 16" },
	{ 'j', "a whole number from 1 to 1024" },
	{ 'n', "a whole number from 100 to 10^12: 100k, 1M" },
	{ 'f', "a whole number from 1 to 4*10^9: 10k" },
	{ 'E', "a share from 0.01% to 100%" },
	{ 'M', "a share from 0.01% to 100%" },
	{ 'N', "a whole number from 1 to 100000" },
	{ 'X', "a number above 0: 2 is twice as fast" },
	{ 'S', "a whole number from 0 to 2^64 - 1" },
	{ 'm', "p50_us, p90_us, p99_us, p999_us, mean_us, wait_us, miss, slowdown, slowdown_p50, "
	       "slowdown_p99, slowdown_p999, throughput, goodput, dropped; of calls: copies, "
	       "wasted, failed" },
	{ OPT_DURATION, TIMES },
	{ OPT_TIMEOUT, TIMES },
	{ OPT_WINDOW, TIMES },
	{ OPT_BACKOFF, TIMES },
	{ OPT_HEDGE, "a time with its unit, as 50us, or a quantile from p50 to p99.99" },
	{ OPT_RETRIES, "a whole number from 1 to 1000" },
	{ OPT_SERVERS, "a whole number from 1 to 1000" },
	{ OPT_BUDGET, "a share from 0.01% to 100%" },
	{ OPT_QUORUM, "a share from 0.01% to 100%" },
	{ OPT_CLIENTS, "whole numbers: 10,100" },
	{ OPT_FANOUT, "whole numbers: 1,10,100" },
};

const char *option_wants(int c)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		if (wants[i].option == c)
			return wants[i].text;
	}
	return NULL;
}
