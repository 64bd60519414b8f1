#!/usr/bin/python3
"""Where a file cannot have another name, objects are copied, and the outcome is the same.

    test_no_links.py FORGE WORK

A dataset grows and changes its attributes. Its versions lie on vfat, which has no links; or the folder
of the older version is a mount of its own; or its files have as many names as the file system allows.
The store is byte for byte that of a clean bake, what was copied is counted and said, and nothing that
was copied is written again. Each way is left out where this machine does not have it.
"""
import errno
import json
import os
import shutil
import subprocess
import sys

import series
import support

IMAGE_BYTES = 32 << 20
LINKS_MAX = 70000 # ext4 has 65000
DAYS = 6
CHANGE = ("checks:", "transforms:\n  - attrs: {rain: {comment: changed}}\nchecks:")


class Place:
    def __init__(self, forge, work):
        self.forge, self.work = os.path.abspath(forge), os.path.abspath(support.fresh(work))
        self.bakery = os.path.join(self.work, "bakery")
        series.write_files(self.work, DAYS + 3, 1.5)
        self.recipe = None

    def write_recipe(self, days, *replace):
        self.recipe = series.write_recipe(self.work, days, format="zarr", replace=replace)

    def bake(self, *more, bakery=None, before=()):
        """What it says; `before`: the command that it is run by."""
        return support.run([*before, self.forge, "bake", self.recipe, "--bakery", bakery or self.bakery, *more],
                           echo=False)

    def objects(self):
        """Path -> inode and length of every object of the current version."""
        store = os.path.join(series.current(self.bakery), "data.zarr")
        found = {}
        for top, _, files in os.walk(store):
            for name in files:
                if name != "zarr.json":
                    status = os.stat(os.path.join(top, name))
                    found[os.path.relpath(os.path.join(top, name), store)] = status.st_ino, status.st_size
        return found

    def report(self):
        said = support.run([self.forge, "status", "last", "--json", "--bakery", self.bakery], echo=False)
        return json.loads(said)["report"]

    def step(self, what, days, replace, copied, before=()):
        """One more version; `copied`: the paths of what cannot be linked."""
        old = self.objects()
        self.write_recipe(days, *replace)
        said = self.bake(before=before)
        new, report = self.objects(), self.report()
        grown = len(new) > len(old) # then time is another array
        shared = [path for path in new if path in old and not (grown and path.startswith("time/"))]
        expected = {path for path in shared if copied(path)}
        fresh = {path for path in shared if new[path][0] != old[path][0]}
        support.want(fresh == expected, "%s: %d objects are other files, not %d" %
                     (what, len(fresh), len(expected)))
        support.want(report["objects_shared"] == len(shared) and
                     report["objects"] == len(new) - len(shared), "%s: %s" % (what, report))
        length = sum(new[path][1] for path in expected)
        support.want(report["bytes_copied"] == length, "%s: %d bytes copied, not %d" %
                     (what, report["bytes_copied"], length))
        size = "%d B" % length if length < 1024 else "%.3g KiB" % (length / 1024)
        line = "  shared  %d objects that were there already\n" % len(shared) + \
            ("          %s of them copied: they cannot be linked\n" % size if length else "")
        support.want(line in said and (length > 0) == ("cannot be linked" in said), "%s: %r is not in %s" % (what, line, said))
        clean = os.path.join(self.work, "clean")
        self.bake("--quiet", bakery=clean)
        digests = [series.digest_of(os.path.join(series.current(b), "data.zarr")) for b in (self.bakery, clean)]
        support.want(digests[0] == digests[1], "%s: a clean bake gives other bytes" % what)
        shutil.rmtree(clean)
        support.run([self.forge, "verify", "rain", "--deep", "--bakery", self.bakery], echo=False)
        print("%-40s %3d objects shared, %3d of them copied, %6d bytes" %
              (what, len(shared), len(expected), length), flush=True)
        return len(expected)


def begin(forge, work):
    place = Place(forge, work)
    place.write_recipe(DAYS)
    place.bake("--quiet")
    return place


def on_vfat(forge, work):
    place = Place(forge, work)
    image, versions = os.path.join(work, "image"), os.path.join(place.bakery, "versions")
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    os.makedirs(versions)
    for command in ["mkfs.vfat", image], ["mount", "-o", "loop", image, versions]:
        if not shutil.which(command[0]) or subprocess.run(command, stdout=subprocess.DEVNULL,
                                                          stderr=subprocess.DEVNULL).returncode != 0:
            return None
    try:
        place.write_recipe(DAYS)
        place.bake("--quiet")
        copied = place.step("on vfat: an attribute", DAYS, [CHANGE], lambda path: True)
        return copied + place.step("on vfat: three more days", DAYS + 3, [CHANGE], lambda path: True)
    finally:
        subprocess.run(["umount", versions], check=True)


def mounted(place):
    """What runs a command with the current version as a mount of its own."""
    folder = series.current(place.bakery)
    return ["unshare", "-rm", "sh", "-ec", 'mount --bind "$0" "$0" && exec "$@"', folder]


def across_mounts(forge, work):
    place = begin(forge, work)
    if subprocess.run([*mounted(place), "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return None
    copied = place.step("across mounts: an attribute", DAYS, [CHANGE], lambda path: True, mounted(place))
    copied += place.step("across mounts: three more days", DAYS + 3, [CHANGE], lambda path: True,
                         mounted(place))
    place.step("no mount between them", DAYS + 3, [], lambda path: False)
    return copied


def fill_links(path, folder):
    """Give a file all the names that it can have. Is there a limit?"""
    os.makedirs(folder)
    for number in range(LINKS_MAX):
        try:
            os.link(path, os.path.join(folder, str(number)))
        except OSError as error:
            return error.errno == errno.EMLINK
    return False


def too_many_links(forge, work):
    place = begin(forge, work)
    path = "rain/c/2/1/0"
    names = os.path.join(place.work, "names")
    if not fill_links(os.path.join(series.current(place.bakery), "data.zarr", path), names):
        shutil.rmtree(names)
        return None
    copied = place.step("one object has too many names", DAYS, [CHANGE], lambda other: other == path)
    shutil.rmtree(names)
    place.step("its copy has few", DAYS + 3, [CHANGE], lambda other: False)
    return copied


def main():
    forge, work = sys.argv[1:3]
    done = 0
    for way in on_vfat, across_mounts, too_many_links:
        copied = way(forge, os.path.join(work, way.__name__))
        if copied is None:
            print("%s: not on this machine" % way.__name__.replace("_", " "))
        else:
            done += 1
    if done == 0:
        support.skip("no mount may be made, and files have any number of names")


if __name__ == "__main__":
    main()
