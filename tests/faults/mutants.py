#!/usr/bin/python3
"""Every defect that forge-mutant can be given turns the loop red that is there to find it.

    mutants.py FORGE-MUTANT SHIM WORK [NAME..]

One call that is not made, one result that is not looked at, one checksum that is not compared. With
no defect at all the same program passes the loops that need no disk of their own.
"""
import os
import subprocess
import sys

from world import support

want = support.want

HERE = os.path.dirname(os.path.abspath(__file__))

# Defect: the script and its arguments that have to fail.
MUTANTS = {
    "unchecked-write": ["fault_loop.py", "--faults", "enospc:write", "--every", "11"],
    "short-write": ["fault_loop.py", "--faults", "short", "--every", "11"],
    "unchecked-close": ["fault_loop.py", "--faults", "eio:close", "--every", "11"],
    "unchecked-rename": ["fault_loop.py", "--faults", "eio:rename", "--every", "11"],
    "unchecked-syncfs": ["fault_loop.py", "--faults", "eio:syncfs"],
    "no-checksum": ["damage.py", "--every", "601"],
    "no-verify": ["damage.py", "--every", "601"],
    "early-flip": ["kill_loop.py", "--points", "2:after", "--every", "250"],
    "no-syncfs": ["sync_order.py"],
    "no-name-sync": ["sync_order.py"],
    "no-journal": ["kill_loop.py", "--points", "2:after", "--every", "250"],
    "no-link-sync": ["sync_order.py"],
    "no-history-sync": ["sync_order.py"],
    "no-first-event-sync": ["sync_order.py"],
    "no-folder-sync": ["sync_order.py"],
}
POWER = {
    "no-syncfs": ["power_loss.py", "--points", "28"],
}


def run(forge, library, work, mutant, command):
    """The status of the loop, and the last line it said."""
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, command[0]), forge, library, work, *command[1:]],
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "FORGE_MUTANT": mutant})
    said = done.stdout.strip().splitlines()
    failed = [line for line in said if line.startswith("FAILED: ")]
    want(done.returncode in (0, 77) or (done.returncode == 1 and failed),
         "%s: %s broke down:\n%s" % (mutant, command[0], done.stdout))
    return done.returncode, (failed or said or [""])[0][:150]


def main():
    forge, library, work = sys.argv[1:4]
    wanted = sys.argv[4:] or sorted(set(MUTANTS) | set(POWER))
    pairs = [(name, table[name]) for table in (MUTANTS, POWER) for name in wanted if name in table]
    found = skipped = 0
    for command in {command[0]: command for name, command in pairs if name in MUTANTS}.values():
        status, said = run(forge, library, work, "", command)
        want(status in (0, 77), "without a defect: %s: %s" % (" ".join(command), said))
    for name, command in pairs:
        status, said = run(forge, library, work, name, command)
        print("%-20s %-14s %s" % (name, command[0], said), flush=True)
        want(status != 0, "nobody found the defect %s" % name)
        found, skipped = found + (status == 1), skipped + (status == 77)
    print("%d defects found, %d could not be tried here" % (found, skipped))


if __name__ == "__main__":
    main()
