#!/usr/bin/python3
"""What a killed bake left, or a bakery remembers, may be damaged: the next bake gives the same bytes.

    damage.py FORGE SHIM WORK [--every K]

Every Kth byte of the journal and of the objects that a killed bake left behind, of what is known of
inputs, and of the history is flipped, and each of these files is cut off there.
"""
import argparse
import os
import shutil
import signal

import world
from world import support

want = support.want


def remembered(bakery):
    """The files of a bakery that a bake reads, and that are no published version."""
    found = [os.path.join("state", kind, *rest) for kind, *rest in
             (("inputs", world.NAME, "files"), ("inputs", world.NAME, "scans"), ("history", world.NAME))]
    versions = os.path.join(bakery, "versions", world.NAME)
    part, = [name for name in os.listdir(versions) if name.startswith(".part-")]
    found.append(os.path.join("versions", world.NAME, part, "journal"))
    for top, _, files in os.walk(os.path.join(versions, part, "data.zarr")):
        found += [os.path.relpath(os.path.join(top, name), bakery) for name in sorted(files)]
    return found


def damage(path, at, cut):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    content[at] ^= 0x41
    os.unlink(path)  # it may be the same file as that of a version
    with open(path, "wb") as file:
        file.write(content[:at] if cut else content)


def points_of(bakery, every):
    """(file, byte) of every Kth byte of them all, as if they were one."""
    offset = 0
    for name in remembered(bakery):
        size = os.path.getsize(os.path.join(bakery, name))
        yield from ((name, at) for at in range(-offset % every, size, every))
        offset += size


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("forge")
    parser.add_argument("shim")
    parser.add_argument("work")
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    place = world.World(arguments.forge, arguments.shim, arguments.work)
    clean = place.measure(2)
    place.renew()
    killed = place.bake(2, mode="kill_before", at=clean.count * 2 // 3)
    want(killed.status == -signal.SIGKILL, "it was not killed: %d" % killed.status)
    shutil.rmtree(place.template)
    os.rename(place.bakery, place.template)
    place.bakery, seen = None, 0
    for name, at in points_of(place.template, arguments.every):
        for cut in False, True:
            where = "%s %s byte %d" % (name, "cut off at" if cut else "with another", at)
            place.renew()
            damage(os.path.join(place.bakery, name), at, cut)
            outcome = place.bake(2)
            want(outcome.status == 0, "%s: it ended with %d:\n%s" %
                 (where, outcome.status, outcome.said))
            found = place.look()
            want(found == "new", "%s: %s" % (where, found))
            seen += 1
    print("%d damages to %d files: the same bytes each time" % (seen, len(remembered(place.template))))


if __name__ == "__main__":
    main()
