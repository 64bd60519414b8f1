#!/usr/bin/python3
"""A bake whose Nth operation on a file fails says so, and leaves what was published as it was.

    fault_loop.py FORGE SHIM WORK [--every K] [--faults NAME[:KIND],..] [--workers N]

Every run either ends well with the digests of a clean run, or with status 1, 4 or 5 and a message,
and nothing but whole versions is ever current. The next bake without faults ends well.
"""
import argparse
import collections
import errno
import re
import time

import shim
import world
from support import want

WRITES = ("write",)

# What fails, and how: operations are numbered among `kinds`.
FAULTS = {
    "eio": {"mode": "fail", "error": errno.EIO},
    "eio-on": {"mode": "fail", "error": errno.EIO, "on": True},
    "enospc": {"mode": "fail", "error": errno.ENOSPC},
    "enospc-on": {"mode": "fail", "error": errno.ENOSPC, "on": True},
    "eintr": {"mode": "fail", "error": errno.EINTR},
    "emfile": {"mode": "fail", "error": errno.EMFILE, "kinds": shim.OPENS},
    "emfile-on": {"mode": "fail", "error": errno.EMFILE, "kinds": shim.OPENS, "on": True},
    "short": {"mode": "short", "kinds": WRITES},
    "short-enospc": {"mode": "short_fail", "error": errno.ENOSPC, "kinds": WRITES},
}


def fault_of(name):
    """"eio", or "eio:close": only closing fails."""
    name, _, kind = name.partition(":")
    return {**FAULTS[name], "kinds": (kind,)} if kind else FAULTS[name]


def must_fail(operation):
    """A sync that failed with more than EINTR is no small thing: what it was for may be lost."""
    return (operation.kind in ("fsync", "fdatasync", "syncfs") and operation.error != errno.EINTR and
            re.search(r"/(versions|datasets|state/history)(/|$)", operation.path) is not None)


class Loop:
    def __init__(self, arguments):
        self.world = world.World(arguments.forge, arguments.shim, arguments.work)
        self.every, self.workers = arguments.every, arguments.workers
        self.clean = self.world.measure(self.workers)
        self.reader = world.Reader((self.world.old, self.world.new))

    def check_failure(self, outcome, where):
        want(outcome.status in (1, 4, 5), "%s: it ended with %d:\n%s" %
             (where, outcome.status, outcome.said))
        lines = [line for line in outcome.said.splitlines() if line.startswith("error: ")]
        want(lines and all(len(line) > len("error: ") + 8 for line in lines), "%s: it says:\n%s" %
             (where, outcome.said))

    def point(self, name, n):
        """The nth operation fails. Is there one? What came of it."""
        fault = fault_of(name)
        self.reader.watch(None)
        self.world.renew()
        self.reader.watch(self.world.bakery)
        outcome = self.world.bake(self.workers, at=n, **fault)
        hit = [o for o in outcome.operations if o.number == n]
        where = "%s at operation %d (%s)" % (name, n, shim.name_of(hit[0]) if hit else "none")
        found = self.world.published()
        if outcome.status == 0:
            want(not [o for o in hit if must_fail(o)], "%s: it ended well" % where)
            want(found == "new", "%s: it ended well, and the old version is current" % where)
        else:
            want(outcome.count >= n, "%s: it failed without it:\n%s" % (where, outcome.said))
            self.check_failure(outcome, where)
        again = self.world.bake(self.workers)
        want(again.status == 0, "%s: the next bake ended with %d:\n%s" %
             (where, again.status, again.said))
        self.world.check_done()
        if outcome.count < n:
            return None
        return "ended well" if outcome.status == 0 else "failed, %s current" % found

    def run(self, name, first):
        begun, seen = time.time(), collections.Counter()
        kinds = fault_of(name).get("kinds", shim.MUTATING)
        self.reader.watch(None)
        self.world.renew()
        count = self.world.bake(self.workers, kinds=kinds).count
        n = first
        while (came := self.point(name, n)) is not None:
            seen[came] += 1
            n = world.following(n, self.every, count)
        want(seen.total() > 0, "%s: no operation was hit" % name)
        print("%-12s %d operations, %d hit: %s, %.1f s" %
              (name, count, seen.total(), dict(seen), time.time() - begun), flush=True)
        return seen.total()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("forge")
    parser.add_argument("shim")
    parser.add_argument("work")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    loop, points = Loop(arguments), 0
    for i, name in enumerate(arguments.faults.split(",")):
        points += loop.run(name, 1 + 3 * i % arguments.every)
    reads = loop.reader.close()
    print("%d faults: every run ended well or said why; %d readings meanwhile, all of the old version "
          "or the new one" % (points, reads))


if __name__ == "__main__":
    main()
