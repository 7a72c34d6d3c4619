# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# demo_advice.sh - what to do where the demo had no CPU; sourced by the demo's scripts
demo_advice() {
	local wanted
	wanted=$(cut -d ' ' -f 1 /proc/loadavg)
	cat <<-TEXT
	Other processes took the CPUs of server or client: of the $(nproc) CPUs here, processes
	wanted $wanted in the last minute. Run 'make demo' again when two are free.
	TEXT
}
