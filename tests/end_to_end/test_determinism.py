#!/usr/bin/python3
"""One recipe, one digest: executor local, and threads with 1, 2 and 8 workers, write the same bytes.

    test_determinism.py FORGE WORK RECIPE...

The digest of every object of the store is compared, and the objects must be the same ones.
"""
import hashlib
import os
import shutil
import sys
import time

import support

RUNS = [("local", 1), ("threads", 1), ("threads", 2), ("threads", 8)]


def digests(store):
    """Path below the store -> sha256, of every file."""
    found = {}
    for top, _, files in os.walk(store):
        for name in files:
            path = os.path.join(top, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, store)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def bake(forge, work, recipe, executor, workers):
    bakery = os.path.join(work, "bakery")
    start = time.time()
    support.run([forge, "bake", recipe, "--bakery", bakery, "--executor", executor,
                 "--workers", str(workers)], echo=False)
    seconds = time.time() - start
    name = os.listdir(os.path.join(bakery, "datasets"))[0]
    found = digests(os.path.join(bakery, "datasets", name, "data.zarr"))
    shutil.rmtree(bakery)
    whole = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()
    print("%-8s %d workers: %5d objects, digest of all %s, %.1f s" %
          (executor, workers, len(found), whole[:16], seconds), flush=True)
    return found


def main():
    forge, work = sys.argv[1:3]
    for recipe in sys.argv[3:]:
        print(recipe)
        support.fresh(work)
        first = None
        for executor, workers in RUNS:
            found = bake(forge, work, os.path.join(support.TOP, recipe), executor, workers)
            support.want(len(found) > 3, "the store has only %d objects" % len(found))
            first = first or found
            differ = sorted(k for k in set(first) | set(found) if first.get(k) != found.get(k))
            support.want(not differ, "%d objects differ, the first: %s" % (len(differ), differ[:5]))


if __name__ == "__main__":
    main()
