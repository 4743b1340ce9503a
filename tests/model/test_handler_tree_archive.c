/* A tree that is written and read back goes on as the one that was written. */
#include "model/handler_tree_internal.h"
#include "tests/model/handler_tree_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TITLE "a handler tree"

static char folder[] = "/tmp/test_handler_tree_archive.XXXXXX";
static char file[64];

static void setup(void)
{
    tree_setup();
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/file", folder);
}

static void teardown(void)
{
    (void)unlink(file);
    cr_expect_eq(rmdir(folder), 0);
    tree_teardown();
}

TestSuite(handler_tree_archive, .init = setup, .fini = teardown);

static void forgets_everything(struct scripted *run) { scripted_return(run); }

static struct handler_tree *write_and_read(void)
{
    struct archive *archive = NULL;
    struct handler_backend backend =
        scripted_backend(&memory, store, forgets_everything, &backend_log);
    struct handler_tree *copy = handler_tree_create(&memory, store, "Work", &backend);
    cr_assert_not_null(copy);
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    handler_tree_archive(tree, archive);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
    cr_assert_eq(archive_open(&memory, file, TITLE, &archive, &error), STATUS_OK);
    handler_tree_archive(copy, archive);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK, "%s", error.message);
    archive_close(archive);
    return copy;
}

/* Which invocations have been tried in warm containers decides which are tried next, and where. */
Test(handler_tree_archive, keeps_what_has_been_probed)
{
    backend_log.keeps_state = true;
    tree_create(forgets_everything);
    (void)root_of(event_of(0, 1), 0);
    cr_assert_gt(tree->probes[0], 0);
    cr_assert(!value_is_none(tree->probed));
    struct handler_tree *copy = write_and_read();
    cr_expect_eq(copy->probes[0], tree->probes[0]);
    cr_expect(value_equal(copy->probed, tree->probed));
    handler_tree_destroy(copy);
}
