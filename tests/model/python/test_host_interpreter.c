#include "model/python/python_host.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[512];
static struct error error;
static char script[64]; /* a program of ours */

static void start(void)
{
    error = (struct error)ERROR_INIT;
    snprintf(script, sizeof script, "/tmp/oncecheck-python-XXXXXX");
    const int fd = mkstemp(script);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void stop(void) { unlink(script); }

TestSuite(host_interpreter, .init = start, .fini = stop, .timeout = 120);

static void write_script(const char *text)
{
    FILE *file = fopen(script, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(script, 0755), 0);
}

static enum status find(const char *requested, const char *environment)
{
    return python_host_find_interpreter(requested, environment, path, sizeof path, &error);
}

Test(host_interpreter, finds_one_that_imports_boto3)
{
    cr_assert_eq(find(NULL, NULL), STATUS_OK, "%s", error.message);
    cr_assert_eq(path[0], '/');
    cr_assert_eq(access(path, X_OK), 0);
}

Test(host_interpreter, looks_behind_shims)
{
    cr_assert_eq(find(NULL, NULL), STATUS_OK, "%s", error.message);
    char text[600];
    char real[512];
    snprintf(text, sizeof text, "#!/bin/sh\nexec %s \"$@\"\n", path);
    snprintf(real, sizeof real, "%s", path);
    write_script(text);
    cr_assert_eq(find(script, NULL), STATUS_OK, "%s", error.message);
    cr_assert_str_eq(path, real);
}

/* The path given is the one that counts, not what PATH has under its name. */
Test(host_interpreter, takes_a_path_as_it_is)
{
    char folder[] = "/tmp/oncecheck-path-XXXXXX";
    char link[64];
    char real[512];
    cr_assert_eq(find(NULL, NULL), STATUS_OK, "%s", error.message);
    snprintf(real, sizeof real, "%s", path);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s/python3", folder);
    cr_assert_eq(symlink(script, link), 0);
    write_script("#!/bin/sh\nexit 3\n");
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    cr_assert_eq(find(real, NULL), STATUS_OK, "%s", error.message);
    cr_assert_str_eq(path, real);
    cr_assert_eq(unlink(link), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(host_interpreter, takes_only_the_one_requested)
{
    cr_assert_eq(find("/nowhere/python3", NULL), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "no Python interpreter that can import boto3: "
                                    "/nowhere/python3: not found");
    cr_assert_eq(find("/bin/true", NULL), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "/bin/true: is no Python interpreter"));
}

Test(host_interpreter, tells_why_one_will_not_do)
{
    write_script("#!/bin/sh\necho \"!ModuleNotFoundError: No module named 'boto3'\"\n");
    cr_assert_eq(find(script, NULL), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "ModuleNotFoundError: No module named 'boto3'"));
}

Test(host_interpreter, falls_back_from_the_environment)
{
    cr_assert_eq(find(NULL, "/nowhere/python3"), STATUS_OK, "%s", error.message);
    cr_assert_eq(access(path, X_OK), 0);
}

Test(host_interpreter, survives_a_flood)
{
    write_script("#!/bin/sh\nexec yes\n");
    cr_assert_eq(find(script, NULL), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "is no Python interpreter"));
}
