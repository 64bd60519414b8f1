#!/usr/bin/python3
"""A dataset that grows along `append` is, after each step, what one bake of all its files gives.

    test_append.py FORGE WORK

Six steps of one to nineteen days, in several layouts: after each the store is byte for byte that of
a clean bake, and what was written is the chunks at the end and new ones, counted by inode. New files
that contradict what is stored are refused by name, and what is published stays as it is.
"""
import json
import math
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
  find: "in"
  match: '^day-(?<time>\\d{3})\\.nc$'
  combine:
    - {concat: time}
target:
  format: zarr
  append: time
"""
STEPS = [1, 2, 5, 1, 19, 4]
HEIGHT, WIDTH = 6, 8

# What is called, how the target is changed, steps of time in one object of rain and one of time.
LAYOUTS = [
    ("default chunks", [], 65536, 65536),
    ("chunks of five", [("append: time", "append: time\n  chunks: {time: 5}")], 5, 65536),
    ("chunks of four, tiled", [("append: time", "append: time\n  chunks: {time: 4, y: 3}\n"
                                "  variables: {time: {chunks: {time: 8}}}")], 4, 8),
    ("chunks by size", [("append: time", "append: time\n  chunk_size: 960")], 5, 65536),
    ("shards", [("append: time", "append: time\n  chunks: {time: 2, y: 2}\n  shards: {time: 6}")], 6, 65536),
    ("shards as long as chunks", [("append: time", "append: time\n  chunks: {time: 3}\n  shards: {y: 6}")],
     3, 65536),
    ("zarr2", [("format: zarr", "format: zarr2")], 65536, 65536),
    ("zarr2, chunks of seven", [("format: zarr", "format: zarr2"),
                                ("append: time", "append: time\n  chunks: {time: 7}")], 7, 65536),
]

PACKED = {"dtype": "i2", "scale_factor": 0.5, "add_offset": 0.0}
ORDER = ("a dimension that may grow runs in one direction without overlaps: leave the file out with "
         "\"except\", or put it in order")
FIT = ("make the new files fit under \"each\", or leave them out with \"except\"; a recipe that was "
       "changed rewrites what it has to")
UNITS = ("files with other units cannot be joined as they are; make them agree under \"each\", or leave "
         "the file out with \"except\"")
JOIN = "join: inner keeps what all files have, join: outer keeps all"
FOLLOW = "10:11: in/day-006.nc: time 2001-01-%s does not follow 2001-01-%s of in/day-00%d.nc"
OTHER = "%d:11: in/day-006.nc: variable \"rain\" would get another %s than version VERSION has"

# Days 1 to 6 are stored, a file comes: what it is, what the files before have, what it has, the
# `join` of the recipe, and what is said (behind the recipe's name) and advised.
REFUSED = [
    ("its times overlap", {}, {"times": [5, 6, 7]}, None,
     FOLLOW % ("06T00:00:00", "07T00:00:00", 5), ORDER),
    ("its times run backwards", {}, {"times": [9, 8]}, None,
     FOLLOW % ("09T00:00:00", "10T00:00:00", 6), ORDER),
    ("its time is there already", {}, {"times": [6]}, None,
     FOLLOW % ("07T00:00:00", "07T00:00:00", 5), ORDER),
    ("it has a time twice", {}, {"times": [7, 7]}, None,
     FOLLOW % ("08T00:00:00", "08T00:00:00", 6), ORDER),
    ("it is of a time before all others", {}, {"times": [0.5]}, None,
     FOLLOW % ("01T12:00:00", "07T00:00:00", 5), ORDER),
    ("another dtype", {}, {"dtype": "f8"}, None, OTHER % (10, "dtype"), FIT),
    ("another dtype, joined", {}, {"dtype": "i4"}, "outer", OTHER % (11, "dtype"), FIT),
    ("another factor", PACKED, dict(PACKED, scale_factor=0.25), None, OTHER % (10, "dtype"), FIT),
    ("another offset", PACKED, dict(PACKED, add_offset=1.0), None, OTHER % (10, "dtype"), FIT),
    ("no longer packed", PACKED, {}, None, OTHER % (10, "dtype"), FIT),
    ("packed into more bytes", PACKED, dict(PACKED, dtype="i4"), None, OTHER % (10, "dtype"), FIT),
    ("other units", {}, {"units": "K"}, None,
     "7:7: variable \"rain\": attribute \"units\" is \"mm\" in in/day-000.nc and \"K\" in in/day-006.nc",
     UNITS),
    ("another grid", {}, {"y": [0, 1, 2, 3, 4, 7]}, None,
     "7:7: coordinate \"y\" differs: element 5 is 5 in in/day-000.nc and 7 in in/day-006.nc", JOIN),
    ("a shorter grid", {}, {"height": 5}, None,
     "7:7: coordinate \"y\" has 6 values in in/day-000.nc and 5 in in/day-006.nc", JOIN),
    ("a longer grid, joined", {}, {"height": 7}, "outer", OTHER % (11, 'length of "y"'), FIT),
    ("another grid, joined", {}, {"y": [0, 1, 2, 3, 4, 7]}, "outer", OTHER % (11, 'length of "y"'), FIT),
    ("a shorter grid, joined", {}, {"height": 5}, "inner", OTHER % (11, 'length of "y"'), FIT),
]


def write_day(folder, day, name=None, times=None, dtype="f4", units="mm", height=HEIGHT,
              time_units="days since 2001-01-01", **more):
    """One file; every value says which day it is of."""
    os.makedirs(os.path.join(folder, "in"), exist_ok=True)
    path = os.path.join(folder, "in", name or "day-%03d.nc" % day)
    times = [day + 1] if times is None else times
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_DATA") as file:
        for dim, size in ("time", None), ("y", height), ("x", WIDTH):
            file.createDimension(dim, size)
            file.createVariable(dim, "f8", (dim,))
        file["time"].units = time_units
        file["time"][:] = times
        file["y"][:] = more.pop("y", np.arange(height))
        file["x"][:] = np.arange(WIDTH)
        rain = file.createVariable("rain", dtype, ("time", "y", "x"))
        rain.units = units
        for attribute, value in more.items():
            rain.setncattr(attribute, value)
        rain.set_auto_scale(False)
        one = np.arange(height * WIDTH).reshape(1, height, WIDTH) + 100 * (day % 300)
        rain[:] = np.repeat(one, len(times), axis=0)
    long_ago = time.time() - 3600 # else a plan does not trust what it knows of the file
    os.utime(path, (long_ago, long_ago))


class Place:
    """A folder with inputs, a recipe and a bakery."""

    def __init__(self, forge, folder, replace=()):
        self.forge, self.folder = forge, support.fresh(folder)
        self.bakery = os.path.join(folder, "bakery")
        self.recipe = os.path.join(folder, "recipe.yaml")
        text = RECIPE
        for old, new in replace:
            support.want(old in text, "the recipe has no %r" % old)
            text = text.replace(old, new)
        with open(self.recipe, "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments, bakery=None):
        command = [self.forge, arguments[0], "recipe.yaml", "--bakery", bakery or self.bakery, *arguments[1:]]
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def bake(self, bakery=None):
        done = self.run("bake", "--json", bakery=bakery)
        support.want(done.returncode == 0, "status %d: %s%s" % (done.returncode, done.stdout, done.stderr))
        return json.loads(done.stdout)

    def store(self, bakery=None):
        return os.path.join(series.current(bakery or self.bakery), "data.zarr")

    def objects(self):
        """Path -> inode of every object of the current version; documents are none."""
        if not series.current(self.bakery):
            return {}
        return {os.path.relpath(os.path.join(top, name), self.store()):
                os.stat(os.path.join(top, name)).st_ino
                for top, _, files in os.walk(self.store()) for name in files
                if name != "zarr.json" and not name.startswith(".z")}

    def clean_digest(self):
        bakery = os.path.join(self.folder, "clean")
        self.bake(bakery)
        digest = series.digest_of(self.store(bakery))
        shutil.rmtree(bakery)
        return digest


def first_new(path):
    """The object's index along time, the outermost dimension of both rain and time."""
    name, _, rest = path.partition("/")
    parts = rest.replace("c/", "", 1).replace("/", ".").split(".")
    return name, int(parts[0])


def chunk_length(store, variable):
    """Steps of time in one object, as the metadata say."""
    for name in "zarr.json", ".zarray":
        path = os.path.join(store, variable, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
            return document["chunks"][0] if name == ".zarray" else \
                document["chunk_grid"]["configuration"]["chunk_shape"][0]
    return None


def grow(place, name, rain_length, time_length):
    """All steps of one layout; objects written and kept."""
    days, written, kept = 0, 0, 0
    for count in STEPS:
        before, lengths = days, {"rain": rain_length, "time": time_length}
        for _ in range(count):
            write_day(place.folder, days)
            days += 1
        old = place.objects()
        foretold = json.loads(place.run("plan", "--json").stdout)["changes"]["total"]
        said = place.bake()
        new = place.objects()
        fresh = {path for path, inode in new.items() if inode not in old.values()}
        for path in fresh if before else ():
            variable, at = first_new(path)
            support.want(variable in lengths and (at + 1) * lengths[variable] > before,
                         "%s: %s was written again, and %d days were there" % (name, path, before))
        for path in new.keys() - fresh:
            support.want(old.get(path) == new[path], "%s: %s is another object" % (name, path))
        touched = [path for path in new if before == 0 or (
            first_new(path)[0] in lengths and
            (first_new(path)[1] + 1) * lengths[first_new(path)[0]] > before)]
        support.want(len(fresh) == len(touched), "%s: %d objects written, not %d" %
                     (name, len(fresh), len(touched)))
        support.want(foretold["add"] + foretold["rewrite"] == len(fresh) and foretold["delete"] == 0,
                     "%s: the plan said %s, %d were written" % (name, foretold, len(fresh)))
        support.want(said["report"]["objects"] == len(fresh) and
                     said["report"]["objects_shared"] == len(new) - len(fresh), "%s: %s" % (name, said))
        support.want(old.keys() <= new.keys(), "%s: objects went" % name)
        found = {which: chunk_length(place.store(), which) for which in lengths}
        support.want(found == lengths, "%s: after %d days objects are %s long" % (name, days, found))
        series_length = max(1, math.ceil(days / rain_length))
        found = {first_new(path)[1] for path in new if path.startswith("rain/")}
        support.want(found == set(range(series_length)), "%s: chunks %s of %d days" % (name, found, days))
        support.want(series.digest_of(place.store()) == place.clean_digest(),
                     "%s: after %d days a clean bake gives other bytes" % (name, days))
        written, kept = written + len(fresh), kept + len(new) - len(fresh)
    return written, kept


def everything(place):
    """What readers see: every file of every version, and which of them is current."""
    return series.visible(place.bakery), series.current(place.bakery)


def refuse(place, name, common, new, text, advice):
    for day in range(6):
        write_day(place.folder, day, **common)
    place.bake()
    before = everything(place)
    version = os.path.basename(before[1])
    write_day(place.folder, 6, **new)
    for command in "plan", "bake":
        done = place.run(command)
        said = done.stderr.replace(version, "VERSION")
        expected = "error: recipe.yaml:%s\n  = help: %s\n" % (text, advice)
        support.want(done.returncode == 4 and said == expected, "%s: %s ended with %d: %s\nnot\n%s" %
                     (name, command, done.returncode, said, expected))
        support.want(everything(place) == before, "%s: what is published changed" % name)
    # Put right, it is the next day of the series.
    write_day(place.folder, 6, **common)
    place.bake()
    support.want(series.current(place.bakery) != before[1] and
                 series.digest_of(place.store()) == place.clean_digest(), "%s: put right, it differs" % name)


def main():
    forge, work = sys.argv[1:3]
    forge = os.path.abspath(forge)
    for name, replace, rain_length, time_length in LAYOUTS:
        place = Place(forge, os.path.join(work, "grows"), replace)
        print("%-26s %2d objects written, %2d kept" % ((name,) + grow(place, name, rain_length, time_length)),
              flush=True)
    for name, common, new, join, text, advice in REFUSED:
        change = [("append: time", "append: time\n  chunks: {time: 4}")]
        if join:
            change.append(("{concat: time}\n", "{concat: time}\n  join: %s\n" % join))
        refuse(Place(forge, os.path.join(work, "refuses"), change), name, common, new, text, advice)
    print("%d kinds of files refused, and taken when they were put right" % len(REFUSED))
    print("%d layouts of %d steps, each as a clean bake has it" % (len(LAYOUTS), len(STEPS)))


if __name__ == "__main__":
    main()
