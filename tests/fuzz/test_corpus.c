/* Every input of tests/fuzz/corpus, and every beginning of a short one, through its target. */
#include "tests/fuzz/targets.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_READ = 1 << 20, SHORT = 300 };

TestSuite(corpus, .timeout = 120);

static void run_file(const char *path, void (*target)(const uint8_t *, size_t))
{
    uint8_t *bytes = malloc(SIZE_MAX_READ);
    FILE *file = fopen(path, "rb");
    cr_assert(bytes != NULL && file != NULL, "%s", path);
    const size_t size = fread(bytes, 1, SIZE_MAX_READ, file);
    cr_assert_lt(size, SIZE_MAX_READ, "%s", path);
    (void)fclose(file); /* only read from */
    target(bytes, size);
    for (size_t i = 0; i < size && size <= SHORT; i++)
        target(bytes, i);
    free(bytes);
}

static void run_corpus(const char *name, void (*target)(const uint8_t *, size_t))
{
    char folder[128];
    size_t count = 0;
    struct dirent **entries = NULL;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    const int found = scandir(folder, &entries, NULL, alphasort);
    cr_assert_gt(found, 2, "%s", folder);
    for (int i = 0; i < found; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            run_file(path, target);
            count++;
        }
        free(entries[i]);
    }
    free(entries);
    cr_assert_geq(count, 2);
}

#define CORPUS_TEST(name)                                                                          \
    Test(corpus, name) { run_corpus(#name, fuzz_##name); }
FUZZ_TARGETS(CORPUS_TEST)
