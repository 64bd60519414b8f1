#!/usr/bin/python3
"""scripts/quickstart does what the README says, and Debian's xarray opens what it published.

    test_quickstart.py WORK
"""
import os
import sys

import support


def main():
    bakery = os.path.join(support.fresh(sys.argv[1]), "bakery")
    output = support.run([os.path.join(support.TOP, "scripts", "quickstart"), bakery])
    for text in ("forge plan", "xarray", bakery + "/datasets/quickstart/data.zarr"):
        support.want(text in output, "the output does not have %r" % text)
    import xarray
    dataset = xarray.open_zarr(os.path.join(bakery, "datasets", "quickstart-zarr2", "data.zarr"))
    support.want(dict(dataset.sizes) == {"time": 30, "lat": 90, "lon": 180}, str(dataset.sizes))
    support.want(str(dataset.time.values[0]).startswith("2024-02-15T12"), str(dataset.time.values[0]))
    mean = float(dataset.sst.mean())
    support.want(5 < mean < 25, "the mean of sst is %f" % mean)
    print(dataset)


if __name__ == "__main__":
    main()
