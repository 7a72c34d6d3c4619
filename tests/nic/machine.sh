# SPDX-License-Identifier: BSD-2-Clause
# machine.sh - sourced by lab.sh: a guest with NICs of several queues (virtio-net, igb,
# vmxnet3)
#
# QEMU is unpacked from Debian's backports, since 7.2 has no igb; kernels come from the release that
# has them. The guest has this machine's /usr and this folder, both read-only by 9p, and an
# initramfs for the rest. Its NICs are taps of the client's namespace: nothing else reaches it.
# shellcheck shell=bash disable=SC2034 # WHY is for whoever asked
NIC_HERE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
. "$NIC_HERE/tests/vm/lib.sh"
. "$NIC_HERE/tests/vm/suites.sh"
OUT=$NIC_HERE/build/vm
GUEST_LIMIT=${GUEST_LIMIT:-240} # seconds until a guest answers

# SERIES: the release of Debian whose packages have it; the system's own by "".
release_of() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo '' ;;
	6.12) echo bookworm-backports ;;
	6.18) echo trixie-backports ;;
	*) return 1 ;;
	esac
}

# Sets EMULATOR, unpacked; false, with the reason in WHY.
get_emulator() {
	local lost
	WHY="the tools of a guest cannot be installed"
	install_tools qemu-system-x86 busybox-static kmod openssh-client || return 1
	WHY="no dropbear to be had"
	unpack "$OUT/dropbear" dropbear-bin libtomcrypt1 libtommath1 || return 1
	from_suite bookworm-backports || return 1
	WHY="no QEMU 10 among the packages of bookworm-backports"
	unpack "$OUT/qemu" qemu-system-x86 qemu-system-common qemu-system-data || return 1
	EMULATOR=$OUT/qemu/usr/bin/qemu-system-x86_64
	lost=$(ldd "$EMULATOR" | awk '/not found/ { print $1 }' | paste -sd ' ')
	WHY="QEMU 10 lacks libraries here: $lost"
	[ -z "$lost" ]
}

# SERIES: sets KERNEL, unpacked; false, with the reason in WHY.
get_kernel() {
	local suite
	WHY="no release has Linux $1; a series is 5.10, 6.1, 6.12 or 6.18"
	suite=$(release_of "$1") || return 1
	unset APT_CONFIG
	[ -z "$suite" ] || from_suite "$suite" || return 1
	WHY="no Linux $1 among the packages"
	KERNEL=$(newest "$1")
	[ -n "$KERNEL" ] || return 1
	WHY="packages of Linux $KERNEL cannot be downloaded"
	unpack "$OUT/$KERNEL" "linux-image-$KERNEL"
}

# SERIES: all that a guest takes. False, with the reason in WHY, where it cannot be had.
get_guest() {
	ARCH=amd64
	get_emulator && get_kernel "$1" || return 1
	[ -e "$OUT/key" ] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$OUT/key"
}

# The first process's own files: a way in by ssh with the key.
add_way_in() {
	local ssh=$OUT/dropbear lib
	mkdir -p "$ROOT"/{ssh,root/.ssh,etc,usr,shunt,dev}
	cp "$ssh"/usr/sbin/dropbear "$ROOT/ssh/"
	for lib in libtomcrypt libtommath; do
		cp -L "$ssh/usr/lib/x86_64-linux-gnu/$lib.so.1" "$ROOT/ssh/"
	done
	cp "$OUT/key.pub" "$ROOT/root/.ssh/authorized_keys"
	chmod -R go= "$ROOT/root"
	echo 'root:x:0:0:root:/root:/bin/bash' >"$ROOT/etc/passwd"
	echo 'root:x:0:' >"$ROOT/etc/group"
	echo /bin/bash >"$ROOT/etc/shells"
	cp -L /etc/ld.so.cache "$ROOT/etc/"
	cp -a /etc/alternatives "$ROOT/etc/"
	cat >"$ROOT/etc/environment.sh" <<-TEXT
	export PATH=/shunt/build:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
	export SHUNT_OBJECT_PATH=/shunt/build/bpf HOME=/root
	cd /shunt
	TEXT
}

fill_guest_root() {
	choose amd64
	ROOT_NAME=nic-$KERNEL make_root tests/nic/init.sh busybox
	add_modules "$KERNEL" virtio_pci virtio_net virtio_rng 9p 9pnet_virtio igb vmxnet3 \
		veth bridge af_packet ||
		return 1
	add_way_in
	pack_root
}

# NAME SERIES: taps in the client's namespace of the lab, and a guest that answers on them.
boot_guest() {
	local name=$1 dir letter
	dir=$(guest_folder "$name")
	mkdir -p "$dir"
	fill_guest_root || { WHY="no initramfs for $KERNEL"; return 1; }
	cp "$OUT/key" "$dir/key"
	for letter in c d e n; do
		make_tap "$name" $letter
	done
	start_guest "$name" "$dir"
	wait_for_guest "$name" "$dir"
}

# The client's ends: c is joined to the guest's h, d to i, e to v, n to m.
make_tap() { # NAME LETTER
	local ns other queues=
	ns=shunt-$1-client
	case $2 in c) other=h queues=multi_queue ;; d) other=i ;; e) other=v ;; n) other=m ;; esac
	ip netns exec "$ns" ip tuntap add "$1$2" mode tap $queues
	ip netns exec "$ns" sysctl -qw "net.ipv6.conf.$1$2.disable_ipv6=1"
	ip -n "$ns" addr add "$(guest_addr $other | sed 's/2$/1/')/24" dev "$1$2"
	ip -n "$ns" link set "$1$2" up
	ip -n "$ns" neigh replace "$(guest_addr $other)" lladdr "$(guest_mac $other)" \
		dev "$1$2" nud permanent
}

# NAME FOLDER. thread=single: with a thread a CPU, the emulator runs code that the guest's kernel is
# patching. iommu_platform: zero copy on virtio-net wants a device that does DMA by the rules.
start_guest() {
	local qemu=$OUT/qemu/usr/share nic
	nic() { # LETTER CLIENT_LETTER QUEUES MODEL[,OPTIONS]
		printf '%s\n' -netdev \
			"tap,id=$1,ifname=$name$2,script=no,downscript=no,vhost=off$3" \
			-device "$4,netdev=$1,mac=$(guest_mac "$1"),romfile="
	}
	local name=$1 args virtio=virtio-net-pci,iommu_platform=on,disable-legacy=on
	virtio+=,rx_queue_size=1024
	mapfile -t args < <(
		nic h c ",queues=$GUEST_QUEUES" "$virtio,mq=on,vectors=$((2 * GUEST_QUEUES + 2))"
		nic i d '' igb
		nic v e '' vmxnet3
		nic m n '' virtio-net-pci
		printf '%s\n' -fsdev local,id=usr,path=/usr,security_model=none,readonly=on \
			-device virtio-9p-pci,fsdev=usr,mount_tag=usr \
			-fsdev "local,id=tree,path=$NIC_HERE,security_model=none,readonly=on" \
			-device virtio-9p-pci,fsdev=tree,mount_tag=tree
	)
	setsid nice -n "${GUEST_NICE:-10}" nsenter --net="/run/netns/shunt-$name-client" -- \
		"$EMULATOR" \
		-L "$qemu/qemu" -L "$qemu/seabios" -L /usr/share/seabios \
		-M q35 -cpu max -accel tcg,thread=single -smp "$GUEST_CPUS" -m "${GUEST_MB:-1536}" \
		-nodefaults -display none -no-reboot -serial "file:$2/console" \
		-device virtio-rng-pci -kernel "$OUT/$KERNEL/boot/vmlinuz-$KERNEL" \
		-initrd "$ROOT.gz" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on \
no_timer_check tsc=reliable lab=$name" "${args[@]}" </dev/null >"$2/qemu" 2>&1 &
	echo $! >"$2/pid"
}

# NAME FOLDER: until it lets one in; all that follows goes through that connection.
wait_for_guest() {
	local end=$((SECONDS + GUEST_LIMIT))
	until reach_guest "$1" -O check 2>/dev/null ||
		{ grep -q '^guest up' "$2/console" 2>/dev/null &&
			reach_guest "$1" -o ConnectTimeout=20 -M -N -f >/dev/null 2>&1; }; do
		if ! kill -0 "$(cat "$2/pid")" 2>/dev/null || ((SECONDS > end)); then
			WHY="the guest did not come up: $(tail -n 3 "$2/qemu" "$2/console" |
				tr -d '\r' | paste -sd ' ')"
			return 1
		fi
		sleep 0.2
	done
}
