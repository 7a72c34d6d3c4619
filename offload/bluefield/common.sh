# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# common.sh - for the scripts of this folder: say what is done, do it, and stop at what fails
#
# PRINT=1 only says it.
set -euo pipefail

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

run() {
	echo "+ $*"
	[ -n "${PRINT:-}" ] || "$@" || die "failed: $*"
}

# FILE TEXT
put() {
	echo "+ echo $2 >$1"
	[ -n "${PRINT:-}" ] || echo "$2" >"$1" || die "cannot write '$2' to $1"
}

need_root() {
	[ -n "${PRINT:-}" ] || [ "$(id -u)" = 0 ] ||
		die "needs root (PRINT=1 only shows what it would do)"
}

# A request of 1500 bytes, its Ethernet header and the transport's own.
MTU=1600

# CORE: the MAC of its virtual function. All of them and the NIC's are locally administered.
core_mac() { printf '02:00:c6:12:01:%02x' "$1"; }
export NIC_MAC=02:00:c6:12:00:02
