#!/usr/bin/python3
"""Make build/large/oisst, once: 365 daily files of four packed fields of 720 x 1440, by the
generator in ../shared where that is, else 60 such files made here."""
import datetime
import os
import shutil

import netCDF4
import numpy as np

import support

FOLDER = os.path.join(support.TOP, "build", "large")


def field(day, number):
    """A smooth field with grain on it, as int16 of a hundredth."""
    lat, lon = np.deg2rad(np.arange(-89.875, 90, 0.25)), np.deg2rad(np.arange(0.125, 360, 0.25))
    smooth = np.outer(np.cos(lat * (number + 1)), np.sin(lon * (number + 2) + day / 9))
    grain = np.random.default_rng([day, number]).standard_normal((720, 1440), dtype="f4")
    packed = np.rint(1000 * smooth + 5 * grain).astype("i2")
    packed[smooth > 0.6] = -999
    return packed


def write(path, day):
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", None), ("zlev", 1), ("lat", 720), ("lon", 1440)):
            file.createDimension(name, size)
        time = file.createVariable("time", "f4", ("time",))
        time.units = "days since 1978-01-01 12:00:00"
        time[0] = 15706 + day
        file.createVariable("zlev", "f4", ("zlev",))[:] = 0
        file.createVariable("lat", "f4", ("lat",))[:] = np.arange(-89.875, 90, 0.25)
        file.createVariable("lon", "f4", ("lon",))[:] = np.arange(0.125, 360, 0.25)
        for number, name in enumerate(("sst", "anom", "err", "ice")):
            v = file.createVariable(name, "i2", ("time", "zlev", "lat", "lon"), zlib=True,
                                    complevel=1, shuffle=True, chunksizes=(1, 1, 720, 1440),
                                    fill_value=np.int16(-999))
            v.set_auto_maskandscale(False)
            v.setncatts({"units": "Celsius", "scale_factor": np.float32(0.01),
                         "add_offset": np.float32(0)})
            v[0, 0] = field(day, number)


def main():
    generator = os.path.join(support.SHARED, "tools", "bench", "gen.py")
    wanted = 365 if os.path.exists(generator) else 60
    done = os.path.join(FOLDER, "oisst")
    if os.path.isdir(done) and len(os.listdir(done)) == wanted:
        print("already there")
        return
    part = FOLDER + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(os.path.join(part, "oisst"))
    if wanted == 365:
        support.run(["/usr/bin/python3", generator, part, "--sets", "oisst"])
    else:
        for day in range(wanted):
            date = datetime.date(2021, 1, 1) + datetime.timedelta(days=day)
            write(os.path.join(part, "oisst", "oisst-avhrr-v02r01.%s.nc" % date.strftime("%Y%m%d")), day)
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.rename(part, FOLDER)
    print("%d files" % wanted)


if __name__ == "__main__":
    main()
