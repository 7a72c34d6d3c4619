#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""layers.py - who calls whom, drawn from the object files; fails on a circle and on an arrow
against the documented order

    layers.py [--show FOLDER] [--objects DIR] [--docs FILE] [--tree DIR]

docs/architecture.md has the order: of the folders, and of the modules of some. A line may use the
lines below it. Each module of such a folder must be in its order. In the other folders no modules
may call each other in a circle. A name that the C library has, too, is taken for the C library's.

It also fails on a line that asks which transport or which role it is, outside the files of that
transport or role.
"""
import argparse
import ctypes
import glob
import os
import re
import subprocess
import sys

# Folders whose modules have an order in docs/architecture.md.
ORDERED = ('hostlib', 'agent')
# Code that differs between transports, or between roles, is in their own files, behind struct
# transport and struct role: folder, files that may (link.c chooses), what would be a branch, lines
# that are none.
BRANCHES = (
    ('hostlib', r'transport/wire|link\.c', r'->wire\b', r'$^'),
    ('agent', r'role', r'ROLE_[A-Z]|role *[!=]=|role->name\b|\brole_(shared|nic|host)\b',
     r'#include "role_|\.role = &role_shared \};'),
)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def modules(objects, tree):
    """Module (folder/name) to object file, of sources that are there."""
    found = {}
    for folder, _, files in os.walk(objects):
        for name in files:
            module = os.path.relpath(os.path.join(folder, name), objects)[:-2]
            if name.endswith('.o') and any(os.path.exists(f'{t}/{module}{e}')
                                           for t in (ROOT, tree) for e in ('.c', '.S')):
                found[module] = os.path.join(folder, name)
    return found


def symbols(objects):
    """Names that each module defines, and wants."""
    defined, wanted = {m: set() for m in objects}, {m: set() for m in objects}
    at = {path: m for m, path in objects.items()}
    out = subprocess.run(['nm', '-A', *at], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    for line in out.stdout.splitlines():
        path, _, rest = line.partition(':')
        kind, name = rest.split()[-2:]
        if kind in 'TDBRVWC':
            defined[at[path]].add(name)
        elif kind in 'Uvw':
            wanted[at[path]].add(name)
    return defined, wanted


def folder_of(module, folders):
    """The longest of the ordered folders that the module is in."""
    return max((f for f in folders if module.startswith(f + '/')), key=len, default=None)


def read_order(docs, heading):
    """Lines of names, from the top, in the indented block behind the heading. What follows a # is for readers."""
    with open(docs) as f:
        text = f.read()
    block = re.search(re.escape(heading) + r'[^\n]*\n\n((?:    [^\n]+\n)+)', text)
    if not block:
        sys.exit(f'{docs}: no block of names behind "{heading}"')
    return [line.partition('#')[0].split() for line in block.group(1).splitlines()]


def draw(objects, tree, folders):
    """{module: {module: names}}, within a folder and between them."""
    libc = ctypes.CDLL(None)
    defined, wanted = symbols({m: path for m, path in modules(objects, tree).items()
                               if folder_of(m, folders)})
    places = {}
    for m in defined:
        for name in defined[m]:
            places.setdefault(name, []).append(m)
    arrows = {m: {} for m in defined}
    for m in wanted:
        for name in sorted(wanted[m] - defined[m]):
            at = places.get(name)
            if not at or hasattr(libc, name):
                continue
            mine = folder_of(m, folders)
            own = [a for a in at if folder_of(a, folders) == mine]
            to = own or sorted(at, key=lambda a: -folders[folder_of(a, folders)])
            arrows[m].setdefault(to[0], []).append(name)
    return arrows


def circles(arrows):
    """Tarjan: sets of modules that reach each other."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in arrows[v]:
            if w not in index:
                visit(w)
            if w in stack:
                low[v] = min(low[v], low[w])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(frozenset(stack[at:]))
            del stack[at:]

    for v in arrows:
        if v not in index:
            visit(v)
    return found


def against(arrows, rank, of):
    """Arrows that do not go down: (from, to, names)."""
    for a in sorted(arrows):
        for b in sorted(arrows[a]):
            if of(a) != of(b) and rank[of(a)] >= rank[of(b)]:
                yield a, b, arrows[a][b]


def ranks(order):
    return {name: i for i, line in enumerate(order) for name in line}


def check_modules(arrows, docs, folder, folders):
    order = ranks(read_order(docs, f'Modules of `{folder}/`'))
    within = lambda m: folder_of(m, folders) == folder  # noqa: E731
    mine = {m: {b: n for b, n in arrows[m].items() if within(b)} for m in arrows if within(m)}
    short = lambda m: m[len(folder) + 1:]  # noqa: E731
    bad = [f'{m}: not in the order of {folder} in docs/architecture.md' for m in mine
           if short(m) not in order]
    bad += [f'{folder}/{m}: in the order, and not in the folder' for m in order
            if f'{folder}/{m}' not in mine]
    if not bad:
        for a, b, names in against(mine, order, short):
            if (short(b), short(a)[:4]) != ('ctx', 'ctx_'):  # where a context begins
                bad.append(f'{a} calls {b} ({", ".join(names)}), which is not below it')
    return bad


def check_branches(tree):
    bad = []
    for folder, own, branch, other in BRANCHES:
        for path in sorted(glob.glob(f'{tree}/{folder}/**/*.[ch]', recursive=True)):
            name = os.path.relpath(path, f'{tree}/{folder}')
            with open(path) as f:
                lines = [] if re.match(own, name) else list(f)
            bad += [f'{folder}/{name}:{i}: knows which one it is: {line.strip()}' for i,
                    line in enumerate(lines, 1) if
                    re.search(branch, line) and not re.search(other, line)]
    return bad


def check_circles(arrows, folders):
    within = {m: {b: n for b, n in arrows[m].items()
                  if folder_of(b, folders) == folder_of(m, folders)} for m in arrows}
    bad = []
    for c in circles(within):
        if any(folder_of(m, folders) in ORDERED for m in c):
            continue  # against the order, too, but for where a context begins
        bad.append(f'a circle: {" ".join(sorted(c))}')
        bad += [f'    {a} calls {b}: {", ".join(arrows[a][b])}' for a in sorted(c)
                for b in sorted(arrows[a]) if b in c]
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--objects', default=f'{ROOT}/build/obj')
    p.add_argument('--docs', default=f'{ROOT}/docs/architecture.md')
    p.add_argument('--tree', default=ROOT,
                   help='whose sources are searched for branches; objects may be of these, too')
    p.add_argument('--show', metavar='FOLDER', help='print what each module of the folder calls')
    args = p.parse_args()
    folders = ranks(read_order(args.docs, 'Folders'))
    arrows = draw(args.objects, args.tree, folders)
    missing = [f for f in folders if not any(folder_of(m, folders) == f for m in arrows)]
    if missing:
        sys.exit(f'no object files of {", ".join(missing)}: make all')
    if args.show:
        for m in sorted(m for m in arrows if m.startswith(args.show + '/')):
            print(f'{m}: {" ".join(sorted(arrows[m]))}')
        return
    bad = [f'{a} calls {b} ({", ".join(names)}), which is not below it' for a, b, names in
           against(arrows, folders, lambda m: folder_of(m, folders))]
    for folder in ORDERED:
        bad += check_modules(arrows, args.docs, folder, folders)
    bad += check_branches(args.tree)
    bad += check_circles(arrows, folders)
    calls = sum(map(len, arrows.values()))
    print('\n'.join(bad + [f'{len(arrows)} modules, {calls} arrows']))
    sys.exit(bool(bad))


if __name__ == '__main__':
    main()
