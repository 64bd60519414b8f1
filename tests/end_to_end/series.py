"""series.py: a series of small netCDF files, a recipe for them, and what a bakery holds."""
import hashlib
import json
import os

import netCDF4
import numpy as np

RECIPE = """\
forge: 1
name: %(name)s
input:
  url: "in/day-{time:%%Y%%m%%d}.nc"
  combine:
    - {concat: time, dates: {from: 2001-01-01, to: 2001-01-%(days)02d, step: 1d}}
target:
  format: %(format)s
  chunks: {time: 1, y: %(chunk)d}
  codec: none
checks:
  - monotonic: time
  - range: {rain: [-1, 1e6]}
"""


def write_day(folder, day, value, size=16):
    """The file of one day: rain and snow, every element `value`."""
    os.makedirs(os.path.join(folder, "in"), exist_ok=True)
    path = os.path.join(folder, "in", "day-200101%02d.nc" % (day + 1))
    with netCDF4.Dataset(path + ".part", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        file.createDimension("y", size)
        file.createDimension("x", size)
        file.createVariable("time", "f8", ("time",))[:] = [day]
        file["time"].units = "days since 2001-01-01"
        for name in "rain", "snow":
            file.createVariable(name, "f4", ("time", "y", "x"))[:] = np.full((1, size, size), value)
    os.replace(path + ".part", path)


def write_files(folder, days, value, size=16):
    """One file a day, all of the same value."""
    for day in range(days):
        write_day(folder, day, value, size)


def write_recipe(folder, days, name="rain", format="zarr2", chunk=4, replace=()):
    text = RECIPE % {"name": name, "days": days, "format": format, "chunk": chunk}
    for old, new in replace:
        assert old in text, old
        text = text.replace(old, new)
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def digest_of(folder):
    """One digest of every name and byte below a folder."""
    whole = hashlib.sha256()
    for top, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(top, name)
            whole.update(os.path.relpath(path, folder).encode() + b"\0")
            with open(path, "rb") as file:
                whole.update(hashlib.sha256(file.read()).digest())
    return whole.hexdigest()


def current(bakery, name="rain"):
    """The folder of the current version, or None."""
    link = os.path.join(bakery, "datasets", name)
    return os.path.realpath(link) if os.path.islink(link) else None


def versions(bakery, name="rain"):
    """Version -> digest of all of it; what is hidden counts too."""
    folder = os.path.join(bakery, "versions", name)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return {n: digest_of(os.path.join(folder, n)) for n in names}


def history(bakery, name="rain"):
    """The events of the history, oldest first."""
    path = os.path.join(bakery, "state", "history", name)
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def published(bakery, name="rain"):
    """As versions(), but only what was ever current and is still there."""
    known = {event["version"] for event in history(bakery, name)}
    known.add(os.path.basename(current(bakery, name) or ""))
    return {n: digest for n, digest in versions(bakery, name).items() if n in known}


def visible(bakery, name="rain"):
    """The same without hidden folders: those are for the next bake, and no reader looks there."""
    return {n: d for n, d in versions(bakery, name).items() if not n.startswith(".")}
