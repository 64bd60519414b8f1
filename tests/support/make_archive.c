/* make_archive.c: writes small archives that look like real ones.
 *
 *     make_archive FOLDER
 *
 * FOLDER/sst: thirty days of a daily analysis, one netCDF-4 file a day in a
 * folder a month, laid out as NOAA's OISST: four packed int16 variables, land
 * as _FillValue, shuffle and deflate, one chunk a field.
 * FOLDER/rain: a year of daily rain in twelve netCDF-3 files, one a month, two
 * record variables and the bounds of the days. Each file counts its days from
 * its own first one, as such files do.
 * The same values every time. A file is written beside its place and moved.
 */
#include <math.h>
#include <netcdf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LATS = 90, LONS = 180, DAYS = 30, CELLS = LATS * LONS, FILL = -999 };

static const double degree = 3.14159265358979323846 / 180;

static void must(int status, const char *what)
{
    if (status != NC_NOERR) {
        fprintf(stderr, "make_archive: %s: %s\n", what, nc_strerror(status));
        exit(EXIT_FAILURE);
    }
}

static void text(int file, int variable, const char *name, const char *value)
{
    must(nc_put_att_text(file, variable, name, strlen(value), value), name);
}

/* Wants a folder, which may be there already. */
static void folder(const char *path)
{
    struct stat status;
    if (mkdir(path, 0777) != 0 && (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

/* A smooth field in about [-1, 1] that moves slowly with the day: six travelling waves. */
static double wave(double lat, double lon, double day, int seed)
{
    double sum = 0;
    for (int i = 1; i <= 6; i++) {
        int kx = (i * 7 + seed * 5) % 11 + 1;
        double ky = (i * 3 + seed) % 7 + 1.5;
        sum += cos(ky * lat * degree + i) * sin(kx * lon * degree + seed + i * 0.11 * day);
    }
    return sum / 3;
}

/* Grain that no compressor foresees, in [-1, 1], from whole numbers only. */
static double grain(uint32_t day, uint32_t cell, uint32_t seed)
{
    uint32_t x = day * 2654435761U ^ cell * 2246822519U ^ seed * 3266489917U;
    x = (x ^ x >> 15) * 2246822519U;
    x = (x ^ x >> 13) * 3266489917U;
    return (double)(x >> 8) / (1 << 23) - 1;
}

static double lat_of(int i)
{
    return -89 + 2 * i;
}

static double lon_of(int i)
{
    return 1 + 2 * i;
}

static int is_land(int row, int column)
{
    return wave(lat_of(row), lon_of(column), 0, 9) > 0.35;
}

/* ---- sst: daily netCDF-4 files */

struct field {
    const char *name, *long_name, *units;
    int16_t lowest, highest;
    double (*value)(int row, int column, int day);
};

static double sst(int row, int column, int day)
{
    double lat = lat_of(row);
    double warm = 31 * pow(cos(lat * degree), 1.6) - 2 + 2 * sin(lat * degree);
    double value = warm + 1.8 * wave(lat, lon_of(column), day, 1) +
                   0.03 * grain((uint32_t)day, (uint32_t)(row * LONS + column), 1);
    return fmax(value, -1.8);
}

static double anomaly(int row, int column, int day)
{
    return 1.8 * wave(lat_of(row), lon_of(column), day, 1) +
           0.03 * grain((uint32_t)day, (uint32_t)(row * LONS + column), 1);
}

static double error_of(int row, int column, int day)
{
    return 0.2 + 0.1 * fabs(wave(lat_of(row), lon_of(column), day, 2));
}

static double ice(int row, int column, int day)
{
    double share = (1.5 - sst(row, column, day)) / 3.3;
    return share < 0.15 ? NAN : fmin(share, 1);
}

static const struct field fields[] = {
    {"sst", "Daily sea surface temperature", "Celsius", -300, 4500, sst},
    {"anom", "Daily sea surface temperature anomalies", "Celsius", -1200, 1200, anomaly},
    {"err", "Estimated error standard deviation of analysed_sst", "Celsius", 0, 1000, error_of},
    {"ice", "Sea ice concentration", "%", 0, 100, ice},
};

static int axis(int file, const char *name, size_t length, const char *long_name,
                const char *units)
{
    int dim, variable;
    must(nc_def_dim(file, name, length, &dim), name);
    must(nc_def_var(file, name, NC_FLOAT, 1, &dim, &variable), name);
    text(file, variable, "long_name", long_name);
    text(file, variable, "units", units);
    return variable;
}

static void put_grid(int file, int lat, int lon)
{
    float lats[LATS], lons[LONS];
    for (int i = 0; i < LATS; i++)
        lats[i] = (float)lat_of(i);
    for (int i = 0; i < LONS; i++)
        lons[i] = (float)lon_of(i);
    must(nc_put_var_float(file, lat, lats), "lat");
    must(nc_put_var_float(file, lon, lons), "lon");
}

static void define_field(int file, const struct field *field)
{
    static const int dims[] = {0, 1, 2, 3};
    static const size_t chunk[] = {1, 1, LATS, LONS};
    const int16_t fill = FILL;
    const float offset = 0, scale = 0.01F;
    int variable;
    must(nc_def_var(file, field->name, NC_SHORT, 4, dims, &variable), field->name);
    must(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk), field->name);
    must(nc_def_var_deflate(file, variable, 1, 1, 4), field->name);
    must(nc_def_var_fill(file, variable, NC_FILL, &fill), field->name);
    text(file, variable, "long_name", field->long_name);
    text(file, variable, "units", field->units);
    must(nc_put_att_float(file, variable, "add_offset", NC_FLOAT, 1, &offset), field->name);
    must(nc_put_att_float(file, variable, "scale_factor", NC_FLOAT, 1, &scale), field->name);
    must(nc_put_att_short(file, variable, "valid_min", NC_SHORT, 1, &field->lowest),
         "valid_min");
    must(nc_put_att_short(file, variable, "valid_max", NC_SHORT, 1, &field->highest),
         "valid_max");
}

static void put_field(int file, const struct field *field, int day)
{
    static int16_t packed[CELLS];
    int variable;
    for (int cell = 0; cell < CELLS; cell++) {
        int row = cell / LONS, column = cell % LONS;
        double value = is_land(row, column) ? NAN : field->value(row, column, day);
        packed[cell] = isnan(value) ? FILL : (int16_t)lround(value * 100);
    }
    must(nc_inq_varid(file, field->name, &variable), field->name);
    must(nc_put_var_short(file, variable, packed), field->name);
}

static void write_day(const char *path, int day, const char *date)
{
    int file, time_axis, zlev, lat, lon;
    must(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file), path);
    time_axis = axis(file, "time", NC_UNLIMITED, "Center time of the day",
                     "days since 1978-01-01 12:00:00");
    zlev = axis(file, "zlev", 1, "Sea surface height", "meters");
    text(file, zlev, "positive", "down");
    lat = axis(file, "lat", LATS, "Latitude", "degrees_north");
    lon = axis(file, "lon", LONS, "Longitude", "degrees_east");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        define_field(file, &fields[i]);
    text(file, NC_GLOBAL, "title", "Made-up daily analysis, laid out as NOAA's OISST");
    text(file, NC_GLOBAL, "Conventions", "CF-1.6, ACDD-1.3");
    text(file, NC_GLOBAL, "time_coverage_start", date);
    put_grid(file, lat, lon);
    const float days = (float)(16846 + day), surface = 0;
    const size_t first = 0, one = 1;
    must(nc_put_vara_float(file, time_axis, &first, &one, &days), "time");
    must(nc_put_var_float(file, zlev, &surface), "zlev");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        put_field(file, &fields[i], day);
    must(nc_close(file), path);
}

/* ---- rain: monthly netCDF-3 files */

struct month {
    int first, days; /* first day of the year, from 0 */
    char units[32];
};

static int record_variable(int file, const char *name, nc_type type, int rank, const int *dims)
{
    int variable;
    must(nc_def_var(file, name, type, rank, dims, &variable), name);
    return variable;
}

/* One day of the field: rain in mm, or the height of 500 hPa in m; in steps that floats hold.
 */
static void fill_record(float *record, int height, int day)
{
    for (int cell = 0; cell < CELLS; cell++) {
        double lat = lat_of(cell / LONS), lon = lon_of(cell % LONS);
        double moving = wave(lat, lon, day, 4);
        double noise = grain((uint32_t)day, (uint32_t)cell, 4);
        record[cell] = height ? (float)(round(16 * (5500 + 300 * moving + noise)) / 16.0)
                              : (float)(fmax(0, round(64 * (10 * moving + noise))) / 64);
    }
}

static void put_records(int file, const struct month *month, int time_axis, int bounds,
                        int rain, int height)
{
    static float record[CELLS];
    for (int i = 0; i < month->days; i++) {
        const size_t at[] = {(size_t)i, 0, 0}, count[] = {1, LATS, LONS}, two[] = {1, 2};
        const double middle = i + 0.5, ends[] = {i, i + 1};
        must(nc_put_var1_double(file, time_axis, at, &middle), "time");
        must(nc_put_vara_double(file, bounds, at, two, ends), "time_bnds");
        fill_record(record, 0, month->first + i);
        for (int cell = 0; cell < CELLS; cell += 1 + (cell + i) % 97)
            record[cell] = -9.99e8F;
        must(nc_put_vara_float(file, rain, at, count, record), "precip");
        fill_record(record, 1, month->first + i);
        must(nc_put_vara_float(file, height, at, count, record), "hgt");
    }
}

static void write_month(const char *path, const struct month *month)
{
    int file, dims[3], two[2];
    must(nc_create(path, NC_CLOBBER, &file), path);
    int lat = axis(file, "lat", LATS, "Latitude", "degrees_north");
    int lon = axis(file, "lon", LONS, "Longitude", "degrees_east");
    must(nc_def_dim(file, "time", NC_UNLIMITED, &dims[0]), "time");
    must(nc_def_dim(file, "bnds", 2, &two[1]), "bnds");
    dims[1] = 0;
    dims[2] = 1;
    two[0] = dims[0];
    int time_axis = record_variable(file, "time", NC_DOUBLE, 1, dims);
    text(file, time_axis, "units", month->units);
    text(file, time_axis, "calendar", "standard");
    text(file, time_axis, "bounds", "time_bnds");
    int bounds = record_variable(file, "time_bnds", NC_DOUBLE, 2, two);
    int rain = record_variable(file, "precip", NC_FLOAT, 3, dims);
    const float missing = -9.99e8F;
    must(nc_put_att_float(file, rain, "_FillValue", NC_FLOAT, 1, &missing), "_FillValue");
    text(file, rain, "units", "mm/day");
    int height = record_variable(file, "hgt", NC_FLOAT, 3, dims);
    text(file, height, "units", "m");
    text(file, NC_GLOBAL, "Conventions", "CF-1.6");
    text(file, NC_GLOBAL, "title", "Made-up daily rain and height");
    must(nc_enddef(file), path);
    put_grid(file, lat, lon);
    put_records(file, month, time_axis, bounds, rain, height);
    must(nc_close(file), path);
}

/* ---- names and dates */

static struct tm date_of(int year, int month, int day)
{
    struct tm date = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
    timegm(&date);
    return date;
}

static void move(const char *from, const char *to)
{
    if (rename(from, to) != 0) {
        perror(to);
        exit(EXIT_FAILURE);
    }
}

static void make_sst(const char *top)
{
    char at[4096], path[4200], part[4200], name[64], label[32];
    for (int day = 0; day < DAYS; day++) {
        struct tm date = date_of(2024, 2, 15 + day);
        strftime(name, sizeof name, "%Y%m", &date);
        snprintf(at, sizeof at, "%.3900s/%s", top, name);
        folder(at);
        strftime(name, sizeof name, "sst-%Y%m%d.nc", &date);
        snprintf(path, sizeof path, "%s/%s", at, name);
        snprintf(part, sizeof part, "%s/.%s.part", at, name);
        strftime(label, sizeof label, "%Y-%m-%dT00:00:00Z", &date);
        write_day(part, day, label);
        move(part, path);
    }
}

static void make_rain(const char *top)
{
    char path[4200], part[4200];
    for (int i = 0; i < 12; i++) {
        struct tm first = date_of(2023, i + 1, 1), last = date_of(2023, i + 2, 0);
        struct month month = {.first = first.tm_yday, .days = last.tm_mday};
        strftime(month.units, sizeof month.units, "days since %Y-%m-%d", &first);
        snprintf(path, sizeof path, "%s/rain-2023-%02d.nc", top, i + 1);
        snprintf(part, sizeof part, "%s/.rain-2023-%02d.part", top, i + 1);
        write_month(part, &month);
        move(part, path);
    }
}

int main(int count, char **arguments)
{
    char path[4096];
    if (count != 2 || strlen(arguments[1]) > 3900) {
        fprintf(stderr, "usage: make_archive FOLDER\n");
        return 2;
    }
    folder(arguments[1]);
    snprintf(path, sizeof path, "%s/sst", arguments[1]);
    folder(path);
    make_sst(path);
    snprintf(path, sizeof path, "%s/rain", arguments[1]);
    folder(path);
    make_rain(path);
    return 0;
}
