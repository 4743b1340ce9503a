/* Functions that try what they must not be able to do (tests/fixtures/python/attacks), and the
 * layers of the jail one by one. */
#include "model/python/jail.h"

#include "model/python/host_channel.h"
#include "tests/model/python/driver.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE "error 2: tests/fixtures/python/attacks/app.py:"
static struct driver d;

static void start(void) { driver_init(&d, "attacks", "app.handler"); }
static void stop(void) { driver_release(&d); }

TestSuite(jail, .init = start, .fini = stop, .timeout = 120);

static bool has(int layer) { return (d.jail & layer) != 0; }

/* The event of a behaviour with one more member. */
static const char *play(const char *behaviour, const char *members)
{
    char event[1024];
    snprintf(event, sizeof event, "{'do': '%s', %s}", behaviour, members);
    return driver_play(&d, event, 0, NULL);
}

static void expect(const char *behaviour, const char *members, const char *transcript)
{
    const char *found = play(behaviour, members);
    cr_assert_str_eq(found, transcript, "%s: %s", behaviour, found);
}

/* Kernels, containers and users have some layers and not others. */
Test(jail, works_with_any_layers)
{
    const int all = d.jail;
    const int without[] = {JAIL_NAMESPACES, JAIL_NAMESPACES | JAIL_USER | JAIL_READER,
                           JAIL_LANDLOCK | JAIL_USER | JAIL_SIGNALS, JAIL_SECCOMP,
                           JAIL_NAMESPACES | JAIL_SIGNALS};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        if (d.backend.self != NULL)
            d.backend.destroy(d.backend.self);
        d.backend.self = NULL;
        d.jail = all & ~without[i];
        driver_expect(&d, "uses_tmp", NULL,
                      "call DynamoDB_20120810.PutItem {'Item':{'id':{'S':'['a'] "
                      "/tmp/a'}},'TableName':'Table'} @app.py:23\nreturn [[],'text',4,false]\n");
        driver_expect(&d, "forks", NULL, PLACE "*");
        driver_expect(&d, "connects", NULL, PLACE "*");
        if (has(JAIL_LANDLOCK))
            driver_expect(&d, "reads", NULL, "raise {'class':'KeyError','message':''paths''}*");
    }
}

Test(jail, words_what_is_there_and_what_is_missing)
{
    struct text text;
    const struct jail_state state = {.layers = JAIL_SECCOMP, .namespace_error = EPERM};
    text_init(&text, &d.memory);
    jail_describe(&text, &state, JAIL_SECCOMP);
    cr_assert_not_null(strstr(text_string(&text), "seccomp; missing: namespaces (Operation not "
                                                  "permitted), Landlock (the kernel has none"));
    text_release(&text);
}

/* --- files --- */

Test(jail, hides_the_files_of_others)
{
    char file[] = "/var/tmp/oncecheck-secret-XXXXXX";
    char members[256];
    const int fd = mkstemp(file);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fchmod(fd, 0644), 0);
    close(fd);
    snprintf(members, sizeof members,
             "'paths': ['/etc/passwd', '/etc/shadow', '/root/.ssh/id_rsa', '%s', '/bin/sh']", file);
    const char *found = play("reads", members);
    (void)unlink(file);
    if (has(JAIL_LANDLOCK))
        cr_assert(strstr(found, "read") == NULL, "%s", found);
    expect("lists", "'paths': ['/root', '/home', '/etc', '/var/tmp']",
           "return ['PermissionError','PermissionError','PermissionError','PermissionError']\n");
}

Test(jail, writes_nowhere_but_to_its_tmp)
{
    expect("writes", "'paths': ['/var/tmp/x', '/dev/shm/x', '/etc/x', 'here.txt', '/tmp/x']",
           "return ['PermissionError','PermissionError','PermissionError','PermissionError',"
           "'written']\n");
    const char *found = play("changes", "'n': 1");
    cr_assert(strstr(found, "null") == NULL, "%s", found);
    struct stat status;
    cr_assert_neq(stat("/tmp/x", &status), 0);
}

Test(jail, gives_every_run_an_empty_tmp)
{
    for (int i = 0; i < 2; i++)
        driver_expect(&d, "uses_tmp", NULL,
                      "call DynamoDB_20120810.PutItem {'Item':{'id':{'S':'['a'] "
                      "/tmp/a'}},'TableName':'Table'} @app.py:23\nreturn [[],'text',4,false]\n");
}

Test(jail, limits_what_is_written)
{
    if (has(JAIL_NAMESPACES))
        driver_expect(&d, "fills_disk", NULL, PLACE "*");
    cr_assert_not_null(strstr(text_string(&d.text), "fills /tmp beyond"), "%s",
                       text_string(&d.text));
}

/* --- processes --- */

Test(jail, shows_no_other_process)
{
    if (!has(JAIL_NAMESPACES))
        return;
    driver_expect(&d, "about_others", NULL,
                  has(JAIL_USER) ? "return [true,true,true]\n" : "return [true,true,*");
}

Test(jail, cannot_signal_its_parents)
{
    char members[64];
    snprintf(members, sizeof members, "'pids': [%ld]", (long)getpid());
    const char *found = play("kills", members);
    cr_assert(strstr(found, "Error") != NULL, "%s", found);
    /* every process that it can see: its zygote ends, and the run with it */
    const char *all = driver_play(&d, "{'do': 'kills_all'}", 0, NULL);
    cr_assert(strncmp(all, "error", 5) == 0 || strncmp(all, "exit", 4) == 0 ||
                  strncmp(all, "call", 4) == 0 || strncmp(all, "raise", 5) == 0,
              "%s", all);
    driver_expect(&d, "raises_limits", NULL, "return *");
}

Test(jail, starts_no_process)
{
    driver_expect(&d, "forks", NULL, PLACE "*");
    cr_assert_not_null(strstr(text_string(&d.text), "starts a process, which the jail forbids"));
    driver_expect(&d, "shells", NULL, PLACE "*");
    driver_expect(&d, "executes", NULL, PLACE "*");
    cr_assert_not_null(strstr(text_string(&d.text), "executes a program"));
}

/* Processes that were started from the runtime's folder of this working copy. */
static size_t hosts(void)
{
    size_t count = 0;
    char *name = realpath("build/python/host.py", NULL);
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[300];
        char line[4096] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        const int fd = open(path, O_RDONLY);
        const ssize_t length = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
        if (fd >= 0)
            close(fd);
        for (ssize_t i = 0; i < length; i++)
            line[i] = line[i] == '\0' ? ' ' : line[i];
        count += strstr(line, name) != NULL ? 1 : 0;
    }
    closedir(folder);
    free(name);
    return count;
}

/* Other tests may run hosts from there at the same time, but not hundreds. */
Test(jail, survives_a_fork_bomb)
{
    const int64_t begin_ms = host_now_ms();
    d.step_ms = 2000;
    const char *found = driver_play(&d, "{'do': 'bombs'}", 0, NULL);
    cr_assert(strncmp(found, "error", 5) == 0 || strncmp(found, "hang", 4) == 0 ||
                  strncmp(found, "return", 6) == 0,
              "%s", found);
    driver_expect(&d, "raises_limits", NULL, "return *");
    d.backend.destroy(d.backend.self);
    d.backend.self = NULL;
    cr_assert_lt(host_now_ms() - begin_ms, 60000);
    for (int i = 0; i < 100 && hosts() > 100; i++)
        usleep(100000);
    cr_assert_lt(hosts(), 100);
}

Test(jail, limits_threads) { driver_expect(&d, "starts_threads", NULL, "return true\n"); }

Test(jail, ends_threads_with_the_handler)
{
    expect("thread_that_goes_on", "'fd': 300", "return 'returned'\n");
    driver_expect(&d, "raises_limits", NULL, "return *");
}

Test(jail, has_no_dangerous_system_calls)
{
    if (!has(JAIL_SECCOMP))
        return;
    driver_expect(&d, "traces", NULL, "return ['Operation not permitted']\n");
    driver_expect(&d, "asks_the_kernel", NULL, "return ['Function not implemented']\n");
}

/* --- resources --- */

Test(jail, limits_resources)
{
    driver_expect(&d, "eats_memory", NULL, "exit {'message':'out of memory'} @app.py:*");
    driver_expect(&d, "raises_limits", NULL,
                  "return ['ValueError','ValueError','ValueError','ValueError']\n");
}

Test(jail, ends_what_ignores_signals)
{
    d.step_ms = 1000;
    driver_expect(&d, "loops_and_ignores", NULL,
                  "hang {'message':'Task timed out after 8.00 seconds'}*");
}

Test(jail, keeps_little_of_a_gigabyte)
{
    driver_expect(&d, "prints_a_gigabyte", NULL, "return 'printed' > xxx*");
    cr_assert_lt(d.text.length, PYTHON_HOST_OUTPUT_MAX + 1000);
}

/* --- network --- */

Test(jail, has_no_network)
{
    driver_expect(&d, "connects", NULL, PLACE "*");
    cr_assert_not_null(strstr(text_string(&d.text), "connects to 127.0.0.1:22, which"));
    driver_expect(&d, "sends_datagrams", NULL, PLACE "*");
    cr_assert_not_null(strstr(text_string(&d.text), "opens a socket, which the jail forbids"));
    if (has(JAIL_SECCOMP))
        driver_expect(&d, "connects_past_the_library", NULL,
                      "return ['Operation not permitted','Function not implemented',"
                      "'Function not implemented','Function not implemented',"
                      "'Operation not permitted','Function not implemented']\n");
}

/* --- the protocol --- */

Test(jail, a_forged_frame_fails_its_own_function_alone)
{
    const char *found = driver_play(&d, "{'do': 'forges_end'}", 0, NULL);
    cr_assert(strncmp(found, "call", 4) == 0 || strncmp(found, "error", 5) == 0, "%s", found);
    found = driver_play(&d, "{'do': 'forges_fork'}", 0, NULL);
    cr_assert(strncmp(found, "error", 5) == 0, "%s", found);
    driver_expect(&d, "raises_limits", NULL, "return *");
}
