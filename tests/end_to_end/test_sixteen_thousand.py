#!/usr/bin/python3
"""Sixteen thousand inputs: what is known of them from an earlier bake is not found out again.

    test_sixteen_thousand.py FORGE WORK [FILES]

With few files also: no byte of what is known is believed when it was flipped.

Counts are wanted, times are printed only. Records of the journals below state/inputs tell what was
hashed and what was scanned; plans are the same whether or not the files can be read any more.
"""
import json
import os
import struct
import sys
import time

import make_many_files
import support

RECIPE = """
forge: 1
name: many
input:
  url: "archive/{time:%%Y}/{time:%%Y%%m%%d}.nc"
  combine:
    - {concat: time, dates: {from: %s, to: %s, step: 1d}}
  conflicts: first
transforms:
  - attrs: {sst: {comment: "%s"}}
target:
  format: zarr
  chunks: {time: 400}
"""
CHUNK = 400
FLIPS, FEW = 20, 1000  # each of them has files scanned again: too long for many


def records(path):
    """How many a journal has; every byte of it must belong to one."""
    with open(path, "rb") as file:
        content = file.read()
    head = b"forge journal 1\n"
    support.want(content.startswith(head), path + " is no journal")
    at, count = len(head), 0
    while at < len(content):
        at, count = at + 8 + struct.unpack_from("<I", content, at)[0], count + 1
    support.want(at == len(content), path + " ends in the middle of a record")
    return count


class Archive:
    def __init__(self, forge, work, files):
        self.forge, self.work, self.files = forge, work, files
        self.bakery = os.path.join(work, "bakery")
        self.archive = os.path.join(work, "archive")
        make_many_files.make(self.archive, files)
        self.write_recipe("one")

    def write_recipe(self, comment):
        day = make_many_files.datetime.timedelta(days=self.files - 1)
        with open(os.path.join(self.work, "recipe.yaml"), "w") as file:
            file.write(RECIPE % (make_many_files.FIRST, make_many_files.FIRST + day, comment))

    def run(self, what, *command):
        """Its JSON; the time is printed where `what` says for what."""
        start = time.perf_counter()
        output = support.run([self.forge, *command, os.path.join(self.work, "recipe.yaml"),
                              "--bakery", self.bakery, "--json"], echo=False)
        if what:
            print("%-45s %6.2f s" % (what, time.perf_counter() - start), flush=True)
        return json.loads(output[output.index("{"):])

    def known(self):
        """Records of digests and of scans so far."""
        folder = os.path.join(self.bakery, "state", "inputs", "many")
        return tuple(records(os.path.join(folder, name)) for name in ("files", "scans"))

    def chunks(self):
        folder = os.path.join(self.bakery, "datasets", "many", "data.zarr", "sst")
        return {os.path.relpath(os.path.join(where, name), folder): os.stat(os.path.join(where, name)).st_ino
                for where, _, names in os.walk(folder) for name in names if name != "zarr.json"}


def check(archive):
    files = archive.files
    first = archive.run("the first bake", "bake")
    support.want(first["report"]["inputs"] == files, "inputs: %s" % first["report"])
    support.want(archive.known() == (files, files), "%d digests, %d scans" % archive.known())

    again = archive.run("a bake that finds nothing changed", "bake")
    support.want(again["version"] == first["version"], "a new version of the same")
    support.want(again["report"]["objects"] == 0, "objects were written again")
    archive.run("a plan that finds nothing changed", "plan")
    support.want(archive.known() == (files, files), "%d digests, %d scans" % archive.known())
    print("%d inputs: 0 hashed again, 0 scanned again, 0 objects written" % files)

    archive.write_recipe("two")
    archive.run("a plan of another recipe on known inputs", "plan")
    chunks = archive.chunks()
    other = archive.run("a bake of it: metadata only", "bake")
    support.want(other["version"] != first["version"] and other["report"]["objects"] == 0,
                 "objects: %s" % other["report"])
    support.want(archive.chunks() == chunks, "a chunk is not the same file")
    support.want(archive.known() == (files, files), "%d digests, %d scans" % archive.known())


def check_change(archive):
    """One file gets other values: one file is hashed and scanned, one chunk written."""
    files, number = archive.files, archive.files // 2
    path, other = (make_many_files.path_of(archive.archive, n) for n in (number, number + 1))
    chunks = archive.chunks()
    with open(path, "rb") as file, open(other, "rb") as donor:
        content, values = bytearray(file.read()), donor.read()
    content[-2 * 128:] = values[-2 * 128:]  # sst is the last variable
    with open(path, "wb") as file:
        file.write(content)
    os.utime(path, (make_many_files.MODIFIED + 1,) * 2)
    report = archive.run("a bake with one input changed", "bake")["report"]
    now = archive.chunks()
    changed = [key for key in chunks if now[key] != chunks[key]]
    print("chunks that are other files now: %s" % " ".join(changed))
    support.want(changed == ["c/%d/0/0" % (number // CHUNK)] and report["objects"] == 1,
                 "%d objects written" % report["objects"])
    support.want(archive.known() == (files + 1, files + 1), "%d digests, %d scans" % archive.known())


def check_damage(archive):
    """Whatever byte of a journal is another: the same version, and the same plan of another recipe."""
    folder = os.path.join(archive.bakery, "state", "inputs", "many")
    good = {name: open(os.path.join(folder, name), "rb").read() for name in ("files", "scans")}
    version = archive.run(None, "bake")["version"]
    archive.write_recipe("damage")
    plan = archive.run(None, "plan")
    for turn in range(FLIPS):
        for name, content in good.items():
            at = len(content) * turn // FLIPS + turn
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content[:at] + bytes([content[at] ^ 1 << turn % 8]) + content[at + 1:])
        now = archive.run(None, "plan")
        now["changes"] = plan["changes"]  # files that are not known may have changed
        support.want(now == plan, "flip %d: another plan" % turn)
        archive.write_recipe("two")
        support.want(archive.run(None, "bake")["version"] == version, "flip %d: other digests" % turn)
        archive.write_recipe("damage")
    print("%d bytes flipped in each journal: every plan and every digest as before" % FLIPS)
    for name, content in good.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def check_unread(archive):
    """No file is read for a plan whose scans are known: bytes that are gone are not missed."""
    archive.write_recipe("three")
    plan = archive.run("a plan while the files can be read", "plan")
    for number in range(archive.files):
        path = make_many_files.path_of(archive.archive, number)
        status = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"\0" * status.st_size)
        os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
    support.want(archive.run("a plan when their bytes are gone", "plan") == plan, "another plan")
    print("%d files of zeros were not read" % archive.files)


def main():
    forge, work = sys.argv[1:3]
    archive = Archive(forge, support.fresh(work), int(sys.argv[3]) if len(sys.argv) > 3 else 16000)
    check(archive)
    check_change(archive)
    if archive.files <= FEW:
        check_damage(archive)
    check_unread(archive)


if __name__ == "__main__":
    main()
