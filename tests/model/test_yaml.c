#include "model/yaml.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(yaml, .init = setup, .fini = teardown);

static const struct yaml_node *parse(const char *text)
{
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(text, strlen(text), "x.yaml", &arena, &root, &error);
    cr_assert_eq(status, STATUS_OK, "%u:%u: %s", error.line, error.column, error.message);
    cr_assert_not_null(root);
    return root;
}

static void expect_error(enum status status, uint32_t line, uint32_t column, const char *message)
{
    cr_assert_eq(error.status, status, "status %d: %s", (int)error.status, error.message);
    cr_assert_eq(error.line, line, "line %u: %s", error.line, error.message);
    cr_assert_eq(error.column, column, "column %u: %s", error.column, error.message);
    cr_assert_not_null(strstr(error.message, message), "%s", error.message);
    cr_assert_str_eq(error.file, "x.yaml");
}

static void refuse(const char *text, enum status status, uint32_t line, uint32_t column,
                   const char *message)
{
    const struct yaml_node *root = NULL;
    cr_assert_eq(yaml_parse(text, strlen(text), "x.yaml", &arena, &root, &error), status, "%s: %s",
                 text, error.message);
    cr_assert_null(root);
    expect_error(status, line, column, message);
}

Test(yaml, keeps_structure_and_order)
{
    const struct yaml_node *root = parse("b: [1, two]\na: {x: y}\n");
    cr_assert_eq(root->kind, YAML_MAPPING);
    cr_assert_eq(root->count, 2);
    cr_assert_str_eq(root->entries[0].key->text, "b");
    const struct yaml_node *list = root->entries[0].value;
    cr_assert_eq(list->kind, YAML_SEQUENCE);
    cr_assert_eq(list->count, 2);
    cr_assert_str_eq(list->elements[1]->text, "two");
    cr_assert_str_eq(yaml_find(yaml_find(root, "a"), "x")->text, "y");
    cr_assert_null(yaml_find(root, "c"));
    cr_assert_null(yaml_find(list, "c"));
    cr_assert_eq(root->size, 9);
}

Test(yaml, knows_where_nodes_are)
{
    const struct yaml_node *root = parse("a: 1\nlist:\n  - x\n  - {y: z}\nr: !Ref Table\n");
    const struct yaml_node *list = yaml_find(root, "list");
    cr_assert_eq(list->elements[1]->line, 4);
    cr_assert_eq(list->elements[1]->column, 5);
    cr_assert_eq(yaml_find(list->elements[1], "y")->column, 9);
    cr_assert_eq(yaml_find(root, "r")->line, 5);
    cr_assert_eq(yaml_find_key(root, "r")->column, 1);
    cr_assert_str_eq(root->file, "x.yaml");
}

Test(yaml, keeps_short_tags)
{
    const struct yaml_node *root =
        parse("a: !Ref X\nb: !GetAtt [T, Arn]\nc: !If {x: y}\nd: !Sub |\n  a ${b}\n");
    cr_assert_str_eq(yaml_find(root, "a")->tag, "!Ref");
    cr_assert_str_eq(yaml_find(root, "b")->tag, "!GetAtt");
    cr_assert_str_eq(yaml_find(root, "c")->tag, "!If");
    cr_assert_str_eq(yaml_find(root, "d")->tag, "!Sub");
    cr_assert_str_eq(yaml_find(root, "d")->text, "a ${b}\n");
    cr_assert_null(root->tag);
}

Test(yaml, types_plain_scalars_only)
{
    const struct yaml_node *root = parse("[1, -1, +7, 1.5, 1e3, .5, 5., .inf, -.INF, .nan, true, "
                                         "FALSE, null, ~, yes, 1x, '1', \"true\", '', 0x1F, e1]");
    static const enum yaml_type expected[] = {
        YAML_INTEGER, YAML_INTEGER, YAML_INTEGER, YAML_FLOAT, YAML_FLOAT, YAML_FLOAT, YAML_FLOAT,
        YAML_FLOAT,   YAML_FLOAT,   YAML_FLOAT,   YAML_BOOL,  YAML_BOOL,  YAML_NULL,  YAML_NULL};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_assert_eq(yaml_scalar_type(root->elements[i]), expected[i], "element %zu", i);
    for (size_t i = root->count - 7; i < root->count; i++)
        cr_assert_eq(yaml_scalar_type(root->elements[i]), YAML_TEXT, "element %zu", i);
}

Test(yaml, reads_json)
{
    const struct yaml_node *root =
        parse("{\n\t\"a\": [1, {\"b\": null}],\n\t\"c\": \"\\u00e9\"}\n");
    cr_assert_str_eq(yaml_find(root, "c")->text, "\xc3\xa9");
    cr_assert_eq(yaml_scalar_type(yaml_find(yaml_find(root, "a")->elements[1], "b")), YAML_NULL);
}

Test(yaml, refuses_broken_syntax)
{
    refuse("a: [1, 2\n", STATUS_BAD_INPUT, 2, 1, "not valid YAML: ");
    refuse("a:\n\tb: 2\n", STATUS_BAD_INPUT, 2, 1, "not valid YAML: ");
    refuse("a: \"x\n", STATUS_BAD_INPUT, 1, 5, "without closing quote");
    refuse("a: @b\n", STATUS_BAD_INPUT, 1, 4, "not valid YAML: ");
    refuse("a: \"\xff\"\n", STATUS_BAD_INPUT, 1, 5, "not UTF-8");
}

Test(yaml, refuses_what_holds_no_document_or_two)
{
    refuse("", STATUS_BAD_INPUT, 1, 1, "found nothing");
    refuse("# only a comment\n", STATUS_BAD_INPUT, 1, 1, "found nothing");
    refuse("a: 1\n---\nb: 1\n", STATUS_BAD_INPUT, 3, 1, "found another");
}

Test(yaml, refuses_duplicate_keys)
{
    refuse("a: 1\nb: 2\n\"a\": 3\n", STATUS_BAD_INPUT, 3, 1, "duplicate key 'a' (first on line 1)");
    refuse("x: {k: 1, l: 2, k: 3}\n", STATUS_BAD_INPUT, 1, 17, "duplicate key 'k'");
}

Test(yaml, refuses_keys_that_are_no_scalars)
{
    refuse("? [a, b]\n: 1\n", STATUS_BAD_INPUT, 1, 3, "a key must be a scalar, found a list");
}

Test(yaml, refuses_nul_bytes)
{
    const struct yaml_node *root = NULL;
    cr_assert_eq(yaml_parse("a: 1\nb\0c", 8, "x.yaml", &arena, &root, &error), STATUS_BAD_INPUT);
    expect_error(STATUS_BAD_INPUT, 2, 2, "NUL");
    error = (struct error)ERROR_INIT;
    refuse("a: \"x\\0y\"\n", STATUS_BAD_INPUT, 1, 4, "NUL");
}

Test(yaml, limits_depth)
{
    const size_t depth = YAML_DEPTH_MAX;
    char text[2 * YAML_DEPTH_MAX + 8];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    cr_assert_eq(parse(text)->size, YAML_DEPTH_MAX);
    memset(text, '[', depth + 1);
    memset(text + depth + 1, ']', depth + 1);
    text[2 * depth + 2] = '\0';
    refuse(text, STATUS_LIMIT, 1, YAML_DEPTH_MAX + 1, "deeper than 64");
}

Test(yaml, follows_aliases)
{
    const struct yaml_node *root = parse("a: &x {k: v}\nb: *x\nc: [&y 1, *y]\nd: &x 2\ne: *x\n");
    cr_assert_eq(yaml_find(root, "a"), yaml_find(root, "b"));
    cr_assert_str_eq(yaml_find(root, "c")->elements[1]->text, "1");
    cr_assert_str_eq(yaml_find(root, "e")->text, "2");
}

Test(yaml, refuses_aliases_that_lead_nowhere_or_back)
{
    refuse("a: *x\n", STATUS_BAD_INPUT, 1, 4, "alias '*x'");
    refuse("a: &x [*x]\n", STATUS_BAD_INPUT, 1, 8, "alias '*x'");
}

/* Ten levels, each naming the one before ten times: 10^10 nodes when expanded. */
Test(yaml, refuses_aliases_that_explode)
{
    char text[1024] = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; i++) {
        char line[128];
        int length = snprintf(line, sizeof line, "l%d: &l%d [", i, i);
        for (int j = 0; j < 10; j++)
            length += snprintf(line + length, sizeof line - (size_t)length, "%s*l%d",
                               j == 0 ? "" : ", ", i - 1);
        (void)snprintf(line + length, sizeof line - (size_t)length, "]\n");
        strncat(text, line, sizeof text - strlen(text) - 1);
    }
    const struct yaml_node *root = NULL;
    cr_assert_eq(yaml_parse(text, strlen(text), "x.yaml", &arena, &root, &error), STATUS_LIMIT);
    cr_assert_not_null(strstr(error.message, "YAML nodes"), "%s", error.message);
}

Test(yaml, reads_typed_values)
{
    const struct yaml_node *root = parse("{t: x, b: true, i: -5, n: 1.25, w: 3}");
    const char *text = NULL;
    bool truth = false;
    int64_t integer = 0;
    double number = 0;
    cr_assert_eq(yaml_get_text(yaml_find(root, "t"), "'t'", &text, &error), STATUS_OK);
    cr_assert_str_eq(text, "x");
    cr_assert_eq(yaml_get_bool(yaml_find(root, "b"), "'b'", &truth, &error), STATUS_OK);
    cr_assert(truth);
    cr_assert_eq(yaml_get_integer(yaml_find(root, "i"), "'i'", -5, 5, &integer, &error), STATUS_OK);
    cr_assert_eq(integer, -5);
    cr_assert_eq(yaml_get_number(yaml_find(root, "n"), "'n'", 0, 2, &number, &error), STATUS_OK);
    cr_assert_eq(number, 1.25);
    cr_assert_eq(yaml_get_number(yaml_find(root, "w"), "'w'", 0, 3, &number, &error), STATUS_OK);
    cr_assert_eq(number, 3.0);
    size_t choice = 0;
    static const char *const choices[] = {"w", "x"};
    cr_assert_eq(yaml_get_choice(yaml_find(root, "t"), "'t'", choices, 2, &choice, &error),
                 STATUS_OK);
    cr_assert_eq(choice, 1);
}

struct mistake {
    const char *value;
    const char *message;
};

Test(yaml, says_what_integers_must_be)
{
    static const struct mistake mistakes[] = {
        {"x", "'n' must be a whole number from 1 to 10, found the text 'x'"},
        {"'5'", "found the text '5'"},
        {"11", "found the number 11"},
        {"0", "found the number 0"},
        {"1.0", "found the number 1.0"},
        {".nan", "found the number .nan"},
        {"99999999999999999999999", "found the number 99999999999999999999999"},
        {"true", "found the boolean true"},
        {"[1]", "found a list"},
        {"{}", "found an empty mapping"},
        {"~", "found nothing"},
        {"!Ref n", "found a scalar with the tag !Ref"}};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[64];
        int64_t integer = 0;
        (void)snprintf(text, sizeof text, "n: %s", mistakes[i].value);
        const struct yaml_node *root = parse(text);
        enum status status = yaml_get_integer(yaml_find(root, "n"), "'n'", 1, 10, &integer, &error);
        cr_assert_eq(status, STATUS_BAD_INPUT, "%s", text);
        expect_error(STATUS_BAD_INPUT, 1, 4, mistakes[i].message);
    }
}

Test(yaml, says_what_numbers_must_be)
{
    static const struct mistake mistakes[] = {
        {".nan", "'n' must be a finite number, found the number .nan"},
        {"-.inf", "a finite number"},
        {"1e999", "'n' must be a number from 0 to 10, found the number 1e999"},
        {"-0.5", "from 0 to 10"},
        {"text", "'n' must be a number, found the text 'text'"}};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[64];
        double number = 0;
        (void)snprintf(text, sizeof text, "n: %s", mistakes[i].value);
        const struct yaml_node *root = parse(text);
        cr_assert_eq(yaml_get_number(yaml_find(root, "n"), "'n'", 0, 10, &number, &error),
                     STATUS_BAD_INPUT, "%s", text);
        expect_error(STATUS_BAD_INPUT, 1, 4, mistakes[i].message);
    }
}

Test(yaml, says_what_texts_must_be)
{
    const char *text = NULL;
    const struct yaml_node *root = parse("[1, true, ~, [], '']");
    static const char *const messages[] = {
        "'t' must be a text (put it in quotes), found the number 1",
        "(put it in quotes), found the boolean true", "'t' must be a text, found nothing",
        "'t' must be a text, found an empty list", "'t' must not be empty"};
    for (size_t i = 0; i < root->count; i++) {
        cr_assert_eq(yaml_get_text(root->elements[i], "'t'", &text, &error), STATUS_BAD_INPUT);
        cr_assert_not_null(strstr(error.message, messages[i]), "%s", error.message);
    }
}

Test(yaml, suggests_known_keys)
{
    static const char *const keys[] = {"stream", "messages", "order"};
    const struct yaml_node *root = parse("stream: x\nmesages: []\n");
    cr_assert_eq(yaml_check_keys(root, "'workload'", keys, 3, &error), STATUS_BAD_INPUT);
    expect_error(STATUS_BAD_INPUT, 2, 1,
                 "unknown key 'mesages' in 'workload', did you mean 'messages'?");
    root = parse("elephant: 1\n");
    cr_assert_eq(yaml_check_keys(root, "'workload'", keys, 3, &error), STATUS_BAD_INPUT);
    cr_assert_null(strstr(error.message, "did you mean"), "%s", error.message);
}

Test(yaml, measures_similarity_in_edits)
{
    static const char *const words[] = {"BatchSize", "Enabled", "timeout"};
    cr_assert_str_eq(yaml_suggest("batchsize", words, 3), "BatchSize");
    cr_assert_str_eq(yaml_suggest("BacthSize", words, 3), "BatchSize");
    cr_assert_str_eq(yaml_suggest("Enable", words, 3), "Enabled");
    cr_assert_str_eq(yaml_suggest("timeouts", words, 3), "timeout");
    cr_assert_null(yaml_suggest("crash", words, 3));
    cr_assert_null(yaml_suggest("", words, 3));
    cr_assert_null(yaml_closest("BtchSz", words, 3, 2));
    cr_assert_str_eq(yaml_closest("BtchSize", words, 3, 2), "BatchSize");
}

Test(yaml, names_choices)
{
    static const char *const choices[] = {"given", "any", "random"};
    size_t choice = 0;
    const struct yaml_node *root = parse("gven");
    cr_assert_eq(yaml_get_choice(root, "'order'", choices, 3, &choice, &error), STATUS_BAD_INPUT);
    expect_error(STATUS_BAD_INPUT, 1, 1,
                 "'order' must be given, any or random, found the text 'gven', did you mean "
                 "'given'?");
}

Test(yaml, reads_files_up_to_a_size)
{
    char path[] = "/tmp/test-yaml-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, "a: 1\n", 5), 5);
    close(descriptor);
    const struct yaml_node *root = NULL;
    cr_assert_eq(yaml_read_file(path, 5, &arena, &root, &error), STATUS_OK, "%s", error.message);
    cr_assert_str_eq(yaml_find(root, "a")->text, "1");
    cr_assert_eq(yaml_read_file(path, 4, &arena, &root, &error), STATUS_LIMIT);
    cr_assert_str_eq(error.file, path);
    unlink(path);
    cr_assert_eq(yaml_read_file(path, 5, &arena, &root, &error), STATUS_BAD_INPUT);
    cr_assert_eq(yaml_read_file("/tmp", 5, &arena, &root, &error), STATUS_BAD_INPUT);
}

/* Whichever allocation fails: a status, and nothing leaks. */
Test(yaml, survives_failing_allocations)
{
    static const char text[] = "a: &x [1, 2, {b: c}]\nd: *x\n";
    unsigned long long n = 1;
    for (enum status status = STATUS_NO_MEMORY; status != STATUS_OK; n++) {
        struct memory scarce;
        struct arena small;
        memory_init(&scarce, SIZE_MAX);
        scarce.fail_at = n;
        arena_init(&small, &scarce);
        const struct yaml_node *root = NULL;
        status = yaml_parse(text, strlen(text), "x.yaml", &small, &root, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&small);
        cr_assert_eq(scarce.used, 0);
        cr_assert_lt(n, 10000);
    }
    cr_assert_gt(n, 2);
}

/* The library never comes back from some of it. */
Test(yaml, refuses_what_is_not_utf_8)
{
    refuse("a: >-\n  b\n%%%\xff c\nd: e\n", STATUS_BAD_INPUT, 3, 4, "0xFF, which is not UTF-8");
    refuse("a: \xc0\xaf\n", STATUS_BAD_INPUT, 1, 4, "0xC0");     /* overlong */
    refuse("a: \xed\xa0\x80\n", STATUS_BAD_INPUT, 1, 4, "0xED"); /* a surrogate */
    refuse("a: b\nc: \xe2\x82", STATUS_BAD_INPUT, 2, 4, "0xE2"); /* cut off */
    refuse("\xc3\xa4\xff: b\n", STATUS_BAD_INPUT, 1, 2, "0xFF"); /* columns are characters */
    (void)parse("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n");
}
