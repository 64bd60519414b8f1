#!/usr/bin/python3
"""What bench/run compares with: xarray, batches of one chunk, raw values, the same chunks and codec.

    with_xarray.py FOLDER CHUNK STORE
"""
import glob
import os
import sys

import numcodecs
import xarray


def main():
    folder, chunk, store = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    files = sorted(glob.glob(os.path.join(folder, "*.nc")))
    codec = numcodecs.Blosc(cname="zstd", clevel=1, shuffle=numcodecs.Blosc.SHUFFLE)
    for start in range(0, len(files), chunk):
        parts = [xarray.open_dataset(f, decode_cf=False).load() for f in files[start:start + chunk]]
        dataset = xarray.concat(parts, "time", data_vars="minimal", coords="minimal",
                                compat="override", combine_attrs="override")
        if start == 0:
            encoding = {}
            for name, variable in dataset.variables.items():
                variable.encoding = {}
                chunks = tuple(chunk if d == "time" else n for d, n in variable.sizes.items())
                encoding[name] = {"compressor": codec, "chunks": chunks}
            dataset.to_zarr(store, mode="w", encoding=encoding)
        else:
            for variable in dataset.variables.values():
                variable.encoding = {}
            dataset.to_zarr(store, append_dim="time")


if __name__ == "__main__":
    main()
