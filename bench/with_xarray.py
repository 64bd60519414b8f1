#!/usr/bin/python3
"""What bench/run compares with: xarray and zarr-python, one chunk of days at a time, raw values, the
same chunks and codec.

    with_xarray.py FOLDER CHUNK STORE
"""
import glob
import os
import sys

import numcodecs
import xarray
import zarr


def joined(files):
    parts = [xarray.open_dataset(f, decode_cf=False).load() for f in files]
    return xarray.concat(parts, "time", data_vars="minimal", coords="minimal", compat="override",
                         combine_attrs="override")


def create(store, dataset, chunk):
    codec = numcodecs.Blosc(cname="zstd", clevel=1, shuffle=numcodecs.Blosc.SHUFFLE)
    encoding = {}
    for name, variable in dataset.variables.items():
        variable.encoding = {}
        chunks = tuple(chunk if d == "time" else n for d, n in variable.sizes.items())
        encoding[name] = {"compressor": codec, "chunks": chunks}
    dataset.to_zarr(store, mode="w", encoding=encoding)


def append(store, dataset):
    """xarray's own append would pack what is packed already."""
    group = zarr.open_group(store, mode="r+")
    for name, variable in dataset.variables.items():
        if "time" in variable.dims:
            group[name].append(variable.values, axis=variable.dims.index("time"))


def main():
    folder, chunk, store = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    files = sorted(glob.glob(os.path.join(folder, "*.nc")))
    for start in range(0, len(files), chunk):
        dataset = joined(files[start:start + chunk])
        if start == 0:
            create(store, dataset, chunk)
        else:
            append(store, dataset)
    zarr.consolidate_metadata(store)


if __name__ == "__main__":
    main()
