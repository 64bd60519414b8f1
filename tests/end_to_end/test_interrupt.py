#!/usr/bin/python3
"""A bake that is interrupted at any moment publishes all or nothing.

    test_interrupt.py FORGE WORK

SIGINT and SIGTERM at many moments of a bake: it ends with 130 and nothing is published, or with 0
and all is; versions that were there stay as they were, and no process survives. An interrupted or
killed bake leaves a hidden folder at most, which the next version that is published clears.
"""
import collections
import json
import os
import signal
import subprocess
import sys
import time

import series
import support

MOMENTS = 16


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    """Every process below this one."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            found = [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return []
    return found + [below for child in found for below in children(child)]


def wait_for_handlers(process):
    """Until forge has set what SIGINT does: before that no program can do more than end."""
    while process.poll() is None:
        with open("/proc/%d/status" % process.pid) as file:
            caught = [line for line in file if line.startswith("SigCgt")]
        if caught and int(caught[0].split()[1], 16) & (1 << (signal.SIGINT - 1)):
            return
        time.sleep(0.001)


def bake_and_hit(command, number, wait):
    """Its status after the signal; no process that it began is left."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    wait_for_handlers(process)
    time.sleep(wait)
    below = children(process.pid)
    if process.poll() is None:
        process.send_signal(number)
    begun = time.time()
    said = process.communicate(timeout=30)[1]
    support.want(time.time() - begun < 10, "it took %.1f s to stop" % (time.time() - begun))
    for _ in range(200):
        below = [pid for pid in below if is_alive(pid)]
        if not below:
            break
        time.sleep(0.01)
    support.want(not below, "processes survived: %s" % below)
    return process.returncode, said


def change_inputs(work, bakery, stores):
    """The inputs become what is not published now, so that there is work for a bake."""
    now = series.digest_of(os.path.join(series.current(bakery), "data.zarr"))
    value = next(value for value, digest in stores.items() if digest != now)
    series.write_files(work, 12, value, size=64)


def hit(forge, recipe, bakery, number, wait):
    before = series.visible(bakery)
    current = series.current(bakery)
    status, said = bake_and_hit([forge, "bake", recipe, "--bakery", bakery, "--workers", "2"],
                                number, wait)
    support.want(status in (0, 130), "status %d: %s" % (status, said))
    support.want((status == 130) == ("error: interrupted" in said), "status %d: %s" % (status, said))
    after = series.visible(bakery)
    support.want({k: after.get(k) for k in before} == before, "an older version changed")
    new = sorted(set(after) - set(before))
    support.want(len(new) == (status == 0), "status %d, and new versions %s" % (status, new))
    now = series.current(bakery)
    if status == 0:
        support.want(os.path.basename(now) == new[0], "%s is not current" % new[0])
    else:
        support.want(now == current, "the current version changed from %s to %s" % (current, now))
    left = [n for n in os.listdir(os.path.join(bakery, "datasets")) if n != "rain"]
    support.want(not left, "left in datasets: %s" % left)
    return status


def kill(forge, recipe, bakery, wait):
    """How many hidden folders are there after it?"""
    before = series.published(bakery)
    status, _ = bake_and_hit([forge, "bake", recipe, "--bakery", bakery], signal.SIGKILL, wait)
    after = series.versions(bakery)
    support.want({k: after.get(k) for k in before} == before, "an older version changed")
    hidden = [n for n in after if n.startswith(".")]
    support.want(status in (0, -signal.SIGKILL), "status %d" % status)
    return len(hidden)


def seconds_of(command):
    begun = time.time()
    support.run(command, echo=False)
    return time.time() - begun


def clean_stores(forge, work, recipe):
    """What an undisturbed bake makes of the inputs: value -> digest."""
    stores = {}
    for value in 1.0, 2.0:
        bakery = os.path.join(work, "clean-%g" % value)
        series.write_files(work, 12, value, size=64)
        support.run([forge, "bake", recipe, "--bakery", bakery], echo=False)
        stores[value] = series.digest_of(os.path.join(series.current(bakery), "data.zarr"))
    return stores


def main():
    forge, work = sys.argv[1:3]
    support.fresh(work)
    bakery = os.path.join(work, "bakery")
    recipe = series.write_recipe(work, 12)
    stores = clean_stores(forge, work, recipe)
    command = [forge, "bake", recipe, "--bakery", bakery]
    support.run(command, echo=False)
    seconds = []
    for _ in range(4):
        change_inputs(work, bakery, stores)
        seconds.append(seconds_of(command))
    seconds = min(seconds)

    seen = collections.Counter()
    for i in range(MOMENTS):
        number = signal.SIGTERM if i % 4 == 3 else signal.SIGINT
        change_inputs(work, bakery, stores)
        seen[hit(forge, recipe, bakery, number, seconds * i / MOMENTS)] += 1
    print("statuses after a signal: %s" % dict(seen))
    support.want(seen[130] >= MOMENTS // 4, "only %d were interrupted" % seen[130])

    hidden = 0
    for i in range(8):
        change_inputs(work, bakery, stores)
        hidden += kill(forge, recipe, bakery, seconds * i / 8)
    print("%d of 8 killed bakes left hidden folders" % hidden)
    change_inputs(work, bakery, stores)
    support.run(command, echo=False)
    left = [n for n in series.versions(bakery) if n.startswith(".")]
    support.want(not left, "the next bake left %s" % left)
    for version in series.versions(bakery):
        store = os.path.join(bakery, "versions", "rain", version, "data.zarr")
        support.want(series.digest_of(store) in stores.values(), "%s is not whole" % version)
    listed = json.loads(support.run([forge, "list", "--json", "--bakery", bakery], echo=False))
    support.want([d["path"] for d in listed] == [os.path.join(series.current(bakery), "data.zarr")],
                 "forge list says %s" % listed)


if __name__ == "__main__":
    main()
