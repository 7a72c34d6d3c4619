#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# vm.sh [SERIES[:ARCH]…] - Debian's kernels in QEMU: every object loads, requests are served end to
# end, and the wire lab runs. 6.1 and 6.12, for amd64 and arm64, unless others are named.
#
# Kernels, and an arm64 guest's programs that are not shunt's, are unpacked from Debian's packages
# into build/vm/ (nothing is installed but QEMU and busybox); the guest is an initramfs with shunt's
# programs and runs under emulation, without KVM. For arm64, shunt must have been cross-built: vm.mk
# does.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh

passed=0 failed=0 skipped=0

skip() {
	echo "skip $*"
	skipped=$((skipped + 1))
}

# Programs of the guest that are not shunt's.
# Busybox starts its own unshare and ip, whatever is in the path: so what starts others is not from
# it.
PROGRAMS=(busybox bpftool ip bridge ethtool bash jq unshare nsenter timeout env seq nice
	xdp-loader xdp-filter)
PACKAGES=(busybox-static coreutils bpftool iproute2 ethtool bash jq util-linux libbpf1 libelf1 \
	zlib1g libmnl0 libcap2 libbsd0
	libmd0 libtinfo6 libjq1 libonig5 libc6 libcyaml1 libyaml-0-2 libjansson4 libcap-ng0 \
		libselinux1 libpcre2-8-0 libxdp1 xdp-tools)

prepare() {
	WHY="QEMU cannot be installed"
	case $ARCH in
	amd64) install_tools qemu-system-x86 busybox-static ;;
	*)
		WHY="make deps CROSS=$TRIPLET, then make test-vm"
		dpkg --print-foreign-architectures | grep -qx "$ARCH" && [ -x "$B/shunt" ] ||
			return 1
		WHY="QEMU cannot be installed"
		install_tools qemu-system-arm || return 1
		WHY="its packages cannot be downloaded"
		unpack "$SYSTEM" "${PACKAGES[@]}"
		;;
	esac
}

# The wire lab: its tests as they are, in a tree of their own.
add_lab() {
	local tree=$ROOT/shunt
	mkdir -p "$tree"/{tests,include/shunt,build/tests}
	cp -r tests/{lib,lab,serve,wire}.sh tests/{nic,wire,e2e} "$tree/tests/"
	cp include/shunt/nic.h "$tree/include/shunt/"
	cp -r "$B/tests/wire" "$tree/build/tests/"
	cp -r "$B"/nic "$B"/nic-loop "$B"/host "$tree/build/"
	add_libraries "$B/tests/wire/nic"
}

fill_root() {
	local m
	make_root tests/vm/guest.sh "${PROGRAMS[@]}" "$B"/shunt "$B"/shuntd "$B"/shunt-spin \
		"$B"/shunt-load
	cp "$B"/bpf/*.o "$ROOT/bpf/"
	mkdir -p "$ROOT/lib/shunt" # beside /bin, where shuntd is
	cp -r "$B/host" "$ROOT/lib/shunt/"
	cp "$B/stub.o" tests/vm/dispatcher.sh "$ROOT/"
	mkdir -p "$ROOT/usr/lib/$TRIPLET"
	cp -r "$SYSTEM/usr/lib/$TRIPLET/bpf" "$ROOT/usr/lib/$TRIPLET/"
	# Busybox has none, and the other one wants four libraries more.
	printf '#!/bin/sh\ngrep -q " $2 " /proc/mounts\n' >"$ROOT/bin/mountpoint"
	chmod +x "$ROOT/bin/mountpoint"
	for m in veth llc stp bridge af_packet; do
		add_module "$1" $m
	done
	add_lab
}

# SERIES ARCH
run() {
	local kernel console
	choose "$2"
	if ! prepare; then
		skip "Linux $1 for $ARCH: $WHY"
		return
	fi
	kernel=$(newest "$1")
	if [ -z "$kernel" ] || ! unpack "$OUT/$kernel" "linux-image-$kernel"; then
		skip "Linux $1 for $ARCH: no package to be had"
		return
	fi
	fill_root "$kernel"
	console=$OUT/console-$kernel.log
	if ! boot "$kernel" "$console"; then
		echo "FAIL $kernel: the guest did not end; see ${console#"$PWD"/}"
		tail -5 "$console"
		failed=$((failed + 1))
	fi
	grep -E '^(ok|FAIL|#) ' "$console" | sed "s/^\(ok\|FAIL\) /\1 $kernel: /" || true
	passed=$((passed + $(grep -c '^ok ' "$console" || true)))
	failed=$((failed + $(grep -c '^FAIL ' "$console" || true)))
}

[ $# -gt 0 ] || set -- 6.1 6.12 6.1:arm64 6.12:arm64
for guest; do
	case $guest in
	*:*) run "${guest%:*}" "${guest#*:}" ;;
	*) run "$guest" amd64 ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped; int3 panics of the emulator: $PANICS"
[ $failed = 0 ]
