#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# table.sh FILE.o|FILE.why... - which policies run on the card, and which line of the others breaks
# which rule
set -euo pipefail

printf '%-10s %-5s %s\n' policy card ''
for file; do
	name=$(basename "${file%.*}")
	case $file in
	*.o) printf '%-10s %-5s %s BPF instructions\n' "$name" yes \
		"$(llvm-objdump -d --section=xdp "$file" | grep -cE '^ +[0-9]+:')" ;;
	*) printf '%-10s %-5s %s\n' "$name" no "$(head -n 1 "$file")" ;;
	esac
done
