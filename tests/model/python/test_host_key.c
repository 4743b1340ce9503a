#include "model/python/python_host.h"
#include "tests/model/python/driver.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct driver d;

static void start(void) { driver_init(&d, "behaviours", "app.handler"); }

static void stop(void) { driver_release(&d); }

TestSuite(host_key, .init = start, .fini = stop, .timeout = 60);

static struct hash128 key_of(const struct python_host_options *options, uint64_t package)
{
    struct hash128 key;
    const struct hash128 digest = {package, 0};
    cr_assert_eq(python_host_key(d.store, options, digest, &key, &d.error), STATUS_OK, "%s",
                 d.error.message);
    return key;
}

Test(host_key, depends_on_settings_code_and_interpreter)
{
    const struct python_host_options options = {.python = "/usr/bin/python3",
                                                .runtime_dir = "build/python",
                                                .package_dir = d.package,
                                                .function = &d.function,
                                                .clock_ms = 1};
    const struct hash128 first = key_of(&options, 1);
    cr_assert(hash128_equal(key_of(&options, 1), first));
    cr_assert_not(hash128_equal(key_of(&options, 2), first));
    struct python_host_options other = options;
    other.python = "/usr/bin/python3.12";
    cr_assert_not(hash128_equal(key_of(&other, 1), first));
    other = options;
    other.clock_ms++;
    cr_assert_not(hash128_equal(key_of(&other, 1), first));
    other = options;
    other.package_dir = "tests";
    cr_assert_not(hash128_equal(key_of(&other, 1), first));
    d.function.timeout_s++;
    cr_assert_not(hash128_equal(key_of(&options, 1), first));
    d.function.timeout_s--;
    d.environment[0].value = "red";
    cr_assert_not(hash128_equal(key_of(&options, 1), first));
}

Test(host_key, needs_its_folders)
{
    struct python_host_options options = {.python = "/usr/bin/python3",
                                          .runtime_dir = "/nowhere",
                                          .package_dir = d.package,
                                          .function = &d.function};
    struct hash128 key;
    const struct hash128 digest = {0};
    cr_assert_eq(python_host_key(d.store, &options, digest, &key, &d.error), STATUS_SYSTEM);
    options.runtime_dir = "build/python";
    options.package_dir = "/nowhere";
    cr_assert_eq(python_host_key(d.store, &options, digest, &key, &d.error), STATUS_BAD_INPUT);
}

Test(host_key, sees_files_change_come_and_go)
{
    char folder[] = "/tmp/test_host_key.XXXXXX";
    char file[64];
    char list[256];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/module.py", folder);
    snprintf(list, sizeof list, "/usr/bin\n%s\n%s", file, folder);
    const struct hash128 missing = python_host_files_state(list);
    cr_assert(hash128_equal(python_host_files_state(list), missing));
    const int fd = open(file, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    const struct hash128 empty = python_host_files_state(list);
    cr_assert_not(hash128_equal(empty, missing));
    cr_assert_eq(write(fd, "x", 1), 1);
    const struct hash128 written = python_host_files_state(list);
    cr_assert_not(hash128_equal(written, empty));
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1, .tv_nsec = 1}};
    cr_assert_eq(futimens(fd, times), 0);
    cr_assert_not(hash128_equal(python_host_files_state(list), written));
    close(fd);
    (void)remove(file);
    (void)rmdir(folder);
    cr_assert_not(hash128_equal(python_host_files_state(list), missing), "nor is the folder");
}

Test(host_key, names_what_a_function_has_loaded)
{
    d.jail = 0; /* in jail nobody has a home folder with settings */
    cr_assert_eq(driver_start(&d), STATUS_OK, "%s", d.error.message);
    const char *files = python_host_files(&d.backend);
    char line[600];
    snprintf(line, sizeof line, "%s\n", d.python);
    cr_assert_not_null(strstr(files, line));
    cr_assert_not_null(strstr(files, "/botocore/client.py\n"));
    cr_assert_not_null(strstr(files, "/asyncio/__init__.py\n"), "the fixture imports it");
    cr_assert_not_null(strstr(files, "/libc.so.6\n"));
    cr_assert_not_null(strstr(files, "/.aws/config\n"));
    cr_assert_null(strstr(files, "behaviours/"), "the package has a digest");
    cr_assert_null(strstr(files, "libvirtual.so"));
}

Test(host_key, guesses_the_interpreter)
{
    char path[512];
    char found[512];
    python_host_guess_interpreter(NULL, d.python, path, sizeof path);
    cr_assert_eq(python_host_find_interpreter(NULL, d.python, found, sizeof found, &d.error),
                 STATUS_OK);
    cr_assert_str_eq(path, found);
    python_host_guess_interpreter("/nowhere/python3", NULL, path, sizeof path);
    cr_assert_str_eq(path, "");
}
