"""stores.py: what is in a Zarr store or a netCDF file: raw elements, dimensions, attributes, fill.

A store is read with zarr-python (version 2 only) or zarrita (2 and 3), a file with netCDF4: none
of them shares code with forge.
"""
import base64
import json
import os
import struct
import tempfile

import numpy as np

import support

# Kept by the file format or the reader, or written by xarray's conventions: not attributes.
HIDDEN = {"_ARRAY_DIMENSIONS", "_FillValue", "_NCProperties", "_Netcdf4Dimid",
          "_Netcdf4Coordinates", "_nc3_strict"}


class Array:
    def __init__(self, dims, values, attributes, fill):
        self.dims = tuple(dims)
        self.values = values          # in the machine's byte order
        self.attributes = {k: v for k, v in attributes.items() if k not in HIDDEN}
        self.fill = fill              # None: nothing is masked


class Contents:
    def __init__(self, attributes):
        self.attributes = {k: v for k, v in attributes.items() if k not in HIDDEN}
        self.arrays = {}


def whole_number(digits):
    """JSON does not tell 1e20 from an integer; no attribute has integers of that size."""
    return int(digits) if -2**63 <= int(digits) < 2**64 else float(digits)


def from_json(value):
    return float(value["text"].replace("Infinity", "inf")) if isinstance(value, dict) else value


def fill_of(value, dtype):
    """A fill value as JSON has it (a number, the name of one, base64 of a float64) in dtype."""
    if value is None:
        return None
    if isinstance(value, str) and dtype.kind == "f" and value not in ("NaN", "Infinity", "-Infinity"):
        value = struct.unpack("<d", base64.b64decode(value, validate=True))[0]
    if dtype == object:
        return value
    return np.array(float(value) if isinstance(value, str) else value).astype(dtype)[()]


def read_zarr_python(store):
    import zarr
    root = zarr.open_consolidated(store, mode="r")
    contents = Contents(dict(root.attrs))
    for name, array in root.arrays():
        values = array[...]
        attributes = dict(array.attrs)
        fill = array.fill_value
        if array.dtype == object:
            fill = None
        elif fill is None or (array.dtype.kind == "f" and np.isnan(fill)):
            with open(os.path.join(store, name, ".zarray")) as file:
                fill = fill_of(json.load(file)["fill_value"], array.dtype)
        contents.arrays[name] = Array(attributes["_ARRAY_DIMENSIONS"],
                                      np.asarray(values, dtype=array.dtype.newbyteorder("=")),
                                      attributes, fill)
    return contents


def read_zarrita(store):
    with tempfile.TemporaryDirectory() as folder:
        support.node("read_store.mjs", os.path.abspath(store), folder)
        with open(os.path.join(folder, "arrays.json")) as file:
            document = json.load(file, parse_int=whole_number)
        contents = Contents(document["attributes"])
        for name, a in document["arrays"].items():
            if "strings" in a:
                values = np.array(a["strings"], dtype=object).reshape(a["shape"])
            else:
                values = np.fromfile(os.path.join(folder, a["file"]), dtype=a["type"])
                values = values.reshape(a["shape"])
            fill = from_json(a["fill"])
            if document["version"] == 3:
                fill = a["attributes"].get("_FillValue")
            elif values.dtype == object:
                fill = None
            contents.arrays[name] = Array(a["dimensions"], values, a["attributes"],
                                          fill_of(fill, values.dtype))
    return contents


def read_netcdf(path):
    import netCDF4
    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        contents = Contents({k: file.getncattr(k) for k in file.ncattrs()})
        for name, variable in file.variables.items():
            variable.set_auto_chartostring(False)
            attributes = {k: variable.getncattr(k) for k in variable.ncattrs()}
            values, dims = np.asarray(variable[...]), variable.dimensions
            if values.dtype.kind == "S":
                values, dims = strings_of(values), dims[:-1]
            elif values.dtype.kind in "iuf":
                values = values.astype(values.dtype.newbyteorder("="))
            fill = attributes.get("_FillValue") if values.dtype != object else None
            contents.arrays[name] = Array(dims, values, attributes, fill)
    return contents


def strings_of(characters):
    """char arrays of netCDF: the last dimension joined, padding taken off."""
    rows = characters.reshape(-1, characters.shape[-1])
    joined = [b"".join(row.tolist()).split(b"\0")[0].decode() for row in rows]
    return np.array(joined, dtype=object).reshape(characters.shape[:-1])


def is_version_3(store):
    return os.path.exists(os.path.join(store, "zarr.json"))


def readers_of(store):
    """The independent readers of that store: name -> function."""
    if is_version_3(store):
        return {"zarrita": read_zarrita}
    return {"zarr-python": read_zarr_python, "zarrita": read_zarrita}
