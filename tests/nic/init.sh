#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# init.sh - the first process of a guest with NICs: names them, lets the lab in by ssh, and waits
# shellcheck source=tests/vm/guest_lib.sh
. /guest_lib.sh

# From here on the programs are those of the machine around it.
opts=trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose
chmod 700 /sys/fs/bpf
mkdir -p /usr /shunt /sbin /var /dev/pts /dev/shm /run/netns /run/test /etc/dropbear
mount -t 9p -o $opts usr /usr
mount -t 9p -o $opts tree /shunt
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ln -s /proc/self/fd /dev/fd
ln -s /run /var/run
ln -s /tmp /var/tmp
rm /lib64
ln -s usr/lib64 /lib64
mount --bind /usr/lib /lib
mount --bind /usr/sbin /sbin
mount --bind /usr/bin /bin
export PATH=/usr/sbin:/usr/bin

# NAMEh is virtio-net, NAMEi igb, NAMEv vmxnet3, NAMEm the way in, known by their MACs.
lab=$(sed 's/.*lab=\([a-z0-9-]*\).*/\1/' /proc/cmdline)
for at in /sys/class/net/*; do
	client=
	case $(cat "$at/address") in
	02:00:c6:12:00:02) as=${lab}h net=198.18.0 client=c ;;
	02:00:c6:12:01:02) as=${lab}i net=198.18.1 client=d ;;
	02:00:c6:12:02:02) as=${lab}v net=198.18.2 client=e ;;
	02:00:c6:13:00:02) as=${lab}m net=198.19.0 client=n ;;
	esac
	[ $client ] || continue
	ip link set "${at##*/}" name "$as"
	echo 1 >"/proc/sys/net/ipv6/conf/$as/disable_ipv6"
	ip addr add $net.2/24 dev "$as"
	ip link set "$as" up
done
ip link set lo up
hostname guest

LD_LIBRARY_PATH=/ssh /ssh/dropbear -R -E -s -p 198.19.0.2:22 -P /run/dropbear.pid 2>/dev/console
echo "guest up, Linux $(uname -r), $(nproc) CPUs" >/dev/console
while :; do
	sleep 1000
done
