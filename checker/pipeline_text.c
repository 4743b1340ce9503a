#include "checker/pipeline_text.h"

/* What a mapping does otherwise than by default, by AWS's names. */
static void append_settings(struct text *text, const struct mapping_config *mapping)
{
    if (mapping->maximum_retry_attempts >= 0)
        text_append_format(text, ", MaximumRetryAttempts %lld",
                           (long long)mapping->maximum_retry_attempts);
    if (mapping->maximum_record_age_s >= 0)
        text_append_format(text, ", MaximumRecordAgeInSeconds %lld",
                           (long long)mapping->maximum_record_age_s);
    if (mapping->bisect_batch_on_function_error)
        text_append_string(text, ", BisectBatchOnFunctionError");
    if (mapping->report_batch_item_failures)
        text_append_string(text, ", ReportBatchItemFailures");
    if (mapping->parallelization_factor > 1)
        text_append_format(text, ", ParallelizationFactor %u",
                           (unsigned)mapping->parallelization_factor);
    if (mapping->filter_count > 0)
        text_append_format(text, ", %zu filter%s", mapping->filter_count,
                           mapping->filter_count == 1 ? "" : "s");
    text_append_char(text, ')');
}

void pipeline_text_append(struct text *text, const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (!mapping->enabled)
            continue;
        bool stream = mapping->source_kind == SOURCE_STREAM;
        const char *source = stream ? pipeline->streams[mapping->source].name
                                    : pipeline->tables[mapping->source].name;
        text_append_format(
            text, "%s%s (%u shard%s%s) -> %s (batch %u", i == 0 ? "" : ", ", source,
            (unsigned)pipeline_mapping_shards(pipeline, mapping),
            pipeline_mapping_shards(pipeline, mapping) == 1 ? "" : "s",
            !stream && pipeline->tables[mapping->source].places_by_key ? ", each key at its MD5's"
                                                                       : "",
            pipeline->functions[mapping->function].name, (unsigned)mapping->batch_size);
        append_settings(text, mapping);
    }
}
