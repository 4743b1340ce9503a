#include "checker/imported_code.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct memory memory;
static char folder[] = "/tmp/imported-code-XXXXXX";

static const struct function_config function = {.name = "F", .handler = "app.handler"};

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* it may be there */
        *slash = '/';
    }
    FILE *stream = fopen(path, "w");
    cr_assert_not_null(stream, "%s", path);
    cr_assert_geq(fputs(text, stream), 0);
    cr_assert_eq(fclose(stream), 0);
}

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    cr_assert_not_null(mkdtemp(folder));
    write_file("app.py", "import json, lib.keys as keys; WORD_APP\n"
                         "if True:\n    from lib import (sums,\n        late)\n"
                         "from powertools import data\nimport os.path\n");
    write_file("lib/__init__.py", "WORD_INIT");
    write_file("lib/keys.py", "from . import beside\nfrom ..above import x\n");
    write_file("lib/beside.py", "WORD_BESIDE\nfrom .deep.down import x\n");
    write_file("lib/sums.py", "WORD_SUMS");
    write_file("lib/late.py", "WORD_LATE");
    write_file("lib/deep/down.py", "WORD_DOWN\nimport app\n");
    write_file("lib/unused.py", "WORD_UNUSED");
    write_file("above.py", "WORD_ABOVE");
    write_file("other.py", "WORD_OTHER");
    write_file("powertools/__init__.py", "WORD_LIBRARY");
    write_file("powertools/data.py", "WORD_LIBRARY");
    write_file("powertools-1.0.dist-info/RECORD",
               "powertools-1.0.dist-info/RECORD,,\npowertools/__init__.py,sha256=x,12\n");
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(memory.used, 0);
}

TestSuite(imported_code, .init = setup, .fini = teardown);

Test(imported_code, follows_the_imports_of_the_package)
{
    static const struct {
        const char *word;
        bool mentioned;
    } cases[] = {{"WORD_APP", true},     {"WORD_INIT", true},   {"WORD_BESIDE", true},
                 {"WORD_SUMS", true},    {"WORD_LATE", true},   {"WORD_DOWN", true},
                 {"WORD_ABOVE", true},   {"WORD_OTHER", false}, {"WORD_UNUSED", false},
                 {"WORD_LIBRARY", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(imported_code_mentions(&memory, folder, &function, cases[i].word),
                     cases[i].mentioned, "%s", cases[i].word);
}

Test(imported_code, is_nothing_where_memory_runs_out)
{
    for (unsigned long long n = 1; n < 20; n++) {
        memory.requests = 0;
        memory.fail_at = n;
        (void)imported_code_mentions(&memory, folder, &function, "WORD_NOWHERE");
        cr_assert_eq(memory.used, 0);
    }
    memory.fail_at = 0;
}
