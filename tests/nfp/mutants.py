#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutants.py FOLDER SEED COUNT OBJECT...: copies of objects with one to three instructions changed.

Only code is changed, so that the objects stay objects: what the card and lint make of them must
agree.
"""
import os
import random
import struct
import sys

CODES = bytes.fromhex(
    "070f171f272f37575f676f777f87a7b7bfc7cf040c14242c54646c74a4acb4bcc4dc61697179636b737b05151d252d353d45555d"
    "656da5adb5d5161e262e565ea6ae")
ODD = (0, 1, -1, 4, 8, 31, 32, 63, 255, 256, 65535, 65536, 0x7fffffff, -0x80000000)


def code_of(data):
    """Offset and length of each section of instructions."""
    table, = struct.unpack_from("<Q", data, 0x28)
    count, = struct.unpack_from("<H", data, 0x3c)
    for i in range(count):
        _, kind, flags, _, offset, size = struct.unpack_from("<IIQQQQ", data, table + 64 * i)
        if kind == 1 and flags & 4 and size:
            yield offset, size


def mutate(data, rng):
    offset, size = rng.choice(list(code_of(data)))
    at, other = (offset + 8 * rng.randrange(size // 8) for _ in range(2))
    way = rng.randrange(7)
    if way == 0:
        data[at] = rng.choice(CODES)
    elif way == 1:
        data[at + 1] = data[at + 1] & 0xf0 | rng.randrange(11)
    elif way == 2:
        data[at + 1] = data[at + 1] & 0x0f | rng.randrange(11) << 4
    elif way == 3:
        near = struct.unpack_from("<h", data, at + 2)[0] + rng.choice((-8, -4, -2, -1, 1, 2, 4, 8))
        struct.pack_into("<H", data, at + 2, rng.choice((near, rng.randrange(-16, 32))) & 0xffff)
    elif way == 4:
        struct.pack_into("<i", data, at + 4, rng.choice(ODD + (rng.randrange(-100, 100),)))
    elif way == 5:
        data[other:other + 8] = data[at:at + 8]
    else:
        data[at:at + 8], data[other:other + 8] = data[other:other + 8], data[at:at + 8]


def main(folder, seed, count, *objects):
    rng = random.Random(int(seed))
    for n in range(int(count)):
        path = rng.choice(objects)
        with open(path, "rb") as f:
            data = bytearray(f.read())
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            mutate(data, rng)
        name = os.path.basename(path).removesuffix(".o")
        with open(f"{folder}/{name}.mutant{n}.o", "wb") as f:
            f.write(data)


main(*sys.argv[1:])
