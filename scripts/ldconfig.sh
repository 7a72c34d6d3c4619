#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ldconfig.sh [LIBDIR] - has programs find the libshunt.so that was installed in LIBDIR, or says
# what that takes
set -eu
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" != 0 ] || ldconfig
[ -n "${1-}" ] || exit 0
ldconfig -p | grep -q "=> $1/libshunt\.so" || cat >&2 <<TEXT
Programs do not find libshunt.so in $1 yet. As root:
    echo $1 >/etc/ld.so.conf.d/shunt.conf && ldconfig
Or start them with LD_LIBRARY_PATH=$1
TEXT
pc=$1/pkgconfig
pkg-config --variable pc_path pkg-config 2>/dev/null | tr : '\n' | grep -qx "$pc" || cat >&2 <<TEXT
pkg-config does not look in $pc. To build workers:
    export PKG_CONFIG_PATH=$pc
TEXT
