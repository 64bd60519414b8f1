#!/usr/bin/python3
"""Make an archive of many small files: daily fields of 8 x 16, packed, in folders by year.

    make_many_files.py FOLDER COUNT [NETCDF4|NETCDF3_CLASSIC]

One file is written by the netCDF library; the others are that one with another day, other values
(and in classic files another history) in the same places, which takes a second instead of a minute.
"""
import datetime
import os
import shutil
import sys

import netCDF4
import numpy as np

FIRST = datetime.date(1980, 1, 1)
DAY, HISTORY = 1234567.25, "made on 2000-00-00 by somebody"  # what is replaced
SHAPE = (8, 16)
MODIFIED = 981173106  # 2001-02-03: long ago


def field(number):
    """The values of a day, as int16."""
    return (np.arange(np.prod(SHAPE)) * 37 + number * 11).astype("i8") % 4000 + 1


def marker():
    return np.full(np.prod(SHAPE), -12321, "i2")


def write_first(path, kind):
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.setncatts({"title": "Many small files", "Conventions": "CF-1.6", "history": HISTORY})
        for name, size in (("time", 1), ("lat", SHAPE[0]), ("lon", SHAPE[1])):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": "days since 1978-01-01 12:00:00", "calendar": "standard"})
        time[0] = DAY
        for name, size, step in (("lat", SHAPE[0], 20), ("lon", SHAPE[1], 20)):
            v = file.createVariable(name, "f4", (name,))
            v.units = "degrees_north" if name == "lat" else "degrees_east"
            v[:] = np.arange(size) * step
        chunks = {"chunksizes": (1,) + SHAPE} if kind == "NETCDF4" else {}
        v = file.createVariable("sst", "i2", ("time", "lat", "lon"), fill_value=np.int16(-999), **chunks)
        v.set_auto_maskandscale(False)
        v.setncatts({"units": "Celsius", "long_name": "temperature of the sea",
                     "scale_factor": np.float32(0.01), "add_offset": np.float32(0)})
        v[0] = marker().reshape(SHAPE)


def path_of(folder, number):
    date = FIRST + datetime.timedelta(days=number)
    return os.path.join(folder, date.strftime("%Y"), date.strftime("%Y%m%d.nc"))


def make(folder, count, kind="NETCDF3_CLASSIC"):
    """Make the archive in a folder that is not there yet."""
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    first = os.path.join(part, "first.nc")
    write_first(first, kind)
    with open(first, "rb") as file:
        template = file.read()
    os.remove(first)
    order = "<" if kind == "NETCDF4" else ">"
    for number in range(count):
        path = path_of(part, number)
        date = FIRST + datetime.timedelta(days=number)
        bytes_ = template
        for old, new in ((np.array(DAY, order + "f8"), np.array(730 + number, order + "f8")),
                         (marker().astype(order + "i2"), field(number).astype(order + "i2"))):
            assert bytes_.count(old.tobytes()) == 1
            bytes_ = bytes_.replace(old.tobytes(), new.tobytes())
        if kind != "NETCDF4":  # whose attributes carry checksums
            bytes_ = bytes_.replace(b"2000-00-00", date.isoformat().encode())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(bytes_)
        os.utime(path, (MODIFIED, MODIFIED))
    os.rename(part, folder)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), *sys.argv[3:4])
