#!/usr/bin/python3
"""Every run has a folder, a log and an end, and what did not end well can be gone on with.

    test_runs.py FORGE WORK

Real bakes that are published, fail, are cancelled from another process, are killed, or could not
even start: what `status` and `log` say of them, and what `retry` and `bake --resume` make of them.
"""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import series
import support

FORGE = sys.argv[1]
WORK = sys.argv[2]
DAYS = 30
ROWS = 0


def forge(*arguments, status=0, says=None, bakery="bakery"):
    """Run it in WORK; its standard output."""
    global ROWS
    ROWS += 1
    done = subprocess.run([FORGE, *arguments, "--bakery", bakery], text=True, cwd=WORK, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = "forge %s: status %d: %s%s" % (" ".join(arguments), done.returncode, done.stdout, done.stderr)
    support.want(done.returncode == status, said)
    support.want(says is None or says in done.stdout + done.stderr, "%r is not in %s" % (says, said))
    support.want("Sanitizer" not in done.stderr, said)
    return done.stdout


def new_inputs():
    """Inputs as there were none before, so that there is work for a bake."""
    new_inputs.value += 1.0
    series.write_files(WORK, 3, new_inputs.value)


new_inputs.value = 1.0


def status_of(run="last", bakery="bakery"):
    return json.loads(forge("status", run, "--json", bakery=bakery))


def log_of(run="last", *more, bakery="bakery"):
    return [json.loads(line) for line in forge("log", run, "--json", *more, bakery=bakery).splitlines()]


def must_be(run, **members):
    found = {key: run[key] for key in members}
    support.want(found == members, "run %s: %s, not %s" % (run["id"], found, members))
    return run


def start(recipe, *more, bakery="bakery"):
    """A bake that takes a while, stopped when its run has begun to write."""
    process = subprocess.Popen([FORGE, "bake", recipe, "--bakery", bakery, "--workers", "1", *more],
                               cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    folder = os.path.join(WORK, bakery, "versions", os.path.basename(recipe)[:-5])
    while process.poll() is None:
        if os.path.isdir(folder) and any(
                os.path.isdir(os.path.join(folder, name, "data.zarr", "rain"))
                for name in os.listdir(folder) if name.startswith(".part-")):
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    support.want(process.poll() is None, "the bake ended before anything was done to it")
    return process


def store_digest(name, bakery="bakery"):
    return series.digest_of(os.path.join(series.current(os.path.join(WORK, bakery), name), "data.zarr"))


def published():
    recipe = series.write_recipe(WORK, 3)
    said = json.loads(forge("bake", recipe, "--json", "--drift", "fail", "--prune=1", "--fail-fast"))
    run = must_be(status_of(), id=said["run"], state="published", version=said["version"],
                  dataset="rain", attempts=1, error=None, failed=None, report=said["report"])
    support.want(run["began"] < run["ended"], "it ended before it began: %s" % run)
    asked = run["request"]
    support.want((asked["drift"], asked["prune"], asked["fail_fast"], asked["recipe"], asked["only"]) ==
                 ("fail", 1, True, recipe, None), "another request: %s" % asked)
    with open(os.path.join(os.path.dirname(run["log"]), "recipe.yaml")) as kept, open(recipe) as given:
        support.want(kept.read() == given.read(), "another recipe was kept")
    lines = log_of()
    support.want(lines[0]["text"].endswith("bakes " + recipe) and
                 lines[-1]["text"] == "published version " + said["version"], "the log is %s" % lines)
    for command in (["retry", "last"], ["bake", "--resume", "last"]):
        forge(*command, status=2, says="has published version %s: nothing is left" % said["version"])
    forge("cancel", "last", says="run %s has ended: published" % run["id"])
    people = forge("status")
    support.want(people.split()[:3] == [run["id"], "rain", "published"] and
                 people.endswith(said["version"] + "\n"), "status says " + people)


def failed_and_retried():
    recipe = series.write_recipe(WORK, 3)
    new_inputs()
    path = os.path.join(WORK, "in", "day-20010102.nc")
    os.rename(path, path + ".aside")
    forge("bake", recipe, status=4, says="day-20010102.nc is not there")
    first = must_be(status_of(), state="failed", dataset="rain", version=None, attempts=1)
    support.want(first["error"].startswith(recipe + ":4:3: input in/day-20010102.nc is not there") and
                 "if_missing" in first["help"], "the error is %s" % first)
    support.want(log_of()[-1]["level"] == "error" and log_of()[-1]["line"] == 4, "the log is %s" % log_of())
    forge("status", first["id"][:20], says="go on     forge retry " + first["id"])
    forge("retry", first["id"][:20], status=4, says="day-20010102.nc is not there")
    must_be(status_of(), id=first["id"], state="failed", attempts=2)
    os.rename(path + ".aside", path)
    # What is asked for is in the run, not in the recipe's file of today.
    with open(recipe, "w") as file:
        file.write("rubbish\n")
    forge("retry", "last", says="published rain")
    again = must_be(status_of(), id=first["id"], state="published", attempts=3, error=None,
                    request=first["request"], began=first["began"])
    series.write_recipe(WORK, 3)
    forge("bake", recipe, bakery="clean")
    support.want(store_digest("rain") == store_digest("rain", "clean"), "a retried store differs")
    support.want([line["text"] for line in log_of() if line["text"].startswith("attempt")] ==
                 ["attempt 2", "attempt 3"], "the log is %s" % log_of())
    support.want(again["version"] in series.visible(os.path.join(WORK, "bakery")), "no such version")


def unchanged():
    before = series.visible(os.path.join(WORK, "bakery"))
    said = json.loads(forge("bake", os.path.join(WORK, "rain.yaml"), "--json"))
    support.want(said["unchanged"] and said["version"] in before, "it is not unchanged: %s" % said)
    must_be(status_of(), id=said["run"], state="unchanged", version=said["version"], error=None)
    forge("retry", "last", status=2, says="run %s found nothing to do: nothing is left" % said["run"])
    support.want(series.visible(os.path.join(WORK, "bakery")) == before, "versions changed")


def in_path(day):
    return os.path.join(WORK, "in", "day-200101%02d.nc" % day)


def failed_inputs(days, bakery):
    """Three of the inputs cannot be used: all three are told, whatever stage stops them."""
    listed = must_be(status_of(bakery=bakery), state="failed", version=None)["failed"]
    support.want([item["input"] for item in sorted(listed, key=lambda item: item["input"])] ==
                 ["in/day-200101%02d.nc" % day for day in days], "failed: %s" % listed)
    told = [line for line in log_of(bakery=bakery) if line["level"] == "error" and "input" in line]
    support.want({(line["input"], line["text"]) for line in told} ==
                 {(item["input"], item["text"]) for item in listed}, "the log is %s" % told)
    return {line["task"] for line in told}


def every_failure_is_listed():
    recipe = series.write_recipe(WORK, 6, "broken")
    skipping = series.write_recipe(WORK, 6, "skipping", replace=[("  combine:", "  if_missing: skip\n  combine:")])
    series.write_files(WORK, 6, 2.0)
    forge("bake", recipe, bakery="broken")
    clean = store_digest("broken", "broken")
    for bakery in "broken", "unbaked": # beside a version, and without one
        series.write_files(WORK, 6, 3.0)
        for day in 2, 5:
            os.rename(in_path(day), in_path(day) + ".aside")
        os.rename(in_path(3), in_path(3) + ".aside")
        with open(in_path(3), "w") as file:
            file.write("rubbish\n" * 100)
        forge("bake", recipe, status=4, bakery=bakery, says=" more)")
        tasks = failed_inputs([2, 3, 5], bakery)
        support.want(tasks == {"fetch/1", "scan/2", "fetch/4"}, "other tasks: %s" % tasks)
        people = forge("status", "last", bakery=bakery)
        support.want(people.count("in/day-2001010") >= 3 and "failed" in people, people)
        forge("bake", recipe, "--fail-fast", "--executor", "local", status=4, bakery=bakery)
        failed_inputs([2], bakery)
        os.rename(in_path(3) + ".aside", in_path(3))
        if bakery == "broken":
            support.want(store_digest("broken", bakery) == clean, "the version that is current changed")
            forge("bake", skipping, bakery=bakery)
            told = [(line["level"], line["input"], line["text"]) for line in log_of(bakery=bakery)
                    if "input" in line]
            support.want(told == [("info", "in/day-2001010%d.nc" % day, "it is not there: skipped")
                                  for day in (2, 5)], "absent: %s" % told)
            with open(os.path.join(series.current(os.path.join(WORK, bakery), "skipping"),
                                   "provenance", "run.json")) as file:
                support.want(json.load(file)["absent"] == [line[1] for line in told], "run.json differs")
        for day in 2, 5:
            os.rename(in_path(day) + ".aside", in_path(day))
        forge("retry", "last", bakery=bakery, status=2 if bakery == "broken" else 0)
        if bakery == "unbaked":
            must_be(status_of(bakery=bakery), state="published", failed=None)


def could_not_start():
    bad = os.path.join(WORK, "bad.yaml")
    with open(bad, "w") as file:
        file.write("forge: 1\nname: rain\ninptu: x\ntarget: {format: zarr}\n")
    forge("bake", bad, status=3, says="unknown key")
    run = must_be(status_of(), state="failed", error="the recipe is not right", dataset="")
    support.want([(m["line"], m["column"]) for m in run["failed"]] == [(1, 1), (3, 1)], "%s" % run)
    support.want([(line.get("line"), line["level"]) for line in log_of()] ==
                 [(None, "info"), (1, "error"), (3, "error"), (None, "error")], "%s" % log_of())
    forge("log", "last", says=" recipe error: %s:3:1: unknown key \"inptu\" in the recipe\n"
          "         = help: did you mean \"input\"?\n" % bad)
    forge("status", "last", says="go on     forge bake %s, once that is right" % bad)
    forge("retry", "last", status=3, says="unknown key")
    forge("bake", "nowhere.yaml", status=3, says="cannot be read")
    run = must_be(status_of(), state="failed", dataset="")
    support.want(run["request"]["recipe"] == os.path.join(WORK, "nowhere.yaml"), "%s" % run)
    recipe = series.write_recipe(WORK, 3)
    os.link(recipe, os.path.join(WORK, "nowhere.yaml"))
    new_inputs()
    forge("retry", "last", says="published rain")
    forge("bake", recipe, "--executor", "treads", status=2, says='did you mean "threads"?')
    must_be(status_of(), state="failed", error='there is no executor "treads"; did you mean "threads"?')
    new_inputs()
    with open(os.path.join(WORK, "bakery", "state", "locks", "rain"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        forge("bake", recipe, "--prune=1", status=6, says="is being baked by another run")
        run = must_be(status_of(), state="failed", dataset="rain",
                      error='dataset "rain" is being baked by another run')
        support.want(log_of()[-1]["text"] == run["error"], "%s" % log_of())
    forge("retry", "last", says="published rain")
    must_be(status_of(), id=run["id"], state="published", attempts=2)


def cancelled(recipe, clean):
    process = start(recipe)
    run = must_be(status_of(), state="running", error=None, ended=None)
    forge("retry", "last", status=6, says="run %s is still running" % run["id"])
    cancel = subprocess.Popen([FORGE, "cancel", "last"], cwd=WORK, stdout=subprocess.PIPE, text=True)
    while not os.path.exists(os.path.join(os.path.dirname(run["log"]), "cancel")):
        time.sleep(0.01)
    process.send_signal(signal.SIGCONT)
    said = process.communicate(timeout=30)[1]
    told = cancel.communicate(timeout=30)[0]
    support.want(told == "run %s is cancelled; forge bake --resume %s goes on with it\n" %
                 (run["id"], run["id"]), "forge cancel says " + told)
    support.want(process.returncode == 130 and "error: interrupted" in said, "%d: %s" % (process.returncode, said))
    must_be(status_of(), id=run["id"], state="cancelled", error="interrupted", version=None)
    support.want(series.visible(os.path.join(WORK, "bakery"), "slow") == {}, "it was published")
    forge("status", "last", says="go on     forge bake --resume " + run["id"])
    forge("bake", "--resume", run["id"], says="published slow")
    must_be(status_of(), id=run["id"], state="published", attempts=2, request=run["request"])
    support.want(store_digest("slow") == clean, "a resumed store differs")


def cancelled_late(recipe):
    """Asked to stop when all is written: behind the last stage that is still in time."""
    staging = os.path.join(WORK, "late", "versions", "slow")
    for _ in range(20):
        shutil.rmtree(os.path.join(WORK, "late"), ignore_errors=True)
        process = start(recipe, bakery="late")
        version = os.path.join(staging, os.listdir(staging)[0])
        process.send_signal(signal.SIGCONT)
        while process.poll() is None and not os.path.isdir(os.path.join(version, "provenance")):
            time.sleep(0.0005)
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        in_time = os.path.isdir(version) and not os.path.exists(
            os.path.join(version, "manifest-sha256.txt"))
        with open(os.path.join(os.path.dirname(status_of(bakery="late")["log"]), "cancel"), "w"):
            time.sleep(0.3)  # it looks every 0.2 s
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=30)
        if in_time:
            break
    support.want(in_time and process.returncode == 130, "it ended with %d" % process.returncode)
    must_be(status_of(bakery="late"), state="cancelled")


def killed(recipe, clean):
    """Killed with its scanners; the log that it left may end in the middle of a line."""
    process = start(recipe, bakery="killed")
    run = must_be(status_of(bakery="killed"), state="running")
    follower = subprocess.Popen([FORGE, "log", "-f", "last", "--bakery", "killed"], cwd=WORK,
                                stdout=subprocess.PIPE, text=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    support.want("bakes %s\n" % recipe in follower.communicate(timeout=30)[0], "the log was not followed")
    must_be(status_of(bakery="killed"), state="died", error="its process died", ended=None)
    with open(run["log"], "a") as log:
        log.write('{"time":"2001-')
    forge("bake", "--resume", "last", says="published slow", bakery="killed")
    must_be(status_of(bakery="killed"), id=run["id"], state="published", attempts=2)
    with open(run["log"]) as log:
        support.want('{"time":"2001-\n{"time":' in log.read(), "the torn line was gone on with")
    support.want(log_of(bakery="killed")[-1]["text"].startswith("published"), "the log has no end")
    support.want(store_digest("slow", "killed") == clean, "a resumed store differs")


def followed(recipe):
    process = start(recipe, bakery="followed")
    process.send_signal(signal.SIGCONT)
    begun = time.time()
    lines = forge("log", "last", "-f", bakery="followed").splitlines()
    support.want(process.poll() is not None or process.wait(5) is not None, "the log ended first")
    support.want(process.wait() == 0, "the bake failed: %s" % process.stderr.read())
    support.want("bakes %s" % recipe in lines[0] and " published version " in lines[-1], "%s" % lines)
    print("followed a log of %d lines for %.1f s" % (len(lines), time.time() - begun))
    process.stderr.close()


def by_its_stored_recipe():
    recipe = series.write_recipe(WORK, 3)
    forge("bake", recipe, bakery="stored")
    folder = series.current(os.path.join(WORK, "stored"))
    path = os.path.join(folder, "provenance", "run.json")
    with open(path) as file:
        record = json.load(file)
    for known in None, recipe:
        record.pop("recipe", None)
        if known:
            record["recipe"] = known
        with open(path, "w") as file:
            json.dump(record, file)
        if not known:
            forge("bake", "rain", status=5, says='dataset "rain" does not say where its recipe was',
                  bakery="stored")
    os.rename(recipe, recipe + ".aside") # only its folder matters
    said = json.loads(forge("bake", "rain", "--json", bakery="stored"))
    support.want(said["report"]["inputs"] == 3, "other inputs: %s" % said)
    run = status_of(bakery="stored")
    support.want(run["state"] in ("published", "unchanged") and run["request"]["recipe"] == recipe, "%s" % run)
    os.rename(recipe + ".aside", recipe)


def misuse():
    for command in "status", "log", "retry", "cancel":
        forge(command, "nope", status=2, says='has no run "nope"\n  = help: forge status lists the runs')
        forge(command, "2", status=2, says='"2" begins the names of several runs: ')
        forge(command, "last", status=2, says="has no run yet", bakery="none")
    forge("status", says="no runs in ", bakery="none")
    support.want(json.loads(forge("status", "--json", bakery="none")) == [], "runs of no bakery")
    support.want(not os.path.exists(os.path.join(WORK, "none")), "a bakery was made")
    forge("log", "last", "--task", "write/17", says="has nothing about task write/17")
    count = len(forge("status").splitlines())
    support.want(count == len(json.loads(forge("status", "--json"))), "other runs as JSON")
    print("%d runs" % count)


def main():
    support.fresh(WORK)
    new_inputs()
    published()
    failed_and_retried()
    unchanged()
    every_failure_is_listed()
    could_not_start()
    by_its_stored_recipe()
    misuse()
    series.write_files(WORK, DAYS, 2.0, size=512)
    slow = series.write_recipe(WORK, DAYS, "slow")
    forge("bake", slow, bakery="clean")
    clean = store_digest("slow", "clean")
    cancelled(slow, clean)
    cancelled_late(slow)
    killed(slow, clean)
    followed(slow)
    print("%d calls of forge" % ROWS)


if __name__ == "__main__":
    main()
