#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# table.sh show|renew|check - which kernel does what, from the notes in the logs of test.sh: prints
# the table, puts it into docs/drivers.md, or says whether that has the same one
cd "$(dirname "$0")/../.." || exit
PAGE=docs/drivers.md
SERIES=(6.18 6.12 6.1 5.10)

notes() { grep -hE '^# [0-9.]+ [|] ' "${SERIES[@]/#/build/nic/}" 2>/dev/null; }
SERIES=("${SERIES[@]/%/.log}")

table() {
	notes | awk -F ' [|] ' '{
		series = substr($1, 3)
		if (!(series in known)) known[column[++columns] = series]
		if (!($2 in rows)) rows[row[++n] = $2]
		cell[$2, series] = $3
	}
	function line(text) { printf "%s |", text }
	END {
		line("| Linux")
		for (c = 1; c <= columns; c++) line(" " column[c])
		printf "\n|---|"
		for (c = 1; c <= columns; c++) printf "---|"
		print ""
		for (r = 1; r <= n; r++) {
			line("| " row[r])
			for (c = 1; c <= columns; c++) {
				value = cell[row[r], column[c]]
				line(" " (value == "" ? "-" : value))
			}
			print ""
		}
	}'
}

# The page's table: the lines between its two marks.
of_page() { sed -n '/^<!-- table.sh -->$/,/^<!-- end -->$/{/^<!--/d; p}' $PAGE; }

case ${1-} in
show) table ;;
renew)
	table >build/nic/table
	sed -i '/^<!-- table.sh -->$/,/^<!-- end -->$/{/^<!-- table.sh -->$/r build/nic/table
		/^<!--/!d}' $PAGE
	;;
check) diff <(of_page) <(table) ;;
*)
	echo "usage: tests/nic/table.sh show|renew|check" >&2
	exit 2
	;;
esac
