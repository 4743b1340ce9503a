#include "checker/verify_checkpoint.h"

#include "checker/search_checkpoint.h"
#include "checker/verify_archive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TITLE "oncecheck search checkpoint 1"

enum { TAG_SUBJECT = 0x63686b };

/* --- what it is of --- */

__attribute__((format(printf, 3, 4))) static void
add_subject(struct checkpoint_subjects *subjects, const char *name, const char *format, ...)
{
    CHECK(subjects->count < CHECKPOINT_SUBJECTS_MAX);
    struct checkpoint_subject *subject = &subjects->items[subjects->count++];
    va_list arguments;
    (void)snprintf(subject->name, sizeof subject->name, "%s", name);
    va_start(arguments, format);
    (void)vsnprintf(subject->value, sizeof subject->value, format, arguments);
    va_end(arguments);
}

static struct hash128 add_text(struct hash128 hash, const char *text)
{
    const struct hash128 parts[] = {hash, hash128_bytes(text, strlen(text))};
    return hash128_combine(TAG_SUBJECT, parts, 2);
}

static void add_texts(struct checkpoint_subjects *subjects, const struct run *run)
{
    const struct run_request *request = run->request;
    char hex[HASH128_TEXT_SIZE];
    struct hash128 hash = hash128_bytes(run->scenario_text, strlen(run->scenario_text));
    add_subject(subjects, "the scenario", "%.100s, %s", run->scenario.name,
                hash128_text(hash, hex));
    hash = hash128_bytes(run->template_text, strlen(run->template_text));
    add_subject(subjects, "the template", "%s", hash128_text(hash, hex));
    hash = (struct hash128){.low = request->setting_count};
    for (size_t i = 0; i < request->setting_count; i++)
        hash = add_text(hash, request->settings[i]);
    for (size_t i = 0; request->parameters != NULL && i < request->parameters->count; i++) {
        hash = add_text(hash, request->parameters->items[i].name);
        hash = add_text(hash, request->parameters->items[i].value);
    }
    add_subject(subjects, "--set or --parameter", "%s", hash128_text(hash, hex));
    add_subject(subjects, "--seed", "%llu", (unsigned long long)request->seed);
}

static void add_code(struct checkpoint_subjects *subjects, const struct run *run)
{
    add_subject(subjects, "the interpreter", "%.180s", run->python);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        char name[CHECKPOINT_SUBJECT_SIZE];
        (void)snprintf(name, sizeof name, "the code of %.160s", run->pipeline.functions[i].name);
        add_subject(subjects, name, "%s", run->sources[i].digest);
    }
}

static void add_faults(struct checkpoint_subjects *subjects, const struct fault_config *faults)
{
    char hex[HASH128_TEXT_SIZE];
    struct hash128 hash = {.low = faults->limit, .high = faults->longest_delay_s};
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const struct fault_places *places = &faults->places[kind];
        const struct hash128 parts[] = {hash,
                                        {.low = faults->enabled[kind], .high = faults->cap[kind]}};
        hash = hash128_combine(TAG_SUBJECT, parts, 2);
        for (uint32_t i = 0; i < places->count; i++)
            hash = add_text(hash, places->names[i]);
    }
    add_subject(subjects, "--faults, --fault or --longest-delay", "%s", hash128_text(hash, hex));
}

static void find_subjects(const struct verify_checkpoint *checkpoint, const struct run *run,
                          const struct verify_options *options,
                          struct checkpoint_subjects *subjects)
{
    memset(subjects, 0, sizeof *subjects);
    add_subject(subjects, "oncecheck", "%s", checkpoint->version);
    add_texts(subjects, run);
    add_faults(subjects, &run->faults);
    add_subject(subjects, "--no-reduction",
                "local_steps %d, stage_order %d, shards_in_turn %d, dead_data %d",
                run->merge_local_steps, run->stage_order, run->shards_in_turn, run->drop_dead_data);
    add_subject(subjects, "--fingerprints", "%s", options->fingerprints ? "on" : "off");
    add_subject(subjects, "--all-violations", "%s", options->all_violations ? "on" : "off");
    add_subject(subjects, "--verbose", "%s", options->diagnose ? "on" : "off");
    add_code(subjects, run);
}

static void archive_subjects(struct checkpoint_subjects *subjects, struct archive *archive)
{
    ARCHIVE(archive, subjects->count);
    if (subjects->count > CHECKPOINT_SUBJECTS_MAX)
        archive_reject(archive, "names more than there can be");
    for (uint32_t i = 0; i < subjects->count && !archive_failed(archive); i++) {
        struct checkpoint_subject *subject = &subjects->items[i];
        ARCHIVE(archive, *subject);
        subject->name[CHECKPOINT_SUBJECT_SIZE - 1] = '\0';
        subject->value[CHECKPOINT_SUBJECT_SIZE - 1] = '\0';
    }
}

enum status verify_checkpoint_open(struct verify_checkpoint *checkpoint, struct memory *memory,
                                   const char *file, struct error *error)
{
    enum status status = archive_open(memory, file, TITLE, &checkpoint->resumed, error);
    if (status != STATUS_OK)
        return status;
    archive_subjects(&checkpoint->found, checkpoint->resumed);
    return archive_status(checkpoint->resumed, error);
}

enum status verify_checkpoint_values(void *context, struct value_store *store, struct error *error)
{
    struct verify_checkpoint *checkpoint = context;
    if (checkpoint->resumed == NULL || checkpoint->values_read)
        return STATUS_OK;
    checkpoint->values_read = true;
    value_store_archive(store, checkpoint->resumed);
    return archive_status(checkpoint->resumed, error);
}

enum status verify_checkpoint_compare(const struct verify_checkpoint *checkpoint,
                                      const struct run *run, const struct verify_options *options,
                                      struct error *error)
{
    struct checkpoint_subjects here;
    const struct checkpoint_subjects *there = &checkpoint->found;
    find_subjects(checkpoint, run, options, &here);
    for (uint32_t i = 0; i < here.count || i < there->count; i++) {
        const struct checkpoint_subject *a = i < there->count ? &there->items[i] : NULL;
        const struct checkpoint_subject *b = i < here.count ? &here.items[i] : NULL;
        if (a == NULL || b == NULL || strcmp(a->name, b->name) != 0)
            return error_set(
                error, STATUS_BAD_INPUT, "--resume: %s is of another pipeline: it has %s",
                archive_file(checkpoint->resumed), a != NULL ? a->name : "fewer functions");
        if (strcmp(a->value, b->value) != 0)
            return error_set(
                error, STATUS_BAD_INPUT,
                "--resume: %s is of another search: %s differs (found %s, expected %s)",
                archive_file(checkpoint->resumed), a->name, b->value, a->value);
    }
    return STATUS_OK;
}

/* --- writing and going on --- */

/* What belongs to the verification as a whole. `facts`: those of the search under way. */
static enum status archive_whole(struct verification *verification, enum valuation *valuation,
                                 struct world_facts *facts, struct archive *archive,
                                 struct error *error)
{
    struct run *run = verification->run;
    uint32_t number = *valuation;
    ARCHIVE(archive, number);
    if (number >= VALUATION_COUNT)
        archive_reject(archive, "names a valuation that there is not");
    else
        *valuation = (enum valuation)number;
    archive_bytes(archive, facts, sizeof *facts);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] != NULL)
            handler_tree_archive(run->trees[i], archive);
    }
    return verify_archive(verification, archive, error);
}

static enum status write_file(struct verify_checkpoint *checkpoint, struct search *search,
                              struct verification *verification, enum valuation valuation,
                              const struct verify_options *options, struct error *error)
{
    struct archive *archive = NULL;
    struct run *run = verification->run;
    struct checkpoint_subjects subjects;
    find_subjects(checkpoint, run, options, &subjects);
    enum status status = archive_create(run->memory, checkpoint->file, TITLE, &archive, error);
    if (status != STATUS_OK)
        return status;
    archive_subjects(&subjects, archive);
    value_store_archive(run->store, archive);
    status = archive_whole(verification, &valuation, &search->world->facts, archive, error);
    if (status == STATUS_OK) {
        search_checkpoint_archive(search, archive);
        status = archive_finish(archive, error);
    }
    archive_close(archive);
    return status;
}

enum status verify_checkpoint_round(void *context, struct search *search, bool last,
                                    struct error *error)
{
    const struct checkpoint_round *round = context;
    struct verify_checkpoint *checkpoint = round->options->checkpoint;
    struct error failure = ERROR_INIT;
    char message[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE];
    (void)error;
    if (!checkpoint->due(checkpoint->context, last) || !search_checkpoint_possible(search))
        return STATUS_OK;
    enum status status = write_file(checkpoint, search, round->verification, round->valuation,
                                    round->options, &failure);
    checkpoint->done(checkpoint->context);
    if (status != STATUS_OK)
        checkpoint->warn(checkpoint->context, error_format(&failure, message, sizeof message));
    return STATUS_OK;
}

enum status verify_checkpoint_resume(struct verify_checkpoint *checkpoint,
                                     struct verification *verification, enum valuation *valuation,
                                     struct error *error)
{
    enum status status =
        archive_whole(verification, valuation, &verification->facts, checkpoint->resumed, error);
    return status == STATUS_OK ? archive_status(checkpoint->resumed, error) : status;
}
