#!/usr/bin/python3
"""A reader sees one version, whole, however often the dataset is published meanwhile.

    test_readers_never_see_half.py FORGE WORK [PUBLISHES]

In version k every element of every variable is k. Readers resolve datasets/NAME without pause, read
every byte there, and read the same version again later: all of it must be of one k, and the second
reading must equal the first. The link itself is there at every look.
"""
import glob
import json
import multiprocessing
import os
import sys
import threading

import numpy as np

import series
import support

DAYS = 2
SIZE = 16
CHUNKS = DAYS * SIZE // 8


class Reader(threading.Thread):
    def __init__(self, bakery):
        super().__init__(daemon=True)
        self.bakery, self.seen, self.reads, self.wrong = bakery, {}, 0, []
        self.stop = False

    def read(self, version):
        """(k, digest of everything) of a version."""
        store = os.path.join(version, "data.zarr")
        found = set()
        for name in "rain", "snow":
            with open(os.path.join(store, name, ".zarray")) as file:
                shape = json.load(file)["shape"]
            chunks = glob.glob(os.path.join(store, name, "[0-9]*"))
            if shape != [DAYS, SIZE, SIZE] or len(chunks) != CHUNKS:
                self.wrong.append("%s: %s has shape %s and %d chunks" %
                                  (version, name, shape, len(chunks)))
            for chunk in chunks:
                found |= set(np.fromfile(chunk, "<f4").tolist())
        if len(found) != 1:
            self.wrong.append("%s: holds %s" % (version, sorted(found)))
        return max(found, default=-1), series.digest_of(version)

    def run(self):
        last = -1
        while not self.stop:
            version = series.current(self.bakery)
            k, digest = self.read(version)
            if self.seen.setdefault(version, (k, digest)) != (k, digest):
                self.wrong.append("%s changed after it was published" % version)
            if k < last:
                self.wrong.append("version %g came behind %g" % (k, last))
            last = k
            self.reads += 1


def watch(link, stop, looks, absences):
    """Look at the link without pause: is it ever not there?"""
    while not stop.is_set():
        for _ in range(1000):
            try:
                os.readlink(link)
            except FileNotFoundError:
                absences.value += 1
        looks.value += 1000


def main():
    forge, work = sys.argv[1:3]
    publishes = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    support.fresh(work)
    bakery = os.path.join(work, "bakery")
    recipe = series.write_recipe(work, DAYS, chunk=8)
    readers = []
    stop, looks = multiprocessing.Event(), multiprocessing.Value("Q", 0)
    absences = multiprocessing.Value("Q", 0)
    watcher = multiprocessing.Process(target=watch, daemon=True, args=(
        os.path.join(bakery, "datasets", "rain"), stop, looks, absences))
    for k in range(publishes):
        series.write_files(work, DAYS, float(k + 1), SIZE)
        support.run([forge, "bake", recipe, "--bakery", bakery, "--quiet"], echo=False)
        if not readers:
            readers = [Reader(bakery) for _ in range(2)]
            watcher.start()
            for reader in readers:
                reader.start()
        support.want(all(reader.is_alive() for reader in readers), "a reader ended with an error")
    for reader in readers:
        reader.stop = True
        reader.join()
    stop.set()
    watcher.join()
    support.want(absences.value == 0, "the dataset was not there at %d of %d looks" %
                 (absences.value, looks.value))
    wrong = [text for reader in readers for text in reader.wrong]
    support.want(not wrong, "%d wrong views, the first: %s" % (len(wrong), wrong[:3]))
    seen = {}
    for reader in readers:
        for version, view in reader.seen.items():
            support.want(seen.setdefault(version, view) == view, "two readers saw different things")
    for version, view in seen.items():
        support.want(readers[0].read(version) == view, "%s did not stay as it was" % version)
    support.want(len(series.versions(bakery)) == publishes, "%d versions of %d publishes" %
                 (len(series.versions(bakery)), publishes))
    print("%d publishes, %d readings of %d versions: 0 partial or mixed views; the link was there at "
          "each of %d looks" % (publishes, sum(reader.reads for reader in readers), len(seen), looks.value))
    support.want(len(seen) > publishes // 4, "the readers saw only %d versions" % len(seen))


if __name__ == "__main__":
    main()
