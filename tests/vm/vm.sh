#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# vm.sh [SERIES[:ARCH]…] - Debian's kernels in QEMU: every object loads, requests are served end to end, and
# the wire lab runs. 6.1 and 6.12, for amd64 and arm64, unless others are named.
#
# Kernels, and an arm64 guest's programs that are not shunt's, are unpacked from Debian's packages into
# build/vm/ (nothing is installed but QEMU and busybox); the guest is an initramfs with shunt's programs and runs
# under emulation, without KVM. For arm64, shunt must have been cross-built: vm.mk does.
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=$PWD/build/vm
LIMIT=${LIMIT:-1200} # seconds a guest may take

passed=0 failed=0 skipped=0

skip() {
	echo "skip $*"
	skipped=$((skipped + 1))
}

# PACKAGE…
install_tools() {
	local missing=() p
	for p; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends "${missing[@]}" >/dev/null
}

# The newest kernel of a series, as in 6.1.0-56-amd64.
newest() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\\.[-+.a-z0-9]*$ARCH\$" | awk '{print $1}' |
		grep -vE 'cloud|rt-|unsigned|dbg' | sed 's/^linux-image-//' | sort -V | tail -1
}

# FOLDER PACKAGE…: unpacked there, once.
unpack() {
	local dir=$1 p
	shift
	[ ! -e "$dir/.done" ] || return 0
	mkdir -p "$OUT/debs/$ARCH" "$dir"
	(cd "$OUT/debs/$ARCH" && apt-get -qq download "${@/%/:$ARCH}") || return 1
	for p; do
		dpkg -x "$OUT/debs/$ARCH/$p"_*.deb "$dir"
	done
	touch "$dir/.done"
}

# What the architecture's guests are made of: SYSTEM is a root with programs, B has shunt's.
choose() {
	ARCH=$1
	case $ARCH in
	amd64) SYSTEM='' B=build TRIPLET=x86_64-linux-gnu QEMU=(qemu-system-x86_64 -M pc) CONSOLE=ttyS0 ;;
	arm64)
		SYSTEM=$OUT/arm64 TRIPLET=aarch64-linux-gnu CONSOLE=ttyAMA0
		B=build/$TRIPLET QEMU=(qemu-system-aarch64 -M virt)
		;;
	*) echo "no guest of architecture '$ARCH'" >&2; exit 2 ;;
	esac
}

# Programs of the guest that are not shunt's.
# Busybox starts its own unshare and ip, whatever is in the path: so what starts others is not from it.
PROGRAMS=(busybox bpftool ip bridge ethtool bash jq unshare nsenter timeout env)
PACKAGES=(busybox-static coreutils bpftool iproute2 ethtool bash jq util-linux libbpf1 libelf1 zlib1g libmnl0 libcap2 libbsd0
	libmd0 libtinfo6 libjq1 libonig5 libc6 libcyaml1 libyaml-0-2 libjansson4 libcap-ng0)

prepare() {
	case $ARCH in
	amd64) install_tools qemu-system-x86 busybox-static ;;
	*)
		dpkg --print-foreign-architectures | grep -qx "$ARCH" && [ -x "$B/shunt" ] || return 1
		install_tools qemu-system-arm
		unpack "$SYSTEM" "${PACKAGES[@]}"
		;;
	esac
}

# NAME: a file, in the system's folders that PLACES lists.
find_in() {
	local place
	for place in "${@:2}"; do
		[ ! -e "$SYSTEM$place/$1" ] || { echo "$SYSTEM$place/$1"; return; }
	done
	echo "no '$1' for $ARCH" >&2
	return 1
}

# FILE: the shared libraries that it wants, and those that they want, and the loader.
add_libraries() {
	local name from
	readelf -ld "$1" 2>/dev/null | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p; s/.*interpreter: .*\/\(.*\)\]/\1/p' |
		while read -r name; do
			[ ! -e "$ROOT/lib/$name" ] || continue
			from=$(find_in "$name" /lib/$TRIPLET /usr/lib/$TRIPLET /lib64 /lib)
			cp -L "$from" "$ROOT/lib/$name"
			add_libraries "$from"
		done
}

# NAME or PATH: into the root, with the libraries that it wants.
add() {
	local from=$1
	case $1 in */*) ;; *) from=$(find_in "$1" /bin /usr/bin /sbin /usr/sbin) ;; esac
	cp -L "$from" "$ROOT/bin/"
	add_libraries "$from"
}

# KERNEL NAME: a module, if it is one.
add_module() {
	local dir=$OUT/$1/lib/modules/$1 ko
	ko=$(find "$dir" -name "$2.ko*" | head -1)
	[ -n "$ko" ] || return 0 # built in
	MODULES=$((MODULES + 1)) # insmod goes by this order
	case $ko in
	*.xz) xz -dc "$ko" >"$ROOT/mod/$MODULES-$2.ko" ;;
	*) cp "$ko" "$ROOT/mod/$MODULES-$2.ko" ;;
	esac
}

# The wire lab: its tests as they are, in a tree of their own.
add_lab() {
	local tree=$ROOT/shunt
	mkdir -p "$tree"/{tests,include/shunt,build/tests}
	cp -r tests/lib.sh tests/lab.sh tests/wire tests/e2e "$tree/tests/"
	cp include/shunt/nic.h "$tree/include/shunt/"
	cp -r "$B/tests/wire" "$tree/build/tests/"
	cp -r "$B"/nic "$B"/nic-loop "$B"/host "$tree/build/"
	add_libraries "$B/tests/wire/nic"
}

make_root() {
	local p m
	ROOT=$OUT/root MODULES=0
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{bin,lib,proc,sys,dev,tmp,run,mod,bpf,etc}
	ln -s lib "$ROOT/lib64"
	for p in "${PROGRAMS[@]}" "$B"/shunt "$B"/shuntd "$B"/shunt-spin "$B"/shunt-load; do
		add "$p"
	done
	# "ip" and others are applets, too, and other ones: what was added stays.
	for p in $(busybox --list); do
		[ -e "$ROOT/bin/$p" ] || ln -s busybox "$ROOT/bin/$p"
	done
	cp "$B"/bpf/*.o "$ROOT/bpf/"
	cp tests/vm/guest.sh "$ROOT/init"
	chmod +x "$ROOT/init"
	for m in veth llc stp bridge af_packet; do
		add_module "$1" $m
	done
	add_lab
}

boot() {
	(cd "$ROOT" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$OUT/initrd.gz"
	timeout "$LIMIT" nice "${QEMU[@]}" -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nographic \
		-no-reboot -nodefaults -serial stdio -kernel "$OUT/$1/boot/vmlinuz-$1" -initrd "$OUT/initrd.gz" \
		-append "console=$CONSOLE quiet panic=-1 mitigations=off random.trust_cpu=on" </dev/null |
		tr -d '\r' >"$OUT/console-$1.log" || true
}

# SERIES ARCH
run() {
	local kernel
	choose "$2"
	if ! prepare; then
		skip "Linux $1 for $ARCH: make deps CROSS=$TRIPLET, then make test-vm"
		return
	fi
	kernel=$(newest "$1")
	if [ -z "$kernel" ] || ! unpack "$OUT/$kernel" "linux-image-$kernel"; then
		skip "Linux $1 for $ARCH: no package to be had"
		return
	fi
	make_root "$kernel"
	boot "$kernel"
	grep -E '^(ok|FAIL|#) ' "$OUT/console-$kernel.log" | sed "s/^\(ok\|FAIL\) /\1 $kernel: /" || true
	passed=$((passed + $(grep -c '^ok ' "$OUT/console-$kernel.log" || true)))
	failed=$((failed + $(grep -c '^FAIL ' "$OUT/console-$kernel.log" || true)))
	if ! grep -q '^guest done' "$OUT/console-$kernel.log"; then
		echo "FAIL $kernel: the guest did not end; see ${OUT#"$PWD"/}/console-$kernel.log"
		tail -5 "$OUT/console-$kernel.log"
		failed=$((failed + 1))
	fi
}

[ $# -gt 0 ] || set -- 6.1 6.12 6.1:arm64 6.12:arm64
for guest; do
	case $guest in
	*:*) run "${guest%:*}" "${guest#*:}" ;;
	*) run "$guest" amd64 ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
