"""world.py: the bake that the loops break: a published version of few files, and a recipe that now
asks for more of them; what is right afterwards; a reader that looks all the while.
"""
import atexit
import hashlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "end_to_end"))
import series  # noqa: E402
import shim  # noqa: E402
import support  # noqa: E402

DAYS_BEFORE, DAYS = 3, 23
SIZE, CHUNK = 16, 8
WORKER_KIB = 6  # of memory: one day of a variable, two chunks, is a task
NAME = "rain"
LONG_AGO = 1_000_000_000  # modification time of the inputs: nothing depends on when a test runs


LAST = 24  # operations at the end, where a version becomes current: no loop leaves one out


def following(n, every, count):
    """The point behind n, of about `count`, of which all but the last ones are sampled."""
    return min(n + every, count - LAST) if n < count - LAST else n + 1


def in_memory(work):
    """A fresh folder for a test, in memory where there is room: hundreds of bakes wait for no disk."""
    if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 1 << 30:
        work = tempfile.mkdtemp(prefix="forge-faults-", dir="/dev/shm")
        atexit.register(shutil.rmtree, work, ignore_errors=True)
    return os.path.realpath(support.fresh(work))


class World:
    """Everything below `work`; `bakery` is one copy of the template after the other."""

    def __init__(self, forge, library, work):
        self.forge = os.path.abspath(forge)
        self.work = in_memory(work)
        self.shim = shim.Shim(library, self.work, self.work)
        self.template = os.path.join(self.work, "template")
        self.bakery, self.made = None, 0
        series.write_files(self.work, DAYS, 1.0, SIZE)
        for name in os.listdir(os.path.join(self.work, "in")):
            os.utime(os.path.join(self.work, "in", name), (LONG_AGO, LONG_AGO))
        recipe = series.write_recipe(self.work, DAYS_BEFORE, format="zarr", chunk=CHUNK)
        support.run([self.forge, "bake", recipe, "--bakery", self.template], echo=False)
        self.recipe = series.write_recipe(self.work, DAYS, format="zarr", chunk=CHUNK)
        self.old = series.digest_of(store_of(self.template))
        self.can_resume = "--resume" in support.run([self.forge, "bake", "--help"], echo=False)

    def measure(self, workers):
        """A clean run: what it gives, and the outcome with all its operations."""
        self.renew()
        outcome = self.bake(workers)
        support.want(outcome.status == 0, "the clean run ended with %d:\n%s" %
                     (outcome.status, outcome.said))
        self.new = series.digest_of(store_of(self.bakery))
        support.want(self.new != self.old, "the clean run changed nothing")
        return outcome

    def renew(self, folder=None):
        """Another copy of the template."""
        if self.bakery:
            shutil.rmtree(self.bakery)
        self.made += 1
        self.bakery = os.path.join(folder or self.work, "bakery-%d" % self.made)
        support.run(["cp", "-a", self.template, self.bakery], echo=False)

    def bake(self, workers=2, resume=None, **faults):
        """One bake under the shim. `resume`: the run to go on with."""
        what = ["--resume", resume] if resume else [self.recipe]
        return self.shim.run([self.forge, "bake", *what, "--bakery", self.bakery, "--quiet"] +
                             ([] if resume else ["--workers", str(workers), "--memory",
                                                 "%dKiB" % (WORKER_KIB * workers)]), **faults)

    def last_run(self):
        """The newest run that can be resumed, or None."""
        folder = os.path.join(self.bakery, "state", "runs")
        names = sorted(os.listdir(folder), reverse=True) if os.path.isdir(folder) else []
        for name in names:
            if os.path.exists(os.path.join(folder, name, "request.json")):
                ended = os.path.exists(os.path.join(folder, name, "end.json"))
                return None if ended else name
        return None

    def look(self):
        """What is current: "old" or "new", and whole; else what is wrong with it."""
        version = series.current(self.bakery, NAME)
        if not version or not os.path.isdir(os.path.join(version, "data.zarr")):
            return "datasets/%s leads nowhere: %s" % (NAME, version)
        digest = series.digest_of(os.path.join(version, "data.zarr"))
        if digest not in (self.old, self.new):
            return "%s is neither the old version nor the new one" % version
        return manifest_fault(version) or ("old" if digest == self.old else "new")

    def published(self):
        """"old" or "new"; anything else fails the test."""
        found = self.look()
        support.want(found in ("old", "new"), found)
        return found

    def check_done(self):
        """After the last bake: the new version is current, and nothing unfinished is left."""
        support.want(self.published() == "new", "the bake ended well, and the old version is current")
        names = os.listdir(os.path.join(self.bakery, "versions", NAME))
        support.want(len(names) == 2 and not any(n.startswith(".") for n in names),
                     "versions after the last bake: %s" % sorted(names))
        links = os.listdir(os.path.join(self.bakery, "datasets"))
        support.want(links == [NAME], "left in datasets: %s" % links)
        unfinished = [n for top, _, files in os.walk(os.path.join(self.bakery, "versions"))
                      for n in files if n.startswith(".forge-put-")]
        support.want(not unfinished, "unfinished objects were published: %s" % unfinished)


def store_of(bakery):
    current = series.current(bakery, NAME)
    support.want(current and os.path.isdir(os.path.join(current, "data.zarr")),
                 "datasets/%s leads nowhere: %s" % (NAME, current))
    return os.path.join(current, "data.zarr")


def listing(path):
    """Path -> digest, as sha256sum writes them."""
    with open(path, encoding="utf-8") as file:
        return dict(reversed(line.rstrip("\n").split("  ", 1)) for line in file)


def manifest_fault(version):
    """What of a version is not as its manifest says, and that as the one beside it; or None."""
    both = {"manifest-sha256.txt", "tagmanifest-sha256.txt"}
    if not all(os.path.exists(os.path.join(version, name)) for name in both):
        return "%s has no manifest" % version
    listed = listing(os.path.join(version, "manifest-sha256.txt"))
    found = {os.path.relpath(os.path.join(top, name), version)
             for top, _, files in os.walk(version) for name in files} - both
    if found != set(listed):
        return "the manifest and %s differ: %s" % (version, sorted(found ^ set(listed))[:5])
    listed.update(listing(os.path.join(version, "tagmanifest-sha256.txt")))
    for name, digest in listed.items():
        with open(os.path.join(version, name), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                return "%s/%s is not what the manifest says" % (version, name)
    return None


def tasks_begun(operations):
    """The tasks that wrote something: (variable, day), the coordinate in one."""
    found = (re.search(r"/data\.zarr/(\w+)/c/(?:(\d+)/)?.*\.forge-put-", operation.path)
             for operation in operations if operation.kind == "open_write" and operation.error == 0)
    return {place.groups() for place in found if place}


class Reader:
    """Reads the current version of one bakery after the other, without pause, in another process."""

    def __init__(self, allowed):
        self.lock, self.stop = multiprocessing.Lock(), multiprocessing.Event()
        self.bakery = multiprocessing.Array("c", 4096)
        self.reads = multiprocessing.Value("Q", 0)
        self.wrong = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=self.work, args=(allowed,), daemon=True)
        self.process.start()

    def work(self, allowed):
        os.nice(5)
        while not self.stop.is_set():
            with self.lock:
                bakery = self.bakery.value.decode()
                if bakery:
                    self.look(bakery, allowed)
            if not bakery:
                self.stop.wait(0.001)

    def look(self, bakery, allowed):
        current = series.current(bakery, NAME)
        try:
            digest = series.digest_of(os.path.join(current, "data.zarr")) if current else "nothing"
        except OSError as error:
            digest = str(error)
        if digest not in allowed:
            self.wrong.put("%s: %s" % (current, digest))
            self.bakery.value = b""
        self.reads.value += 1

    def watch(self, bakery):
        """None: nothing, until told again. Readings under way end first."""
        with self.lock:
            self.bakery.value = (bakery or "").encode()
        support.want(self.wrong.empty(), "a reader saw what was never published: %s" %
                     (self.wrong.get() if not self.wrong.empty() else ""))
        support.want(self.process.is_alive(), "the reader ended with an error")

    def close(self):
        self.watch(None)
        self.stop.set()
        self.process.join()
        return self.reads.value
