#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# coverage.py FOLDER [FILE...] - which lines ran, of what was built in FOLDER with COVERAGE=1: a
# line a source file, the folders' sums last; with FILEs, the numbers of their lines that never ran
import collections
import json
import os
import subprocess
import sys

OURS = ("agent/", "apps/", "hostlib/", "lib/", "loader/", "offload/", "sim/")


def data_files(folder):
    for at, _, names in os.walk(folder):
        yield from (os.path.join(at, n) for n in names if n.endswith(".gcda"))


def read(path, lines):
    """Adds what one program's run left of one source file, headers included."""
    out = subprocess.run(["gcov", "--json-format", "--stdout", path], capture_output=True,
                         text=True, check=True).stdout
    for text in out.splitlines():
        for f in json.loads(text)["files"]:
            name = os.path.relpath(f["file"])
            if name.startswith(OURS):
                for line in f["lines"]:
                    lines[name][line["line_number"]] = max(lines[name].get(line["line_number"], 0),
                                                           line["count"])


def show(name, ran, there):
    print(f"{100 * ran / there:5.1f} % {ran:6} of {there:6}  {name}")


def main():
    lines = collections.defaultdict(dict)
    sums = collections.defaultdict(lambda: [0, 0])
    for path in data_files(sys.argv[1]):
        read(path, lines)
    if not lines:
        sys.exit(f"coverage.py: nothing below '{sys.argv[1]}' ran: build with COVERAGE=1, run it")
    for name in sys.argv[2:]:
        counts = sorted(lines[name].items())
        never = ' '.join(str(n) for n, count in counts if not count)
        print(f'{name}: {never}')
    if sys.argv[2:]:
        return
    for name, counts in sorted(lines.items()):
        ran = sum(1 for c in counts.values() if c)
        show(name, ran, len(counts))
        for total in (name.split("/")[0] + "/", "all"):
            sums[total][0] += ran
            sums[total][1] += len(counts)
    for name, (ran, there) in sorted(sums.items(), key=lambda s: (s[0] == "all", s[0])):
        show(name, ran, there)


main()
