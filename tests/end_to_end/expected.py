"""expected.py: what each recipe should give, made with other programs (ncrcat, ncks, xarray).

CASES: name -> Case(recipe, sources, make). make(sources, path) writes the netCDF file that a store
of that recipe must equal. Values stay raw: nothing is decoded but time axes that have to be
brought to one unit.
"""
import glob
import os
from collections import namedtuple

import numpy as np
import xarray

import support

Case = namedtuple("Case", "recipe sources make")
FERRET = "/usr/share/ferret-vis/data"


def shared(*path):
    return os.path.join(support.SHARED, "data", *path)


def found(pattern):
    return sorted(glob.glob(pattern, recursive=True))


# ------------------------------------------------------------------ xarray, without decoding ---
def opened(path):
    return xarray.open_dataset(path, decode_cf=False).load()


def saved(dataset, path):
    """Write it as it is: no fill values added, none but the dataset's own coordinates."""
    encoding = {}
    for name, variable in dataset.variables.items():
        variable.encoding = {}
        encoding[name] = {} if "_FillValue" in variable.attrs else {"_FillValue": None}
    dataset.encoding = {}
    dataset.to_netcdf(path, encoding=encoding)


def joined(datasets, dim):
    return xarray.concat(datasets, dim, data_vars="minimal", coords="minimal", compat="equals",
                         combine_attrs="override")


def merged(datasets):
    return xarray.merge(datasets, compat="no_conflicts", combine_attrs="override")


def without(dataset, names, *attributes):
    for name in names:
        for attribute in attributes:
            dataset[name].attrs.pop(attribute, None)


# ------------------------------------------------------------------------------- recipes/ ------
def quickstart(sources, path):
    dataset = joined([opened(s) for s in sources], "time").isel(zlev=0).drop_vars("ice")
    without(dataset, ["sst"], "valid_min", "valid_max")
    dataset.sst.attrs["standard_name"] = "sea_surface_temperature"
    saved(dataset, path)


def monthly_rain(sources, path):
    months = [opened(s) for s in sources]
    units = months[0].time.units
    start = np.datetime64(units.split()[-1])
    for month in months:
        days = (np.datetime64(month.time.units.split()[-1]) - start) / np.timedelta64(1, "D")
        month["time"] = ("time", month.time.values + days, dict(month.time.attrs, units=units))
        month["time_bnds"] = (("time", "bnds"), month.time_bnds.values + days, month.time_bnds.attrs)
    dataset = joined(months, "time").rename(precip="rain", hgt="height")
    dataset.rain.attrs["long_name"] = "Rain of the day"
    dataset.height.attrs["long_name"] = "Height of 500 hPa"
    saved(dataset, path)


def coads(sources, path):
    climatology = opened(sources[0]).rename(COADSX="lon", COADSY="lat")
    relief = opened(sources[1]).rename(ETOPO120X="lon", ETOPO120Y="lat")
    dataset = merged([climatology, relief]).rename(TIME="time", ROSE="relief")
    dataset.time.attrs["calendar"] = "proleptic_gregorian"
    without(dataset, ["time"], "modulo")
    without(dataset, dataset.variables, "history")
    dataset.attrs["Conventions"] = "CF-1.10"
    saved(dataset, path)


def ocean_climatology(sources, path):
    climatology = opened(sources[0]).rename(
        XAXLEVITR="lon", YAXLEVITR="lat", ZAXLEVITR="depth", TEMP="temperature", SALT="salinity")
    climatology = climatology.drop_vars("ZAXLEVITRedges")
    without(climatology, ["depth"], "edges")
    relief = opened(sources[1]).rename(ETOPO60X="lon", ETOPO60Y="lat", ROSE="relief")
    dataset = merged([climatology, relief]).isel(lat=slice(None, None, -1))
    dataset.temperature.attrs.update(standard_name="sea_water_temperature", units="degC")
    dataset.salinity.attrs["standard_name"] = "sea_water_salinity"
    saved(dataset, path)


def navy_winds(sources, path):
    dataset = opened(sources[0]).rename(FNOCX="lon", FNOCY="lat", TIME="time")
    years = xarray.decode_cf(dataset).time.dt.year.values
    dataset = dataset.isel(time=(years >= 1985) & (years <= 1989)).sel(lat=slice(-30, 30))
    dataset = dataset.transpose("lat", "lon", "time")
    dataset.attrs["Conventions"] = "CF-1.10"
    del dataset.attrs["history"]
    saved(dataset, path)


# ----------------------------------------------------------------------------- ../shared -------
def records(sources, path, dim):
    """ncrcat wants a record dimension: ncks makes one in a copy of each file."""
    work = support.fresh(path + ".parts")
    parts = []
    for source in sources:
        parts.append(os.path.join(work, os.path.basename(source)))
        support.run(["ncks", "-h", "--mk_rec_dmn", dim, source, parts[-1]], echo=False)
    support.run(["ncrcat", "-O", "-h", "--no_cll_mth", *parts, path], echo=False)


def cmip6_awi(sources, path):
    records(sources, path, "time")
    support.run(["ncatted", "-h", "-a", "_ChunkSizes,global,d,,", "-a", "_ChunkSizes,time,d,,", path],
                echo=False)


def nemo(sources, path):
    support.run(["ncrcat", "-O", "-h", "--no_cll_mth", *sources, path], echo=False)


def cmip6_access(sources, path):
    saved(merged([opened(s) for s in sources]), path)


def eraint(sources, path):
    """The packed shorts have a _FillValue of NaN, which is none: no short is NaN."""
    dataset = opened(sources[0])
    without(dataset, ["u", "v", "z"], "_FillValue")
    saved(dataset, path)


def coads_nc4(sources, path):
    dataset = opened(sources[0])
    dataset.TIME.attrs["calendar"] = "proleptic_gregorian"
    saved(dataset, path)


def local(name, sources, make):
    return Case(os.path.join(support.TOP, "recipes", name, "recipe.yaml"), sources, make)


def beside(name, sources, make):
    return Case(os.path.join(support.HERE, "shared_data", name, "recipe.yaml"), sources, make)


ACCESS = "ACCESS-ESM1-5_piControl_r1i1p1f1_gn"
SST = os.path.join(support.ARCHIVE, "sst", "*", "*.nc")
CASES = {
    "quickstart": local("quickstart", [SST], quickstart),
    "quickstart-zarr2": local("quickstart-zarr2", [SST], quickstart),
    "monthly-rain": local("monthly-rain", [os.path.join(support.ARCHIVE, "rain", "*.nc")], monthly_rain),
    "coads": local("coads", [FERRET + "/coads_climatology.cdf", FERRET + "/etopo120.cdf"], coads),
    "ocean-climatology": local("ocean-climatology", [FERRET + "/levitus_climatology.cdf",
                                                     FERRET + "/etopo60.cdf"], ocean_climatology),
    "navy-winds": local("navy-winds", [FERRET + "/monthly_navy_winds.cdf"], navy_winds),
    "cmip6-awi": beside("cmip6-awi", [shared("cmip6-awi", "*.nc")], cmip6_awi),
    "cmip6-access": beside("cmip6-access", [
        shared("cmip6-access-picontrol", name % ACCESS)
        for name in ("rlut_Amon_%s_010101-012512.nc", "rsdt_Amon_%s_010101-012512.nc",
                     "rsut_Amon_%s_010101-012512.nc", "tas_Amon_%s_010101-012512.nc",
                     "areacella_fx_%s.nc")], cmip6_access),
    "nemo": beside("nemo", [shared("nemo", "*.nc")], nemo),
    "eraint": beside("eraint", [shared("misc", "eraint_uvz.nc")], eraint),
    "coads-nc4": beside("coads-nc4", [shared("misc", "coads_climatology.nc4")], coads_nc4),
}


def make(name, path):
    """Write what the case should give. Its source files."""
    case = CASES[name]
    sources = [path for pattern in case.sources for path in found(pattern)]
    support.want(len(sources) >= len(case.sources), "no files for %s: %s" % (name, case.sources))
    case.make(sources, path)
    return sources
