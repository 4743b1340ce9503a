#include "checker/imported_code.h"

#include "checker/package.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct walk {
    struct arena arena;
    const char *folder;
    const char *files[IMPORTED_FILES_MAX]; /* relative to the folder: "app.py", "lib/keys.py" */
    size_t count;
};

static size_t name_length(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* Whether a RECORD of pip's in the package lists the module or a file of it. */
static bool is_installed(struct walk *walk, const char *module, size_t length)
{
    static const char suffix[] = ".dist-info";
    DIR *entries = opendir(walk->folder);
    bool found = false;
    if (entries == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(entries)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size <= strlen(suffix) || strcmp(entry->d_name + size - strlen(suffix), suffix) != 0)
            continue;
        struct error ignored = ERROR_INIT;
        const char *record = NULL;
        size_t bytes = 0;
        const char *path = arena_format(&walk->arena, "%s/%s/RECORD", walk->folder, entry->d_name);
        if (path == NULL || read_file(path, IMPORTED_FILE_SIZE_MAX, &walk->arena, &record, &bytes,
                                      &ignored) != STATUS_OK)
            continue;
        for (const char *line = record; !found && line != NULL;) {
            found = strncmp(line, module, length) == 0 &&
                    (line[length] == '/' || strncmp(line + length, ".py,", 4) == 0);
            line = strchr(line, '\n');
            line = line == NULL ? NULL : line + 1;
        }
    }
    (void)closedir(entries); /* only read from */
    return found;
}

/* Queue the file unless it is there already, or is not a file. */
static bool add_file(struct walk *walk, const char *file)
{
    char path[2 * IMPORTED_PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", walk->folder, file);
    if (length < 0 || (size_t)length >= sizeof path || !path_is_file(path))
        return false;
    for (size_t i = 0; i < walk->count; i++) {
        if (strcmp(walk->files[i], file) == 0)
            return true;
    }
    const char *copy = arena_copy(&walk->arena, file, strlen(file));
    if (copy != NULL && walk->count < IMPORTED_FILES_MAX)
        walk->files[walk->count++] = copy;
    return true;
}

/* The module at a path without suffix: "lib/keys" is lib/keys.py or lib/keys/__init__.py. */
static bool add_module(struct walk *walk, const char *path)
{
    char file[IMPORTED_PATH_MAX];
    int length = snprintf(file, sizeof file, "%s.py", path);
    if (length > 0 && (size_t)length < sizeof file && add_file(walk, file))
        return true;
    length = snprintf(file, sizeof file, "%s/__init__.py", path);
    return length > 0 && (size_t)length < sizeof file && add_file(walk, file);
}

/* The folder that a dotted name starts from, with its slash: that of the importing file for one
 * leading dot, one up for each further one, else the package's. Moves past the dots. */
static size_t start_of(const char **name, const char *importer, char path[IMPORTED_PATH_MAX])
{
    size_t length = 0;
    size_t dots = strspn(*name, ".");
    const char *slash = strrchr(importer, '/');
    *name += dots;
    if (dots > 0 && slash != NULL)
        length = (size_t)(slash - importer) + 1;
    if (length >= IMPORTED_PATH_MAX)
        length = 0;
    memcpy(path, importer, length);
    for (; dots > 1 && length > 0; dots--) {
        length--;
        while (length > 0 && path[length - 1] != '/')
            length--;
    }
    path[length] = '\0';
    return length;
}

/* A dotted name after import or from: every module on its way. Returns what follows it; `path` is
 * the last one's, "" where it is none of the package's. */
static const char *add_name(struct walk *walk, const char *name, const char *importer,
                            char path[IMPORTED_PATH_MAX])
{
    bool relative = name[0] == '.';
    size_t length = start_of(&name, importer, path);
    size_t part = name_length(name);
    bool own = relative || (part > 0 && !is_installed(walk, name, part));
    for (; part > 0; part = name_length(name)) {
        if (length + part + 2 > IMPORTED_PATH_MAX)
            own = false;
        if (own) {
            memcpy(path + length, name, part);
            length += part;
            path[length] = '\0';
            (void)add_module(walk, path);
            path[length++] = '/';
            path[length] = '\0';
        }
        name += part;
        if (*name != '.')
            break;
        name++;
    }
    if (!own)
        path[0] = '\0';
    return name;
}

static const char *skip_blanks(const char *text) { return text + strspn(text, " \t"); }

/* "import a.b as c, d" and "from a import (b, c)": names imported from a package may be modules. */
static void read_import(struct walk *walk, const char *line, const char *importer)
{
    char path[IMPORTED_PATH_MAX];
    bool from = strncmp(line, "from", 4) == 0;
    const char *rest = skip_blanks(line + (from ? 4 : 6));
    if (!from) {
        while (name_length(rest) > 0) {
            rest = add_name(walk, rest, importer, path);
            rest += strcspn(rest, ",;\n#");
            rest = *rest == ',' ? skip_blanks(rest + 1) : "";
        }
        return;
    }
    rest = skip_blanks(add_name(walk, rest, importer, path));
    if (strncmp(rest, "import", 6) != 0)
        return;
    size_t length = strlen(path);
    bool enclosed = strchr("(", *skip_blanks(rest + 6)) != NULL && *skip_blanks(rest + 6) != '\0';
    for (rest += 6; *rest != '\0' && *rest != ')' && (enclosed || *rest != '\n');) {
        size_t part = name_length(rest);
        if (part > 0 && length + part + 1 < IMPORTED_PATH_MAX &&
            (length > 0 || line[4 + strspn(line + 4, " \t")] == '.')) {
            memcpy(path + length, rest, part);
            path[length + part] = '\0';
            (void)add_module(walk, path);
        }
        rest += part > 0 ? part : 1;
    }
}

static void read_imports(struct walk *walk, const char *source, const char *importer)
{
    for (const char *line = source; line != NULL;) {
        line = skip_blanks(line);
        if (strncmp(line, "import ", 7) == 0 || strncmp(line, "from ", 5) == 0)
            read_import(walk, line, importer);
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
}

bool imported_code_mentions(struct memory *memory, const char *folder,
                            const struct function_config *function, const char *word)
{
    struct walk walk = {.folder = folder};
    struct error ignored = ERROR_INIT;
    char handler[256];
    bool found = false;
    arena_init(&walk.arena, memory);
    if (package_handler_file(function, handler, sizeof handler, &ignored) == STATUS_OK)
        (void)add_file(&walk, handler);
    for (size_t i = 0; !found && i < walk.count; i++) {
        const char *source = NULL;
        size_t size = 0;
        const char *path = arena_format(&walk.arena, "%s/%s", folder, walk.files[i]);
        if (path == NULL || read_file(path, IMPORTED_FILE_SIZE_MAX, &walk.arena, &source, &size,
                                      &ignored) != STATUS_OK)
            continue;
        found = strstr(source, word) != NULL;
        read_imports(&walk, source, walk.files[i]);
    }
    arena_release(&walk.arena);
    return found;
}
