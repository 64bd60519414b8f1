#!/usr/bin/python3
"""A bake that is killed at any operation is gone on with, and ends as if nothing had been.

    kill_loop.py FORGE SHIM WORK [--every K] [--points WORKERS:before|after|torn,..]

The whole process group gets SIGKILL before or after the Nth operation that changes a file, or in the
middle of the Nth write, N from 1 until the run completes. After each kill the published version is
the old one or the new one, whole, and a reader that polls all the while sees nothing else; then the
bake is resumed, by turns as a plain bake and by its run. In the end the store is byte for byte that of
a clean run, nothing is left behind, and no more tasks were done again than there are workers.
"""
import argparse
import collections
import signal
import time

import shim
import world
from support import want


def kinds_of(when):
    return ("write",) if when == "torn" else shim.MUTATING


class Loop:
    def __init__(self, arguments):
        self.world = world.World(arguments.forge, arguments.shim, arguments.work)
        self.every = arguments.every
        self.reader, self.seen = None, collections.Counter()
        self.tasks, self.most_repeats = set(), 0

    def resume(self, workers):
        """Plain and by its run by turns, where there is a run already."""
        run = self.world.last_run() if self.seen["kills"] % 2 and self.world.can_resume else None
        self.seen["resumed by its run" if run else "baked again"] += 1
        return self.world.bake(workers, resume=run)

    def check(self, killed, resumed, workers, where):
        want(resumed.status == 0, "%s: resuming ended with %d:\n%s" %
             (where, resumed.status, resumed.said))
        self.world.check_done()
        before, after = (world.tasks_begun(outcome.operations) for outcome in (killed, resumed))
        want(before | after == self.tasks, "%s: tasks that a clean run has or has not: %s" %
             (where, (before | after) ^ self.tasks))
        self.most_repeats = max(self.most_repeats, len(before & after))
        want(len(before & after) <= workers, "%s: %d tasks begun, %d after it, %d of them again" %
             (where, len(before), len(after), len(before & after)))

    def point(self, n, when, workers):
        """Kill at the nth operation. Is there one?"""
        self.reader.watch(None)
        self.world.renew()
        self.reader.watch(self.world.bakery)
        killed = self.world.bake(workers, mode="kill_" + when, at=n, kinds=kinds_of(when))
        where = "%d workers, killed %s operation %d" % (workers, when, n)
        if killed.status != -signal.SIGKILL:
            want(killed.status == 0 and killed.count < n, "%s: it ended with %d after %d operations:"
                 "\n%s" % (where, killed.status, killed.count, killed.said))
            return False
        last = [o for o in killed.operations if o.number == n]
        where += " (%s)" % shim.name_of(last[0]) if last else ""
        self.seen["kills"] += 1
        self.seen["found " + self.world.published()] += 1
        self.check(killed, self.resume(workers), workers, where)
        return True

    def run(self, workers, when, first):
        begun, kills = time.time(), self.seen["kills"]
        if self.reader:
            self.reader.watch(None)
        clean = self.world.measure(workers)
        self.tasks = world.tasks_begun(clean.operations)
        want(len(self.tasks) >= 40, "the clean run has only the tasks %s" % sorted(self.tasks))
        if not self.reader:
            self.reader = world.Reader((self.world.old, self.world.new))
        count = sum(operation.kind in kinds_of(when) for operation in clean.operations)
        n, self.most_repeats = first, 0
        while self.point(n, when, workers):
            n = world.following(n, self.every, count)
        print("%d workers, %s: %d operations, %d kills, %d tasks, at most %d done "
              "again, %.1f s" % (workers, when, count, self.seen["kills"] - kills, len(self.tasks),
                                 self.most_repeats, time.time() - begun), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("forge")
    parser.add_argument("shim")
    parser.add_argument("work")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--points", default="1:before,2:after,4:before,2:torn")
    arguments = parser.parse_args()
    loop, first = Loop(arguments), 0
    for point in arguments.points.split(","):
        workers, when = point.split(":")
        loop.run(int(workers), when, 1 + first % arguments.every)
        first += 2
    reads = loop.reader.close()
    print("%d kill points: %s; %d readings meanwhile, all of the old version or the new one" %
          (loop.seen.pop("kills"), dict(loop.seen), reads))


if __name__ == "__main__":
    main()
