#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh - the first process of the guest: the card's verdict on every object, then the checks, if
# any
# shellcheck source=tests/vm/guest_lib.sh
. /guest_lib.sh

insmod /nfp/nfpsim.ko || bad "insmod nfpsim"
ip link set nfp0 up
for o in /judged/*.o; do
	case $o in *.mutant*) judge nfp0 "$o" ;; *) [ ! \
		-e "$o" ] || judge nfp0 "$o" || bad "judge $o" ;; esac
done
# shellcheck source=tests/nfp/checks.sh
[ ! -e /checks.sh ] || . /checks.sh
kernel_log_is_clean

guest_done
