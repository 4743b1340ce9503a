#include "checker/grade_find.h"

#include "checker/package.h"
#include "checker/unpack.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, OTHERS_MAX = GRADE_FOLDERS_MAX };

struct walk {
    const struct pipeline *pipeline;
    const char *unpack_folder;
    struct arena *arena;
    struct grade_places *places;
    size_t folders; /* looked into so far */
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the list of solutions");
}

/* Length of the UTF-8 sequence at `bytes`; 0: none begins there. RFC 3629. */
static size_t sequence_length(const unsigned char *bytes)
{
    size_t length = 0;
    if (bytes[0] < 0x80)
        return bytes[0] >= 0x20 && bytes[0] != 0x7f ? 1 : 0;
    if (bytes[0] >= 0xc2 && bytes[0] < 0xe0)
        length = 2;
    else if (bytes[0] >= 0xe0 && bytes[0] < 0xf0)
        length = 3;
    else if (bytes[0] >= 0xf0 && bytes[0] < 0xf5)
        length = 4;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
        (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return length;
}

const char *grade_readable(struct arena *arena, const char *name, bool lines)
{
    char *text = arena_allocate(arena, 4 * strlen(name) + 1);
    size_t length = 0;
    for (const char *c = name; text != NULL && *c != '\0';) {
        size_t count =
            lines && (*c == '\n' || *c == '\t') ? 1 : sequence_length((const unsigned char *)c);
        if (count == 0) {
            length += (size_t)snprintf(text + length, 5, "\\x%02x", (unsigned char)*c);
            c++;
        } else {
            memcpy(text + length, c, count);
            length += count;
            c += count;
        }
    }
    return text;
}

static bool is_left_out(const char *name)
{
    static const char *const names[] = {"__MACOSX", "__pycache__", "node_modules", "venv"};
    bool left_out = name[0] == '.';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        left_out = left_out || strcmp(name, names[i]) == 0;
    return left_out;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

static bool holds(const char *folder, const char *name, const char *suffix, bool file)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    return file ? path_is_file(path) : path_is_folder(path);
}

static bool is_solution(const struct pipeline *pipeline, const char *folder)
{
    static const char *const templates[] = {"template.yaml", "template.yml", "template.json"};
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        if (holds(folder, templates[i], "", true))
            return true;
    }
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct function_config *function = &pipeline->functions[i];
        if (holds(folder, function->name, "", false) ||
            holds(folder, function->name, "Package", false))
            return true;
        if (function->code_uri == NULL)
            continue;
        const char *slash = strrchr(function->code_uri, '/');
        const char *base = slash == NULL ? function->code_uri : slash + 1;
        if (ends_with(base, ".zip") &&
            (holds(folder, base, "", true) || holds(folder, function->code_uri, "", true)))
            return true;
    }
    return false;
}

static enum status add(struct walk *walk, bool solution, const char *name, const char *path,
                       const char *reason, struct error *error)
{
    struct grade_places *places = walk->places;
    size_t *count = solution ? &places->solution_count : &places->other_count;
    const size_t limit = solution ? GRADE_SOLUTIONS_MAX : OTHERS_MAX;
    if (*count == limit)
        return error_set(error, STATUS_LIMIT, "more than %zu %s below one folder", limit,
                         solution ? "solutions" : "folders without one");
    struct grade_place *place = (solution ? places->solutions : places->others) + *count;
    *place = (struct grade_place){.name = grade_readable(walk->arena, name, false),
                                  .path = arena_copy_text(walk->arena, path),
                                  .reason = reason};
    if (place->name == NULL || place->path == NULL)
        return no_memory(error);
    (*count)++;
    return STATUS_OK;
}

static enum status look(struct walk *walk, const char *path, const char *name, unsigned depth,
                        const char **reason, struct error *error);

/* An archive: what it holds, or why it cannot be read. */
/* NOLINTNEXTLINE(misc-no-recursion): at most GRADE_DEPTH_MAX deep */
static enum status look_into_archive(struct walk *walk, const char *path, const char *name,
                                     unsigned depth, const char **reason, struct error *error)
{
    struct error problem = ERROR_INIT;
    const char *unpacked = NULL;
    enum status status =
        unpack_archive(path, walk->unpack_folder, walk->arena, &unpacked, &problem);
    if (status == STATUS_OK) {
        status = look(walk, unpacked, name, depth, reason, error);
        if (status == STATUS_OK && *reason != NULL)
            *reason = "an archive without a solution";
        return status;
    }
    if (status == STATUS_NO_MEMORY)
        return no_memory(error);
    const char *why = arena_copy_text(walk->arena, problem.message);
    return why == NULL ? no_memory(error) : add(walk, true, name, path, why, error);
}

/* One entry of a folder. *reason: why there is no solution in it; NULL: there is one, or it is no
 * place to look for one. */
/* NOLINTNEXTLINE(misc-no-recursion): at most GRADE_DEPTH_MAX deep */
static enum status look_at_entry(struct walk *walk, const char *path, const char *name,
                                 unsigned depth, const char **reason, struct error *error)
{
    struct stat found;
    *reason = NULL;
    if (lstat(path, &found) != 0)
        return STATUS_OK; /* it has just gone */
    const bool link = S_ISLNK(found.st_mode);
    if (link && stat(path, &found) != 0) {
        *reason = "a link that leads nowhere";
        return STATUS_OK;
    }
    if (S_ISREG(found.st_mode) && ends_with(path, ".zip"))
        return look_into_archive(walk, path, name, depth, reason, error);
    if (!S_ISDIR(found.st_mode))
        return STATUS_OK;
    if (link && !is_solution(walk->pipeline, path)) {
        *reason = "a link to a folder that is no solution";
        return STATUS_OK;
    }
    return look(walk, path, name, depth, reason, error);
}

/* The entries of a folder that is no solution itself. */
/* NOLINTNEXTLINE(misc-no-recursion): at most GRADE_DEPTH_MAX deep */
static enum status look_below(struct walk *walk, const char *path, const char *name, unsigned depth,
                              const char **reason, struct error *error)
{
    struct dirent **entries = NULL;
    const size_t solutions = walk->places->solution_count;
    const size_t others = walk->places->other_count;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        *reason = arena_copy_text(walk->arena, strerror(errno));
        return *reason == NULL ? no_memory(error) : STATUS_OK;
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        char file[PATH_SIZE];
        char below[PATH_SIZE];
        const char *why = NULL;
        int length = snprintf(file, sizeof file, "%s/%s", path, entry);
        (void)snprintf(below, sizeof below, "%s%s%s", name, name[0] == '\0' ? "" : "/", entry);
        if (status == STATUS_OK && !is_left_out(entry)) {
            if (length < 0 || (size_t)length >= sizeof file)
                why = "the path is too long";
            else
                status = look_at_entry(walk, file, below, depth + 1, &why, error);
            if (status == STATUS_OK && why != NULL)
                status = add(walk, false, below, file, why, error);
        }
        free(entries[i]);
    }
    free(entries);
    if (walk->places->solution_count > solutions)
        return status;
    *reason = count <= 2 ? "an empty folder" : "no folder of a function and no template in it";
    if (depth > 0)
        walk->places->other_count = others; /* the folder as a whole is listed */
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most GRADE_DEPTH_MAX deep */
static enum status look(struct walk *walk, const char *path, const char *name, unsigned depth,
                        const char **reason, struct error *error)
{
    *reason = NULL;
    if (++walk->folders > GRADE_FOLDERS_MAX)
        return error_set(error, STATUS_LIMIT, "more than %d folders to look into",
                         GRADE_FOLDERS_MAX);
    if (is_solution(walk->pipeline, path))
        return add(walk, true, name, path, NULL, error);
    if (depth == GRADE_DEPTH_MAX) {
        *reason = "nested too deep to be looked into";
        return STATUS_OK;
    }
    return look_below(walk, path, name, depth, reason, error);
}

static int compare_places(const void *a, const void *b)
{
    const struct grade_place *left = a;
    const struct grade_place *right = b;
    return strcmp(left->name, right->name);
}

enum status grade_find(const char *folder, const struct pipeline *pipeline,
                       const char *unpack_folder, struct arena *arena, struct grade_places *places,
                       struct error *error)
{
    *places = (struct grade_places){
        .solutions = arena_allocate_array(arena, GRADE_SOLUTIONS_MAX, sizeof *places->solutions),
        .others = arena_allocate_array(arena, OTHERS_MAX, sizeof *places->others)};
    struct walk walk = {
        .pipeline = pipeline, .unpack_folder = unpack_folder, .arena = arena, .places = places};
    const char *reason = NULL;
    if (places->solutions == NULL || places->others == NULL)
        return no_memory(error);
    if (!path_is_folder(folder))
        return error_set(error, STATUS_BAD_INPUT, "%s: no such folder", folder);
    const char *slash = strrchr(folder, '/');
    const bool alone = is_solution(pipeline, folder);
    const char *name = slash == NULL || slash[1] == '\0' ? folder : slash + 1;
    enum status status = look(&walk, folder, alone ? name : "", 0, &reason, error);
    if (status != STATUS_OK)
        return status;
    if (places->solution_count == 0)
        return error_set(error, STATUS_BAD_INPUT, "%s holds no solution: %s", folder,
                         reason == NULL ? "nothing to look into" : reason);
    qsort(places->solutions, places->solution_count, sizeof *places->solutions, compare_places);
    return STATUS_OK;
}
