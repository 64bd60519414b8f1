#!/usr/bin/python3
"""What is published outlives a power loss at any operation of the next bake.

    power_loss.py FORGE SHIM WORK [--points N]

A bake on an ext4 file system of its own, which is shut down (EXT4_IOC_SHUTDOWN) at the Nth operation
that changes a file: with what the kernel had not written lost, with the journal written but no data,
or with both written. Mounted again, the published version is whole, and the next bake ends well; a
bake that ended well stays. The same with fsync, fdatasync and syncfs doing nothing must fail.
"""
import argparse
import collections
import fcntl
import os
import signal
import struct
import subprocess
import time

import shim
import world
from support import skip, want

SHUTDOWN = 0x8004587D
FLAGS = {"nothing more written": 2, "journal written": 1, "all written": 0}
IMAGE_BYTES = 256 << 20


class Disk:
    """An ext4 file system in a file."""

    def __init__(self, work):
        self.image, self.mount_point = os.path.join(work, "image"), os.path.join(work, "disk")
        os.makedirs(self.mount_point)
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        self.call("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    def call(self, *command):
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            skip("%s: %s" % (" ".join(command), done.stdout.strip()))
        return done.stdout.strip()

    def mount(self):
        self.call("mount", "-o", "loop", self.image, self.mount_point)

    def umount(self):
        """And wait until the kernel has let go of it: else the next mount gets the same dead one."""
        self.call("umount", self.mount_point)
        for _ in range(1000):
            if not self.call("losetup", "-j", self.image):
                return
            time.sleep(0.01)
        skip("the loop device of %s is still in use" % self.image)

    def shut_down(self, flags):
        fd = os.open(self.mount_point, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", flags))
        finally:
            os.close(fd)

    def sync(self):
        subprocess.run(["sync", "-f", self.mount_point], check=True)

    def remount(self):
        self.umount()
        self.mount()


class Loop:
    def __init__(self, arguments):
        self.world = world.World(arguments.forge, arguments.shim, arguments.work)
        self.disk = Disk(self.world.work)

    def renew(self):
        self.world.renew(self.disk.mount_point)
        self.disk.sync()

    def lose(self, n, flags, options):
        """Lose the power at the nth operation; True when there was one."""
        self.renew()
        outcome = self.world.bake(2, mode="power_loss", at=n, flags=flags, options=options,
                                  root=self.disk.mount_point)
        want("could not cut the power" not in outcome.said, outcome.said)
        if outcome.status != -signal.SIGKILL:
            want(outcome.status == 0, "operation %d: it ended with %d:\n%s" %
                 (n, outcome.status, outcome.said))
            self.disk.shut_down(flags)
        self.disk.remount()
        return outcome.status == -signal.SIGKILL

    def check(self, n, lost, options):
        """What is wrong after the power came back, or None; and what was found."""
        found = self.world.look()
        if found not in ("old", "new"):
            return found, "damaged"
        if not lost and found != "new":
            return "the bake ended well, and the old version is current", "lost"
        again = self.world.bake(2, options=options, root=self.disk.mount_point)
        if again.status != 0:
            return "the next bake ended with %d:\n%s" % (again.status, again.said), "stuck"
        after = self.world.look()
        return (None if after == "new" else "after the next bake: " + after), found

    def run(self, points, options):
        """As many points, all of the last ones among them, with every kind of loss; what was wrong."""
        self.world.measure(2)
        self.renew()
        count = self.world.bake(2, root=self.disk.mount_point).count
        sampled, last = points - world.LAST, count - world.LAST
        wrong, seen = [], collections.Counter()
        for n in [1 + i * last // sampled for i in range(sampled)] + list(range(last + 1, count + 2)):
            for kind, flags in FLAGS.items():
                lost = self.lose(n, flags, options)
                text, found = self.check(n, lost, options)
                seen[kind + ": " + found] += 1
                if text:
                    wrong.append("power lost %s operation %d of %d, %s: %s" %
                                 ("at" if lost else "behind", n, count, kind, text))
        return wrong, seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("forge")
    parser.add_argument("shim")
    parser.add_argument("work")
    parser.add_argument("--points", type=int, default=50)
    arguments = parser.parse_args()
    loop = Loop(arguments)
    try:
        wrong, seen = loop.run(arguments.points, 0)
        print("%d power losses: %s" % (seen.total(), dict(seen)), flush=True)
        want(not wrong, "%d of them did harm, the first: %s" % (len(wrong), wrong[:1]))
        wrong, seen = loop.run(world.LAST, shim.DROP_SYNCS)
        print("%d without any sync: %d did harm: %s" % (seen.total(), len(wrong), dict(seen)))
        want(wrong, "without fsync nothing was lost: this test shows nothing")
    finally:
        loop.disk.umount()


if __name__ == "__main__":
    main()
