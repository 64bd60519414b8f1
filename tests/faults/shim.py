"""shim.py: the page that tests share with the preloaded library, and programs run under it."""
import collections
import ctypes
import errno
import mmap
import os
import signal
import subprocess

KINDS = ("open_read", "open_write", "write", "rename", "link", "symlink", "unlink", "mkdir", "rmdir",
         "truncate", "fsync", "fdatasync", "syncfs", "close")
MODES = ("count", "kill_before", "kill_after", "kill_torn", "fail", "short", "short_fail", "power_loss")
MUTATING = tuple(kind for kind in KINDS if kind != "open_read")
OPENS = ("open_read", "open_write")
DROP_SYNCS = 1
RECORDS_MAX = 16384


class Record(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("error", ctypes.c_int32), ("number", ctypes.c_uint64),
                ("end", ctypes.c_uint64), ("result", ctypes.c_int64), ("process", ctypes.c_uint32),
                ("thread", ctypes.c_uint32), ("path", ctypes.c_char * 232), ("to", ctypes.c_char * 232)]


class Page(ctypes.Structure):
    _fields_ = [("mode", ctypes.c_uint32), ("kinds", ctypes.c_uint32), ("at", ctypes.c_uint64),
                ("error", ctypes.c_int32), ("on", ctypes.c_uint32), ("options", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("root", ctypes.c_char * 472), ("count", ctypes.c_uint64),
                ("records_count", ctypes.c_uint64), ("records", Record * RECORDS_MAX)]


# error: -1 where the operation was not done, or its process died first.
Operation = collections.namedtuple("Operation", "kind path to error number")
# status: negative, as Popen has it; said: both streams; operations: in the order they began.
Outcome = collections.namedtuple("Outcome", "status said count operations")


class Shim:
    """Runs programs with the library `shim`; the page is made in `work`."""

    def __init__(self, library, work, root):
        self.library, self.path = os.path.abspath(library), os.path.join(os.path.abspath(work), "page")
        self.root = os.path.realpath(root)

    def make_page(self, mode, at, kinds, error, on, options, flags, root):
        with open(self.path, "wb+") as file:
            file.truncate(ctypes.sizeof(Page))
            shared = mmap.mmap(file.fileno(), ctypes.sizeof(Page))
        page = Page.from_buffer(shared)
        page.mode, page.at, page.on = MODES.index(mode), at, on
        page.kinds = sum(1 << KINDS.index(kind) for kind in kinds)
        page.error, page.options, page.flags = error, options, flags
        page.root = (root or self.root).encode()
        return page

    def run(self, command, mode="count", at=0, kinds=MUTATING, error=0, on=False, options=0, flags=0,
            root=None, seconds=60, **environment):
        """Run it in a process group of its own, to its end or that of the group."""
        page = self.make_page(mode, at, kinds, error, on, options, flags, root)
        process = subprocess.Popen(
            command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "LD_PRELOAD": self.library, "FORGE_SHIM": self.path, **environment})
        try:
            said = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said = process.communicate()[0] + "\nit hung, and was killed after %d s" % seconds
        if mode == "power_loss" and page.error != 0:
            said += "\nthe shim could not cut the power: %s" % os.strerror(page.error)
        return Outcome(process.returncode, said, page.count, operations_of(page))


def operations_of(page):
    return [Operation(KINDS[r.kind], r.path.decode(errors="replace"), r.to.decode(errors="replace"),
                      r.error, r.number)
            for r in page.records[:min(page.records_count, RECORDS_MAX)]]


def name_of(operation):
    return "%s %s%s" % (operation.kind, operation.path, operation.to and " -> " + operation.to)


def error_name(number):
    return errno.errorcode[number]
