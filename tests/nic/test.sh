#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh [SERIES…] - shunt on NICs of several queues, in guests of QEMU with Linux 6.18, 6.12, 6.1
# and 5.10, or those that are named
#
# Packages are fetched here; each guest, its client and the checks are in a sandbox of their own,
# which nothing leaves and which ends with all that is in it. A guest keeps one CPU busy: with two,
# the first kernel's checks go on beside those of the others.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. tests/nic/machine.sh
SEEN=build/nic
GUEST_TIME=${LONG:+7200}
GUEST_TIME=${GUEST_TIME:-900} # seconds that a kernel's checks may take

# SERIES: false, and told, where its guest cannot be had.
fetched() {
	(get_guest "$1"; code=$?; echo "$WHY" >$SEEN/why; exit $code) && return
	echo "skip Linux $1: $(cat $SEEN/why)" | tee "$SEEN/$1.log"
	false
}

one_kernel() { # SERIES
	local log=$SEEN/$1.log
	timeout -k 5 "$GUEST_TIME" unshare --mount --net --pid --fork --kill-child --mount-proc \
		bash -c 'mount -t tmpfs run /run && mkdir /run/netns &&
			mount -t bpf bpf /sys/fs/bpf && ip link set lo up &&
			exec bash "$@"' checks tests/nic/checks.sh "$1" </dev/null 2>&1 | tee "$log"
	[ "${PIPESTATUS[0]}" = 0 ] ||
		echo "FAIL Linux $1: the checks did not end by themselves" | tee -a "$log"
}

[ $# -gt 0 ] || set -- 6.18 6.12 6.1 5.10
[ "$(id -u)" = 0 ] || { echo "test-nic needs root" >&2; exit 1; }
mkdir -p $SEEN
there=()
for series; do
	! fetched "$series" || there+=("$series")
done
one_after_the_other() { for series; do one_kernel "$series"; done; }
trap 'trap - TERM; kill 0' INT TERM
if [ "$(nproc)" -gt 1 ] && [ ${#there[@]} -gt 1 ]; then
	one_kernel "${there[0]}" &
	one_after_the_other "${there[@]:1}"
	wait
else
	one_after_the_other "${there[@]}"
fi
logs=("${@/#/$SEEN/}")
logs=("${logs[@]/%/.log}")
# Of all four kernels, and none of them skipped.
if [ $# = 4 ] && [ "$(cat "${logs[@]}" | grep -c '^skip Linux')" = 0 ]; then
	if tests/nic/table.sh check >$SEEN/differs; then
		echo "ok the table in docs/drivers.md is what was seen"
	else
		echo "FAIL the table in docs/drivers.md is another ('tests/nic/table.sh renew'):"
		sed 's/^/# /' $SEEN/differs
	fi | tee $SEEN/table.log
	logs+=("$SEEN/table.log")
fi
count() { cat "${logs[@]}" | grep -c "^$1 "; }
failed=$(count FAIL)
echo "$(count ok) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ]
