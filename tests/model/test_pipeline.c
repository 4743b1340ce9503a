#include "model/pipeline.h"

#include <criterion/criterion.h>
#include <string.h>

static struct stream_config streams[] = {{.logical_id = "S", .name = "in", .shard_count = 3}};
static struct table_config tables[] = {{.logical_id = "T", .name = "U", .stream_shards = 2},
                                       {.logical_id = "U", .name = "V", .stream_shards = 5}};
static struct function_config functions[] = {{.logical_id = "F", .name = "f"}};

static struct pipeline make_pipeline(struct mapping_config *mapping)
{
    return (struct pipeline){.file = "t.yaml",
                             .streams = streams,
                             .stream_count = 1,
                             .tables = tables,
                             .table_count = 2,
                             .functions = functions,
                             .function_count = 1,
                             .mappings = mapping,
                             .mapping_count = 1};
}

static struct mapping_config plain_mapping(void)
{
    return (struct mapping_config){.maximum_retry_attempts = -1,
                                   .maximum_record_age_s = -1,
                                   .parallelization_factor = 1,
                                   .enabled = true,
                                   .line = 7};
}

Test(pipeline, finds_by_name_before_logical_id)
{
    struct mapping_config mapping = plain_mapping();
    struct pipeline pipeline = make_pipeline(&mapping);
    cr_assert_eq(pipeline_find_table(&pipeline, "U"), 0);
    cr_assert_eq(pipeline_find_table(&pipeline, "V"), 1);
    cr_assert_eq(pipeline_find_table(&pipeline, "T"), 0);
    cr_assert_eq(pipeline_find_table(&pipeline, "X"), -1);
    cr_assert_eq(pipeline_find_stream(&pipeline, "in"), 0);
    cr_assert_eq(pipeline_find_stream(&pipeline, "S"), 0);
    cr_assert_eq(pipeline_find_function(&pipeline, "f"), 0);
    cr_assert_eq(pipeline_find_function(&pipeline, "g"), -1);
}

Test(pipeline, counts_the_shards_a_mapping_reads)
{
    struct mapping_config mapping = plain_mapping();
    struct pipeline pipeline = make_pipeline(&mapping);
    cr_assert_eq(pipeline_mapping_shards(&pipeline, &mapping), 3);
    mapping.source_kind = SOURCE_TABLE;
    mapping.source = 1;
    cr_assert_eq(pipeline_mapping_shards(&pipeline, &mapping), 5);
}

Test(pipeline, names_settings)
{
    for (int i = 0; i < MAPPING_SETTING_COUNT; i++)
        cr_assert_eq(mapping_setting_find(mapping_setting_name((enum mapping_setting)i)),
                     (enum mapping_setting)i);
    cr_assert_eq(mapping_setting_find("batchsize"), MAPPING_SETTING_COUNT);
}

static void expect_unsupported(struct mapping_config mapping, enum mapping_setting setting)
{
    struct error error = ERROR_INIT;
    struct pipeline pipeline = make_pipeline(&mapping);
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_UNSUPPORTED, "%s",
                 mapping_setting_name(setting));
    cr_assert_not_null(strstr(error.message, mapping_setting_name(setting)), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "of f is not simulated yet"), "%s", error.message);
    cr_assert_str_eq(error.file, "t.yaml");
    cr_assert_eq(error.line, 7);

    mapping.places[setting] = (struct input_place){.file = "s.yaml", .line = 3, .column = 9};
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_UNSUPPORTED);
    cr_assert_str_eq(error.file, "s.yaml");
    cr_assert_eq(error.line, 3);
    cr_assert_eq(error.column, 9);

    mapping.enabled = false;
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_OK);
}

Test(pipeline, says_which_setting_is_not_simulated)
{
    struct mapping_config mapping = plain_mapping();
    struct error error = ERROR_INIT;
    struct pipeline pipeline = make_pipeline(&mapping);
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_OK);
    mapping.starting_position = STARTING_LATEST;
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_OK);

    mapping = plain_mapping();
    mapping.starting_position = STARTING_AT_TIMESTAMP;
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_OK);
    mapping.source_kind = SOURCE_TABLE;
    expect_unsupported(mapping, MAPPING_STARTING_POSITION);
    mapping = plain_mapping();
    mapping.tumbling_window_s = 30;
    expect_unsupported(mapping, MAPPING_TUMBLING_WINDOW);
}

/* --- aggregates --- */

Test(pipeline, aggregates_are_named_or_chosen_by_role)
{
    struct table_config candidates[] = {
        {.name = "Rows", .hash_key = {"id", 'S'}},
        {.name = "Marks", .hash_key = {"id", 'S'}, .range_key = {"at", 'N'}},
        {.name = "Numbers", .hash_key = {"id", 'N'}},
        {.name = "Parameters", .hash_key = {"id", 'S'}, .item_count = 1},
        {.name = "Sums", .hash_key = {"Identifier", 'S'}},
        {.name = "Seen", .hash_key = {"id", 'S'}},
    };
    struct mapping_config mapping = {.source_kind = SOURCE_TABLE, .source = 0};
    struct pipeline chosen = {.file = "t.yaml",
                              .tables = candidates,
                              .table_count = 5,
                              .mappings = &mapping,
                              .mapping_count = 1};
    struct error reason = ERROR_INIT;
    cr_assert_eq(pipeline_aggregate_table(&chosen), -1);
    cr_assert_eq(pipeline_choose_aggregates(&chosen, &reason), STATUS_OK);
    cr_assert_eq(pipeline_aggregate_table(&chosen), 4);

    chosen.aggregates = NULL; /* two candidates, of which one has the workshop's key */
    chosen.table_count = 6;
    cr_assert_eq(pipeline_choose_aggregates(&chosen, &reason), STATUS_OK);
    cr_assert_eq(pipeline_aggregate_table(&chosen), 4);

    chosen.aggregates = NULL;
    candidates[4].hash_key.name = "id";
    cr_assert_eq(pipeline_choose_aggregates(&chosen, &reason), STATUS_BAD_INPUT);
    cr_assert_str_eq(reason.message, "Sums or Seen: which table holds the aggregates? Say it in "
                                     "the scenario: 'aggregates: Seen'");

    candidates[5].name = "AggregateTable";
    cr_assert_eq(pipeline_choose_aggregates(&chosen, &reason), STATUS_OK);
    cr_assert_eq(pipeline_aggregate_table(&chosen), 5);
}
