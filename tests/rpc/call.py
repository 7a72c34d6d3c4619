#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""call.py - one call of ONC RPC as it is told, right or wrong, and what is answered

    call.py HOST PORT [NAME=VALUE]...

Names: xid, type, rpcvers, prog, vers, proc (numbers); cred, verf (FLAVOR or FLAVOR:HEX, with
FLAVOR:HEX:LENGTH a length that is a lie); args (hex); cut (only so many bytes are sent); port (the
client's own); times (so often is it sent; the answers are counted); wait (seconds for an answer).
Prints the answer behind the xid, as numbers of 32 bits, or "nothing".
"""
import socket
import struct
import sys


def words(data):
    pad = data + bytes(-len(data) % 4)
    return ' '.join(str(w) for w in struct.unpack(f'>{len(pad) // 4}I', pad))


def auth(text):
    flavor, _, rest = text.partition(':')
    body, _, length = rest.partition(':')
    body = bytes.fromhex(body)
    return struct.pack('>II', int(flavor), int(length or len(body))) + body + bytes(-len(body) % 4)


def main():
    told = dict(a.split('=', 1) for a in sys.argv[3:])
    number = lambda name, default: int(told.get(name, default))  # noqa: E731
    xid = number('xid', 0x12345678)
    call = struct.pack('>6I', xid, number('type', 0), number('rpcvers', 2),
                       number('prog', 400100), number('vers', 1), number('proc', 0))
    call += auth(told.get('cred', '0')) + auth(told.get('verf', '0'))
    call += bytes.fromhex(told.get('args', ''))
    call = call[:number('cut', len(call))]
    s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.bind(('', number('port', 0)))
    s.settimeout(float(told.get('wait', 5)))
    answers = []
    for _ in range(number('times', 1)):
        s.sendto(call, (sys.argv[1], int(sys.argv[2])))
    try:
        for _ in range(number('times', 1)):
            answers.append(s.recv(65536))
    except socket.timeout:
        pass
    if 'times' in told:
        print(len(answers), len(set(answers)))
        return
    if not answers:
        print('nothing')
        return
    assert struct.unpack('>I', answers[0][:4])[0] == xid, 'the answer is to another call'
    print(words(answers[0][4:]))


main()
