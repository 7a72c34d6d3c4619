# SPDX-License-Identifier: BSD-2-Clause
# reach.sh - sourced: the guest of a lab with NICs, its size and addresses, and the way into it
# shellcheck shell=bash
GUEST_CPUS=${GUEST_CPUS:-6}
GUEST_QUEUES=${GUEST_QUEUES:-6} # of virtio-net
GUEST_MGMT=198.19.0.2

# NAME of a lab: its guest's process, console and key; there as long as the guest is.
guest_folder() { echo "/run/shunt-lab-$1"; }
has_guest() { [ -e "$(guest_folder "$1")" ]; }

# By the last letter of an interface's name: h is virtio-net, i igb, v vmxnet3, m the way in.
guest_mac() {
	case $1 in
	h) echo 02:00:c6:12:00:02 ;;
	i) echo 02:00:c6:12:01:02 ;;
	v) echo 02:00:c6:12:02:02 ;;
	m) echo 02:00:c6:13:00:02 ;;
	esac
}
guest_addr() {
	case $1 in
	h) echo 198.18.0.2 ;;
	i) echo 198.18.1.2 ;;
	v) echo 198.18.2.2 ;;
	m) echo $GUEST_MGMT ;;
	esac
}

# NAME [OPTION…] [COMMAND]: ssh into the guest.
reach_guest() {
	local dir
	dir=$(guest_folder "$1")
	nsenter --net="/run/netns/shunt-$1-client" -- ssh -F none -i "$dir/key" -S "$dir/ssh" \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o BatchMode=yes -o ServerAliveInterval=10 -o ServerAliveCountMax=12 \
		"root@$GUEST_MGMT" "${@:2}"
}

# NAME COMMAND…: runs it in the guest, in the folder of the sources.
in_guest() {
	local name=$1 tty=()
	shift
	[ ! -t 0 ] || tty=(-t)
	reach_guest "$name" "${tty[@]}" ". /etc/environment.sh; exec ${*@Q}"
}
