#!/usr/bin/python3
"""However a dataset came to be, its bytes are those of one clean bake.

    test_one_digest.py FORGE WORK [RUNS [SEED]]

One clean bake of a series of files; then so many times a dataset of its own that gets there by chance:
files arrive in batches of any size and order and the dataset grows by `append`, attributes, a dtype and
the codec are changed and changed back, every bake has another executor, workers and memory, and many of
them are killed with all their processes at any moment, then gone on with by a plain bake or by their
run. Stores are compared byte for byte.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

import netCDF4
import numpy as np

import series
import support

DAYS, HEIGHT, WIDTH = 26, 24, 32
SEED = 20010204
ATTEMPTS = 12
RECIPE = """\
forge: 1
name: rain
input:
  find: "in"
  match: '^day-(?<time>\\d{3})\\.nc$'
  combine:
    - {concat: time}
%starget:
  format: zarr
  append: time
  chunks: {time: 4, y: 12}
  variables: {snow: {chunks: {time: 3}}}
%schecks:
  - monotonic: time
"""
# What a recipe has more for a while, as transforms and in its target; the first is how it ends.
RECIPES = [
    ("", ""),
    ("transforms:\n  - attrs: {rain: {comment: second}}\n", ""),
    ("transforms:\n  - global_attrs: {title: Rain}\n", ""),
    ("transforms:\n  - cast: {snow: float64}\n", ""),
    ("", "  codec: gzip\n"),
]


def write_archive(folder):
    os.makedirs(folder)
    noise = np.random.default_rng(SEED)
    for day in range(DAYS):
        path = os.path.join(folder, "day-%03d.nc" % day)
        with netCDF4.Dataset(path, "w") as file:
            for name, size in ("time", None), ("y", HEIGHT), ("x", WIDTH):
                file.createDimension(name, size)
                file.createVariable(name, "f8", (name,))
            file["time"].units = "days since 2001-01-01"
            file["time"][:] = [day + 1]
            file["y"][:] = np.arange(HEIGHT)
            file["x"][:] = np.arange(WIDTH)
            for name in "rain", "snow":
                variable = file.createVariable(name, "f4", ("time", "y", "x"), zlib=True)
                variable[:] = noise.integers(1, 400, (1, HEIGHT, WIDTH)) / 8
        long_ago = time.time() - 3600
        os.utime(path, (long_ago, long_ago))


class Place:
    """A folder with inputs that arrive, a recipe that changes, and a bakery."""

    def __init__(self, forge, folder, archive):
        self.forge, self.folder, self.archive = forge, support.fresh(folder), archive
        self.bakery = os.path.join(folder, "bakery")
        self.inputs = os.path.join(folder, "in")
        os.mkdir(self.inputs)

    def write_recipe(self, more):
        with open(os.path.join(self.folder, "recipe.yaml"), "w", encoding="utf-8") as file:
            file.write(RECIPE % more)

    def arrive(self, days):
        for day in days:
            name = "day-%03d.nc" % day
            os.link(os.path.join(self.archive, name), os.path.join(self.inputs, name))

    def start(self, *arguments):
        return subprocess.Popen([self.forge, *arguments, "--bakery", self.bakery, "--json"], cwd=self.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, start_new_session=True)

    def digest(self):
        return series.digest_of(os.path.join(series.current(self.bakery), "data.zarr"))


class Chance:
    def __init__(self, forge, work, archive, seed):
        self.forge, self.work, self.archive = forge, work, archive
        self.random, self.seen, self.seconds = random.Random(seed), collections.Counter(), 0.2

    def options(self):
        return ["--executor", self.random.choice(["local", "threads"]),
                "--workers", str(self.random.choice([1, 2, 3, 5, 8])),
                "--memory", self.random.choice(["24MiB", "48MiB", "200MiB", "1GiB"])]

    def wait(self, process, kill):
        """Its status and what it said; killed with all its processes after a while, if at all."""
        begun = time.time()
        try:
            out, err = process.communicate(timeout=self.random.uniform(0, 1.2 * self.seconds) if kill else 120)
        except subprocess.TimeoutExpired:
            support.want(kill, "a bake hangs")
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate(timeout=120)
        if process.returncode == 0:
            self.seconds += 0.1 * (time.time() - begun - self.seconds)
        return process.returncode, out, err

    def last_died(self, place):
        status, out, _ = self.wait(place.start("status", "last"), False)
        return status == 0 and json.loads(out)["state"] == "died"

    def bake(self, place, where):
        """Until it is done, however often it is killed."""
        arguments, killed = ["bake", "recipe.yaml", *self.options()], 0
        for attempt in range(ATTEMPTS):
            kill = attempt < ATTEMPTS - 1 and self.random.random() < 0.55
            status, out, err = self.wait(place.start(*arguments), kill)
            resumed = "--resume" in arguments
            if status == 0:
                report = json.loads(out)["report"]
                self.seen["objects written"] += report["objects"]
                self.seen["objects shared"] += report["objects_shared"]
                self.seen["objects shared after a kill"] += report["objects_shared"] if killed else 0
                self.seen["gone on with by their run" if resumed else "baked again"] += killed > 0
                self.seen["bakes done"] += 1
                return
            support.want(kill and status == -signal.SIGKILL, "%s: %s ended with %d: %s" %
                         (where, arguments, status, err))
            killed += 1
            self.seen["kills that hit"] += 1
            leftovers = [n for n in series.versions(place.bakery) if n.startswith(".part-")]
            self.seen["kills that left a part of a version"] += len(leftovers) > 0
            if self.random.random() < 0.5 and self.last_died(place):
                arguments = ["bake", "--resume", "last"]
            else:
                arguments = ["bake", "recipe.yaml", *self.options()]

    def run(self, number, clean):
        """One dataset, from nothing to all of its files."""
        place = Place(self.forge, os.path.join(self.work, "run"), self.archive)
        days = list(range(DAYS))
        if self.random.random() < 0.5:
            self.random.shuffle(days)
        steps = []
        while days:
            count = min(len(days), self.random.choice([1, 3, 8, 13, DAYS]))
            steps.append((days[:count], self.random.choice(RECIPES)))
            days = days[count:]
        steps += [([], RECIPES[0])]
        for step, (new, more) in enumerate(steps):
            where = "run %d, step %d of %d" % (number, step + 1, len(steps))
            place.arrive(new)
            place.write_recipe(more)
            self.bake(place, where)
        self.seen["steps"] += len(steps)
        support.want(place.digest() == clean, "run %d: after %s the store is another" % (number, steps))
        if number % 10 == 0:
            status, out, err = self.wait(place.start("verify", "rain", "--deep"), False)
            support.want(status == 0, "run %d: verify says %s%s" % (number, out, err))


def main():
    forge, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else SEED
    support.fresh(work)
    archive = os.path.join(work, "archive")
    write_archive(archive)
    place = Place(forge, os.path.join(work, "clean"), archive)
    place.arrive(range(DAYS))
    place.write_recipe(RECIPES[0])
    chance = Chance(forge, work, archive, seed)
    status, out, err = chance.wait(place.start("bake", "recipe.yaml"), False)
    support.want(status == 0, "the clean bake ended with %d: %s" % (status, err))
    clean, begun = place.digest(), time.time()
    print("the clean bake: %d objects, digest %s" % (json.loads(out)["report"]["objects"], clean), flush=True)
    for number in range(runs):
        chance.run(number, clean)
        if (number + 1) % 20 == 0:
            print("%d runs, %d kills, %.0f s" % (number + 1, chance.seen["kills that hit"],
                                                 time.time() - begun), flush=True)
    seen = chance.seen
    print("%d runs (seed %d), one digest: %s" %
          (runs, seed, ", ".join("%d %s" % (n, what) for what, n in sorted(seen.items()))))
    support.want(seen["kills that hit"] >= runs and seen["gone on with by their run"] > 0 and
                 seen["baked again"] > 0 and seen["objects shared after a kill"] > 0, "too few of each kind")


if __name__ == "__main__":
    main()
