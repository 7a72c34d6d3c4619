#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# [CHECKS="NAME…"] test.sh [CPUS…] - policies schedule all threads of a guest with Linux 6.18, the
# first of Debian's kernels with sched_ext; a guest with 2 CPUs and one with 8, unless others are
# named; all checks of guest.sh, or those named
#
# Only in guests: a scheduler takes all threads of its machine. The kernel is unpacked from Debian's
# backports into build/vm/; without it, or QEMU, the guest is skipped. What is counted there is
# exact; what takes time there means nothing, as all CPUs of a guest are emulated by one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh
. tests/vm/suites.sh

passed=0 failed=0 skipped=0
SUITE=trixie-backports
SERIES=6.18
PROGRAMS=(busybox bpftool jq nice pgrep)

# Sets KERNEL; false, with the reason in WHY.
prepare() {
	choose amd64
	WHY="QEMU cannot be installed"
	install_tools qemu-system-x86 busybox-static || return 1
	from_suite "$SUITE" || return 1
	WHY="$SUITE has no Linux $SERIES"
	KERNEL=$(newest "$SERIES")
	[ -n "$KERNEL" ] || return 1
	WHY="linux-image-$KERNEL cannot be downloaded"
	unpack "$OUT/$KERNEL" "linux-image-$KERNEL"
}

fill_root() {
	ROOT_NAME=sched make_root tests/sched/guest.sh "${PROGRAMS[@]}" "$B/shunt" "$B/shuntd" \
		"$B/tests/turns" "$B/tests/forger"
	cp "$B"/bpf/*.o "$ROOT/bpf/"
	cp tests/sched/checks.sh tests/sched/agents.sh "$ROOT/"
	[ -z "${CHECKS-}" ] || echo "$CHECKS" >"$ROOT/checks"
}

# CPUS
run() {
	local console=$OUT/console-sched-$1.log began=$SECONDS
	if ! CPUS=$1 boot "$KERNEL" "$console"; then
		echo "FAIL $1 CPUs: the guest did not end; see ${console#"$PWD"/}"
		tail -n 20 "$console"
		failed=$((failed + 1))
	fi
	grep -E '^(ok|FAIL|#) ' "$console" | sed "s/^\(ok\|FAIL\) /\1 $1 CPUs: /" || true
	passed=$((passed + $(grep -c '^ok ' "$console" || true)))
	failed=$((failed + $(grep -c '^FAIL ' "$console" || true)))
	echo "# $1 CPUs: $((SECONDS - began)) s"
}

[ $# -gt 0 ] || set -- 2 8
if prepare; then
	fill_root
	for cpus; do
		run "$cpus"
	done
else
	echo "skip guests with Linux $SERIES: $WHY"
	skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
