#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A worker in Python: libshunt by ctypes. Answers each request with its text in capitals.

   worker.py LIBRARY IFNAME

Python holds a lock of its own while a handler runs, so requests must not be stopped:
SHUNT_NO_PREEMPT.
"""
import ctypes
import signal
import sys
import threading


class Req(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_uint32), ("room", ctypes.c_uint32),
                ("cls", ctypes.c_uint8), ("core", ctypes.c_uint8), ("flags", ctypes.c_uint16),
                ("turn", ctypes.c_uint32), ("id", ctypes.c_uint64), ("arrival_ns", ctypes.c_uint64)]


HANDLER = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.POINTER(Req), ctypes.c_void_p)
ON_CORE = ctypes.c_void_p


class Opts(ctypes.Structure):
    _fields_ = [("sz", ctypes.c_size_t), ("ifname", ctypes.c_char_p), ("socket", ctypes.c_char_p),
                ("name", ctypes.c_char_p), ("domain", ctypes.c_int), ("cores", ctypes.c_uint),
                ("idle", ctypes.c_int), ("idle_us", ctypes.c_uint), ("handler", HANDLER),
                ("arg", ctypes.c_void_p), ("core_init", ON_CORE), ("core_exit", ON_CORE),
                ("stack_size", ctypes.c_size_t), ("signal", ctypes.c_int), ("flags", ctypes.c_uint)]


IDLE_SLEEP, NO_PREEMPT, NO_REPLY = 2, 2, -1


@HANDLER
def handle(req, _arg):
    r = req.contents
    reply = ctypes.string_at(r.data, r.len).upper() + b" of python\n"
    if len(reply) > r.room:
        return NO_REPLY
    ctypes.memmove(r.data, reply, len(reply))
    return len(reply)


def main():
    lib = ctypes.CDLL(sys.argv[1])
    lib.shunt_error.restype = ctypes.c_char_p
    lib.shunt_error.argtypes = lib.shunt_run.argtypes = lib.shunt_stop.argtypes = [ctypes.c_void_p]
    lib.shunt_close.argtypes = [ctypes.c_void_p]
    worker = ctypes.c_void_p()
    opts = Opts(sz=ctypes.sizeof(Opts), ifname=sys.argv[2].encode(), name=b"python",
                idle=IDLE_SLEEP,
                handler=handle, flags=NO_PREEMPT)
    err = lib.shunt_open(ctypes.byref(worker), ctypes.byref(opts))
    if not err:  # Python's signal handlers run between its own instructions: so not in shunt_run()
        runs = []
        thread = threading.Thread(target=lambda: runs.append(lib.shunt_run(worker)))
        signal.signal(signal.SIGTERM, lambda *_: lib.shunt_stop(worker))
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
        err = runs[0]
    if err:
        print(lib.shunt_error(worker).decode(), file=sys.stderr)
    lib.shunt_close(worker)
    return 1 if err else 0


sys.exit(main())
