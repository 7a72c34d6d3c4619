#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""kv_compare.py ADDR:PORT ADDR:PORT [SEED [COUNT]] - the same memcached requests over UDP to two
servers

Prints the requests that were answered differently; status 1 if there are any. What is the server's
own (cas numbers, version, statistics) is compared in shape only.
"""
import random
import re
import socket
import struct
import sys
import time


class Server:
    def __init__(self, at):
        host, port = at.rsplit(":", 1)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect((host, int(port)))
        self.sock.settimeout(20)
        self.number = 0

    def ask(self, body, replies=True):
        """The whole reply, its datagrams put together; b"" for none."""
        self.number = (self.number + 1) & 0xFFFF
        self.sock.send(struct.pack(">HHHH", self.number, 0, 1, 0) + body)
        if not replies:
            return b""
        parts, of = {}, 1
        several = re.match(rb"gets? \S+ \S", body)
        whole = b""
        while len(parts) < of:
            data = self.sock.recv(65536)
            number, nr, total, _ = struct.unpack(">HHHH", data[:8])
            if number != self.number or not total:
                continue
            parts[nr], of = data[8:], total
            # memcached 1.6.18 answers a get of several keys with a datagram for each, all of them
            # "0 of 1", and one "0 of 0" for each that it does not have
            if several:
                whole += data[8:] if total == 1 else b""
                of += total == 1 and not whole.endswith((b"END\r\n", b"ERROR\r\n", b"format\r\n"))
        return whole or b"".join(parts[i] for i in sorted(parts))


KEYS = [b"alpha", b"beta", b"n", b"k" * 250]
EXPIRIES = [b"0", b"0", b"0", b"100", b"-1"]


def value(rng):
    # No "-": of a number above 2^63 memcached 1.6.18 looks for one behind its end, too, in what was
    # there before.
    return rng.choice([b"", b"0", b"10", b"99", b"18446744073709551615", b"abc", b"12 ",
                       b"x" * 1000,
                       bytes(rng.randrange(256) for _ in range(20)).replace(b"-", b"_")])


def text(rng):
    """(request, whether there is a reply)"""
    key = rng.choice(KEYS)
    noreply = rng.random() < 0.05
    tail = b" noreply\r\n" if noreply else b"\r\n"
    cmd = rng.choice([b"get", b"get", b"gets", b"set", b"set", b"add", b"replace", b"append",
                      b"prepend", b"cas",
                      b"delete", b"incr", b"decr", b"touch", b"gat", b"bad"])
    if cmd in (b"get", b"gets"):
        return b"%s %s\r\n" % (cmd, b" ".join(rng.sample(KEYS, rng.randint(1, 3)))), True
    if cmd in (b"set", b"add", b"replace", b"append", b"prepend", b"cas"):
        # short ones: of a value longer than a datagram, memcached 1.6.18 answers a get of several
        # keys wrongly
        v = b"1" if cmd in (b"append", b"prepend") else value(rng)
        cas = b" 999999999" if cmd == b"cas" else b""
        return b"%s %s %d %s %d%s%s%s\r\n" % (cmd, key, rng.choice([0, 5, 2**32 - 1]),
                                              rng.choice(EXPIRIES), len(v),
                                            cas, tail, v), not noreply
    if cmd == b"delete":
        return b"delete %s%s" % (key, tail), not noreply
    if cmd in (b"incr", b"decr"):
        by = rng.choice([b"1", b"9", b"18446744073709551615", b"x", b"-1"])
        return b"%s %s %s%s" % (cmd, key, by, tail), not noreply or by in (b"x",
                                                                           b"-1") and not noreply
    if cmd == b"touch":
        return b"touch %s %s%s" % (key, rng.choice([b"0", b"100"]), tail), not noreply
    if cmd == b"gat":
        return b"gat %s %s\r\n" % (rng.choice([b"0", b"100"]), key), True
    return rng.choice([b"nonsense\r\n", b"get\r\n", b"get " + b"q" * 251 + b"\r\n",
                       b"set a b c\r\n", b"incr n\r\n",
                       b"verbosity 1\r\n", b"delete a b c\r\n", b"set a x 0 1\r\n", b"touch\r\n",
                       b"mn\r\n"]), True


def binary(rng):
    key = rng.choice(KEYS)
    op = rng.choice([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x0E, 0x0F, 0x1C, 0x1D])
    ext, val, cas = b"", b"", rng.choice([0, 0, 0, 999999999])
    if op in (1, 2, 3):
        ext, val = struct.pack(">II", rng.choice([0, 7]), 0), value(rng)
    elif op in (5, 6):
        ext = struct.pack(">QQI", rng.choice([1, 9, 2**64 - 1]), 42, rng.choice([0, 0xFFFFFFFF]))
    elif op in (0x0E, 0x0F):
        val = b"2"
    elif op in (0x1C, 0x1D):
        ext = struct.pack(">I", 100)
    elif op == 0x0A:
        key = b""
    if op in (0x00, 0x0A, 0x0C, 0x1C, 0x1D):
        cas = 0
    opaque = rng.randrange(2**32)
    head = struct.pack(">BBHBBHIIQ", 0x80, op, len(key), len(ext), 0, 0, len(ext) + len(key) +
                       len(val), opaque, cas)
    return head + ext + key + val, True


def plain(reply):
    """What may differ made equal: cas numbers."""
    if reply[:1] == b"\x81":
        return reply[:16] + (b"cas" if reply[16:24] != bytes(8) else b"none") + reply[24:]
    return re.sub(rb"(VALUE \S+ \d+ \d+) \d+\r\n", rb"\1 CAS\r\n", reply)


def show(servers, request):
    """Puts the key of a request without a reply in a state that the request changes."""
    cmd, key = request.split()[:2]
    words = b"delete %s\r\n" if cmd == b"add" else b"set %s 1234 0 2\r\n77\r\n"
    for s in servers:
        s.ask(words % key)


def settle(servers):
    """Waits until a request without a reply has been carried out by both: a server of several
    cores may serve the next request first. A difference that stays is found by what follows."""
    for _ in range(1000):
        held = [[plain(s.ask(b"get %s\r\n" % key)) for key in KEYS] for s in servers]
        if held[0] == held[1]:
            return
        time.sleep(0.001)


def main():
    servers = [Server(at) for at in sys.argv[1:3]]
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 5000
    different = 0
    for _ in range(count):
        request, replies = rng.choice([text, binary])(rng)
        if not replies:
            show(servers, request)
        answers = [plain(s.ask(request, replies)) for s in servers]
        if not replies:
            settle(servers)
        for key in KEYS:
            # A number that becomes shorter gets spaces after it, but not if memcached still held
            # its item for an earlier reply: so what comes of it is compared in main() once, and
            # undone here.
            if re.match(rb"(in|de)cr " + key,
                        request) or request[:1] == b"\x80" and request[1] in (5, 6):
                [s.ask(b"set %s 0 0 2\r\n10\r\n" % key) for s in servers]
        if answers[0] != answers[1]:
            different += 1
            if different <= 10:
                print("%r\n  %r\n  %r" % (request[:100], answers[0][:200], answers[1][:200]))
    for words in (b"set n 0 0 2\r\n10\r\n", b"decr n 1\r\n", b"get n\r\n", b"delete n\r\n"):
        answers = [s.ask(words) for s in servers]
        if answers[0] != answers[1]:
            different += 1
            print("%r\n  %r\n  %r" % (words, *answers))
    for words in (b"version\r\n", b"stats\r\n"):
        shapes = [re.match(rb"VERSION \S+\r\n$|(STAT \S+ .*\r\n)+END\r\n$", s.ask(words))
                  for s in servers]
        if not all(shapes):
            different += 1
            print("%r is not answered in shape" % words)
    print("%d requests, %d answered differently" % (count, different))
    return different > 0


sys.exit(main())
