#!/usr/bin/python3
"""What is kept beside a version, and what its root says: whole, checked, and free of clocks where
that is promised.

    test_provenance.py FORGE WORK

The same archive baked twice, at other times and in other places, gives the same store and the same
digest of its inputs; the RO-Crate follows its profiles and names what is there; the valid times are
those that cftime finds.
"""
import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

import netCDF4
import numpy as np

import series
import support

FORGE, WORK = (os.path.realpath(path) for path in sys.argv[1:3])
DAYS = 5

# Terms of the two contexts that a crate names.
TERMS = set("""@id @type about actionStatus author conformsTo contentSize datePublished description email
    encodingFormat endTime hasPart identifier instrument keywords license mainEntity maintainer mentions
    name object programmingLanguage provider result sha256 softwareRequirements softwareVersion startTime
    url version""".split())
TYPES = set("""ComputationalWorkflow ComputerLanguage CreateAction CreativeWork Dataset File Organization
    Person SoftwareApplication SoftwareSourceCode""".split())
PROFILES = ["https://w3id.org/ro/wfrun/process/0.5", "https://w3id.org/ro/wfrun/workflow/0.5",
            "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]

PEOPLE = """\
license: CC0-1.0
title: Rain
description: Rain of five days.
maintainers:
  - {name: Ada Example, github: ada, orcid: 0000-0002-1825-0097}
providers:
  - {name: NOAA, roles: [producer], url: "https://www.noaa.gov"}
"""


def bake(recipe, bakery, *options):
    """The folder of the version that a bake published."""
    output = subprocess.run([FORGE, "bake", recipe, "--bakery", bakery, "--json", *options], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    support.want(output.returncode == 0, "forge bake %s: %s%s" % (recipe, output.stdout, output.stderr))
    return os.path.dirname(json.loads(output.stdout)["path"])


def document(version, name):
    with open(os.path.join(version, "provenance", name), encoding="utf-8") as file:
        return json.load(file)


def root_attributes(version):
    store = os.path.join(version, "data.zarr")
    old = os.path.join(store, ".zattrs")
    with open(old if os.path.exists(old) else os.path.join(store, "zarr.json")) as file:
        attributes = json.load(file)
    return attributes.get("attributes", attributes)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def check_inputs(version, folder):
    """The list is of this archive, and its digest is of url, size and sha256 alone."""
    path = os.path.join(version, "provenance", "inputs.jsonl.gz")
    with open(path, "rb") as file:
        head = file.read(10)
    support.want(head[:3] == b"\x1f\x8b\x08" and head[3:8] == b"\0" * 5, "a name or a time in %r" % head)
    whole = hashlib.sha256()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        status = os.stat(os.path.join(folder, line["url"]))
        support.want(line["size"] == status.st_size and
                     line["sha256"] == sha256(os.path.join(folder, line["url"])), "%s" % line)
        wanted = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(status.st_mtime_ns // 10 ** 9))
        support.want(line["modified"] == "%s.%09dZ" % (wanted, status.st_mtime_ns % 10 ** 9), "%s" % line)
        support.want(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["read"]), "%s" % line)
        kept = {key: line[key] for key in ("sha256", "size", "url")}
        whole.update((json.dumps(kept, separators=(",", ":")) + "\n").encode())
    digest = "sha256:" + whole.hexdigest()
    support.want(root_attributes(version)["forge_inputs_digest"] == digest, "the digest is not of the lines")
    support.want(document(version, "run.json")["inputs_digest"] == digest, "run.json has another digest")
    return len(lines)


def check_environment(version):
    found = document(version, "environment.json")
    support.want(found["kernel"] == platform.release() and found["machine"] == platform.machine(), "%s" % found)
    support.want(len(found["libraries"]) == 10 and
                 all(re.fullmatch(r"\d+(\.\d+)+", v) for v in found["libraries"].values()), "%s" % found)
    support.want(re.fullmatch("[0-9a-f]{40}(-dirty)?|unknown", found["commit"]), "commit %s" % found["commit"])
    head = subprocess.run(["git", "-C", support.TOP, "describe", "--always", "--abbrev=40", "--exclude=*"],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    support.want(head.returncode != 0 or not os.path.exists(os.path.join(support.TOP, ".git")) or
                 found["commit"] != "unknown", "the commit is not known in a clone")
    yaml = subprocess.run(["pkg-config", "--modversion", "yaml-0.1"], text=True, stdout=subprocess.PIPE)
    support.want(yaml.returncode != 0 or yaml.stdout.strip() == found["libraries"]["libyaml"], "%s" % found)


def references(value):
    """Every {"@id": ..} below a value."""
    if isinstance(value, dict):
        support.want(list(value) == ["@id"], "%s is no reference" % value)
        yield value["@id"]
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def types(entity):
    return [entity["@type"]] if isinstance(entity["@type"], str) else entity["@type"]


def check_graph(crate):
    """Flat JSON-LD of known terms, each reference to an entity. The entities by their ids."""
    support.want(crate["@context"] == ["https://w3id.org/ro/crate/1.1/context",
                                       "https://w3id.org/ro/terms/workflow-run/context"], "another context")
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    support.want(len(entities) == len(crate["@graph"]), "two entities of one id")
    for entity in entities.values():
        support.want(list(entity) == sorted(entity), "keys are not sorted: %s" % entity)
        support.want(set(entity) <= TERMS, "no terms: %s" % (set(entity) - TERMS))
        support.want(set(types(entity)) <= TYPES, "no types: %s" % types(entity))
        for key, value in entity.items():
            for id in references(value):
                support.want(id in entities or id == "https://w3id.org/ro/crate/1.1",
                             "%s of %s leads nowhere: %s" % (key, entity["@id"], id))
    return entities


def check_crate(version):
    """The profiles' MUSTs, and that what the crate names is there as it says."""
    entities = check_graph(document(version, "ro-crate-metadata.json"))
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    support.want(descriptor["about"] == {"@id": "./"} and "https://w3id.org/ro/crate/1.1" in
                 references(descriptor["conformsTo"]), "the descriptor is wrong")
    support.want(list(references(root["conformsTo"])) == PROFILES, "other profiles")
    support.want(root["name"] == "Rain" and root["description"] == "Rain of five days.", "%s" % root)
    support.want(root["license"] == {"@id": "https://spdx.org/licenses/CC0-1.0"}, "%s" % root)
    person = entities["https://orcid.org/0000-0002-1825-0097"]
    support.want(types(person) == ["Person"] and person["name"] == "Ada Example", "%s" % person)
    workflow = entities[root["mainEntity"]["@id"]]
    support.want(types(workflow) == ["File", "SoftwareSourceCode", "ComputationalWorkflow"] and
                 types(entities[workflow["programmingLanguage"]["@id"]]) == ["ComputerLanguage"],
                 "the main entity is %s" % workflow)
    action, = [entity for entity in entities.values() if "CreateAction" in types(entity)]
    support.want(list(references(root["mentions"])) == [action["@id"]], "the root mentions no action")
    support.want(list(references(action["instrument"])) == ["recipe.yaml", "#forge"], "%s" % action)
    support.want(action["result"] == {"@id": "../data.zarr/"}, "%s" % action)
    support.want(action["startTime"] <= action["endTime"] == root["datePublished"], "%s" % action)
    parts = list(references(root["hasPart"]))
    for entity in entities.values():
        if entity["@id"] != "./" and {"File", "Dataset"} & set(types(entity)):
            support.want(entity["@id"] in parts, "%s is no part" % entity["@id"])
    return check_files(version, entities, parts)


def check_files(version, entities, parts):
    inputs = 0
    for id in parts:
        url = urllib.parse.urljoin("file://%s/provenance/" % urllib.parse.quote(version), id)
        path = urllib.parse.unquote(urllib.parse.urlparse(url).path)
        support.want(os.path.exists(path), "%s is not there" % path)
        entity = entities[id]
        if "contentSize" in entity:
            support.want(int(entity["contentSize"]) == os.path.getsize(path), "%s has another size" % path)
        if "sha256" in entity:
            support.want(entity["sha256"] == sha256(path), "%s has another digest" % path)
        inputs += id.startswith("file:///")
    kept = set(os.listdir(os.path.join(version, "provenance"))) - {"held.json", "made-from.json", "objects"}
    support.want(kept - set(parts) == {"ro-crate-metadata.json"}, "not in the crate: %s" % (kept - set(parts)))
    return inputs


def check_store_is_silent(version, bakery):
    """Nothing of clock, host, place or run is in the store."""
    run = document(version, "run.json")
    secrets = [socket.gethostname(), os.path.basename(version), bakery, run["started"], run["run"] or "?" * 9]
    files = 0
    for top, _, names in os.walk(os.path.join(version, "data.zarr")):
        for name in names:
            files += 1
            with open(os.path.join(top, name), "rb") as file:
                text = file.read()
            for secret in secrets:
                support.want(len(secret) < 4 or secret.encode() not in text, "%s is in %s" % (secret, name))
    return files


def places():
    """Two bakes at other times, of files with other times, in other places."""
    first = os.path.join(WORK, "one")
    series.write_files(first, DAYS, 2.0)
    recipe = series.write_recipe(first, DAYS, replace=[("name: rain\n", "name: rain\n" + PEOPLE)])
    second = os.path.join(WORK, "another place", "with a longer name")
    shutil.copytree(first, second)
    for name in os.listdir(os.path.join(second, "in")):
        os.utime(os.path.join(second, "in", name), (10 ** 9, 10 ** 9))
    bakeries = os.path.join(WORK, "bakery"), os.path.join(second, "bakery")
    one = bake(recipe, bakeries[0], "--workers", "1")
    time.sleep(1.1)
    two = bake(os.path.join(second, "rain.yaml"), bakeries[1], "--workers", "4", "--memory", "128MiB")
    a, b = document(one, "run.json"), document(two, "run.json")
    support.want(a["started"] != b["started"] and a["workers"] != b["workers"], "the bakes are too alike")
    support.want(a["recipe"] == recipe and os.path.isabs(b["recipe"]), "the recipe is %s" % a["recipe"])
    digests = [series.digest_of(os.path.join(version, "data.zarr")) for version in (one, two)]
    support.want(digests[0] == digests[1], "the stores differ")
    support.want(a["inputs_digest"] == b["inputs_digest"] and a["recipe_digest"] == b["recipe_digest"],
                 "the digests differ")
    inputs = [check_inputs(one, first), check_inputs(two, second)]
    files = [check_store_is_silent(version, bakery) for version, bakery in zip((one, two), bakeries)]
    for version in (one, two):
        check_environment(version)
        support.want(check_crate(version) == DAYS, "not every input is in the crate")
    print("two places: %d inputs, %d files of the store alike" % (sum(inputs), files[0]))
    return first, one


def drift(folder, version):
    """What other bytes an input has than for the version before."""
    path = os.path.join(folder, "in", "day-20010103.nc")
    before = sha256(path)
    with netCDF4.Dataset(path, "a") as file:
        file["rain"][0, 0, 0] = 9.0
    bakery = os.path.join(WORK, "bakery")
    again = bake(os.path.join(folder, "rain.yaml"), bakery)
    wanted = [{"before": "sha256:" + before, "now": "sha256:" + sha256(path), "url": "in/day-20010103.nc"}]
    support.want(document(version, "run.json")["drift"] == [], "the first version drifted")
    run = document(again, "run.json")
    support.want(run["drift"] == wanted, "drift is %s, not %s" % (run["drift"], wanted))
    support.want(run["report"]["objects_shared"] > 0, "nothing was shared: %s" % run)
    print("drift: 1 input, %d objects shared, %d written" % (run["report"]["objects_shared"], run["report"]["objects"]))


def resolved(folder, version):
    """recipe.json is a recipe: from its folder it bakes the same arrays."""
    path = os.path.join(folder, "resolved.json")
    shutil.copy(os.path.join(version, "provenance", "recipe.json"), path)
    again = bake(path, os.path.join(WORK, "resolved"))
    stores = []
    for top in version, again:
        store = os.path.join(top, "data.zarr")
        copy = os.path.join(WORK, "copy-%d" % len(stores))
        shutil.copytree(store, copy)
        for name in ".zattrs", ".zmetadata": # the digest of the recipe is another one
            if os.path.exists(os.path.join(copy, name)):
                with open(os.path.join(copy, name)) as file:
                    text = file.read()
                with open(os.path.join(copy, name), "w") as file:
                    file.write(re.sub(r'("forge_recipe_digest": ?"sha256:)\w*', r"\1", text))
        stores.append(series.digest_of(copy))
    support.want(stores[0] == stores[1], "the resolved recipe gives another store")


TIME_RECIPE = """\
forge: 1
name: times
input: {files: [times.nc]}
target: {format: %s}
"""


def write_times(path, calendar, numbers, dtype="f8", units="hours since 1999-12-30 06:00", bounds=None, **more):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("t", len(numbers))
        file.createDimension("n", 2)
        t = file.createVariable("t", dtype, ("t",), **more)
        t.units = units
        t.standard_name = "time"
        if calendar:
            t.calendar = calendar
        t[:] = np.ma.masked_equal(np.array(numbers, dtype), -999)
        file.createVariable("v", "f4", ("t",))[:] = 1.0
        if bounds:
            t.bounds = "t_bnds"
            file.createVariable("t_bnds", dtype, ("t", "n"))[:] = bounds


def isoformat(units, calendar, number):
    date = netCDF4.num2date(number, units, calendar or "standard", only_use_cftime_datetimes=True)
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (date.year, date.month, date.day, date.hour, date.minute,
                                              date.second) + (".%06d" % date.microsecond if date.microsecond else "")


def valid_times():
    calendars = ["standard", "gregorian", "proleptic_gregorian", "julian", "noleap", "365_day", "all_leap",
                 "366_day", "360_day", None]
    rows = 0
    for i, calendar in enumerate(calendars):
        for numbers, more in [([0, 1500, 1440], {}), ([9000, 1500.5, 36], {}),
                              ([-999, 50, 1400, -999], {"dtype": "i4", "fill_value": -999}),
                              ([100, 200], {"bounds": [[0, 150], [150, 1e5]]})]:
            folder = support.fresh(os.path.join(WORK, "times"))
            units = "hours since 1999-12-30 06:00"
            write_times(os.path.join(folder, "times.nc"), calendar, numbers, units=units, **more)
            recipe = os.path.join(folder, "recipe.yaml")
            with open(recipe, "w") as file:
                file.write(TIME_RECIPE % ("zarr" if i % 2 else "zarr2"))
            found = root_attributes(bake(recipe, os.path.join(folder, "bakery")))
            ends = np.array(more.get("bounds", [n for n in numbers if n != -999])).ravel()
            wanted = [isoformat(units, calendar, end) for end in (min(ends), max(ends))]
            support.want([found.get("valid_time_start"), found.get("valid_time_stop")] == wanted,
                         "%s %s: %s, not %s" % (calendar, numbers, found, wanted))
            rows += 1
    print("valid times: %d, as cftime finds them" % rows)


def no_valid_times():
    folder = support.fresh(os.path.join(WORK, "no times"))
    with netCDF4.Dataset(os.path.join(folder, "times.nc"), "w") as file:
        file.createDimension("x", 3)
        file.createVariable("x", "f8", ("x",))[:] = [1, 2, 3]
        file.valid_time_start = "what the source said"
    recipe = os.path.join(folder, "recipe.yaml")
    with open(recipe, "w") as file:
        file.write(TIME_RECIPE % "zarr")
    found = root_attributes(bake(recipe, os.path.join(folder, "bakery")))
    support.want(not any(name.startswith("valid_time") for name in found), "%s" % found)


def main():
    support.fresh(WORK)
    place = places()
    resolved(*place)
    drift(*place)
    valid_times()
    no_valid_times()


if __name__ == "__main__":
    main()
