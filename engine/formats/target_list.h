/* target_list.h: every target format, one line each, sorted. */
FORGE_TARGET(zarr)
FORGE_TARGET(zarr2)
