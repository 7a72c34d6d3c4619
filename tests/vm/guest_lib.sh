# SPDX-License-Identifier: BSD-2-Clause
# guest_lib.sh - sourced by a guest's first process (busybox's sh): one line a check, "ok NAME" or
# "FAIL NAME: reason"; "guest done" is the last line
# shellcheck shell=sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs run /run # ip wants to make /run/netns a shared mount: it must be on one

ok() { echo "ok $*"; }
bad() { echo "FAIL $*"; }
# NAME COMMAND…
check() {
	name=$1
	shift
	if "$@" >/tmp/out 2>&1; then ok "$name"; else bad \
		"$name: $(grep -v 'bpftool is now\|--legacy' /tmp/out | tail -n 4 | tr '\n' ' ')"; \
		fi
}
# NAME PATTERN FILE
shows() {
	if grep -q "$2" "$3"; then ok "$1"; else bad "$1: $(tail -n 3 "$3" | tr '\n' ' ')"; fi
}
# SECONDS COMMAND…
wait_for() {
	n=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}

kernel_log_is_clean() {
	if dmesg | grep -E 'BUG|Oops|WARNING|RIP:' >/tmp/out; then
		bad "kernel log: $(head -n 2 /tmp/out)"
	else
		ok "kernel log is clean"
	fi
}

guest_done() {
	echo "guest done"
	poweroff -f
}

for m in /mod/*.ko; do
	[ ! -e "$m" ] || insmod "$m" || bad "insmod $m"
done
echo "# Linux $(uname -r)"
