#!/usr/bin/python3
"""--memory is a promise: all processes of a bake together stay within the budget and 64 MiB more.

    test_memory.py FORGE WORK

Samples the proportional set size of every process of the bake's session while it runs, prints the
peak, and shows that the sampling itself sees memory: a program that takes 400 MiB is measured too.
"""
import os
import subprocess
import sys
import time

import support

BUDGET, SLACK = 256, 64  # MiB
# Days in a chunk, workers: chunks so large that one worker fills the budget, and so small that many do.
RUNS = [(30, 1), (30, 8), (6, 2), (6, 8)]
RECIPE = os.path.join(support.HERE, "large", "recipe.yaml")


def session_of(process):
    """Its processes, children and scanners too."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    if int(file.read().rpartition(")")[2].split()[3]) == process.pid:
                        yield name
            except (FileNotFoundError, ProcessLookupError):
                pass


def proportional(pid):
    """KiB, or 0 when the process has just ended."""
    try:
        with open("/proc/%s/smaps_rollup" % pid) as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def measure(command, log):
    """Run it; peak in MiB, number of samples, most processes seen, seconds."""
    start, peak, samples, most = time.time(), 0, 0, 0
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        while process.poll() is None:
            sizes = [proportional(pid) for pid in session_of(process)]
            peak, samples, most = max(peak, sum(sizes)), samples + 1, max(most, len(sizes))
            time.sleep(0.01)
    seconds = time.time() - start
    if process.returncode != 0:
        print(open(log).read())
        support.fail("%s ended with %d" % (command[0], process.returncode))
    print("peak %.0f MiB of %d processes, %d samples in %.1f s: %s" %
          (peak / 1024, most, samples, seconds, " ".join(command[1:4])), flush=True)
    return peak / 1024, samples, seconds


def main():
    forge, work = sys.argv[1:3]
    support.fresh(work)
    log = os.path.join(work, "output")
    taker = "import os, time; x = b'x' * (400 << 20); os.fork(); time.sleep(1)"
    seen, _, _ = measure([sys.executable, "-c", taker], log)
    support.want(400 < seen < 450, "400 MiB in two processes were measured as %.0f MiB" % seen)
    for days, workers in RUNS:
        support.fresh(work)
        recipe, _ = support.write_recipe(RECIPE, work, replace=[("{time: 30}", "{time: %d}" % days)])
        peak, samples, _ = measure(
            [forge, "bake", recipe, "--bakery", os.path.join(work, "bakery"), "--memory",
             "%dMiB" % BUDGET, "--workers", str(workers)], log)
        print("  %d workers, chunks of %d days" % (workers, days), flush=True)
        support.want(samples > 20, "only %d samples: too few to tell" % samples)
        support.want(peak <= BUDGET + SLACK, "%.0f MiB, more than %d + %d" % (peak, BUDGET, SLACK))
    support.fresh(work)


if __name__ == "__main__":
    main()
