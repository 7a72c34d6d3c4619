#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make_folder.sh - makes a folder for make install, and notes which folders of its path were not
# there, for make uninstall
#
# usage: make_folder.sh DESTDIR FOLDER LIST
set -euo pipefail

folder=$2
made=()
while [ ! -d "$1$folder" ]; do
	made+=("$folder")
	[ "$folder" != / ] || break
	folder=$(dirname "$folder")
done
${INSTALL:-install} -d "$1$2"
[ ${#made[@]} = 0 ] || printf '%s\n' "${made[@]}" >>"$3"
