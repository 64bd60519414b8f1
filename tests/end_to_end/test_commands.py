#!/usr/bin/python3
"""Every command, its exit statuses, and what it says to a program.

    test_commands.py FORGE WORK
"""
import fcntl
import gzip
import json
import os
import re
import subprocess
import sys
import threading

import series
import support

FORGE = sys.argv[1]
WORK = sys.argv[2]
BAKERY = os.path.join(WORK, "bakery")
ROWS = 0


def forge(*arguments, status=0, says=None, more=None, **options):
    """Run it: status and one stretch of what it says on standard error. Its standard output."""
    global ROWS
    ROWS += 1
    done = subprocess.run([FORGE, *arguments], text=True, stdin=subprocess.DEVNULL, timeout=120,
                          stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                          cwd=WORK, **options)
    said = "forge %s: status %d: %s" % (" ".join(arguments), done.returncode, done.stderr)
    support.want(done.returncode == status, said)
    support.want(says is None or says in done.stderr, "%r is not in %s" % (says, said))
    support.want(status == 0 or done.stderr.startswith(("error", "warning")), said)
    support.want("Sanitizer" not in done.stderr, said)
    support.want("\033" not in done.stderr, "colours without a terminal: " + said)
    return done.stdout


def as_json(*arguments, **options):
    text = forge(*arguments, "--json", **options)
    support.want(text.endswith("\n") and text.count("\n") == 1, "not one line: %r" % text)
    return json.loads(text)


def error_of(*arguments, status, **options):
    """The "error" of a command that fails with --json."""
    found = as_json(*arguments, status=status, **options)
    support.want(list(found) == ["error"], "no error: %s" % found)
    support.want(found["error"]["status"] == status, "another status: %s" % found)
    support.want(found["error"]["text"], "no text: %s" % found)
    return found["error"]


def usage():
    rows = [
        (["bak"], 'there is no command "bak"; did you mean "bake"?'),
        (["bake"], "RECIPE is missing"),
        (["show"], "FILE is missing"),
        (["verify"], "NAME[@VERSION] is missing"),
        (["diff", "a"], "B is missing"),
        (["diff", "a", "b", "c"], '"c" is one too many'),
        (["verify", "x", "--memory", "1GB"], 'unknown option "--memory"'),
        (["bake", "a.yaml", "b.yaml"], '"b.yaml" is one too many'),
        (["list", "x"], '"x" is one too many'),
        (["history"], "NAME is missing"),
        (["rollback"], "NAME is missing"),
        (["rollback", "a", "b", "c"], '"c" is one too many'),
        (["withdraw", "--why", "x"], "NAME is missing"),
        (["withdraw", "a", "--why", "x"], "VERSION is missing"),
        (["withdraw", "a", "b"], "--why is missing: say why the version is withdrawn"),
        (["withdraw", "a", "b", "--why", ""], '--why takes a reason, not ""'),
        (["gc", "a", "b"], '"b" is one too many'),
        (["gc", "--keep", "x"], '--keep takes a number of versions, not "x"'),
        (["gc", "--keep", "-1"], '--keep takes a number of versions, not "-1"'),
        (["gc", "--grace", "soon"], '--grace takes a duration such as 30d, 12h or 0, not "soon"'),
        (["gc", "--grace", ""], '--grace takes a duration such as 30d, 12h or 0, not ""'),
        (["bake", "--wrokers", "3", "x"], 'unknown option "--wrokers"; did you mean "--workers"?'),
        (["bake", "-x"], 'unknown option "-x"'),
        (["bake", "x", "--workers"], "--workers needs a value"),
        (["bake", "x", "--json=1"], "--json takes no value"),
        (["bake", "x", "--workers", "0"], '--workers takes a number from 1 to 1024, not "0"'),
        (["bake", "x", "--workers", "-1"], '--workers takes a number from 1 to 1024, not "-1"'),
        (["bake", "x", "--workers", "2x"], '--workers takes a number from 1 to 1024, not "2x"'),
        (["bake", "x", "--memory", "0"], '--memory takes a size such as 256MiB or 2GB, not "0"'),
        (["bake", "x", "--memory", "lots"], '--memory takes a size such as 256MiB or 2GB, not "lots"'),
        (["bake", "x", "--prune=0"], '--prune takes a number of keys from 1, not "0"'),
        (["bake", "x", "--bakery", ""], '--bakery takes a folder, not ""'),
        (["bake", "x", "--executor", "treads"],
         'there is no executor "treads"; did you mean "threads"?'),
        (["bake", "x", "--only", "time"],
         '--only takes a dimension and a range such as time=2004..2006, not "time"'),
        (["bake", "x", "--drift", "no"], '--drift takes accept or fail, not "no"'),
        (["bake", "x", "--fail-fast=1"], "--fail-fast takes no value"),
        (["bake", "x", "--resume", "last"], '"x" is one too many'),
        (["bake", "--resume", "last", "--prune"],
         "--prune cannot go with --resume: a run goes on as it was asked for"),
        (["bake", "--resume"], "--resume needs a value"),
        (["bake", "x", "-f"], 'unknown option "-f"'),
        (["retry"], "RUN is missing"),
        (["retry", "last", "--workers", "1"], 'unknown option "--workers"'),
        (["log"], "RUN is missing"),
        (["log", "last", "--follow=1"], "--follow takes no value"),
        (["cancel"], "RUN is missing"),
        (["status", "a", "b"], '"b" is one too many'),
        (["help", "bke"], 'there is no help for "bke"; did you mean "bake"?'),
        (["help", "transform", "selec"], 'there is no transform "selec"; did you mean "select"?'),
        (["help", "codec", "shuffle"], 'there is no codec "shuffle"'),
        (["help", "a", "b", "c"], '"c" is one too many'),
    ]
    for arguments, says in rows:
        forge(*arguments, status=2, says="error: " + says + "\n")
    forge("b\033[31m", status=2, says="there is no command \"b\\x1b[31m\"")


def help_pages():
    overview = forge("help")
    support.want(forge() == overview and forge("--help") == overview, "forge alone says something else")
    for command in ("check", "plan", "bake", "retry", "status", "log", "cancel", "list", "show", "verify", "diff",
                    "history", "rollback", "withdraw", "gc", "schema", "help", "version"):
        support.want("\n  %s " % command in overview, "forge help does not list " + command)
        page = forge("help", command)
        support.want(page.startswith("usage: forge %s" % command), "no usage: " + page)
        if command != "help":
            support.want(forge(command, "--help") == page, command + " --help differs")
    for family, least in (("transforms", 14), ("checks", 7), ("codecs", 4), ("formats", 2),
                          ("targets", 2), ("executors", 2)):
        names = [line.split()[0] for line in forge("help", family).splitlines()]
        support.want(len(names) >= least, "%s: only %s" % (family, names))
        for name in names:
            page = forge("help", family[:-1], name)
            support.want(page.startswith(name + ": ") and "\n\n    " in page,
                         "no summary and example: " + page)
    support.want("nearest" in forge("help", "transform", "select"), "select's options are not explained")
    support.want(forge("version").startswith("forge ") and forge("--version") == forge("version"),
                 "no version")
    support.want(json.loads(forge("schema"))["$schema"].startswith("http://json-schema.org/draft-07"),
                 "no schema")


def outputs():
    """A standard output that cannot be written to."""
    with open("/dev/full", "w") as full:
        forge("schema", status=5, says="writing to standard output: No space left", stdout=full)
        forge("help", status=5, says="writing to standard output: No space left", stdout=full)
    read, write = os.pipe()
    os.close(read)
    forge("schema", status=0, stdout=write)
    os.close(write)
    done = subprocess.run(["/bin/sh", "-c", '"$0" list --bakery "$1" >&-', FORGE, BAKERY],
                          stderr=subprocess.PIPE, text=True)
    support.want(done.returncode == 5 and "Bad file descriptor" in done.stderr,
                 "a closed standard output: %d %s" % (done.returncode, done.stderr))


def recipes(recipe):
    forge("check", recipe)
    support.want(as_json("check", recipe) == [], "mistakes in a good recipe")
    bad = os.path.join(WORK, "bad.yaml")
    with open(bad, "w") as file:
        file.write("forge: 1\nname: rain\ninptu: x\ntarget: {format: zarr}\n")
    forge("check", bad, status=3, says="unknown key")
    said = subprocess.run([FORGE, "check", bad, "--json"], cwd=WORK, stdout=subprocess.PIPE)
    mistakes = json.loads(said.stdout)
    support.want([(m["code"], m["line"], m["column"]) for m in mistakes] ==
                 [("F010", 1, 1), ("F017", 3, 1)], "%s" % mistakes)
    for command in "plan", "bake":
        error = error_of(command, bad, status=3)
        support.want(error["mistakes"] == mistakes, "other mistakes: %s" % error)
        error_of(command, "nowhere.yaml", status=3, says="cannot be read")
    # Wherever it is called from, paths are relative to the recipe.
    for path in "rain.yaml", "./rain.yaml", "in/../rain.yaml", os.path.join(WORK, "rain.yaml"):
        support.want(as_json("plan", path)["inputs"], "no inputs for " + path)


def sources(recipe):
    os.rename(os.path.join(WORK, "in", "day-20010102.nc"), os.path.join(WORK, "aside"))
    error = error_of("bake", recipe, "--bakery", BAKERY, status=4, says="day-20010102.nc is not there")
    support.want(error["line"] == 4 and error["file"] == recipe, "no place: %s" % error)
    os.mkfifo(os.path.join(WORK, "in", "day-20010102.nc"))
    forge("bake", recipe, status=4, says="day-20010102.nc is not a file")
    os.remove(os.path.join(WORK, "in", "day-20010102.nc"))
    os.mkdir(os.path.join(WORK, "in", "day-20010102.nc"))
    forge("bake", recipe, status=4, says="day-20010102.nc is a folder")
    os.rmdir(os.path.join(WORK, "in", "day-20010102.nc"))
    os.rename(os.path.join(WORK, "aside"), os.path.join(WORK, "in", "day-20010102.nc"))


def changing(recipe):
    """An input that somebody writes to while it is baked."""
    ended = threading.Event()

    def touch():
        while not ended.wait(0.002):
            os.utime(os.path.join(WORK, "in", "day-20010103.nc"))

    thread = threading.Thread(target=touch)
    thread.start()
    error = error_of("bake", recipe, "--bakery", "changing", status=4)
    ended.set()
    thread.join()
    support.want("day-20010103.nc" in error["text"] and "changed" in error["text"], "%s" % error)
    support.want(series.visible(os.path.join(WORK, "changing")) == {}, "it was published")


def targets(recipe):
    with open(os.path.join(WORK, "file"), "w") as file:
        file.write("in the way\n")
    forge("bake", recipe, "--bakery", "file", status=5, says="/file")
    error_of("bake", recipe, "--bakery", "/proc/bakery", status=5)
    error_of("list", "--bakery", "file", status=5)
    os.makedirs(os.path.join(WORK, "strange", "datasets", "rain"))
    forge("bake", recipe, "--bakery", "strange", status=5, says="is no link to a version")
    support.want(as_json("list", "--bakery", "strange") == [], "a folder is listed")
    forge("bake", recipe, "--memory", "1", "--bakery", "small", status=3, says="smallest budget")
    # What is named as the smallest does, checks included.
    folder = os.path.join(WORK, "large")
    series.write_files(folder, 6, 1.0, size=512)
    large = series.write_recipe(folder, 6, "large", "zarr", 512, replace=[
        ("chunks: {time: 1, y: 512}", "chunks: {time: 6}"),
        ("  - range", "  - assert: \"rain < 5\"\n  - range")])
    error = error_of("plan", large, "--memory", "1MiB", status=3)
    least = re.search(r"--memory (\w+)", error["help"]).group(1)
    forge("bake", large, "--memory", least, "--bakery", "large", "--executor", "local")
    support.want(not os.path.exists(os.path.join(WORK, "small", "versions")), "something was published")


def locked(recipe):
    os.makedirs(os.path.join(BAKERY, "state", "locks"), exist_ok=True)
    with open(os.path.join(BAKERY, "state", "locks", "rain"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        error = error_of("bake", recipe, "--bakery", BAKERY, status=6)
        support.want(error["text"] == 'dataset "rain" is being baked by another run', "%s" % error)
    rivals = [subprocess.Popen([FORGE, "bake", recipe, "--bakery", os.path.join(WORK, "rivals"), "--quiet"],
                               stderr=subprocess.DEVNULL) for _ in range(4)]
    statuses = [rival.wait() for rival in rivals]
    published = len(series.visible(os.path.join(WORK, "rivals")))
    support.want(set(statuses) <= {0, 6} and statuses.count(0) == published,
                 "rivals ended with %s, %d versions" % (statuses, published))


def checks():
    failing = series.write_recipe(WORK, 3, "failing", replace=[("1e6", "1")])
    error = error_of("bake", failing, "--bakery", BAKERY, status=1, says="range")
    support.want("day-20010101.nc" in error["text"] and '"rain" is 2 at' in error["text"], "%s" % error)
    support.want(not os.path.lexists(os.path.join(BAKERY, "datasets", "failing")), "it was published")
    support.want(series.visible(BAKERY, "failing") == {}, "a version was left")


def provenance(recipe, report):
    """What is kept beside the data; the digests in it and in the root attributes."""
    folder = os.path.dirname(report["path"])
    with open(os.path.join(folder, "provenance", "recipe.yaml")) as kept, open(recipe) as given:
        support.want(kept.read() == given.read(), "another recipe was kept")
    with open(os.path.join(folder, "provenance", "recipe.json")) as kept:
        support.want(json.load(kept)["name"] == "rain", "recipe.json is not the recipe")
    with gzip.open(os.path.join(folder, "provenance", "inputs.jsonl.gz"), "rt") as kept:
        inputs = [json.loads(line) for line in kept]
    for day, kept in enumerate(inputs):
        path = os.path.join(WORK, "in", "day-200101%02d.nc" % (day + 1))
        sha256 = support.run(["sha256sum", path], echo=False).split()[0]
        support.want(kept.pop("modified") < kept.pop("read"), "input %d was read before it was" % day)
        support.want(kept == {"sha256": sha256, "size": os.path.getsize(path),
                              "url": "in/" + os.path.basename(path)}, "input %d: %s" % (day, kept))
    support.want(len(inputs) == 3, "%d inputs" % len(inputs))
    with open(os.path.join(folder, "provenance", "run.json")) as kept:
        run = json.load(kept)
    support.want(run["report"] == report["report"] and run["version"] == report["version"] and
                 run["started"] <= run["finished"] and run["host"] and run["workers"] >= 1, "%s" % run)


def root_digests(report):
    with open(os.path.join(report["path"], ".zattrs")) as file:
        attributes = json.load(file)
    return attributes["forge_recipe_digest"], attributes["forge_inputs_digest"]


def bakes(recipe):
    bakery = ["--bakery", BAKERY]
    first = as_json("bake", recipe, *bakery)
    support.want(first["report"]["inputs"] == 3 and first["report"]["library_bytes"] == 0, "%s" % first)
    provenance(recipe, first)
    kept = series.digest_of(os.path.dirname(first["path"]))
    again = as_json("bake", recipe, *bakery, "--executor", "local")
    support.want(again["version"] == first["version"] and again["path"] == first["path"],
                 "nothing changed, and there is another version: %s" % again)
    support.want(as_json("list", *bakery) == [{"name": "rain", "path": again["path"],
                                               "version": again["version"]}], "list is wrong")
    text = series.write_recipe(WORK, 3, replace=[("forge: 1", "forge: 1\ntitle: Rain")])
    other = as_json("bake", text, *bakery)
    support.want(root_digests(other)[0] != root_digests(first)[0] and
                 root_digests(other)[1] == root_digests(first)[1], "a changed recipe, %s" % other)
    series.write_recipe(WORK, 3)
    series.write_files(WORK, 3, 3.0)
    other = as_json("bake", recipe, *bakery)
    support.want(root_digests(other)[0] == root_digests(first)[0] and
                 root_digests(other)[1] != root_digests(first)[1], "changed inputs, %s" % other)
    support.want(series.digest_of(os.path.dirname(first["path"])) == kept, "the first version changed")
    pruned = as_json("bake", recipe, "--bakery", "pruned", "--prune=1")
    support.want(pruned["report"]["inputs"] == 2, "--prune=1: %s" % pruned)
    forge("bake", recipe, *bakery, "--quiet")
    for name in "rain", os.path.join(BAKERY, "datasets", "rain"), other["path"]:
        header = forge("show", name, *bakery)
        support.want("\ttime = 3 ;\n" in header and "float32 rain(time, y, x) ;" in header, header)
    support.want("UNLIMITED" in forge("show", "in/day-20010101.nc"), "show of a file")
    forge("show", "nothing", *bakery, status=4, says='has no dataset "nothing"')
    forge("show", "./nothing", status=4, says="./nothing is not there")
    forge("show", "rain.yaml", status=4)


def main():
    support.fresh(WORK)
    series.write_files(WORK, 3, 2.0)
    recipe = series.write_recipe(WORK, 3)
    usage()
    help_pages()
    outputs()
    recipes(recipe)
    sources(recipe)
    changing(recipe)
    targets(recipe)
    locked(recipe)
    checks()
    bakes(recipe)
    print("%d calls of forge" % ROWS)


if __name__ == "__main__":
    main()
