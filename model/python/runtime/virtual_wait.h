/* Sleeps and waits in virtual time. Part of virtual.c, included by nothing else.
 *
 * A wait looks whether its event has happened; if not it passes the turn, and looks again when it
 * has it back, until its time is up (virtual_turns.h). */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_WAIT_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_WAIT_H

#include "model/python/runtime/virtual_machine.h"
#include "model/python/runtime/virtual_turns.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

/* --- waiting --- */

/* Whether the event waited for has happened. */
typedef bool attempt_function(void *context);

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
    if (passed > 0 && deadline_ns != NEVER_NS) {
        atomic_fetch_add(&machine.elapsed_ns, passed);
        atomic_fetch_add(&machine.slept_ns, passed);
    }
    machine.reads = 0;
}

/* Wait until `attempt` (NULL: never) succeeds, then true, or until the virtual clock has reached
 * `deadline_ns` since the start, then false. */
static bool wait_until(int64_t deadline_ns, attempt_function *attempt, void *context)
{
    for (;;) {
        if (attempt != NULL && attempt(context)) {
            my_thread->time_up = false;
            note_progress();
            return true;
        }
        if (my_thread->time_up || deadline_ns <= machine.elapsed_ns)
            break;
        pass_turn(deadline_ns);
    }
    my_thread->time_up = false;
    pass_until(deadline_ns);
    return false;
}

/* The deadline of a wait until `time` of `clock`, as time since the start. */
static int64_t deadline_of(clockid_t clock, const struct timespec *time)
{
    const int64_t start_ns =
        is_realtime(clock) ? (int64_t)machine.realtime_start_ns : MONOTONIC_START_S * NS_PER_S;
    return ns_of(time) - start_ns;
}

/* --- sleeps --- */

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
    if (!takes_turns())
        return syscall(SYS_clock_nanosleep, clock, flags, time, rest) == 0 ? 0 : errno;
    const bool absolute = (flags & TIMER_ABSTIME) != 0;
    const int64_t deadline_ns =
        absolute ? deadline_of(clock, time) : machine.elapsed_ns + ns_of(time);
    if (machine.thread_count > 1)
        pass_turn(NEVER_NS); /* time.sleep(0) lets others run */
    /* How often a function looks after its processes is no matter of virtual time. */
    if (deadline_ns - machine.elapsed_ns < SHORT_SLEEP_NS && has_children())
        sleep_real(deadline_ns - machine.elapsed_ns);
    else
        wait_until(deadline_ns, NULL, NULL);
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

/* --- locks and semaphores --- */

static bool take_semaphore(void *semaphore) { return sem_trywait(semaphore) == 0; }

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict time)
{
    if (!takes_turns())
        return machine.sem_clockwait(semaphore, clock, time);
    if (wait_until(deadline_of(clock, time), take_semaphore, semaphore))
        return 0;
    errno = ETIMEDOUT;
    return -1;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict time)
{
    if (!takes_turns())
        return machine.sem_timedwait(semaphore, time);
    return sem_clockwait(semaphore, CLOCK_REALTIME, time);
}

int sem_wait(sem_t *semaphore)
{
    if (!takes_turns())
        return machine.sem_wait(semaphore);
    wait_until(NEVER_NS, take_semaphore, semaphore);
    return 0;
}

int sem_post(sem_t *semaphore)
{
    note_progress();
    return machine.sem_post(semaphore);
}

/* The thread wakes at its next turn, signalled or not, which POSIX allows: it looks for itself. */
static int wait_condition(pthread_mutex_t *mutex, int64_t deadline_ns)
{
    pthread_mutex_unlock(mutex);
    pass_turn(deadline_ns);
    const bool over = my_thread->time_up || deadline_ns <= machine.elapsed_ns;
    my_thread->time_up = false;
    if (over)
        pass_until(deadline_ns);
    pthread_mutex_lock(mutex);
    return over ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex)
{
    if (!takes_turns())
        return machine.cond_wait(condition, mutex);
    return wait_condition(mutex, NEVER_NS);
}

int pthread_cond_signal(pthread_cond_t *condition)
{
    note_progress();
    return machine.cond_signal(condition);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    note_progress();
    return machine.cond_broadcast(condition);
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict time)
{
    if (!takes_turns())
        return machine.cond_clockwait(condition, mutex, clock, time);
    const int64_t deadline_ns = deadline_of(clock, time);
    const bool is_far = deadline_ns - machine.elapsed_ns > FAR_S * NS_PER_S;
    return wait_condition(mutex, is_far ? NEVER_NS : deadline_ns);
}

/* The clock is an attribute of the condition that cannot be read: told by the time's size. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict time)
{
    if (!takes_turns())
        return machine.cond_timedwait(condition, mutex, time);
    const clockid_t clock = time->tv_sec > REALTIME_FROM_S ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    return pthread_cond_clockwait(condition, mutex, clock, time);
}

/* --- files --- */

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
    if (!takes_turns())
        return poll_real(&wait, time);
    wait_until(time != NULL ? machine.elapsed_ns + ns_of(time) : NEVER_NS, try_poll, &wait);
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
    if (!takes_turns())
        return select_real(&wait, timeout != NULL ? &time : NULL);
    wait_until(timeout != NULL ? machine.elapsed_ns + ns_of(&time) : NEVER_NS, try_select, &wait);
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
    if (!takes_turns())
        return epoll_real(&wait, timeout_ms);
    wait_until(timeout_ms >= 0 ? machine.elapsed_ns + timeout_ms * NS_PER_MS : NEVER_NS, try_epoll,
               &wait);
    return wait.result;
}

#endif
