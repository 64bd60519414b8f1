#!/usr/bin/python3
"""Sixteen processes bake one dataset at the same time, and are killed at random moments.

    test_rivals.py FORGE WORK [ROUNDS]

Some have a recipe with other attributes, chunks or codec; one rolls back, one collects garbage. Every
version that is ever visible is that of one recipe alone, byte for byte; losers say so with status 6; a
lock never outlives its holder. A reader polls all the while.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import series
import support

RIVALS = 16
DAYS = 4
SEED = 20010203
# What makes the recipes differ: an attribute, the chunks, the codec.
RECIPES = [
    [],
    [("checks:", "transforms:\n  - attrs: {rain: {comment: second}}\nchecks:")],
    [("checks:", "transforms:\n  - attrs: {rain: {comment: third}}\nchecks:")],
    [("y: 4", "y: 8")],
    [("codec: none", "codec: gzip")],
]


def store(version):
    return os.path.join(version, "data.zarr")


class Reader(threading.Thread):
    """Resolves the dataset without pause and reads all of it."""

    def __init__(self, bakery, known):
        super().__init__(daemon=True)
        self.bakery, self.known, self.stop = bakery, known, False
        self.seen, self.reads, self.wrong, self.vanished = set(), 0, [], 0

    def run(self):
        while not self.stop:
            version = series.current(self.bakery)
            if not version:
                time.sleep(0.001)
                continue
            try:
                digest = series.digest_of(store(version))
            except FileNotFoundError:
                digest = None
            if digest in self.known:
                self.reads += 1
                self.seen.add(version)
            elif os.path.exists(version):
                self.wrong.append("%s is of no recipe" % version)
            else:
                self.vanished += 1 # to a gc without any grace


class Rivals:
    def __init__(self, forge, work):
        self.forge, self.bakery, self.work = forge, os.path.join(work, "bakery"), work
        self.chance = random.Random(SEED)
        self.ends = collections.Counter()
        self.recipes, self.known = [], {}
        for k, replace in enumerate(RECIPES):
            path = series.write_recipe(work, DAYS, replace=replace)
            self.recipes.append(path.replace("rain.yaml", "rain-%d.yaml" % k))
            os.rename(path, self.recipes[-1])
            alone = os.path.join(work, "alone-%d" % k)
            support.run([forge, "bake", self.recipes[-1], "--bakery", alone, "--quiet"], echo=False)
            self.known[series.digest_of(store(series.current(alone)))] = k
        support.want(len(self.known) == len(RECIPES), "two recipes give the same store")

    def commands(self):
        """What runs at once: bakes, and two who change what is current and what is there."""
        for i in range(RIVALS):
            recipe = self.chance.choice(self.recipes)
            yield [self.forge, "bake", recipe, "--quiet", "--workers", str(1 + i % 3)]
        yield [self.forge, "rollback", "rain"]
        yield [self.forge, "gc", "rain", "--keep", "3", "--grace", "0"]

    def round(self, seconds):
        running = []
        for command in self.commands():
            start = self.chance.uniform(0.0, seconds)
            kill = start + self.chance.uniform(0.0, 4 * seconds) if self.chance.random() < 0.6 else None
            running.append([start, kill, command, None])
        begun = time.time()
        while any(process is None or process.poll() is None for _, _, _, process in running):
            now = time.time() - begun
            for rival in running:
                start, kill, command, process = rival
                if process is None and now >= start:
                    rival[3] = subprocess.Popen(command + ["--bakery", self.bakery], text=True,
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                stderr=subprocess.PIPE)
                elif process is not None and kill is not None and now >= kill:
                    if process.poll() is None:
                        process.send_signal(signal.SIGKILL)
                    rival[1] = None
            support.want(now < 240, "a rival hangs")
            time.sleep(0.002)
        for _, _, command, process in running:
            self.judge(command, process)

    def judge(self, command, process):
        said = process.stderr.read()
        process.stderr.close()
        status, what = process.returncode, command[1]
        kind = {0: "done", 6: "refused", -signal.SIGKILL: "killed"}.get(status, "failed")
        if kind == "refused":
            support.want(said.startswith('error: dataset "rain" is being baked by another run'), said)
        elif kind == "failed":
            # Nothing to go back to yet, or nothing there at all.
            support.want(what != "bake" and status == 4, "%s: status %d: %s" % (command, status, said))
        else:
            support.want(kind != "done" or said == "", "%s: %s" % (command, said))
        self.ends[what, kind] += 1

    def check_versions(self):
        """Every version that can be seen is that of one recipe alone; how many there are."""
        found = series.versions(self.bakery)
        visible = [name for name in found if not name.startswith(".")]
        for name in visible:
            folder = os.path.join(self.bakery, "versions", "rain", name)
            support.want(series.digest_of(store(folder)) in self.known, "%s is mixed" % name)
        return visible

    def check_history(self):
        events = series.history(self.bakery)
        published = [e["version"] for e in events if e["event"] == "published"]
        removed = [e["version"] for e in events if e["event"] == "removed"]
        last = [e["version"] for e in events if e["event"] in ("published", "rolled back")][-1]
        support.want(len(published) == len(set(published)), "a version was published twice")
        support.want(os.path.basename(series.current(self.bakery)) == last, "%s is not current" % last)
        support.want(sorted(self.check_versions()) == sorted(set(published) - set(removed)),
                     "the history and the folders disagree")
        return len(published), len(removed)


def holders(lock, among):
    """Which of these processes have the lock open."""
    found = set()
    for pid in among:
        try:
            for fd in os.listdir("/proc/%d/fd" % pid):
                if os.path.realpath("/proc/%d/fd/%s" % (pid, fd)) == lock:
                    found.add(pid)
        except OSError: # it has ended
            pass
    return found


def below(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            children = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return children + [one for child in children for one in below(child)]


def children_have_no_lock(forge, work, recipe):
    """The lock is open in the process that bakes and in none that it began; how many looks."""
    bakery, looks, most = os.path.join(work, "lock"), 0, 0
    lock = os.path.realpath(os.path.join(bakery, "state", "locks", "rain"))
    for _ in range(5):
        process = subprocess.Popen([forge, "bake", recipe, "--bakery", bakery, "--quiet"])
        while process.poll() is None:
            children = below(process.pid)
            support.want(not holders(lock, children), "a child holds the lock")
            if children and holders(lock, [process.pid]):
                looks, most = looks + 1, max(most, len(children))
        support.want(process.returncode == 0, "status %d" % process.returncode)
    support.want(looks > 0, "nobody held the lock at any look")
    return looks, most


def main():
    forge, work = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    support.fresh(work)
    series.write_files(work, DAYS, 1.0)
    rivals = Rivals(forge, work)
    bakery = rivals.bakery
    begun = time.time()
    support.run([forge, "bake", rivals.recipes[0], "--bakery", os.path.join(work, "timed"), "--quiet"],
                echo=False)
    seconds = time.time() - begun
    print("the lock was open in none of up to %d children at %d looks" %
          tuple(reversed(children_have_no_lock(forge, work, rivals.recipes[0]))))
    reader = Reader(bakery, rivals.known)
    reader.start()
    after = 0
    for k in range(rounds):
        rivals.round(seconds)
        rivals.check_versions()
        # All of them are dead: the lock is free, at once.
        recipe = rivals.recipes[k % len(RECIPES)]
        support.run([forge, "bake", recipe, "--bakery", bakery, "--quiet"], echo=False)
        support.want(rivals.known[series.digest_of(store(series.current(bakery)))] == k % len(RECIPES),
                     "another recipe is current")
        published, removed = rivals.check_history()
        left = [n for n in os.listdir(os.path.join(bakery, "datasets")) if n != "rain"]
        support.want(not left, "left in datasets: %s" % left)
        after += 1
        support.want(reader.is_alive() and not reader.wrong, "%d wrong views: %s" %
                     (len(reader.wrong), reader.wrong[:3]))
    reader.stop = True
    reader.join()
    ends = ", ".join("%d %s %s" % (n, what, kind) for (what, kind), n in sorted(rivals.ends.items()))
    print("%d rounds of %d rivals (seed %d): %s" % (rounds, RIVALS + 2, SEED, ends))
    print("%d versions published, %d removed, 0 mixed; %d of %d locks free at once; %d readings of %d "
          "versions, %d vanished under the reader to a gc without grace" %
          (published, removed, after, rounds, reader.reads, len(reader.seen), reader.vanished))
    support.want(rivals.ends["bake", "killed"] >= rounds and rivals.ends["bake", "refused"] >= rounds and
                 rivals.ends["bake", "done"] > 0, "too few of each end")


if __name__ == "__main__":
    main()
