#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh [--check] - install the Debian packages that shunt is built and tested with; quiet when
# nothing is missing. --check only says what is missing, and fails. CROSS=aarch64-linux-gnu: for
# building with it, too.
set -eu

build="gcc g++ make clang llvm llvm-dev libbpf-dev libelf-dev linux-libc-dev libcyaml-dev
libyaml-dev libjansson-dev libcap-ng-dev libxdp-dev libtirpc-dev pkg-config python3-docutils"
run="bpftool iproute2 ethtool iputils-ping"
check="libcmocka-dev libclang-rt-dev librocksdb-dev liburing-dev memcached
libmemcached-tools python3 jq gojq bind9-dnsutils xdp-tools procps util-linux netcat-openbsd spin
shellcheck
rpcsvc-proto rpcbind rstat-client
gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
# Tests start it in namespaces of their own; on the machine it is neither started nor enabled.
quiet=rpcbind

# A build for another architecture needs that architecture's libraries and compiler.
case ${CROSS:-} in
aarch64-linux-gnu)
	arch=arm64
	build="$build gcc-aarch64-linux-gnu"
	for p in libbpf-dev libelf-dev libcyaml-dev libyaml-dev libjansson-dev libcap-ng-dev \
		libxdp-dev libtirpc-dev libcmocka-dev; do
		build="$build $p:$arch"
	done ;;
"") ;;
*)
	echo "CROSS can be aarch64-linux-gnu only, not '$CROSS'" >&2
	exit 2 ;;
esac

missing=""
for p in $build $run $check; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "${1:-}" = --check ]; then
	# Building needs the first list only; the rest is asked for when it is used.
	for p in $build; do
		case " $missing " in *" $p "*)
			echo "missing Debian packages:$missing" >&2
			echo "run (as root): make deps${CROSS:+ CROSS=$CROSS}" >&2
			exit 1 ;;
		esac
	done
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	echo "missing Debian packages:$missing" >&2
	echo "run as root, or: apt-get install$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
[ -z "${arch:-}" ] || dpkg --print-foreign-architectures | grep -qx "$arch" ||
	dpkg --add-architecture "$arch"
# Another apt may be at work, as one is on machines that have just booted.
wait="-o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086
apt-get -qq $wait update
# Debian's way to keep the daemons of packages from being started: a policy, unless there is one.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi
# shellcheck disable=SC2086
apt-get -qq $wait install -y --no-install-recommends $missing >/dev/null
case " $missing " in
*" $quiet "*)
	! command -v systemctl >/dev/null ||
		systemctl disable -q $quiet.service $quiet.socket || true ;;
esac
