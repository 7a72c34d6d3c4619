#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# table.sh - what works on which kernel, from the notes in the logs of test.sh: a table for docs
cd "$(dirname "$0")/../.." || exit
cat build/nic/{5.10,6.1,6.12,6.18}.log 2>/dev/null | awk -F ' [|] ' '
	/^# [0-9.]+ [|] / {
		series = substr($1, 3)
		if (!(series in known)) known[column[++columns] = series]
		if (!($2 in rows)) rows[row[++n] = $2]
		cell[$2, series] = $3
	}
	END {
		head = "| Linux |"; rule = "|---|"
		for (c = 1; c <= columns; c++) {
			head = head " " column[c] " |"
			rule = rule "---|"
		}
		print head "\n" rule
		for (r = 1; r <= n; r++) {
			line = "| " row[r] " |"
			for (c = 1; c <= columns; c++)
				line = line sprintf(" %s |", (row[r], column[c]) in cell ?
					cell[row[r], column[c]] : "-")
			print line
		}
	}'
