#!/usr/bin/python3
"""What a killed bake left behind is used where it is whole, and nowhere else.

    test_leftovers.py FORGE WORK

Leftovers of real kills are spoiled: bytes of objects flipped, cut, added, swapped, files removed or
something else in their place; the journal flipped, torn, cut, removed or followed by rubbish. The
next bake gives the bytes of a clean one, shares exactly the objects that are whole, and the log of
its run names each that was spoiled.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import series
import support

DAYS, SIZE, CHUNK = 31, 16, 8
SEED = 20010205
SMALL = ["--workers", "1", "--memory", "6KiB"]  # a day of a variable, two objects, is a task
SAYS = " of an earlier run is not what it was, and is written again: "


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def flip(path, at):
    content = bytearray(read(path))
    content[at] ^= 0x10
    write(path, content)


def replaced(path):
    """The place is free for something else."""
    os.remove(path)
    return path


# What is done to an object; `other` is one of the same length.
DAMAGES = {
    "first byte flipped": lambda path, other: flip(path, 0),
    "byte in the middle flipped": lambda path, other: flip(path, os.path.getsize(path) // 2),
    "last byte flipped": lambda path, other: flip(path, -1),
    "one byte cut off": lambda path, other: os.truncate(path, os.path.getsize(path) - 1),
    "cut in half": lambda path, other: os.truncate(path, os.path.getsize(path) // 2),
    "emptied": lambda path, other: os.truncate(path, 0),
    "one byte more": lambda path, other: write(path, read(path) + b"\0"),
    "all zero": lambda path, other: write(path, bytes(os.path.getsize(path))),
    "the bytes of another": lambda path, other: write(path, read(other)),
    "removed": lambda path, other: os.remove(path),
    "a folder": lambda path, other: os.mkdir(replaced(path)),
    "a link to nowhere": lambda path, other: os.symlink("nowhere", replaced(path)),
    "a link to another": lambda path, other: os.symlink(os.path.abspath(other), replaced(path)),
    "a pipe": lambda path, other: os.mkfifo(replaced(path)),
}


class Leftovers:
    def __init__(self, forge, work):
        self.forge, self.work = os.path.abspath(forge), support.fresh(work)
        for day in range(DAYS):
            series.write_day(work, day, day + 1.5, SIZE)
        self.recipe = os.path.abspath(series.write_recipe(work, DAYS, format="zarr", chunk=CHUNK))
        self.template = os.path.join(work, "template")
        self.bakery = os.path.join(work, "bakery")
        self.random = random.Random(SEED)
        self.shared = self.bakes = 0
        clean = os.path.join(work, "clean")
        self.total = self.bake(clean)["objects"]
        self.digest = series.digest_of(os.path.join(series.current(clean), "data.zarr"))

    def bake(self, bakery):
        done = subprocess.run([self.forge, "bake", self.recipe, "--bakery", bakery, "--json", *SMALL],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120)
        support.want(done.returncode == 0, "status %d: %s" % (done.returncode, done.stderr))
        return json.loads(done.stdout)["report"]

    def part(self, bakery):
        folder = os.path.join(bakery, "versions", "rain")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        parts = [os.path.join(folder, name) for name in names if name.startswith(".part-")]
        return parts[0] if parts else None

    def journaled(self, bakery):
        """The objects that a leftover's journal has, in its order."""
        part = self.part(bakery)
        path = os.path.join(part, "journal") if part else None
        journal = read(path) if path and os.path.exists(path) else b""
        store, found = os.path.join(part or "", "data.zarr"), []
        for top, _, files in os.walk(store):
            found += [os.path.relpath(os.path.join(top, name), store) for name in files]
        return sorted((name for name in found if name.encode() in journal),
                      key=lambda name: journal.index(name.encode()))

    def kill_one(self):
        """A bake, killed when some of its tasks are done."""
        shutil.rmtree(self.template, ignore_errors=True)
        process = subprocess.Popen([self.forge, "bake", self.recipe, "--bakery", self.template, *SMALL],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        least = self.random.randrange(1000, 4000)
        while process.poll() is None:
            part = self.part(self.template)
            journal = os.path.join(part, "journal") if part else ""
            if os.path.exists(journal) and os.path.getsize(journal) > least:
                break
            time.sleep(0.0005)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return self.journaled(self.template)

    def make(self):
        for _ in range(50):
            objects = self.kill_one()
            if 10 <= len(objects) <= self.total - 10:
                return objects
        return support.fail("no bake could be killed in the middle")

    def warnings(self):
        said = support.run([self.forge, "log", "last", "--json", "--bakery", self.bakery], echo=False)
        return sorted(line["text"].split(SAYS)[0] for line in map(json.loads, said.splitlines())
                      if line["level"] == "warning" and SAYS in line["text"])

    def go_on(self, what, damage):
        """Bake after `damage` was done to a copy of the leftovers; the report."""
        shutil.rmtree(self.bakery, ignore_errors=True)
        shutil.copytree(self.template, self.bakery, symlinks=True)
        damage(self.part(self.bakery))
        report = self.bake(self.bakery)
        digest = series.digest_of(os.path.join(series.current(self.bakery), "data.zarr"))
        support.want(digest == self.digest, "%s: the store is not that of a clean bake" % what)
        support.want(report["objects"] + report["objects_shared"] == self.total, "%s: %s" % (what, report))
        support.want(not self.part(self.bakery), "%s: a leftover is left" % what)
        self.shared, self.bakes = self.shared + report["objects_shared"], self.bakes + 1
        return report

    def spoil_objects(self, objects):
        spoiled = 0
        for what, damage in DAMAGES.items():
            for count in 1, len(objects) // 2:
                # Those of time are of another length than those of rain and snow.
                some = sorted(self.random.sample(objects, count))
                others = [name for name in objects if name not in some] or objects[::-1]
                if what in ("the bytes of another", "a link to another"):
                    some = [name for name in some if name.startswith("rain") and count == 1] or objects[:1]
                    others = [name for name in objects if name not in some]

                def spoil(part):
                    for name in some:
                        store = os.path.join(part, "data.zarr")
                        damage(os.path.join(store, name), os.path.join(store, others[0]))

                report = self.go_on(what, spoil)
                support.want(report["objects_shared"] == len(objects) - len(some), "%s: %d of %d objects "
                             "shared, %d spoiled" % (what, report["objects_shared"], len(objects), len(some)))
                named = self.warnings()
                support.want(named == sorted(some), "%s: the log names %s, not %s" % (what, named, some))
                spoiled += len(some)
        return spoiled

    def spoil_journal(self, objects):
        length = os.path.getsize(os.path.join(self.part(self.template), "journal"))
        places = sorted({0, 15, 16, 19, 20, 23, 24, length // 2, length - 1} |
                        {self.random.randrange(length) for _ in range(5)})

        def on_journal(change):
            return lambda part: change(os.path.join(part, "journal"))

        damages = [("flipped at %d" % at, on_journal(lambda path, at=at: flip(path, at))) for at in places]
        damages += [("cut at %d" % at, on_journal(lambda path, at=at: os.truncate(path, at)))
                    for at in places]
        whole = [("removed", on_journal(os.remove)),
                 ("a folder", on_journal(lambda path: os.mkdir(replaced(path)))),
                 ("all zero", on_journal(lambda path: write(path, bytes(length))))]
        for what, damage in damages + whole:
            report = self.go_on("journal " + what, damage)
            support.want(report["objects_shared"] < len(objects), "journal %s: all is shared" % what)
            support.want(self.warnings() == [], "journal %s: %s" % (what, self.warnings()))
            if (what, damage) in whole:
                support.want(report["objects_shared"] == 0, "journal %s: something is shared" % what)
        # What is behind the last record spoils nothing.
        for what, rubbish in ("rubbish behind it", b"\7\0\0\0rubbish"), ("a torn record", b"\xff\0\0\0\1"):
            report = self.go_on("journal, " + what, on_journal(lambda path: write(path, read(path) + rubbish)))
            support.want(report["objects_shared"] == len(objects), "journal, %s: %s" % (what, report))
        return len(damages) + len(whole) + 2


def main():
    leftovers = Leftovers(*sys.argv[1:3])
    objects = leftovers.make()
    report = leftovers.go_on("nothing", lambda part: None)
    support.want(report["objects_shared"] == len(objects) and leftovers.warnings() == [],
                 "what is whole is not shared: %s" % report)
    print("a killed bake left %d of %d objects" % (len(objects), leftovers.total), flush=True)
    print("%d kinds of damage, %d objects spoiled, each named" %
          (len(DAMAGES), leftovers.spoil_objects(objects)), flush=True)
    print("%d damages of the journal" % leftovers.spoil_journal(objects))
    print("%d bakes, one digest; %d objects shared" % (leftovers.bakes, leftovers.shared))


if __name__ == "__main__":
    main()
