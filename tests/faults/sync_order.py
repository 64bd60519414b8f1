#!/usr/bin/python3
"""A version is durable before it is current, and current for good before the bake says so.

    sync_order.py FORGE SHIM WORK

The log of a bake's operations is replayed on the least that POSIX promises: what is written to a
file, and every name in a folder, is durable only after a sync of that file or folder, or of the
whole file system. When datasets/NAME is flipped nothing of the version may be pending; when the bake
has ended the link may not be pending, nor the event in the dataset's history.
"""
import os
import shutil
import sys

import world
from support import want


class Disk:
    """What a power loss would undo. `data`: files whose bytes, `names`: paths whose entry in their
    folder is not durable."""

    def __init__(self, there):
        self.there, self.data, self.names = set(there), set(), set()

    def moved(self, path, old, new):
        return new + path[len(old):] if path == old or path.startswith(old + "/") else path

    def rename(self, old, new):
        self.data = {self.moved(path, old, new) for path in self.data if path != new}
        self.names = {self.moved(path, old, new) for path in self.names} - {old} | {new}

    def forget(self, path):
        self.data.discard(path)
        self.names.add(path)

    def apply(self, operation):
        kind, path = operation.kind, os.path.normpath(operation.path)
        if kind in ("write", "truncate"):
            self.data.add(path)
        elif kind in ("open_write", "mkdir", "symlink"):
            if path not in self.there:
                self.names.add(path)
            self.there.add(path)
        elif kind == "link":
            self.names.add(os.path.normpath(operation.to))
        elif kind == "rename":
            self.rename(path, os.path.normpath(operation.to))
        elif kind in ("unlink", "rmdir"):
            self.forget(path)
        elif kind in ("fsync", "fdatasync"):
            self.data.discard(path)
            self.names = {name for name in self.names if os.path.dirname(name) != path}
        elif kind == "syncfs":
            self.data, self.names = set(), set()

    def pending(self, *paths):
        """What would be lost of these, of what is below them, and of what leads to them."""
        return sorted(lost for lost in self.data | self.names for path in paths
                      if (path + "/").startswith(lost + "/") or lost.startswith(path + "/"))


def target_of(operations, flip):
    """Where the link leads that is renamed over datasets/NAME."""
    made = [o for o in operations if o.kind == "symlink" and o.path == flip.path]
    want(made, "the link %s was never made" % flip.path)
    return os.path.normpath(os.path.join(os.path.dirname(flip.to), made[-1].to))


def check(bakery, there, operations):
    """Replay one bake that published; how many operations that took."""
    link, history = ("%s/%s/%s" % (bakery, kind, world.NAME) for kind in ("datasets", "state/history"))
    disk, flips = Disk(there), 0
    done = [operation for operation in operations if operation.error == 0]
    for operation in done:
        if operation.kind == "rename" and os.path.normpath(operation.to) == link:
            pending = set(disk.pending(target_of(done, operation), link))
            want(not pending, "a version became current while %d names or files of it were not "
                 "durable, as %s" % (len(pending), sorted(pending)[:3]))
            flips += 1
        disk.apply(operation)
    want(flips == 1, "%d flips" % flips)
    pending = disk.pending(link, history)
    want(not pending, "the bake has ended, and %s is not durable" % pending)
    return len(done)


def paths_below(folder):
    return [os.path.relpath(os.path.join(top, name), os.path.dirname(folder))
            for top, folders, files in os.walk(folder) for name in folders + files]


def main():
    forge, shim, work = sys.argv[1:4]
    place = world.World(forge, shim, work)
    counts = []
    for first in False, True:
        place.renew()
        if first:
            shutil.rmtree(place.bakery)
        there = paths_below(place.bakery)
        outcome = place.bake(1)
        want(outcome.status == 0, "it ended with %d:\n%s" % (outcome.status, outcome.said))
        counts.append(check(os.path.basename(place.bakery), there, outcome.operations))
    print("%d operations of a second bake and %d of a first one: the version, the link and its history "
          "are made durable, in this order" % tuple(counts))


if __name__ == "__main__":
    main()
