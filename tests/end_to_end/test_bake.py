#!/usr/bin/python3
"""A recipe bakes to a store that holds exactly what other programs read from the same files.

    test_bake.py FORGE WORK CASE [FORMAT]

Checks, plans and bakes the recipe of expected.CASES (written in another format where one is
given), compares every element, shows that one changed bit would be found, and has the readers of
../shared/tools check the store where they are.
"""
import gzip
import json
import os
import re
import shutil
import sys

import netCDF4

import compare_store
import expected
import stores
import support
import test_compare


def bake(forge, recipe, bakery):
    """Check, plan and bake. The run's report."""
    support.run([forge, "check", recipe])
    plan = support.run([forge, "plan", recipe])
    support.want(plan.strip() != "", "the plan is empty")
    output = support.run([forge, "bake", recipe, "--bakery", bakery, "--json"])
    return json.loads(output[output.index("{"):])["report"]


def check_report(report, sources):
    """Every file was read, and all its array data by forge itself, not through netCDF or HDF5."""
    support.want(report["inputs"] == len(sources), "%d files were read, not %d" %
                 (report["inputs"], len(sources)))
    support.want(report["chunks_decoded"] > 0, "no chunk was decoded")
    support.want(report["library_bytes"] == 0 and report["library_chunks"] == 0,
                 "%d bytes passed through a library" % report["library_bytes"])


def check_layout(bakery, name, sources):
    """The bakery is laid out as promised, and what is kept beside the data names every input."""
    link = os.path.join(bakery, "datasets", name)
    support.want(os.path.islink(link) and not os.path.isabs(os.readlink(link)),
                 "%s is no relative link" % link)
    version = os.path.realpath(link)
    support.want(os.path.dirname(version) == os.path.realpath(os.path.join(bakery, "versions", name)),
                 "%s leads to %s" % (link, version))
    kept = ""
    for top, _, files in os.walk(os.path.join(version, "provenance")):
        for path in (os.path.join(top, f) for f in files):
            opened = gzip.open if path.endswith(".gz") else open
            kept += opened(path, "rt", errors="replace").read()
    for source in sources:
        support.want(os.path.basename(source) in kept, "the provenance does not name " + source)
    return os.path.join(link, "data.zarr")


def own_attributes(store):
    """Digests of recipe and inputs, which no source file has: checked here, then left aside."""
    document = os.path.join(store, "zarr.json" if stores.is_version_3(store) else ".zattrs")
    with open(document) as file:
        attributes = json.load(file)
    attributes = attributes.get("attributes", attributes)
    own = {k: v for k, v in attributes.items() if k.startswith(compare_store.OWN)}
    digests = [k for k, v in own.items() if re.fullmatch("sha256:[0-9a-f]{64}", str(v))]
    support.want(len(digests) >= 2, "no digests of recipe and inputs among %r" % own)
    return own


def check_with_readers(store, file, own):
    """check_store.py of ../shared/tools/readers, copied and set up by the test end_to_end.readers."""
    program = os.path.join(support.TOP, "build", "readers", "check_store.py")
    if not os.path.isdir(os.path.join(os.path.dirname(program), "node_modules")):
        print("check_store: not here")
        return
    copy = file + ".own.nc"
    shutil.copy(file, copy)
    with netCDF4.Dataset(copy, "a") as other:
        other.setncatts(own)
    common, gdal = ["metadata", "zarrita"], []
    if not stores.is_version_3(store):
        common, gdal = common + ["zarr2", "xarray2"], ["gdal"]
    check_store(program, store, copy, common, [*common, "netcdf"])
    if gdal:  # which keeps `positive` of an axis for itself
        with netCDF4.Dataset(copy, "a") as other:
            for variable in other.variables.values():
                if variable.name in other.dimensions and {"axis", "positive"} <= set(variable.ncattrs()):
                    variable.delncattr("positive")
        check_store(program, store, copy, gdal, gdal)


def check_store(program, store, file, required, readers):
    output = support.run(["/usr/bin/python3", program, store, "--expect", file, "--readers",
                          ",".join(readers), "--require", ",".join(required)])
    support.want(" 0 failed" in output, "check_store found something")


def main():
    forge, work, name = sys.argv[1:4]
    target = sys.argv[4] if len(sys.argv) > 4 else None
    case = expected.CASES[name]
    if case.recipe.startswith(support.HERE):
        support.need_shared("data")
    support.fresh(work)
    wanted = os.path.join(work, "expected.nc")
    sources = expected.make(name, wanted)
    recipe = support.write_recipe(case.recipe, work, target)[0] if target else case.recipe
    bakery = os.path.join(work, "bakery")
    check_report(bake(forge, recipe, bakery), sources)
    store = check_layout(bakery, name, sources)
    if target:
        support.want(stores.is_version_3(store) == (target == "zarr"), "the store is not " + target)
    own = own_attributes(store)
    found = compare_store.compare(store, wanted)
    support.want(not found, "\n  ".join(["the store differs:"] + found[:50]))
    test_compare.must_find_changes(store, wanted, work)
    check_with_readers(store, wanted, own)


if __name__ == "__main__":
    main()
