#!/usr/bin/python3
"""A file server that does not answer holds up no run for ever.

    test_hanging.py FORGE WORK

The archive is on a FUSE file system of its own, served by this program, that answers, answers
slowly, or does not answer. Skipped where none may be mounted.
"""
import ctypes
import json
import os
import struct
import subprocess
import sys
import threading
import time

import series
import support

FORGE, WORK = sys.argv[1:3]
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = \
    1, 2, 3, 14, 15, 18, 25, 26, 27, 29, 36, 42
ENOENT, EINTR, ENOSYS = 2, 4, 38
DIRECT_IO = 1
HEADER = struct.Struct("=IIQQIIII")
libc = ctypes.CDLL(None, use_errno=True)


class Server:
    """The files of a folder, read-only."""

    def __init__(self, source, mount_point):
        self.source, self.mount_point = source, mount_point
        self.names = sorted(os.listdir(source))
        self.silent = None     # the name of the file that is never read to its end
        self.slow_seconds = 0  # before a read of it is answered
        try:
            self.fd = os.open("/dev/fuse", os.O_RDWR)
        except OSError as error:
            support.skip("no /dev/fuse: %s" % error)
        options = "fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (self.fd, os.getuid(), os.getgid())
        if libc.mount(b"forge-test", mount_point.encode(), b"fuse", 0, options.encode()) != 0:
            support.skip("no FUSE file system may be mounted: %s" % os.strerror(ctypes.get_errno()))
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        libc.umount2(self.mount_point.encode(), 2)

    def reply(self, unique, error=0, body=b""):
        try:
            os.write(self.fd, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)
        except OSError:
            pass # whoever asked is gone

    def attributes(self, node):
        if node == 1:
            size, mode, moment = 0, 0o40755, 0
        else:
            status = os.stat(os.path.join(self.source, self.names[node - 2]))
            size, mode, moment = status.st_size, 0o100644, int(status.st_mtime)
        return struct.pack("=6Q10I", node, size, 0, moment, moment, moment, 0, 0, 0, mode, 1,
                           os.getuid(), os.getgid(), 0, 4096, 0)

    def read(self, unique, node, body):
        _, offset, size = struct.unpack_from("=QQI", body)
        with open(os.path.join(self.source, self.names[node - 2]), "rb") as file:
            file.seek(offset)
            self.reply(unique, body=file.read(size))

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError:
                return
            _, operation, unique, node = HEADER.unpack_from(request)[:4]
            self.answer(operation, unique, node, request[HEADER.size:])

    def answer(self, operation, unique, node, body):
        if operation == INIT:
            self.reply(unique, body=struct.pack("=IIIIHHIIHHI7I", 7, 31, 0, 0, 16, 12, 65536, 1, 16, 0, 0, *[0] * 7))
        elif operation == LOOKUP:
            name = body.rstrip(b"\0").decode()
            if name not in self.names:
                self.reply(unique, ENOENT)
            else:
                child = self.names.index(name) + 2
                self.reply(unique, body=struct.pack("=QQQQII", child, 0, 0, 0, 0, 0) + self.attributes(child))
        elif operation == GETATTR:
            self.reply(unique, body=struct.pack("=QII", 0, 0, 0) + self.attributes(node))
        elif operation in (OPEN, OPENDIR):
            self.reply(unique, body=struct.pack("=QII", 0, DIRECT_IO, 0))
        elif operation == READ and node > 1 and self.names[node - 2] == self.silent:
            if self.slow_seconds == 0:
                return
            threading.Timer(self.slow_seconds, self.read, (unique, node, body)).start()
        elif operation == READ:
            self.read(unique, node, body)
        elif operation in (RELEASE, FLUSH, RELEASEDIR):
            self.reply(unique)
        elif operation == INTERRUPT: # who asked is being killed: let go of it
            self.reply(struct.unpack_from("=Q", body)[0], EINTR)
        elif operation not in (FORGET, BATCH_FORGET):
            self.reply(unique, ENOSYS)


def forge(*arguments, status=0):
    done = subprocess.run([FORGE, *arguments, "--bakery", "bakery", "--json"], cwd=WORK, text=True, timeout=100,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    support.want(done.returncode == status and "Sanitizer" not in done.stderr, "forge %s: status %d: %s%s" %
                 (" ".join(arguments), done.returncode, done.stdout, done.stderr))
    return json.loads(done.stdout)


def bake_fails(recipe, server, name, text):
    """Ends by itself, soon; the current version stays."""
    server.silent = name
    before, began = series.current(os.path.join(WORK, "bakery")), time.time()
    forge("bake", recipe, "--deadline", "2s", status=4)
    took = time.time() - began
    run = forge("status", "last")
    support.want(run["state"] == "failed" and run["error"] == text, "status says %s" % run)
    support.want(series.current(os.path.join(WORK, "bakery")) == before, "another version is current")
    print("%-70s after %.1f s" % (text, took), flush=True)
    server.silent = None
    return run


def main():
    support.fresh(WORK)
    series.write_files(WORK, 4, 2.0, size=256)
    os.rename(os.path.join(WORK, "in"), os.path.join(WORK, "served"))
    os.makedirs(os.path.join(WORK, "in"))
    libc.umount2(os.path.join(WORK, "in").encode(), 2)
    server = Server(os.path.join(WORK, "served"), os.path.join(WORK, "in"))
    try:
        recipe = series.write_recipe(WORK, 4, chunk=64)
        bake_fails(recipe, server, "day-20010103.nc",
                   "fetch/2 has not ended within 2 s, reading in/day-20010103.nc")
        forge("retry", "last")
        series.write_recipe(WORK, 4, chunk=128)
        run = bake_fails(recipe, server, "day-20010102.nc",
                         "write/1 has not ended within 2 s, reading in/day-20010102.nc")
        support.want(run["request"]["deadline_ms"] == 2000, "it was asked for %s" % run["request"])
        forge("retry", "last")
        # It answers, but takes its time: the task stops when told to, and is tried again.
        server.slow_seconds = 0.2
        series.write_files(os.path.join(WORK, "new"), 4, 3.0, size=512)
        for name in server.names:
            os.replace(os.path.join(WORK, "new", "in", name), os.path.join(server.source, name))
        run = bake_fails(recipe, server, "day-20010104.nc",
                         "fetch/3 has not ended within 2 s, reading in/day-20010104.nc")
        support.want([item["input"] for item in run["failed"]] == ["in/day-20010104.nc"], "%s" % run["failed"])
        with open(run["log"]) as log:
            lines = [json.loads(line) for line in log]
        support.want(sum(line["level"] == "warning" and line.get("task") == "fetch/3" for line in lines) == 2,
                     "the log is %s" % lines)
        forge("retry", "last")
    finally:
        server.close()


if __name__ == "__main__":
    main()
