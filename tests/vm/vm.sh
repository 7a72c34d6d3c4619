#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# vm.sh - Debian's 6.1 and 6.12 kernels in QEMU: every object loads, and requests are served end to end
#
# Kernels are unpacked from Debian's packages into build/vm/ (nothing is installed but QEMU and
# busybox); the guest is an initramfs with shunt's programs and runs under emulation, without KVM.
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=$PWD/build/vm
LIMIT=${LIMIT:-400} # seconds a guest may take

passed=0 failed=0 skipped=0

skip() {
	echo "skip $*"
	skipped=$((skipped + 1))
}

install_tools() {
	local missing=()
	for p in qemu-system-x86 busybox-static; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends "${missing[@]}" >/dev/null
}

# The newest kernel of a series, as in 6.1.0-56-amd64.
newest() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\\.[-+.a-z0-9]*amd64\$" | awk '{print $1}' |
		grep -vE 'cloud|rt-|unsigned|dbg' | sed 's/^linux-image-//' | sort -V | tail -1
}

# Unpacks a kernel's package, once.
unpack() {
	[ ! -d "$OUT/$1/boot" ] || return 0
	mkdir -p "$OUT/debs"
	(cd "$OUT/debs" && apt-get -qq download "linux-image-$1") || return 1
	dpkg -x "$OUT"/debs/linux-image-"$1"_*.deb "$OUT/$1"
}

# PROGRAM: into the root, with the libraries that it wants.
add() {
	local from
	from=$(command -v "$1")
	cp -L "$from" "$ROOT/bin/"
	ldd "$from" 2>/dev/null | grep -oE '/[^ ]+' | while read -r lib; do
		mkdir -p "$ROOT$(dirname "$lib")"
		cp -Ln "$lib" "$ROOT$lib"
	done
}

# A module and those that it needs, in the order of insmod.
add_module() {
	local dir=$OUT/$1/lib/modules/$1 ko
	ko=$(find "$dir" -name "$2.ko*" | head -1)
	[ -n "$ko" ] || return 0 # built in
	case $ko in
	*.xz) xz -dc "$ko" >"$ROOT/mod/$2.ko" ;;
	*) cp "$ko" "$ROOT/mod/" ;;
	esac
}

make_root() {
	ROOT=$OUT/root
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{bin,proc,sys,dev,tmp,run,mod,bpf,etc}
	cp "$(command -v busybox)" "$ROOT/bin/"
	for p in bpftool ip ethtool build/shunt build/shuntd build/shunt-spin build/shunt-load; do
		add "$p"
	done
	for p in sh mount cat ls insmod sleep poweroff dmesg grep sed head tail tr wc rm mkdir uname nsenter kill seq cut ps; do
		ln -sf busybox "$ROOT/bin/$p"
	done
	cp build/bpf/*.o "$ROOT/bpf/"
	cp tests/vm/guest.sh "$ROOT/init"
	chmod +x "$ROOT/init"
	add_module "$1" veth
}

boot() {
	(cd "$ROOT" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$OUT/initrd.gz"
	timeout "$LIMIT" nice qemu-system-x86_64 -M pc -accel tcg -cpu max -smp 2 -m 1024 -nographic \
		-no-reboot -nodefaults -serial stdio -kernel "$OUT/$1/boot/vmlinuz-$1" -initrd "$OUT/initrd.gz" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on" </dev/null |
		tr -d '\r' >"$OUT/console-$1.log" || true
}

run() {
	local kernel
	kernel=$(newest "$1")
	if [ -z "$kernel" ] || ! unpack "$kernel"; then
		skip "Linux $1: no package to be had"
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

install_tools
[ $# -gt 0 ] || set -- 6.1 6.12
for series; do
	run "$series"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
