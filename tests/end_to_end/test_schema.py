#!/usr/bin/python3
"""The checker and schemas/recipe-v1.json say the same: what ajv refuses, forge refuses, and what
forge refuses for its shape, ajv refuses; on good recipes, on bad ones, and on good ones broken in
every place. The schema in the tree is the one that `forge schema` writes.

    test_schema.py FORGE WORK
"""
import glob
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import support

# Faults of shape, which a schema can see; the others need the meaning of a recipe.
SHAPE = {"F010", "F011", "F012", "F013", "F017", "F018"}
# Between them they have every part of the language.
BROKEN = ("recipes/coads", "recipes/monthly-rain", "recipes/navy-winds", "recipes/ocean-climatology",
          "recipes/quickstart", "tests/end_to_end/shared_data/cmip6-access")

# Faults of the text, which a schema never gets to see.
YAML = {"F001", "F002", "F003", "F004", "F016"}


def forge_says(forge, file):
    """None when the recipe is good, else the set of its faults."""
    done = subprocess.run([forge, "check", "--json", file], text=True, capture_output=True)
    if done.returncode == 0:
        return None
    codes = set(re.findall(r'"code": *"(F\d+)"', done.stdout))
    support.want(done.returncode == 3 and codes, "forge check --json %s ended with %d: %s%s" %
                 (file, done.returncode, done.stdout, done.stderr))
    return codes


def compare(forge, schema, files):
    """Files: path -> what was done to it. The counts of good and bad, and the disagreements."""
    paths = list(files)
    ajv = json.loads(support.node("schema.mjs", "check", schema, *paths))
    good, bad, wrong = 0, 0, []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = list(pool.map(lambda path: forge_says(forge, path), paths))
    for path, errors, codes in zip(paths, ajv, checked):
        good, bad = good + (codes is None), bad + (codes is not None)
        if errors is not None and codes is None:
            wrong.append("%s: only ajv refuses it: %s" % (files[path], errors[0]))
        if errors is None and codes is not None and codes & SHAPE:
            wrong.append("%s: only forge refuses it: %s" % (files[path], sorted(codes)))
    return good, bad, wrong


def main():
    forge, work = sys.argv[1], support.fresh(sys.argv[2])
    schema = os.path.join(support.TOP, "schemas", "recipe-v1.json")
    written = support.run([forge, "schema"], echo=False)
    support.want(open(schema).read() == written,
                 "schemas/recipe-v1.json is stale: forge schema > schemas/recipe-v1.json")

    mine = glob.glob(os.path.join(support.TOP, "recipes", "*", "recipe.yaml"))
    mine += glob.glob(os.path.join(support.HERE, "*", "recipe.yaml"))
    mine += glob.glob(os.path.join(support.HERE, "shared_data", "*", "recipe.yaml"))
    cases = os.path.join(support.TOP, "tests", "cases", "recipes")
    good = sorted(mine + glob.glob(os.path.join(cases, "good", "*.yaml")))
    bad = sorted(glob.glob(os.path.join(cases, "bad", "*.yaml")))
    n, m, wrong = compare(forge, schema, {f: os.path.relpath(f, support.TOP) for f in good})
    support.want(m == 0, "%d good recipes are refused" % m)
    print("%d good recipes" % n)
    readable = [f for f in bad if not (forge_says(forge, f) or set()) & YAML]
    n, m, more = compare(forge, schema, {f: os.path.relpath(f, support.TOP) for f in readable})
    support.want(n == 0, "%d bad recipes are accepted" % n)
    print("%d bad recipes that are YAML" % m)
    wrong += more
    for path in BROKEN:
        recipe, name = os.path.join(support.TOP, path, "recipe.yaml"), os.path.basename(path)
        folder = support.fresh(os.path.join(work, name))
        broken = json.loads(support.node("schema.mjs", "break", recipe, folder))
        n, m, more = compare(forge, schema, {b["file"]: name + ": " + b["change"] for b in broken})
        print("%s: %d broken copies, %d of them refused" % (name, n + m, m))
        wrong += more
    support.want(not wrong, "\n  ".join(["they disagree on %d:" % len(wrong)] + wrong[:100]))


if __name__ == "__main__":
    main()
