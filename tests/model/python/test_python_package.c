/* Packages: how they are loaded, and what is wrong with those that cannot be. */
#include "tests/model/python/driver.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct driver d;

static void stop(void) { driver_release(&d); }

TestSuite(python_package, .fini = stop, .timeout = 300);

#define HANDLER "lambda_function.lambda_handler"

static void expect_error(const char *package, const char *handler, const char *file, uint32_t line,
                         uint32_t column, const char *message)
{
    driver_init(&d, package, handler);
    cr_assert_eq(driver_start(&d), STATUS_BAD_INPUT);
    cr_assert_str_eq(d.error.message, message);
    cr_assert_str_eq(d.error.file, file);
    cr_assert_eq(d.error.line, line);
    cr_assert_eq(d.error.column, column);
}

Test(python_package, missing_module)
{
    expect_error(
        "missing_module", HANDLER, "tests/fixtures/python/missing_module/lambda_function.py", 3, 1,
        "Function cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'");
}

static void write_file(const char *folder, const char *name, const char *contents)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(contents, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* Made here, since a file of ours that is no Python would trouble whoever looks at all of them. */
Test(python_package, syntax_error)
{
    char folder[] = "/tmp/oncecheck-test-XXXXXX";
    char path[256];
    cr_assert_not_null(mkdtemp(folder));
    write_file(folder, "lambda_function.py", "import helper\n");
    write_file(folder, "helper.py", "def f():\n    return (1,\n            2 3)\n");
    driver_init(&d, "", HANDLER);
    snprintf(d.package, sizeof d.package, "%s", folder);
    cr_assert_eq(driver_start(&d), STATUS_BAD_INPUT);
    snprintf(path, sizeof path, "%s/helper.py", folder);
    cr_assert_str_eq(d.error.file, path);
    cr_assert_eq(d.error.line, 3);
    cr_assert_eq(d.error.column, 13);
    cr_assert_eq(strncmp(d.error.message, "Function cannot be loaded: SyntaxError: ", 40), 0);
    cr_assert_eq(unlink(path), 0);
    snprintf(path, sizeof path, "%s/lambda_function.py", folder);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(python_package, missing_file)
{
    expect_error("own_session", "other.handler", "tests/fixtures/python/own_session", 0, 0,
                 "Function cannot be loaded: no other.py, where the handler 'other.handler' should "
                 "be");
}

Test(python_package, missing_function)
{
    expect_error("own_session", "lambda_function.other",
                 "tests/fixtures/python/own_session/lambda_function.py", 0, 0,
                 "Function cannot be loaded: no function 'other', the handler, in module "
                 "'lambda_function'");
}

Test(python_package, handler_is_no_function)
{
    expect_error("own_session", "lambda_function.table", "tests/fixtures/python/own_session", 0, 0,
                 "Function cannot be loaded: the handler 'lambda_function.table' is not a function "
                 "but of type dynamodb.Table");
}

Test(python_package, malformed_handler)
{
    expect_error("own_session", "handler", "tests/fixtures/python/own_session", 0, 0,
                 "Function cannot be loaded: bad handler 'handler': expected module.function, such "
                 "as app.lambda_handler");
}

Test(python_package, process_ends_during_import)
{
    expect_error("import_exit", HANDLER, "tests/fixtures/python/import_exit", 0, 0,
                 "Function cannot be loaded: Python ended during its import (exit status 5)");
}

Test(python_package, exits_during_import)
{
    expect_error("import_sys_exit", HANDLER,
                 "tests/fixtures/python/import_sys_exit/lambda_function.py", 8, 1,
                 "Function cannot be loaded: SystemExit: configuration is missing");
}

Test(python_package, missing_folder)
{
    expect_error("nowhere", HANDLER, "", 0, 0,
                 "no folder tests/fixtures/python/nowhere, the package of Function");
}

Test(python_package, calls_during_import_are_steps)
{
    driver_init(&d, "import_call", HANDLER);
    cr_assert_str_eq(
        driver_play(&d, "{}", 0, "[{'status': 200, 'body': {'Item': {'value': {'S': 'red'}}}}]"),
        "call DynamoDB_20120810.GetItem {'Key':{'name':{'S':'colour'}},'TableName':'Parameters'} "
        "@lambda_function.py:6\nreturn 'red'\n");
    cr_assert_str_eq(
        driver_play(&d, "{}", 0, "[{'status': 400, 'body': {'__type': 'x#ResourceNotFound'}}]"),
        "call DynamoDB_20120810.GetItem {'Key':{'name':{'S':'colour'}},'TableName':'Parameters'} "
        "@lambda_function.py:6\n"
        "raise {'class':'Runtime.InitError','message':'ClientError: An error occurred "
        "(ResourceNotFound) when calling the GetItem operation: '} @lambda_function.py:6\n");
}

Test(python_package, threads_of_an_import_are_there)
{
    driver_init(&d, "import_thread", HANDLER);
    cr_assert_str_eq(driver_play(&d, "{'n': 41}", 0, NULL), "return 42\n");
}

Test(python_package, every_session_is_intercepted)
{
    driver_init(&d, "own_session", HANDLER);
    cr_assert_str_eq(
        driver_play(&d, "{}", 0, NULL),
        "call DynamoDB_20120810.PutItem {'Item':{'id':{'S':'a'}},'TableName':'Table'} "
        "@lambda_function.py:16\n"
        "call DynamoDB_20120810.GetItem {'Key':{'id':{'S':'b'}},'TableName':'Table'} "
        "@lambda_function.py:17\n"
        "call Kinesis_20131202.PutRecord {'Data':'Yw==','PartitionKey':'p','StreamName':'S'} "
        "@lambda_function.py:18\n"
        "call DynamoDB_20120810.DeleteItem {'Key':{'id':{'S':'d'}},'TableName':'Table'} "
        "@lambda_function.py:22\n"
        "return 200\n");
}

Test(python_package, resources_paginators_and_batches_work)
{
    driver_init(&d, "resources", HANDLER);
    cr_assert_str_eq(
        driver_play(&d, "{}", 0,
                    "[{'status': 200, 'body': {'UnprocessedItems': {}}},"
                    "{'status': 200, 'body': {'Items': [{'id': {'S': 'x'}}],"
                    " 'LastEvaluatedKey': {'id': {'S': 'x'}}}},"
                    "{'status': 200, 'body': {'Items': [{'id': {'S': 'y'}}]}},"
                    "{'status': 400, 'body': {'__type': 'x#ConditionalCheckFailedException',"
                    " 'message': 'The conditional request failed'}}]"),
        "call DynamoDB_20120810.BatchWriteItem "
        "{'RequestItems':{'Table':[{'PutRequest':{'Item':{'id':"
        "{'S':'0'},'n':{'N':'1.50'}}}},{'PutRequest':{'Item':{'id':{'S':'1'},'n':{'N':'1.50'}}}}]}}"
        " "
        "@lambda_function.py:11\n"
        "call DynamoDB_20120810.Scan {'TableName':'Table'} @lambda_function.py:15\n"
        "call DynamoDB_20120810.Scan {'ExclusiveStartKey':{'id':{'S':'x'}},'TableName':'Table'} "
        "@lambda_function.py:15\n"
        "call DynamoDB_20120810.PutItem {'ConditionExpression':'attribute_not_exists(id)','Item':"
        "{'id':{'S':'c'}},'TableName':'Table'} @lambda_function.py:17\n"
        "return ['x','y','ConditionalCheckFailedException']\n");
}

/* Nothing is written into a package, so that it may be read-only. */
Test(python_package, leaves_the_folder_alone)
{
    struct stat before;
    struct stat after;
    driver_init(&d, "own_session", HANDLER);
    cr_assert_eq(stat(d.package, &before), 0);
    driver_play(&d, "{}", 0, NULL);
    cr_assert_eq(stat(d.package, &after), 0);
    cr_assert_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    cr_assert_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    cr_assert_neq(access("tests/fixtures/python/own_session/__pycache__", F_OK), 0);
}
