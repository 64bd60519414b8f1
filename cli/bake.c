/* bake.c: bake a recipe and publish the version. */
#include "cli/request.h"

#include "document/json.h"

#include <stdio.h>
#include <string.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_bake = {
    .name = "bake",
    .usage = "RECIPE [options]",
    .summary = "bake a recipe and publish the result",
    .help = "  --bakery DIR     where datasets are published; default: ./bakery\n" RUN_HELP
            "  --json           the run's report, or {\"error\": ..}, as one JSON object\n"
            "  --quiet          say nothing but errors\n",
    .scans = true,
    .run = run,
};

static void report_json(const struct forge_plan *plan, const struct forge_run_report *report)
{
    struct forge_text text = {0}, summary = {0};
    struct forge_json json = {.out = &text};

    forge_run_summary_json(&summary, &report->summary);
    forge_json_object(&json);
    forge_json_key(&json, "name");
    forge_json_string(&json, plan->recipe->name);
    forge_json_key(&json, "path");
    forge_json_string(&json, report->path);
    forge_json_key(&json, "report");
    forge_json_raw(&json, forge_text_string(&summary));
    forge_json_key(&json, "version");
    forge_json_string(&json, report->version);
    forge_json_key(&json, "workers");
    forge_json_unsigned(&json, plan->workers);
    forge_json_close(&json, '}');
    forge_text_add(&text, "\n");
    print(&text);
    forge_text_clear(&summary);
    forge_text_clear(&text);
}

static void report_people(const struct forge_plan *plan, const struct forge_run_report *report)
{
    const struct forge_run_summary *s = &report->summary;
    bool old = plan->recipe->target.type->zarr_format == 2;
    char in[32], out[32], peak[32], library[32];

    printf("published %s, version %s\n", plan->recipe->name, report->version);
    printf("  read    %llu files, %s; %llu chunks decoded, %s through the netCDF library\n",
           (unsigned long long)s->inputs, forge_text_bytes(in, sizeof in, s->input_bytes),
           (unsigned long long)s->reads.chunks,
           forge_text_bytes(library, sizeof library, s->reads.library_bytes));
    if (s->absent_inputs > 0)
        printf("          %llu input files were not there\n",
               (unsigned long long)s->absent_inputs);
    printf("  wrote   %llu objects, %s; %llu held only fill values and were left out\n",
           (unsigned long long)s->objects, forge_text_bytes(out, sizeof out, s->bytes_written),
           (unsigned long long)s->objects_left_out);
    printf("  memory  %s of array data at most\n",
           forge_text_bytes(peak, sizeof peak, s->memory_peak));
    printf("open it:\n");
    if (!old)
        printf("  # xarray 2024.10 with zarr 3, or later; for older ones bake format: zarr2\n");
    printf("  import xarray as xr\n  ds = xr.open_zarr(\"%s\")\n", report->path);
}

static int run(struct session *session, int argc, char **argv)
{
    struct progress progress = {.terminal = session->terminal};
    struct forge_bake_request request;
    struct forge_run_report report;
    struct arguments arguments;
    struct forge_recipe recipe;
    struct forge_plan plan = {0};
    struct forge_error err;
    int status;

    if (!arguments_read(&arguments, &command_bake, argc, argv,
                        TAKES_BAKERY | TAKES_RUN | TAKES_JSON | TAKES_QUIET, 1))
        return 2;
    status = request_open(&request, &recipe, session, &arguments, &progress);
    if (status == 0) {
        bool good = forge_bake(&plan, &report, &request, &err);

        progress_end(&progress);
        if (!good)
            status = tell_failure(session, &err, arguments.json);
        else if (arguments.json)
            report_json(&plan, &report);
        else if (!arguments.quiet)
            report_people(&plan, &report);
    }
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
    return status;
}
