/* Sleeps and timed waits in virtual time. Part of virtual.c, included by nothing else.
 *
 * A wait looks whether its event has happened; if not, and nothing else can happen before its time
 * is over, time passes at once. With several threads it looks again and again in real time, until
 * all others are blocked and it is the next to end. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_WAIT_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_WAIT_H

#include "model/python/runtime/virtual_machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* --- waiting
 * -------------------------------------------------------------------------------------- */

/* Whether the event waited for has happened. */
typedef bool attempt_function(void *context);

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static bool has_threads(void)
{
    struct stat tasks; /* a folder has a link from each folder in it and two more */
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3;
}

static bool is_waiter(pid_t thread)
{
    bool found = false;
    pthread_mutex_lock(&machine.mutex);
    for (int i = 0; i < WAITERS_MAX && !found; i++)
        found = machine.waiters[i].thread == thread;
    pthread_mutex_unlock(&machine.mutex);
    return found;
}

/* Blocked in a system call that something else has to end. */
static bool is_blocked(pid_t thread)
{
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* it has ended */
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *state = strrchr(text, ')'); /* the name before it may hold anything */
    return state == NULL || state[1] != ' ' || strchr("SZXx", state[2]) != NULL;
}

/* No thread but those in timed waits can go on. */
static bool is_idle(void)
{
    DIR *tasks = machine.exchanging ? NULL : opendir("/proc/self/task");
    if (tasks == NULL)
        return false;
    bool idle = true;
    const struct dirent *entry;
    while (idle && (entry = readdir(tasks)) != NULL) {
        const pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        idle = thread <= 0 || is_waiter(thread) || is_blocked(thread);
    }
    closedir(tasks);
    return idle;
}

/* `*looks`: the sum of all looks when idleness began, or 0. True if this wait is the next to end:
 * no other ends before, and every waiter has looked twice since all were idle, in vain. */
static bool is_next(const struct waiter *me, uint64_t looks_at_start[WAITERS_MAX])
{
    bool next = true;
    pthread_mutex_lock(&machine.mutex);
    for (int i = 0; i < WAITERS_MAX && next; i++) {
        const struct waiter *other = &machine.waiters[i];
        if (other->thread == 0 || other == me)
            continue;
        const bool earlier = other->deadline_ns < me->deadline_ns ||
                             (other->deadline_ns == me->deadline_ns && other < me);
        next = !earlier && other->looks >= looks_at_start[i] + 2;
    }
    pthread_mutex_unlock(&machine.mutex);
    return next;
}

static void snapshot_looks(uint64_t looks[WAITERS_MAX])
{
    pthread_mutex_lock(&machine.mutex);
    for (int i = 0; i < WAITERS_MAX; i++)
        looks[i] = machine.waiters[i].looks;
    pthread_mutex_unlock(&machine.mutex);
}

/* Time passes until `deadline_ns`. */
static void pass_until(int64_t deadline_ns)
{
    const bool over = deadline_ns > machine.limit_ns;
    if (over && machine.callbacks.on_timeout != NULL && is_reported()) {
        in_callback = true;
        machine.callbacks.on_timeout();
        in_callback = false;
    }
    const int64_t passed = deadline_ns - machine.elapsed_ns;
    if (passed > 0) {
        atomic_fetch_add(&machine.elapsed_ns, passed);
        atomic_fetch_add(&machine.slept_ns, passed);
    }
    machine.reads = 0;
}

/* With a process started by the function, which lives in real time. */
static bool wait_real(int64_t deadline_ns, attempt_function *attempt, void *context)
{
    const int64_t end_ns = now_real_ns() + (deadline_ns - machine.elapsed_ns);
    for (;;) {
        if (attempt != NULL && attempt(context))
            return true;
        if (now_real_ns() >= end_ns)
            break;
        sleep_real(POLL_CHILDREN_NS);
    }
    pass_until(deadline_ns);
    return false;
}

static bool wait_among_threads(struct waiter *me, attempt_function *attempt, void *context)
{
    uint64_t looks[WAITERS_MAX];
    bool was_idle = false;
    for (;;) {
        if (attempt != NULL && attempt(context))
            return true;
        if (me->deadline_ns <= machine.elapsed_ns)
            return false;
        pthread_mutex_lock(&machine.mutex);
        me->looks++;
        pthread_mutex_unlock(&machine.mutex);
        const bool idle = is_idle();
        if (idle && !was_idle)
            snapshot_looks(looks);
        else if (idle && is_next(me, looks))
            pass_until(me->deadline_ns);
        was_idle = idle;
        sleep_real(POLL_REAL_NS);
    }
}

/* Wait until `attempt` (NULL: never) succeeds, then true, or until the virtual clock has reached
 * `deadline_ns` since the start, then false. */
static bool wait_until(int64_t deadline_ns, attempt_function *attempt, void *context)
{
    if (attempt != NULL && attempt(context))
        return true;
    if (deadline_ns <= machine.elapsed_ns)
        return false;
    if (has_children())
        return wait_real(deadline_ns, attempt, context);
    struct waiter *me = NULL;
    if (has_threads()) {
        pthread_mutex_lock(&machine.mutex);
        for (int i = 0; i < WAITERS_MAX && me == NULL; i++)
            if (machine.waiters[i].thread == 0)
                me = &machine.waiters[i];
        if (me != NULL)
            *me = (struct waiter){.thread = gettid(), .deadline_ns = deadline_ns};
        pthread_mutex_unlock(&machine.mutex);
    }
    if (me == NULL) {
        pass_until(deadline_ns);
        return false;
    }
    const bool happened = wait_among_threads(me, attempt, context);
    pthread_mutex_lock(&machine.mutex);
    me->thread = 0;
    pthread_mutex_unlock(&machine.mutex);
    return happened;
}

/* The deadline of a wait until `time` of `clock`, as time since the start. */
static int64_t deadline_of(clockid_t clock, const struct timespec *time)
{
    const int64_t start_ns =
        is_realtime(clock) ? (int64_t)machine.realtime_start_ns : MONOTONIC_START_S * NS_PER_S;
    return ns_of(time) - start_ns;
}

/* --- sleeps
 * --------------------------------------------------------------------------------------- */

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
    if (!machine.on)
        return syscall(SYS_clock_nanosleep, clock, flags, time, rest) == 0 ? 0 : errno;
    const bool absolute = (flags & TIMER_ABSTIME) != 0;
    wait_until(absolute ? deadline_of(clock, time) : machine.elapsed_ns + ns_of(time), NULL, NULL);
    return 0;
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, time, rest);
    return errno == 0 ? 0 : -1;
}

int usleep(useconds_t microseconds)
{
    const struct timespec time = timespec_of((int64_t)microseconds * 1000);
    return nanosleep(&time, NULL);
}

unsigned int sleep(unsigned int seconds)
{
    const struct timespec time = timespec_of((int64_t)seconds * NS_PER_S);
    return nanosleep(&time, NULL) == 0 ? 0 : seconds;
}

/* --- locks and semaphores
 * ------------------------------------------------------------------------- */

static bool take_semaphore(void *semaphore) { return sem_trywait(semaphore) == 0; }

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict time)
{
    if (!machine.on)
        return machine.sem_clockwait(semaphore, clock, time);
    if (wait_until(deadline_of(clock, time), take_semaphore, semaphore))
        return 0;
    errno = ETIMEDOUT;
    return -1;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict time)
{
    if (!machine.on)
        return machine.sem_timedwait(semaphore, time);
    return sem_clockwait(semaphore, CLOCK_REALTIME, time);
}

struct condition_wait {
    pthread_cond_t *condition;
    pthread_mutex_t *mutex;
};

/* A short wait in real time: it has to begin before the mutex is let go. */
static bool await_condition(void *context)
{
    const struct condition_wait *wait = context;
    const struct timespec end = timespec_of(now_real_ns() + POLL_REAL_NS);
    return machine.cond_clockwait(wait->condition, wait->mutex, CLOCK_MONOTONIC, &end) == 0;
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict time)
{
    if (!machine.on)
        return machine.cond_clockwait(condition, mutex, clock, time);
    const int64_t deadline_ns = deadline_of(clock, time);
    if (deadline_ns - machine.elapsed_ns > FAR_S * NS_PER_S)
        return machine.cond_wait(condition, mutex);
    struct condition_wait wait = {condition, mutex};
    return wait_until(deadline_ns, await_condition, &wait) ? 0 : ETIMEDOUT;
}

/* The clock is an attribute of the condition that cannot be read: told by the time's size. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict time)
{
    if (!machine.on)
        return machine.cond_timedwait(condition, mutex, time);
    const clockid_t clock = time->tv_sec > REALTIME_FROM_S ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    return pthread_cond_clockwait(condition, mutex, clock, time);
}

/* --- files
 * ---------------------------------------------------------------------------------------- */

static const struct timespec no_time = {0, 0};

struct poll_wait {
    struct pollfd *files;
    nfds_t count;
    const sigset_t *mask;
    int result;
};

static int poll_real(const struct poll_wait *wait, const struct timespec *time)
{
    struct timespec copy = time != NULL ? *time : no_time; /* the kernel writes to it */
    return (int)syscall(SYS_ppoll, wait->files, wait->count, time != NULL ? &copy : NULL,
                        wait->mask, (size_t)_NSIG / 8);
}

static bool try_poll(void *context)
{
    struct poll_wait *wait = context;
    wait->result = poll_real(wait, &no_time);
    return wait->result != 0;
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    struct poll_wait wait = {files, count, mask, 0};
    if (!machine.on || time == NULL)
        return poll_real(&wait, time);
    wait_until(machine.elapsed_ns + ns_of(time), try_poll, &wait);
    return wait.result;
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
    const struct timespec time = timespec_of((int64_t)timeout_ms * NS_PER_MS);
    return ppoll(files, count, timeout_ms < 0 ? NULL : &time, NULL);
}

struct select_wait {
    int count;
    fd_set *sets[3]; /* each may be NULL */
    fd_set wanted[3];
    int result;
};

static int select_real(struct select_wait *wait, const struct timespec *time)
{
    struct timespec copy = time != NULL ? *time : no_time;
    for (int i = 0; i < 3; i++)
        if (wait->sets[i] != NULL)
            *wait->sets[i] = wait->wanted[i];
    return (int)syscall(SYS_pselect6, wait->count, wait->sets[0], wait->sets[1], wait->sets[2],
                        time != NULL ? &copy : NULL, NULL);
}

static bool try_select(void *context)
{
    struct select_wait *wait = context;
    wait->result = select_real(wait, &no_time);
    return wait->result != 0;
}

int select(int count, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict exceptions,
           struct timeval *restrict timeout)
{
    struct select_wait wait = {.count = count, .sets = {reads, writes, exceptions}};
    struct timespec time = no_time;
    for (int i = 0; i < 3; i++)
        if (wait.sets[i] != NULL)
            wait.wanted[i] = *wait.sets[i];
    if (timeout != NULL)
        time = timespec_of(timeout->tv_sec * NS_PER_S + timeout->tv_usec * INT64_C(1000));
    if (!machine.on || timeout == NULL)
        return select_real(&wait, timeout != NULL ? &time : NULL);
    wait_until(machine.elapsed_ns + ns_of(&time), try_select, &wait);
    return wait.result;
}

struct epoll_wait {
    int epoll;
    struct epoll_event *events;
    int count;
    int result;
};

static int epoll_real(const struct epoll_wait *wait, int timeout_ms)
{
    return (int)syscall(SYS_epoll_pwait, wait->epoll, wait->events, wait->count, timeout_ms, NULL,
                        (size_t)_NSIG / 8);
}

static bool try_epoll(void *context)
{
    struct epoll_wait *wait = context;
    wait->result = epoll_real(wait, 0);
    return wait->result != 0;
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
    struct epoll_wait wait = {epoll, events, count, 0};
    if (!machine.on || timeout_ms < 0)
        return epoll_real(&wait, timeout_ms);
    wait_until(machine.elapsed_ns + timeout_ms * NS_PER_MS, try_epoll, &wait);
    return wait.result;
}

#endif
