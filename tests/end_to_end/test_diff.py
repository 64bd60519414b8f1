#!/usr/bin/python3
"""What differs between versions of one dataset, beside what xarray and hashlib make of them.

    test_diff.py FORGE WORK

Four versions: as it was; an attribute changed; one value of one input changed; two days more. Of every
pair, counts of elements and of objects are computed here from the stores.
"""
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys

import netCDF4
import numpy as np
import xarray

import series
import support

FORGE, WORK = sys.argv[1:3]
BAKERY = os.path.join(WORK, "bakery")
METADATA = (".zarray", ".zattrs", ".zgroup", ".zmetadata")
COUNTS = {"pairs": 0, "elements": 0, "objects": 0}


def diff(a, b, *more, status):
    done = subprocess.run([FORGE, "diff", a, b, "--bakery", BAKERY, *more], text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    support.want(done.returncode == status, "forge diff %s %s: status %d, not %d: %s%s" %
                 (a, b, done.returncode, status, done.stdout, done.stderr))
    support.want("Sanitizer" not in done.stderr, done.stderr)
    return json.loads(done.stdout) if "--json" in more else done.stdout


def bake(replace=(), days=3):
    recipe = series.write_recipe(WORK, days, replace=replace)
    support.run([FORGE, "bake", recipe, "--bakery", BAKERY, "--quiet"], echo=False)
    return series.current(BAKERY)


def digests_of(version):
    """Object -> digest of its bytes."""
    found = {}
    store = os.path.join(version, "data.zarr")
    for top, _, names in os.walk(store):
        for name in names:
            if name not in METADATA:
                with open(os.path.join(top, name), "rb") as file:
                    path = os.path.relpath(os.path.join(top, name), store)
                    found[path] = hashlib.sha256(file.read()).digest()
    return found


def check_objects(found, a, b):
    one, other = digests_of(a), digests_of(b)
    both = one.keys() & other.keys()
    want = {"same": sum(one[path] == other[path] for path in both),
            "different": sum(one[path] != other[path] for path in both),
            "gone": len(one.keys() - other.keys()), "added": len(other.keys() - one.keys())}
    support.want(found == want, "objects %s, there are %s" % (found, want))
    COUNTS["objects"] += sum(want.values())


def check_values(found, a, b):
    with xarray.open_zarr(os.path.join(a, "data.zarr")) as one, \
            xarray.open_zarr(os.path.join(b, "data.zarr")) as other:
        one, other = xarray.align(one, other, join="inner")
        for values in found:
            x, y = one[values["variable"]].values, other[values["variable"]].values
            if x.dtype.kind == "M":
                x, y = x.astype("i8"), y.astype("i8")
            differ = (x != y) & ~((x != x) & (y != y))
            what = "%s: %s" % (values["variable"], values)
            support.want(values["compared"] == x.size, what)
            support.want(values["differing"] == int(differ.sum()), what)
            COUNTS["elements"] += x.size
            if differ.any():
                apart = np.abs(x.astype("f8") - y.astype("f8"))[differ].max()
                support.want(values["largest"] == apart, what)
                first = np.argwhere(differ)[0]
                support.want(values["was"] == float(x[tuple(first)]), what)
                support.want(values["is"] == float(y[tuple(first)]), what)
        support.want({v["variable"] for v in found} == set(one.variables), "variables are missing")


def changes_of(found, *parts):
    return sorted((c["change"], c["part"], c["variable"] or "", c["name"] or "")
                  for c in found["changes"] if c["part"] in parts)


def version_name(version):
    return "rain@" + os.path.basename(version)


def four_versions():
    for day in range(5):
        series.write_day(WORK, day, day + 0.5)
    versions = [bake()]
    attribute = [("target:", "transforms:\n  - attrs: {rain: {units: mm}}\ntarget:")]
    versions.append(bake(attribute))
    with netCDF4.Dataset(os.path.join(WORK, "in", "day-20010102.nc"), "a") as file:
        file["rain"][0, 5, 6] = 99.25
    versions.append(bake(attribute))
    versions.append(bake(attribute, days=5))
    support.want(len(set(versions)) == 4, "not four versions: %s" % versions)
    return versions


def what_changed(versions):
    found = diff(*map(version_name, versions[0:2]), "--json", "--data", status=8)
    support.want(("added", "attribute", "rain", "units") in changes_of(found, "attribute"), str(found["changes"]))
    support.want(found["recipe"] and "+  - attrs: {rain: {units: mm}}" in found["recipe"], str(found["recipe"]))
    support.want(found["objects"]["different"] == 0 and not changes_of(found, "input"), str(found))
    support.want(all(v["unread"] == v["compared"] for v in found["values"]), "read what is the same")

    found = diff(*map(version_name, versions[1:3]), "--json", "--data", status=8)
    support.want([c[0] for c in changes_of(found, "input")] == ["changed"], str(found["changes"]))
    support.want(not found["recipe"] and found["objects"]["different"] == 1, str(found["objects"]))
    rain = [v for v in found["values"] if v["variable"] == "rain"][0]
    support.want((rain["differing"], rain["was"], rain["is"], rain["largest"]) == (1, 1.5, 99.25, 97.75), str(rain))
    support.want(rain["at_a"] == [1, 5, 6] and rain["at"]["time"] == "2001-01-02", str(rain))
    support.want(rain["compared"] - rain["unread"] == 4 * 16, "read more than one object: %s" % rain)

    found = diff(*map(version_name, versions[2:4]), "--json", "--data", status=8)
    support.want([c[0] for c in changes_of(found, "input")] == ["added"] * 2, str(found["changes"]))
    support.want(("changed", "dimension", "", "time") in changes_of(found, "dimension"), str(found["changes"]))
    support.want(all(v["differing"] == 0 for v in found["values"]), str(found["values"]))


def operands(versions):
    """Names, versions, their heads, folders, stores: they all mean what they say."""
    last = versions[3]
    alone = os.path.join(WORK, "alone.zarr")
    shutil.copytree(os.path.join(last, "data.zarr"), alone)
    for text in ("rain", version_name(last), last, os.path.join(last, "data.zarr"), alone,
                 os.path.join(BAKERY, "datasets", "rain"), os.path.join(BAKERY, "datasets", "rain", "data.zarr")):
        support.want(diff(text, last, "--data", status=0).endswith("they are the same\n"), text)
        support.want(diff(text, last, "--json", status=0)["differ"] is False, text)
    text = diff("rain", version_name(versions[0]), "--data", status=8)
    for line in ("dimension time: 5 -> 3\n", "attribute rain:units gone: \"mm\"\n", "input ", " gone: {",
                 "values rain: 1 of 768 differ, by 97.75 at most (by label along time; by place along y, x)\n",
                 '  the first at {"time":"2001-01-02","y":5,"x":6}: 99.25 -> 1.5\n'):
        support.want(line in text, "%r is not in %s" % (line, text))
    for a, status in ("nothing", 4), ("rain@nothing", 4), ("./nothing", 4), (WORK, 4):
        diff(a, "rain", status=status)


def main():
    support.fresh(WORK)
    versions = four_versions()
    for a, b in itertools.permutations(versions, 2):
        found = diff(version_name(a), version_name(b), "--json", "--data", "--workers", "2", status=8)
        check_objects(found["objects"], a, b)
        check_values(found["values"], a, b)
        COUNTS["pairs"] += 1
    what_changed(versions)
    operands(versions)
    print("%(pairs)d pairs of versions: %(elements)d elements and %(objects)d objects counted as xarray and "
          "hashlib count them" % COUNTS)


if __name__ == "__main__":
    main()
