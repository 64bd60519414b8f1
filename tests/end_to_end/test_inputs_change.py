#!/usr/bin/python3
"""An input is overwritten in place while it is baked, and put back: nothing of what it was in
between is ever published.

    test_inputs_change.py FORGE WORK

The bake is stopped while it has the file open, the file is overwritten, the bake goes on and
fails. Then the file has its bytes again, and the next bake, which goes on from what the first
one left, must give what a clean one gives.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

import series
import support

FORGE, WORK = sys.argv[1:3]
BAKERY, CLEAN = os.path.join(WORK, "bakery"), os.path.join(WORK, "clean")
SIZE, ROUNDS = 1024, 3


def forge(*arguments, bakery=BAKERY):
    return support.run([FORGE, *arguments, "--bakery", bakery, "--quiet"], echo=False)


def store_digest(bakery):
    return series.digest_of(os.path.join(series.current(bakery), "data.zarr"))


def written():
    """How many files of rain the bake has written so far."""
    for top, _, files in os.walk(os.path.join(BAKERY, "versions")):
        if os.path.basename(top) == "rain" and os.path.basename(os.path.dirname(top)) == "data.zarr":
            return len(files)
    return 0


def held(process):
    """The inputs that a process has open."""
    folder = "/proc/%d/fd" % process.pid
    paths = {os.path.realpath(os.path.join(folder, fd)) for fd in os.listdir(folder)}
    return [path for path in paths if "/in/day-" in path]


def bake_disturbed(recipe, count):
    """Bake while a file that is open gets other bytes after `count` objects; was there one?"""
    bake = subprocess.Popen([FORGE, "bake", recipe, "--bakery", BAKERY, "--workers", "1", "--memory",
                             "1MiB"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while written() < count and bake.poll() is None:
        time.sleep(0.001)
    if bake.poll() is not None:
        bake.stderr.close()
        return False
    bake.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, bake.pid, os.WSTOPPED)
    files = held(bake)
    for path in files:
        with open(path, "r+b") as file:
            file.seek(2000)
            file.write(bytes(os.path.getsize(path) - 2000))
    bake.send_signal(signal.SIGCONT)
    said = bake.communicate()[1]
    for path in files:
        shutil.copyfile(os.path.join(WORK, "saved", os.path.basename(path)), path)
    if not files:
        return False
    support.want(bake.returncode == 4 and "changed while it was" in said,
                 "%d: %s" % (bake.returncode, said))
    return True


def main():
    support.fresh(WORK)
    series.write_files(WORK, 2, 1.0, SIZE)
    shutil.copytree(os.path.join(WORK, "in"), os.path.join(WORK, "saved"))
    recipe = series.write_recipe(WORK, 2, chunk=16)
    forge("bake", recipe, bakery=CLEAN)
    disturbed, count = 0, 4
    for _ in range(10 * ROUNDS):
        shutil.rmtree(BAKERY, ignore_errors=True)
        disturbed += bake_disturbed(recipe, count)
        forge("bake", recipe)
        support.want(store_digest(BAKERY) == store_digest(CLEAN),
                     "what the file was in between is published")
        support.run([FORGE, "verify", "rain", "--deep", "--bakery", BAKERY], echo=False)
        count = count + 7 if disturbed else max(count // 2, 1)
        if disturbed == ROUNDS:
            break
    support.want(disturbed > 0, "no bake could be stopped in time")
    print("%d bakes with an input overwritten under them: each failed, and the next gave the digest "
          "of a clean one" % disturbed)


if __name__ == "__main__":
    main()
