#!/usr/bin/python3
"""For each kind of change to a recipe or its inputs, exactly so many objects are written again.

    test_changes.py FORGE WORK

A dataset of 10 days: rain and snow in 3 chunks each along time (the last is not full), and one
chunk for each of time, y and x. Every change begins from that dataset. `forge plan` must foretell
what the bake does; an object counts as written when its inode is in no older version; the result
must be, byte for byte, what a clean run gives.
"""
import json
import os
import shutil
import subprocess
import sys
import time

import netCDF4
import numpy as np

import series
import support

RECIPE = """\
forge: 1
name: rain
input:
  url: "in/day-{time:%Y%m%d}.nc"
  combine:
    - {concat: time, dates: {from: 2001-01-01, to: 2001-01-10, step: 1d}}
target:
  format: zarr
  append: time
  chunks: {time: 4}
checks:
  - monotonic: time
"""

TRANSFORMS = "target:\n"


def write_day(folder, month, day, bonus=0.0):
    """One file: every value says which day it is of."""
    path = os.path.join(folder, "day-2001%02d%02d.nc" % (month, day))
    with netCDF4.Dataset(path + ".part", "w", format="NETCDF3_CLASSIC") as file:
        for name, size in ("time", None), ("y", 6), ("x", 8):
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))
        file["time"][:] = [(month - 1) * 31 + day - 1]
        file["time"].units = "days since 2001-01-01"
        file["y"][:] = np.arange(6)
        file["x"][:] = np.arange(8)
        for number, name in enumerate(("rain", "snow")):
            variable = file.createVariable(name, "f4", ("time", "y", "x"))
            variable.units = "mm"
            variable[:] = np.arange(48).reshape(1, 6, 8) + 1000 * number + 100 * day + bonus
    os.replace(path + ".part", path)
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


def replaced(*pairs):
    """A change of the recipe: texts replaced."""
    def change(place):
        for old, new in pairs:
            support.want(old in place.text, "the recipe has no %r" % old)
            place.text = place.text.replace(old, new)
    return change


def transform(text):
    return replaced(("target:\n", "transforms:\n  - %s\ntarget:\n" % text))


def a_file_changed(place):
    write_day(place.inputs, 1, 2, 0.5)


def a_file_touched(place):
    os.utime(os.path.join(place.inputs, "day-20010102.nc"))


def an_object_was_lost(place):
    os.remove(os.path.join(series.current(place.bakery), "data.zarr", "rain", "c", "1", "0", "0"))


def the_archive_moved(place):
    os.rename(place.inputs, place.inputs + "-elsewhere")
    place.text = place.text.replace("in/day", "in-elsewhere/day")


def more_days_before(place):
    for day in range(28, 32):
        write_day(place.inputs, 12, day)
        path = os.path.join(place.inputs, "day-200112%02d.nc")
        with netCDF4.Dataset(path % day, "a") as file:
            file["time"][:] = [day - 32]
        os.rename(path % day, os.path.join(place.inputs, "day-200012%02d.nc" % day))
    place.text = place.text.replace("from: 2001-01-01", "from: 2000-12-28")


def three_more_days(place):
    replaced(("to: 2001-01-10", "to: 2001-01-13"))(place)


def snow_left_and_came_back(place):
    before = place.text
    transform("drop: snow")(place)
    place.bake()
    place.text = before


# What changes, how many objects are written, how many go; None: there is no new version.
TABLE = [
    ("nothing", lambda place: None, None, None),
    ("a comment, and the order of keys",
     replaced(("forge: 1\nname: rain\n", "# hello\nname: rain\nforge: 1\n")), None, None),
    ("a file is touched, its bytes are the same", a_file_touched, None, None),
    ("an attribute", transform("attrs: {rain: {long_name: Rain}}"), 0, 0),
    ("a global attribute", transform("global_attrs: {title: Rain and snow}"), 0, 0),
    ("a check", replaced(("  - monotonic: time", "  - monotonic: time\n  - present: rain")), 0, 0),
    ("one variable's dtype", transform("cast: {rain: float64}"), 3, 0),
    ("one variable's chunks", replaced(("  chunks:", "  variables: {rain: {chunks: {time: 2}}}\n  chunks:")),
     5, 0),
    ("the codec", replaced(("  chunks:", "  codec: gzip\n  chunks:")), 9, 0),
    ("a rename", transform("rename: {snow: snowfall}"), 0, 3),
    ("three more days", three_more_days, 5, 0),
    ("four days before the first", more_days_before, 3, 0),
    ("a changed file", a_file_changed, 2, 0),
    ("a day left out", replaced(("step: 1d}", "step: 1d}, except: [2001-01-05]")), 5, 0),
    ("fewer days", replaced(("to: 2001-01-10", "to: 2001-01-08")), 1, 2),
    ("the archive moved", the_archive_moved, 0, 0),
    ("an object of the version was lost", an_object_was_lost, 1, 0),
    ("a variable less", transform("drop: snow"), 0, 3),
    ("a variable that was there before", snow_left_and_came_back, 0, 0),
    ("a part of the grid", transform("slice: {y: [0, 4]}"), 7, 0),
]


class Place:
    """A folder with inputs, a recipe and a bakery."""

    def __init__(self, forge, folder):
        self.forge = forge
        self.folder = support.fresh(folder)
        self.inputs = os.path.join(folder, "in")
        self.bakery = os.path.join(folder, "bakery")
        self.text = RECIPE
        os.makedirs(self.inputs)
        for day in range(1, 14):
            write_day(self.inputs, 1, day)

    def run(self, *arguments, statuses=(0,), bakery=None):
        path = os.path.join(self.folder, "recipe.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text)
        command = [self.forge, arguments[0], path, "--json", "--bakery", bakery or self.bakery,
                   *arguments[1:]]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        support.want(done.returncode in statuses, "%s ended with %d: %s%s" %
                     (command, done.returncode, done.stdout, done.stderr))
        return done.returncode, json.loads(done.stdout)

    def bake(self, *arguments):
        return self.run("bake", *arguments)[1]

    def inodes(self):
        """Inode of every object (not documents) of every version."""
        found = set()
        for top, _, files in os.walk(os.path.join(self.bakery, "versions")):
            found.update(os.stat(os.path.join(top, name)).st_ino for name in files
                         if "data.zarr" in top and name != "zarr.json")
        return found

    def objects(self):
        """Path -> inode of every object of the current version."""
        store = os.path.join(series.current(self.bakery), "data.zarr")
        return {os.path.relpath(os.path.join(top, name), store): os.stat(os.path.join(top, name)).st_ino
                for top, _, files in os.walk(store) for name in files if name != "zarr.json"}

    def clean_digest(self):
        bakery = os.path.join(self.folder, "clean")
        self.run("bake", bakery=bakery)
        digest = series.digest_of(os.path.join(series.current(bakery), "data.zarr"))
        shutil.rmtree(bakery)
        return digest


def try_change(place, name, change, written, gone, *arguments):
    place.bake()
    change(place)
    old_version, old, inodes = series.current(place.bakery), place.objects(), place.inodes()
    status, plan = place.run("plan", "--detailed-exitcode", statuses=(0, 8))
    place.bake(*arguments)
    new_version, new = series.current(place.bakery), place.objects()
    total = plan["changes"]["total"]
    fresh = sum(1 for inode in new.values() if inode not in inodes)
    removed = sum(1 for path in old if path not in new)
    print("%-36s %s" % (name, "no new version" if written is None else
                        "%d of %d objects written, %d gone" % (fresh, len(new), removed)), flush=True)
    if written is None:
        support.want(new_version == old_version, "%s: there is a new version" % name)
        support.want(old == new, "%s: objects were replaced" % name)
    else:
        support.want(new_version != old_version, "%s: there is no new version" % name)
        support.want((fresh, removed) == (written, gone), "%s: %d written and %d gone, not %d and %d"
                     % (name, fresh, removed, written, gone))
    if not arguments and change not in (a_file_touched, the_archive_moved, an_object_was_lost):  # no plan looks
        support.want(status == (0 if written is None else 8), "%s: plan ended with %d" % (name, status))
        foretold = total["add"] + total["rewrite"], total["delete"]
        support.want(foretold == (written or 0, gone or 0), "%s: the plan said %s" % (name, foretold))
    support.want(series.digest_of(os.path.join(new_version, "data.zarr")) == place.clean_digest(),
                 "%s: a clean run gives other bytes" % name)


SWAP = ("  - attrs:", "  - rename: {rain: other}\n  - rename: {snow: rain, other: snow}\n  - attrs:")

# One after the other: what changes, and how many of rain's chunks are read back by its check.
CHECKED = [
    ("the first version", lambda place: None, 3),
    ("three more days", three_more_days, 2),
    ("an attribute", transform("attrs: {rain: {long_name: Rain}}"), 0),
    ("another check of another variable", replaced(("{rain: [0, 1500]}", "{rain: [0, 1500], snow: [0, 2500]}")), 4),
    ("another range", replaced(("{rain: [0, 1500], snow: [0, 2500]}", "{rain: [0, 1600]}")), 4),
    ("the range that only older versions passed", replaced(("[0, 1600]", "[0, 1500]")), 4),
    ("a changed file", a_file_changed, 1),
    ("a variable that comes to be called rain",
     replaced(SWAP, ("[0, 1500]", "[0, 2500]")), 4),
    ("the same once more", replaced(("{long_name: Rain}", "{long_name: Snow}")), 0),
]


def try_checks(place):
    """Objects that are shared from a version that passed the same check are not read again."""
    place.text = place.text.replace("checks:\n", "checks:\n  - range: {rain: [0, 1500]}\n")
    for name, change, chunks in CHECKED:
        if name.startswith("a variable that comes"):
            must_not_pass(place, replaced(SWAP))
        change(place)
        report = place.bake()["report"]
        print("%-42s %d chunks checked, %d tasks skipped" %
              (name, report["check_chunks"], report["check_tasks_skipped"]), flush=True)
        support.want(report["check_chunks"] == chunks, "%s: %s" % (name, report))
    must_not_pass(place, replaced(("{long_name: Snow}", "{scale_factor: 1000.0}")))


def must_not_pass(place, change):
    """The same objects: but what was held of another variable, or decoded otherwise, says nothing."""
    before = place.text
    change(place)
    said = place.run("bake", statuses=(1,))[1]
    support.want("outside" in said["error"]["text"], "it passed: %s" % said)
    place.text = before


def main():
    forge, work = sys.argv[1:3]
    for name, change, written, gone in TABLE:
        try_change(Place(forge, os.path.join(work, "place")), name, change, written, gone)
    try_change(Place(forge, os.path.join(work, "place")), "a range again", lambda place: None, 3, 0,
               "--only", "time=2001-01-05..2001-01-08")
    try_checks(Place(forge, os.path.join(work, "place")))
    print("%d kinds of change" % (len(TABLE) + 1))


if __name__ == "__main__":
    main()
