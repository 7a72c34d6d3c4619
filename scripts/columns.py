#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""columns.py FILE... - names each line that is too wide: 100 columns for code, 120 for docs

A tab goes to the next 8. Wider by rule: a URL and a picture's link, which cannot be broken; a text
in quotes that has a line of a script, or of jq, for itself; the help of a target in a makefile; a
line of a program's usage, up to 120.
"""
import re
import sys

CODE, DOCS = 100, 120


def may_be_wide(path, line):
    text = re.match(r'''[ \t]*(["']).*\1[^"']*$''', line)
    alone = text and not re.search(r'\.(c|h|cpp|md|rst)$', path)
    helps = re.match(r'[a-z][a-z0-9-]*: ## ', line)
    link = re.search(r'https?://\S{40}', line) or re.match(r'!\[.*\]\(.*\)$', line)
    usage = re.match(r'''[ \t]*"[^"]*\\n"[,;)]*$''', line) and len(line.expandtabs(8)) <= DOCS
    return alone or helps or link or usage


def wide_lines(path):
    limit = DOCS if re.search(r'\.(md|rst)$', path) else CODE
    with open(path, encoding='utf-8') as f:
        lines = f.read().split('\n')
    for n, line in enumerate(lines):
        width = len(line.expandtabs(8))
        if width > limit and not may_be_wide(path, line):
            yield f'{path}:{n + 1}: {width} columns, {limit} at most'


if __name__ == '__main__':
    found = [w for path in sys.argv[1:] for w in wide_lines(path)]
    print('\n'.join(found), end='\n' if found else '')
    sys.exit(1 if found else 0)
