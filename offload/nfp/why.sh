#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# why.sh POLICY.c COMPILER... - prints the lines of the policy that break a rule of the card; fails
# if none does
set -euo pipefail

policy=$1
shift
said=$("$@" 2>&1) && {
	echo "$policy fits the card after all: add it to NFP_FIT in offload/nfp/nfp.mk" >&2
	exit 1
}
at="^[^ ]*($policy:[0-9]+):[0-9]+: error: "
why=$(sed -nE -e "s|${at}call to '?(shunt_[a-z_]+).* attribute: (.*)|\1: \2(): \3|p" \
	-e "s|${at}static_assert[^\"]*\"(.*)\"|\1: \2|p" <<<"$said" | sort -u)
[ -n "$why" ] || { echo "$said" >&2; exit 1; }
echo "$why"
