#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""fdstore.py DIR COMMAND... - keeps descriptors for a service as systemd does, and restarts it

A service manager of one service: it hears what the service says at $NOTIFY_SOCKET, keeps
descriptors (FDSTORE, FDNAME, FDPOLL, FDSTOREREMOVE; each open file once), closes those of BARRIER,
and starts the service with what it keeps in LISTEN_FDS. As systemd, it drops what a process says
that is gone by the time it is read, and what is kept without FDPOLL=0 at a hang-up or an error.

DIR/order   a word written there is done: restart (SIGTERM, then start), kill (SIGKILL to all its
            processes, then start), quit
DIR/state   JSON, after each change: {"starts":N,"pid":N,"names":[...],"exits":[...]}
"""
import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
import time

FIRST = 3
LIBC = ctypes.CDLL(None)


def is_same(a, b):
    """Two descriptors of one open file, by kcmp(2)."""
    kcmp = {"x86_64": 312, "aarch64": 272}[os.uname().machine]
    return LIBC.syscall(kcmp, os.getpid(), os.getpid(), 0, a, b) == 0


class Manager:
    def __init__(self, folder, command):
        self.folder, self.command = folder, command
        self.path = folder + "/notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.bind(self.path)
        self.kept = []  # (name, descriptor, polled)
        self.exits = []
        self.starts = 0
        self.pid = 0

    def tell(self):
        state = {"starts": self.starts, "pid": self.pid,
                 "names": [name for name, _, _ in self.kept],
                 "exits": self.exits}
        with open(self.folder + "/state.new", "w") as file:
            json.dump(state, file)
        os.rename(self.folder + "/state.new", self.folder + "/state")

    def start(self):
        self.starts += 1
        self.pid = os.fork()
        if self.pid:
            self.tell()
            return
        os.setpgid(0, 0)
        high = [os.dup2(fd, 1000 + i, inheritable=False) for i, (_, fd, _) in enumerate(self.kept)]
        for i, fd in enumerate(high):
            os.dup2(fd, FIRST + i, inheritable=True)
        os.environ.update(NOTIFY_SOCKET=self.path, LISTEN_PID=str(os.getpid()),
                          LISTEN_FDS=str(len(high)),
                          LISTEN_FDNAMES=":".join(name for name, _, _ in self.kept))
        os.execvp(self.command[0], self.command)

    def store(self, name, fds, polled):
        for fd in fds:
            if any(is_same(fd, other) for _, other, _ in self.kept):
                os.close(fd)
            else:
                self.kept.append((name, fd, polled))

    def remove(self, name):
        for entry in [entry for entry in self.kept if entry[0] == name]:
            os.close(entry[1])
            self.kept.remove(entry)

    def hear(self):
        """One message; what its sender has attached is ours."""
        text, ancillary, _, _ = self.sock.recvmsg(4096, 4096)
        fds, sender = [], 0
        for level, kind, data in ancillary:
            if kind == socket.SCM_RIGHTS:
                fds += struct.unpack("%di" % (len(data) // 4), data)
            elif kind == socket.SCM_CREDENTIALS:
                sender = struct.unpack("3i", data)[0]
        for fd in fds:
            os.set_inheritable(fd, False)
        said = dict(line.split("=", 1) for line in text.decode().split("\n") if "=" in line)
        if not os.path.exists("/proc/%d" % sender):
            said = {}
        if said.get("FDSTORE") == "1":
            self.store(said.get("FDNAME", "stored"), fds, said.get("FDPOLL", "1") != "0")
            fds = []
        if said.get("FDSTOREREMOVE") == "1":
            self.remove(said.get("FDNAME"))
        if "MAINPID" in said:
            self.pid = int(said["MAINPID"])
        for fd in fds:  # of BARRIER, too
            os.close(fd)
        self.tell()

    def drop_dead(self):
        for entry in list(self.kept):
            poll = select.poll()
            poll.register(entry[1], 0)
            if entry[2] and poll.poll(0):
                os.close(entry[1])
                self.kept.remove(entry)

    def pump(self, seconds):
        end = time.monotonic() + seconds
        while select.select([self.sock], [], [], max(0, end - time.monotonic()))[0]:
            self.hear()
        self.drop_dead()

    def gone(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.exits.append(status)
        return bool(pid)

    def end(self, sig):
        pid = self.pid
        if sig == signal.SIGKILL:
            os.killpg(pid, sig)
        else:
            os.kill(pid, sig)
        while not self.gone():
            self.pump(0.005)
        try:
            os.killpg(pid, signal.SIGKILL)  # KillMode=mixed
        except ProcessLookupError:
            pass

    def order(self):
        try:
            os.rename(self.folder + "/order", self.folder + "/order.taken")
        except FileNotFoundError:
            return True
        with open(self.folder + "/order.taken") as file:
            word = file.read().strip()
        self.end(signal.SIGKILL if word == "kill" else signal.SIGTERM)
        if word == "quit":
            return False
        self.start()
        return True

    def run(self):
        self.start()
        while self.order():
            self.pump(0.02)
        self.tell()


if __name__ == "__main__":
    Manager(sys.argv[1], sys.argv[2:]).run()
