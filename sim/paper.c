// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper.c - the figures of papers
 *
 * Each draws what the paper draws and holds it against what the paper's text states; values that
 * can only be read off a plot are not claimed.
 */
#include "paper.h"

const struct paper_figure paper_figures[] = {
	{ "shinjuku-fig1", "ideal policies on exponential, lognormal and bimodal service, 16 cores",
	  shinjuku_fig1 },
	{ "shinjuku-fig2", "the same on 50 % 1 us, 50 % 100 us, by class", shinjuku_fig2 },
	{ "shinjuku-fig4", "connections that RSS needs for balance", shinjuku_fig4 },
	{ "shinjuku-fig5ab", "Shinjuku, IX and ZygOS on fixed and exponential 1 us",
	  shinjuku_fig5ab },
	{ "shinjuku-fig5", "(c) the same on 99.5 % 0.5 us, 0.5 % 500 us", shinjuku_fig5 },
	{ "shinjuku-fig6", "(a) the same on 50 % 1 us, 50 % 100 us: slowdown", shinjuku_fig6 },
	{ "shinjuku-fig6b", "the same on a third each 1, 10 and 100 us", shinjuku_fig6b },
	{ "shinjuku-fig7", "(a) how often to preempt", shinjuku_fig7a },
	{ "shinjuku-fig7b", "throughput by workers, 1 us requests", shinjuku_fig7b },
	{ "shinjuku-fig7c", "the same in bits a second", shinjuku_fig7c },
	{ "shinjuku-fig8a", "RocksDB: 99.5 % GET, 0.5 % SCAN(1000)", shinjuku_fig8a },
	{ "shinjuku-fig8bc", "RocksDB: 50 % GET, 50 % SCAN(5000), by class", shinjuku_fig8bc },
	{ "offload-fig2", "Shinjuku-Offload beside Shinjuku: 99.5 % 5 us, 0.5 % 100 us",
	  offload_fig2 },
	{ "offload-fig3", "throughput by requests outstanding at each worker", offload_fig3 },
	{ "offload-fig4", "the same on fixed 5 us", offload_fig4 },
	{ "offload-fig5", "the same on fixed 100 us", offload_fig5 },
	{ "offload-fig6", "the same on fixed 1 us", offload_fig6 },
	{ "ipipe-fig16", "FCFS and DRR by dispersion", ipipe_fig16 },
	{ "wave-prestage", "what decisions that are staged gain, by the way to the agent",
	  wave_prestage },
	{ "wave-agent", "how many cores one agent can decide for", wave_agent },
	{ "wave-core", "FIFO: the host core that the agent does not take", wave_core },
	{ "stale-loads", "choosing cores by loads that are old", stale_loads },
	{ NULL, NULL, NULL },
};
