/* list.h: every kind of source file, one line each, in the order of sniffing. */
FORGE_FORMAT(netcdf3)
FORGE_FORMAT(hdf5)
