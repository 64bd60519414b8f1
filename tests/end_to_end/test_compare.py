#!/usr/bin/python3
"""compare_store finds every kind of difference, and nothing where there is none. The stores here
are xarray's, so that this shows the comparison itself; `changed` is also run on every bake.

    test_compare.py WORK
"""
import os
import shutil
import sys

import netCDF4
import numpy as np

import compare_store
import stores
import support


def changed(file, folder):
    """Copies of a file, each with one thing changed, and what must be said of it: the first
    element of every array, and one attribute."""
    names = stores.read_netcdf(file).arrays
    for name, array in sorted(names.items()):
        if array.values.dtype == object or not array.values.size:
            continue
        copy = os.path.join(folder, "changed.nc")
        shutil.copy(file, copy)
        os.chmod(copy, 0o644)
        with netCDF4.Dataset(copy, "a") as other:
            other.set_auto_maskandscale(False)
            variable = other.variables[name]
            flat = np.array(variable[...])
            last = tuple(n - 1 for n in flat.shape)
            bits = flat[last].copy().reshape(1).view("u%d" % flat.dtype.itemsize)
            bits ^= 1
            variable[last if last else ...] = bits.view(flat.dtype)[0]
        yield copy, "%s%s: " % (name, list(last))


def must_find_changes(store, file, folder):
    """Flip the lowest bit of the last element of each variable: each must be found, alone."""
    tried = 0
    read = next(iter(stores.readers_of(store).values()))
    got = read(store)
    for copy, start in changed(file, folder):
        found = list(compare_store.differences(got, stores.read_netcdf(copy)))
        support.want(len(found) == 1 and found[0].startswith(start) and "; 1 of " in found[0],
                     "one changed bit, to be reported as %r, gave %r" % (start, found))
        tried += 1
    support.want(tried > 0, "nothing was changed")
    print("%d changed elements were each found" % tried)


def make(folder):
    import xarray
    dataset = xarray.Dataset(
        {"t": (("time", "x"), np.arange(12, dtype="f4").reshape(4, 3), {"units": "K"}),
         "p": (("time", "x"), np.arange(12, dtype="i2").reshape(4, 3),
               {"scale_factor": np.float32(0.01), "_FillValue": np.int16(-999)}),
         "s": ((), np.float64(2.5), {})},
        {"time": ("time", np.arange(4.0), {"units": "days since 2000-01-01"})}, {"title": "x"})
    encoding = {name: {"_FillValue": None} for name in ("t", "s", "time")}
    dataset.to_netcdf(os.path.join(folder, "a.nc"), encoding=encoding)
    store = os.path.join(folder, "a.zarr")
    dataset.to_zarr(store, consolidated=True, encoding=encoding)
    return store, os.path.join(folder, "a.nc")


def edit(file, folder, change):
    copy = os.path.join(folder, "edited.nc")
    shutil.copy(file, copy)
    with netCDF4.Dataset(copy, "a") as other:
        change(other)
    return copy


ROWS = [
    (lambda f: f.variables["t"].setncattr("units", "degC"), "t: attribute units is 'K', not 'degC'"),
    (lambda f: f.variables["t"].delncattr("units"), "t: attribute units was not expected: 'K'"),
    (lambda f: f.variables["p"].setncattr("valid_min", 1), "p: attribute valid_min is missing"),
    (lambda f: f.variables["p"].setncattr("scale_factor", 0.02),
     "p: attribute scale_factor is 0.009999999776482582, not 0.02"),
    (lambda f: f.renameVariable("s", "r"), "r: missing"),
    (lambda f: f.renameDimension("x", "y"), "p: dimensions ('time', 'x'), not ('time', 'y')"),
    (lambda f: f.setncattr("title", "y"), "/: attribute title is 'x', not 'y'"),
]


def main():
    work = support.fresh(sys.argv[1])
    store, file = make(work)
    found = compare_store.compare(store, file)
    support.want(not found, "equal ones differ: %r" % found)
    must_find_changes(store, file, work)
    for change, text in ROWS:
        found = compare_store.compare(store, edit(file, work, change))
        support.want(any(line.endswith(text) for line in found), "%r is not among %r" % (text, found))
    print("%d other changes were each found" % len(ROWS))


if __name__ == "__main__":
    main()
