#!/usr/bin/python3
"""Compare a Zarr store with a netCDF file: every element, bit for bit, and what describes them.

    compare_store.py STORE FILE.nc

Every independent reader of the store is asked. Exit status 1, with the first differences of every
variable, when anything differs.
"""
import sys

import numpy as np

import stores

# Attributes of the root that say where a store came from; a source file has none of them.
OWN = ("forge_", "valid_time_")


def same_attribute(a, b):
    """JSON keeps no types: a number equals one that reads back the same as float32 too."""
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    a, b = np.atleast_1d(np.array(a)), np.atleast_1d(np.array(b))
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "iuf" or b.dtype.kind not in "iuf":
        return bool(np.all(a == b))
    exact = (a == b) | ((a != a) & (b != b))
    narrow = b.dtype == np.float32
    return bool(np.all(exact | (narrow & (a.astype("f4") == b.astype("f4")))))


def attribute_differences(where, got, wanted):
    for name in sorted(set(wanted) - set(got)):
        yield "%s: attribute %s is missing" % (where, name)
    for name in sorted(set(got) - set(wanted) - {"coordinates"}):
        if where != "/" or not name.startswith(OWN):
            yield "%s: attribute %s was not expected: %r" % (where, name, got[name])
    for name in sorted(set(got) & set(wanted)):
        if not same_attribute(got[name], wanted[name]):
            yield "%s: attribute %s is %r, not %r" % (where, name, got[name], wanted[name])


def element_differences(name, got, wanted):
    """Bit for bit: -0.0 is not 0.0, and a NaN is the very same NaN."""
    if got.dtype == object:
        differ = got != wanted
    else:
        unsigned = "u%d" % got.dtype.itemsize
        differ = (np.ascontiguousarray(got).view(unsigned) !=
                  np.ascontiguousarray(wanted).view(unsigned)).reshape(got.shape)
    count = int(np.count_nonzero(differ))
    if count:
        at = tuple(int(i) for i in np.argwhere(differ)[0])
        yield "%s%s: %r, not %r; %d of %d elements differ" % (
            name, list(at), got[at], wanted[at], count, got.size)


def array_differences(name, got, wanted):
    if got.dims != wanted.dims:
        yield "%s: dimensions %s, not %s" % (name, got.dims, wanted.dims)
    if got.values.dtype != wanted.values.dtype:
        yield "%s: dtype %s, not %s" % (name, got.values.dtype, wanted.values.dtype)
    elif got.values.shape != wanted.values.shape:
        yield "%s: shape %s, not %s" % (name, got.values.shape, wanted.values.shape)
    else:
        yield from element_differences(name, got.values, wanted.values)
    harmless = got.fill is None or (got.fill != got.fill and wanted.fill is None)
    if wanted.fill is not None or not harmless:
        if got.fill is None or wanted.fill is None or not same_attribute(got.fill, wanted.fill):
            yield "%s: fill value %r, not %r" % (name, got.fill, wanted.fill)
    yield from attribute_differences(name, got.attributes, wanted.attributes)


def differences(got, wanted):
    """Every difference between two stores.Contents, in words."""
    for name in sorted(set(wanted.arrays) - set(got.arrays)):
        yield "%s: missing" % name
    for name in sorted(set(got.arrays) - set(wanted.arrays)):
        yield "%s: not expected" % name
    for name in sorted(set(got.arrays) & set(wanted.arrays)):
        yield from array_differences(name, got.arrays[name], wanted.arrays[name])
    yield from attribute_differences("/", got.attributes, wanted.attributes)


def compare(store, file):
    """The differences by every reader; also says how much was compared."""
    wanted = stores.read_netcdf(file)
    found = []
    for reader, read in stores.readers_of(store).items():
        got = read(store)
        these = list(differences(got, wanted))
        elements = sum(a.values.size for a in got.arrays.values())
        print("%s: %d arrays, %d elements, %d differences" %
              (reader, len(got.arrays), elements, len(these)))
        found += ["%s: %s" % (reader, text) for text in these]
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = compare(*sys.argv[1:])
    for text in found[:50]:
        print("  " + text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
