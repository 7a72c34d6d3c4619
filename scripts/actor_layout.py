#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""actor_layout.py - would another processor read these structs as this one wrote them?

    actor_layout.py OBJECT OTHER_OBJECT STRUCT...

Both objects are of one source, compiled with -g for two processors. By their DWARF the structs
must have the same members at the same offsets, of types that are alike everywhere: those of
stdint.h with a width, char, float, double, and structs and arrays of them. No pointers, enums,
bit fields, bool, long, wchar_t or long double. Says what is wrong, and exits with 1.
"""
import re
import subprocess
import sys

FIXED = re.compile(r'^u?int(8|16|32|64)_t$|^__[su](8|16|32|64)$')
PLAIN = {'char', 'signed char', 'unsigned char', 'float', 'double'}


def entries(path):
    """DWARF entries by their offset: {'tag':, 'parent':, attribute: text}."""
    out = subprocess.run(['readelf', '--debug-dump=info', '-W', path], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found, stack, at = {}, [], None
    for line in out.splitlines():
        head = re.match(r' <(\w+)><(\w+)>: Abbrev Number: \d+(?: \((DW_TAG_\w+)\))?', line)
        if head:
            depth, at = int(head.group(1), 16), int(head.group(2), 16)
            if not head.group(3):
                at = None
                continue
            del stack[depth:]
            found[at] = {'tag': head.group(3), 'parent': stack[-1] if stack else None}
            stack.append(at)
            continue
        attr = re.match(r'\s+<\w+>\s+(DW_AT_\w+)\s*:\s*(?:\(\w+\)\s*)?(.*)', line)
        if attr and at is not None:
            found[at][attr.group(1)] = re.sub(r'^\((?:indirect|alt indirect|offset)[^)]*\):\s*', '',
                                              attr.group(2)).strip()
    return found


def number(text):
    return int(text.split()[0], 0)


def target(entry):
    return int(re.search(r'<0x(\w+)>', entry['DW_AT_type']).group(1), 16)


class Layout:
    """The structs of one object, as lines of text: what two of them must have in common."""

    def __init__(self, path):
        self.path, self.all = path, entries(path)
        self.wrong = []

    def struct(self, name):
        for at, e in self.all.items():
            if e['tag'] == 'DW_TAG_structure_type' and e.get('DW_AT_name') == name and \
                    'DW_AT_byte_size' in e:
                return self.members(at, name, 0)
        self.wrong.append(f'{self.path} has no struct {name}')
        return []

    def children(self, at, tag):
        return [(k, e) for k, e in self.all.items() if e['parent'] == at and e['tag'] == tag]

    def members(self, at, path, base):
        lines = [f'{path}: {number(self.all[at]["DW_AT_byte_size"])} bytes']
        for _, m in self.children(at, 'DW_TAG_member'):
            where = f'{path}.{m.get("DW_AT_name", "(none)")}'
            if 'DW_AT_bit_size' in m:
                self.wrong.append(f'{where} is a bit field')
                continue
            offset = base + number(m.get('DW_AT_data_member_location', '0'))
            lines += self.type(target(m), where, offset, False)
        return lines

    def type(self, at, where, offset, fixed):
        e = self.all[at]
        tag, name = e['tag'], e.get('DW_AT_name', '')
        if tag in ('DW_TAG_typedef', 'DW_TAG_const_type', 'DW_TAG_volatile_type',
                   'DW_TAG_atomic_type'):
            return self.type(target(e), where, offset, fixed or bool(FIXED.match(name)))
        if tag == 'DW_TAG_structure_type':
            return self.members(at, where, offset)
        if tag == 'DW_TAG_array_type':
            n = [number(r.get('DW_AT_upper_bound', '-1')) + 1
                 for _, r in self.children(at, 'DW_TAG_subrange_type')]
            of = self.type(target(e), where + '[]', offset, fixed)
            return [f'{where}: {offset}, {n} of'] + of
        if tag == 'DW_TAG_base_type' and (fixed or name in PLAIN):
            return [f'{where}: {offset}, {number(e["DW_AT_byte_size"])} bytes, '
                    f'encoding {number(e["DW_AT_encoding"])}']
        kind = {'DW_TAG_pointer_type': 'a pointer', 'DW_TAG_enumeration_type': 'an enum',
                'DW_TAG_union_type': 'a union'}.get(tag, f"'{name}'")
        self.wrong.append(f'{where} is {kind}: take a type of a fixed width (uint32_t, ...)')
        return []


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    one, other = Layout(sys.argv[1]), Layout(sys.argv[2])
    for name in sys.argv[3:]:
        a, b = one.struct(name), other.struct(name)
        # plain char is signed on one processor and not on the other: its bytes are alike
        a, b = ([re.sub(r'1 bytes, encoding [68]$', '1 bytes', x) for x in y] for y in (a, b))
        one.wrong += [f'{x} (in {one.path}; {y} in {other.path})' for x, y in zip(a, b) if x != y]
        if len(a) != len(b):
            one.wrong.append(f'struct {name} has other members in {other.path}')
    for line in dict.fromkeys(one.wrong + other.wrong):
        print(line)
    sys.exit(bool(one.wrong + other.wrong))


main()
