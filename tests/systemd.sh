# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# systemd.sh - a real systemd in namespaces of its own, for tests of the unit
#
# Sourced after lib.sh (and serve.sh). boot_systemd SIDE starts systemd as the first process of a
# process namespace, in the network namespace of that side of the lab, with a control group of its
# own; it ends with the test. Its units are those in $UNITS alone, so nothing of the machine is
# started. ctl COMMAND... is systemctl there, in_systemd COMMAND... runs something else.
#
#   boot_systemd host
#   install_unit             # shuntd@.service as make install does it, with binaries of this tree
#   ctl start "shuntd@$DEV"  # returns when it is ready
#
# The output of shuntd is in $DIR/shuntd.log. A service that is to be seen by shuntd (a worker) must
# be one of this systemd, too: another process namespace has other numbers. /run is the sandbox's;
# /tmp and /home are hidden from shuntd, so binaries are in $DIR/bin.

UNITS=$DIR/units
SYSTEMD=/lib/systemd/systemd

systemd_cgroup() { findmnt -rn -o TARGET -t cgroup2 | head -n 1; }

need_systemd() {
	[ -x $SYSTEMD ] || skip "no systemd"
	need findmnt nsenter systemctl
	[ -n "$(systemd_cgroup)" ] || skip "no cgroup2 is mounted"
	[ "$($SYSTEMD --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')" -ge 252 ] ||
		skip "a systemd older than 252"
}

# NAME LINES…: a unit.
unit() { printf '%s\n' "${@:2}" >"$UNITS/$1"; }

# NAME LINES…: a drop-in for the unit.
drop_in() {
	mkdir -p "$UNITS/$1.d"
	printf '%s\n' "${@:2}" >"$UNITS/$1.d/test.conf"
}

# Targets that other units of a machine would fill, empty here: shuntd's unit needs nothing of them.
make_targets() {
	local name
	mkdir -p "$UNITS"
	for name in sysinit basic shutdown umount final default multi-user; do
		unit $name.target '[Unit]' 'DefaultDependencies=no'
	done
}

# In the new namespaces: makes mounts that systemd takes for a machine's. The log goes to the
# console, and that is a file.
prepare_systemd() {
	local dev
	mount --make-rprivate /
	mount -t proc proc /proc
	mkdir -p "$DIR/dev"
	mount -t tmpfs -o mode=755 dev "$DIR/dev"
	mkdir "$DIR"/dev/{shm,pts}
	for dev in null zero full random urandom tty; do
		touch "$DIR/dev/$dev"
		mount --bind "/dev/$dev" "$DIR/dev/$dev"
	done
	ln -s /proc/self/fd "$DIR/dev/fd"
	mount -t devpts -o ptmxmode=666 devpts "$DIR/dev/pts"
	ln -s pts/ptmx "$DIR/dev/ptmx"
	touch "$DIR/dev/console" "$DIR/systemd.log"
	mount --bind "$DIR/systemd.log" "$DIR/dev/console"
	mount --move "$DIR/dev" /dev
	# Read-only or temporary, so that nothing that systemd writes outlives it.
	mount --bind /etc /etc
	mount -o remount,bind,ro /etc
	mount -t tmpfs tmp /tmp
	mount -t tmpfs tmp /var/tmp
	while umount -R /sys/fs/cgroup 2>/dev/null; do :; done
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir -p /run/systemd/system
	SYSTEMD_UNIT_PATH=$UNITS SYSTEMD_LOG_LEVEL=info container=shunt exec $SYSTEMD --system \
		--unit=default.target \
		--log-target=console --default-standard-output=null --show-status=no
}

# SIDE: of the lab.
boot_systemd() {
	need_systemd
	CGROUP=$(systemd_cgroup)/shunt-test-$(stat -Lc %i /proc/self/ns/mnt)
	mkdir "$CGROUP" 2>/dev/null || skip "no control group can be made"
	make_targets
	export DIR UNITS SYSTEMD
	export -f prepare_systemd
	# shellcheck disable=SC2016
	start systemd nsenter --net="/run/netns/shunt-$LAB-$1" -- bash \
		-c 'echo $$ >"$0/cgroup.procs" &&
		exec unshare --cgroup --mount --ipc --uts --pid --fork --kill-child \
			bash -c prepare_systemd' "$CGROUP"
	trap end_systemd EXIT
	wait_for 10 find_systemd
	wait_for 10 ctl is-active default.target
}

# The systemd that is our grandchild: its number here.
find_systemd() {
	SYSTEMD_PID=$(pgrep -P "${PIDS[systemd]}") &&
		[ "$(cat "/proc/$SYSTEMD_PID/comm")" = systemd ]
}

# Ends systemd: its namespaces end with it, so all of its processes; then its control groups are
# empty.
end_systemd() {
	local code=$?
	[ $code = 0 ] || [ $code = 77 ] || show_logs
	cp /run/skip "$SKIP_TO" 2>/dev/null || true
	kill -KILL "${PIDS[systemd]}" 2>/dev/null || true
	wait "${PIDS[systemd]}" 2>/dev/null || true
	for _ in {1..100}; do
		find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null && break
		sleep 0.02
	done
}

in_systemd() { nsenter -t "$SYSTEMD_PID" -m -p -n -i -u -C -- "$@"; }
ctl() { in_systemd systemctl --no-pager "$@"; }

# [LINES…]: shuntd@.service; lines for its section [Service].
install_unit() {
	mkdir -p "$DIR/bin/host"
	cp build/shuntd build/shunt-spin "$DIR/bin"
	cp build/host/unwrap.o "$DIR/bin/host"
	sed "s|/usr/local/sbin|$DIR/bin|" agent/shuntd@.service >"$UNITS/shuntd@.service"
	# A system call that the filter refuses is found by this: it kills.
	drop_in shuntd@.service '[Service]' "StandardError=append:$DIR/shuntd.log" \
		SystemCallErrorNumber= TimeoutStartSec=20 "$@"
}

# OPTIONS…: shunt-spin as worker.service, with the user nobody.
install_worker() {
	unit worker.service '[Service]' User=65534 "ExecStart=$DIR/bin/shunt-spin $*" \
		"StandardOutput=append:$DIR/worker.log" \
		"StandardError=append:$DIR/worker.log" LimitMEMLOCK=infinity
}
