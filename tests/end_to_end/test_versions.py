#!/usr/bin/python3
"""The versions of a dataset: their history, going back, withdrawing, and what gc deletes.

    test_versions.py FORGE WORK

Three versions of real files, and readers that hold one of them while others come and go.
"""
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import series
import support

FORGE, WORK = sys.argv[1:3]
BAKERY = os.path.join(WORK, "bakery")
SEED = 20010203
KILLS = 24


def forge(*arguments, status=0):
    return support.run([FORGE, *arguments, "--bakery", BAKERY], status=status, echo=False)


def as_json(*arguments):
    return json.loads(forge(*arguments, "--json"))


def bake(days, value):
    """The id of a new version whose every element is `value`."""
    series.write_files(WORK, days, value)
    forge("bake", series.write_recipe(WORK, days), "--quiet")
    return os.path.basename(series.current(BAKERY))


def current():
    return os.path.basename(series.current(BAKERY) or "none")


def folder(version):
    return os.path.join(BAKERY, "versions", "rain", version)


def states():
    """Version -> what the history says of it."""
    found = {}
    for version in as_json("history", "rain")["versions"]:
        words = [word for word in ("current", "withdrawn", "removed") if version[word]]
        found[version["version"]] = " ".join(words) or "kept"
    return found


def blocks(path):
    """Bytes on disk of the files below a folder, each once."""
    sizes = {}
    for top, _, files in os.walk(path):
        for name in files:
            status = os.lstat(os.path.join(top, name))
            sizes[status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


class Reader(threading.Thread):
    """Reads one version again and again: it has to stay as it is."""

    def __init__(self, version):
        super().__init__(daemon=True)
        self.path, self.reads, self.stop, self.changed = folder(version), 0, False, 0
        self.digest = series.digest_of(self.path)
        self.start()

    def run(self):
        while not self.stop:
            self.changed += series.digest_of(self.path) != self.digest
            self.reads += 1

    def end(self):
        self.stop = True
        self.join()
        support.want(self.changed == 0, "%s changed under its reader" % self.path)
        return self.reads


def history(one, two, three):
    """Each version says what it was made from."""
    found = as_json("history", "rain")
    rows = [(v["version"], v["made"]["inputs"], v["made"]["inputs_added"],
             v["made"]["inputs_changed"], v["made"]["inputs_gone"]) for v in found["versions"]]
    support.want(rows == [(one, 3, 3, 0, 0), (two, 5, 2, 3, 0), (three, 4, 0, 4, 1)],
                 "the history says %s" % rows)
    for version in found["versions"]:
        with open(os.path.join(folder(version["version"]), "provenance", "run.json")) as file:
            record = json.load(file)
        support.want(version["made"]["recipe"] == record["recipe_digest"], "another recipe")
        support.want(version["made"]["bytes_written"] == record["report"]["bytes_written"] > 0,
                     "other bytes: %s" % version)
        support.want(version["made"]["objects"] == record["report"]["objects"] > 0, "other objects")
        support.want(version["run"] == record.get("run"), "another run: %s" % version)
    support.want(len({v["made"]["recipe"] for v in found["versions"]}) == 3, "recipes are the same")
    people = forge("history", "rain")
    support.want("inputs      4: 0 added, 4 changed, 1 gone\n" in people, people)
    support.want(people.index(one) < people.index(two) < people.index(three + "  current"), people)


def rollback(one, two, three):
    digests = series.versions(BAKERY)
    reader = Reader(three)
    said = forge("rollback", "rain", "--why", "wrong\033[31m units")
    support.want(said == "version %s of rain is current\n" % two, said)
    support.want(current() == two, "%s is current" % current())
    forge("rollback", "rain", one)
    support.want(current() == one, "%s is current" % current())
    forge("rollback", "rain", status=4)
    forge("rollback", "rain", "2", status=2)
    forge("rollback", "rain", "nonsense", status=4)
    forge("rollback", "snow", status=4)
    forge("rollback", "rain", three)
    support.want(current() == three, "%s is current" % current())
    support.want(series.versions(BAKERY) == digests, "a version changed")
    support.want("\033" not in forge("history", "rain"), "an escape reaches the terminal")
    events = [(e["event"], e["version"]) for e in as_json("history", "rain")["events"]]
    support.want(events[3:] == [("rolled back", v) for v in (two, one, three)], "%s" % events)
    return reader.end()


def withdraw(one, two, three):
    said = forge("withdraw", "rain", three, "--why", "the sensor was broken")
    support.want(said == "withdrawn; version %s of rain is current\n" % two, said)
    support.want(states() == {one: "kept", two: "current", three: "withdrawn"}, "%s" % states())
    said = forge("rollback", "rain", three, status=2)
    support.want("was withdrawn: the sensor was broken" in said, said)
    said = forge("withdraw", "rain", three, "--why", "again", status=2)
    support.want("was withdrawn already: the sensor was broken" in said, said)
    support.want("the sensor was broken" in forge("history", "rain"), "the reason is not told")


def collect(one, two, three):
    """gc and readers: within the grace nothing goes that was current; then what it says is freed."""
    readers = [Reader(version) for version in (one, two, three)]
    found = as_json("gc", "rain", "--keep", "1")
    support.want(found["removed"] == 0 and found["kept"] == 3, "%s" % found)
    reads = sum(reader.end() for reader in readers)
    before, dry = blocks(os.path.join(BAKERY, "versions")), as_json("gc", "--keep", "1", "--grace", "0",
                                                                     "--dry-run")
    support.want(blocks(os.path.join(BAKERY, "versions")) == before, "a dry run freed something")
    opened = open(os.path.join(folder(three), "data.zarr", ".zgroup"))
    done = as_json("gc", "--keep", "1", "--grace", "0")
    support.want(done == dry, "%s, and the dry run said %s" % (done, dry))
    freed = sum(item["bytes_freed"] for item in done["items"])
    left = blocks(os.path.join(BAKERY, "versions"))
    support.want(before - left == freed > 0, "%d bytes freed, said %d" % (before - left, freed))
    support.want(json.load(opened) == {"zarr_format": 2}, "an open file was lost")
    opened.close()
    support.want(states() == {one: "removed", two: "current", three: "withdrawn removed"},
                 "%s" % states())
    support.want(sorted(os.listdir(os.path.join(BAKERY, "versions", "rain"))) == [two],
                 "left: %s" % os.listdir(os.path.join(BAKERY, "versions", "rain")))
    said = forge("rollback", "rain", one, status=4)
    support.want("the data of version %s were removed" % one in said, said)
    support.want("the sensor was broken" in forge("history", "rain"), "the reason is forgotten")
    return reads, freed


def rivals(two):
    """While one process holds the lock the others say so and change nothing."""
    before = series.versions(BAKERY), current()
    with open(os.path.join(BAKERY, "state", "locks", "rain")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["rollback", "rain", two], ["withdraw", "rain", two, "--why", "x"],
                        ["bake", os.path.join(WORK, "rain.yaml")]):
            said = forge(*command, status=6)
            support.want('dataset "rain" is being baked by another run' in said, said)
        found = as_json("gc", "--keep", "0", "--grace", "0")
        support.want([item["reason"] for item in found["items"]] == ["it is being baked"], "%s" % found)
    support.want((series.versions(BAKERY), current()) == before, "something changed")


def killed_gc():
    """gc killed at any moment: what is visible is whole, the next one finishes."""
    chance, kills, seconds = random.Random(SEED), 0, 0.0
    for k in range(3):
        bake(3 + k, 10.0 + k)
    template = os.path.join(WORK, "template")
    os.rename(BAKERY, template)
    whole = {n: series.digest_of(os.path.join(template, "versions", "rain", n))
             for n in os.listdir(os.path.join(template, "versions", "rain"))}
    for k in range(KILLS + 1):
        shutil.rmtree(BAKERY, ignore_errors=True)
        shutil.copytree(template, BAKERY, symlinks=True)
        last = current()
        process = subprocess.Popen([FORGE, "gc", "--keep", "1", "--grace", "0", "--bakery", BAKERY],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = time.time()
        if k > 0:
            time.sleep(chance.uniform(0.2, 1.1) * seconds)
            process.send_signal(signal.SIGKILL)
        kills += process.wait() != 0
        seconds = seconds or time.time() - begun
        for name, digest in series.versions(BAKERY).items():
            support.want(name.startswith(".gone-") or digest == whole[name], "%s is not whole" % name)
        forge("gc", "--keep", "1", "--grace", "0")
        support.want(sorted(os.listdir(os.path.join(BAKERY, "versions", "rain"))) == [last] == [current()],
                     "left: %s" % os.listdir(os.path.join(BAKERY, "versions", "rain")))
        found = states()
        support.want(set(found) >= set(whole) and sum(s == "current" for s in found.values()) == 1 and
                     all("removed" in s for n, s in found.items() if n != last), "%s" % found)
    support.want(kills >= KILLS // 4, "only %d of %d were killed" % (kills, KILLS))
    return kills


def last_withdrawn():
    """A dataset whose every version is withdrawn has none; the next bake gives it one."""
    only = current()
    said = forge("withdraw", "rain", only, "--why", "all of it")
    support.want(said == "withdrawn; rain has no current version\n", said)
    support.want(json.loads(forge("list", "--json")) == [], "it is still listed")
    support.want("all of it" in forge("history", "rain"), "the reason is not told")
    new = bake(2, 99.0)
    support.want(states()[new] == "current" and states()[only] == "withdrawn", "%s" % states())


def withdrawn_objects():
    """A version that was withdrawn is not to be used: nor are its objects, by the next bake."""
    bad = bake(2, 100.0)
    with open(os.path.join(folder(bad), "data.zarr", "rain", "0.0.0"), "r+b") as file:
        file.write(b"\1")
    forge("verify", "rain", "--deep", status=7)
    forge("withdraw", "rain", bad, "--why", "a bad disk")
    forge("bake", series.write_recipe(WORK, 2), "--quiet")
    support.want(current() != bad, "the withdrawn version is current")
    forge("verify", "rain", "--deep")


def main():
    support.fresh(WORK)
    versions = [bake(3, 1.0), bake(5, 2.0), bake(4, 3.0)]
    history(*versions)
    held = rollback(*versions)
    withdraw(*versions)
    reads, freed = collect(*versions)
    rivals(versions[1])
    kills = killed_gc()
    last_withdrawn()
    withdrawn_objects()
    print("3 versions: history, rollback under %d readings, withdrawal; gc under %d readings, %d bytes "
          "freed as said; %d of %d gc killed (seed %d), each finished by the next" %
          (held, reads, freed, kills, KILLS, SEED))


if __name__ == "__main__":
    main()
