#!/usr/bin/python3
"""What is published is held against what it should be; sha256sum says the same of the manifest.

    test_verify.py FORGE WORK

Of two baked datasets (Zarr 3 with shards, Zarr 2) every file is damaged in several ways, and each
time the program has to name that file and no other. Objects that two versions share are named in
both.
"""
import itertools
import json
import os
import subprocess
import sys

import series
import support

FORGE, WORK = sys.argv[1:3]
BAKERY = os.path.join(WORK, "bakery")
MANIFEST, TAG = "manifest-sha256.txt", "tagmanifest-sha256.txt"
COUNTS = {}


def verify(what, *more, status=0):
    """Run it: its JSON and what it says on standard error."""
    done = subprocess.run([FORGE, "verify", what, "--bakery", BAKERY, "--json", *more], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    support.want(done.returncode == status, "forge verify %s %s: status %d, not %d: %s%s" %
                 (what, more, done.returncode, status, done.stdout, done.stderr))
    support.want("Sanitizer" not in done.stderr, done.stderr)
    return json.loads(done.stdout), done.stderr


def sha256sum(version, manifest):
    """The files that sha256sum calls wrong."""
    done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", manifest], cwd=version, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return {line.split(": FAILED")[0] for line in done.stdout.splitlines() if ": FAILED" in line}


def files_of(version):
    return sorted(os.path.relpath(os.path.join(top, name), version)
                  for top, _, names in os.walk(version) for name in names)


class Damaged:
    """A file is other while this lasts. Its inode goes: what shares it stays as it was."""

    def __init__(self, path, bytes_):
        self.path, self.bytes = path, bytes_

    def __enter__(self):
        self.before = None
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                self.before = file.read()
            os.remove(self.path)
        if self.bytes is not None:
            with open(self.path, "wb") as file:
                file.write(self.bytes)

    def __exit__(self, *_):
        if os.path.exists(self.path):
            os.remove(self.path)
        if self.before is not None:
            with open(self.path, "wb") as file:
                file.write(self.before)


def named(found, path, how):
    COUNTS[how] = COUNTS.get(how, 0) + 1
    paths = {finding["path"] for finding in found["findings"]}
    support.want(paths == {path}, "%s, %s: named %s" % (path, how, found["findings"]))
    support.want(found["found"] >= 1, "nothing counted")


def damages(dataset, version):
    """Every file flipped at three places, cut, removed."""
    for name in files_of(version):
        path = os.path.join(version, name)
        with open(path, "rb") as file:
            whole = file.read()
        for at in sorted({0, len(whole) // 2, len(whole) - 1}):
            flipped = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:]
            with Damaged(path, flipped):
                named(verify(dataset, "--deep", status=7)[0], name, "flipped")
                if name not in (MANIFEST, TAG):
                    support.want(sha256sum(version, MANIFEST) == {name}, "sha256sum sees otherwise")
        with Damaged(path, whole[:-1]):
            named(verify(dataset, "--deep", status=7)[0], name, "cut")
        with Damaged(path, None):
            named(verify(dataset, status=7)[0], name, "removed")
    for name in "data.zarr/rain/9.9.9", "data.zarr/left.txt", "notes", "provenance/more.json":
        with Damaged(os.path.join(version, name), b"x"):
            named(verify(dataset, status=7)[0], name, "added")


def objects_of(version):
    return [name for name in files_of(version)
            if name.startswith("data.zarr/") and not name.endswith((".json", ".zarray", ".zattrs", ".zgroup",
                                                                    ".zmetadata"))]


def swapped(dataset, version):
    """Two objects in each other's place: shallow cannot know, deep names both."""
    held = {}
    for name in objects_of(version):
        with open(os.path.join(version, name), "rb") as file:
            held[name] = file.read()
    objects = next((pair for pair in itertools.combinations(sorted(n for n in held if "/rain/" in n), 2)
                    if len(held[pair[0]]) == len(held[pair[1]]) and held[pair[0]] != held[pair[1]]), None)
    support.want(objects, "no two objects to swap: %s" % {n: len(held[n]) for n in held})
    one, other = (held[name] for name in objects)
    with Damaged(os.path.join(version, objects[0]), other), Damaged(os.path.join(version, objects[-1]), one):
        verify(dataset)
        found = verify(dataset, "--deep", status=7)[0]["findings"]
        support.want([f["path"] for f in found] == [objects[0], objects[-1]], "swapped: %s" % found)
        support.want(all(f["variable"] == "rain" and f["index"] for f in found), "no place: %s" % found)


def whole(dataset, version):
    names, objects = files_of(version), objects_of(version)
    for deep in (), ("--deep",), ("--deep", "--workers", "4"):
        found, said = verify(dataset, *deep)
        support.want(found["found"] == 0 and not found["findings"], "findings: %s" % found)
        support.want(found["files"] == len(names) - 2, "%d files, %d are there" % (found["files"], len(names)))
        support.want(found["objects"] == len(objects), "%d objects, not %d" % (found["objects"], len(objects)))
        support.want(found["read_files"] == len(names) - 3 - (0 if deep else len(objects)),
                     "read %d files" % found["read_files"])
        support.want("error" not in said, said)
    support.want(not sha256sum(version, MANIFEST) and not sha256sum(version, TAG), "sha256sum finds more")


def shared_objects():
    """An object that two versions share is wrong in both, and in no third."""
    recipe = series.write_recipe(WORK, 3, name="shared", replace=[("in/day", "shared/in/day")])
    folder = support.fresh(os.path.join(WORK, "shared"))
    versions = []
    for value in 1.0, 2.0:
        series.write_files(folder, 1 if versions else 3, value)
        support.run([FORGE, "bake", recipe, "--bakery", BAKERY, "--quiet"], echo=False)
        versions.append(series.current(BAKERY, "shared"))
    support.want(versions[0] != versions[1], "the second bake published nothing")
    same = [n for n in objects_of(versions[0]) if os.path.samefile(*(os.path.join(v, n) for v in versions))]
    support.want(same, "the versions share nothing")
    with open(os.path.join(versions[0], same[-1]), "r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))
    for version in versions:
        found = verify("shared@" + os.path.basename(version), "--deep", status=7)[0]
        named(found, same[-1], "shared")
    print("%d objects are shared by two versions" % len(same))


def stale(recipe_folder):
    recipe = series.write_recipe(recipe_folder, 3, name="late", replace=[("name: late", "name: late\ncadence: 1d")])
    support.run([FORGE, "bake", recipe, "--bakery", BAKERY, "--quiet"], echo=False)
    found, _ = verify("late")
    support.want(found["stale"] == "stale: last data 2001-01-03, expected every 1d", "stale: %s" % found)
    found, said = verify("late", "--fresh", status=7)
    support.want([f["kind"] for f in found["findings"]] == ["stale"], "--fresh: %s" % found)
    support.want('is not what it should be: 1 finding\n' in said, said)


def main():
    support.fresh(WORK)
    series.write_files(WORK, 3, 1.0)
    for name, format_, replace in (("rain", "zarr", [("codec: none", "codec: zstd\n  shards: {time: 1, y: 8}")]),
                                   ("rain-2", "zarr2", [])):
        recipe = series.write_recipe(WORK, 3, name=name, format=format_, replace=replace)
        for day in range(3):
            series.write_day(WORK, day, float(day + 1))
        support.run([FORGE, "bake", recipe, "--bakery", BAKERY, "--quiet"], echo=False)
        version = series.current(BAKERY, name)
        whole(name, version)
        damages(name, version)
        swapped(name, version)
        whole(name, version)
    shared_objects()
    stale(WORK)
    for what, status in ("nothing", 4), ("rain@nothing", 4), ("rain@" + os.path.basename(version)[:1] + "x", 4):
        verify(what, status=status)
    print("named, and nothing else: " + ", ".join("%d %s" % (COUNTS[how], how) for how in COUNTS))


if __name__ == "__main__":
    main()
