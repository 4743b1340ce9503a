/* The state of virtual time and what its parts share. Part of virtual.c, included by nothing else:
 * an interposed function has no argument to find its state by, so there is one static object. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_MACHINE_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_MACHINE_H

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NEVER_NS INT64_MAX

enum {
    TICK_NS = 1000,    /* a read of a clock: time.time() shows microseconds */
    TICKS_FINE = 1000, /* reads in a row after which a loop seems to wait for the clock */
    TICK_COARSE_NS = 1000000,
    MONOTONIC_START_S = 1000, /* what CLOCK_MONOTONIC shows at the start */
    FAR_S = 100000, /* a wait that long is one for ever: Python's global lock, see host.py */
    REALTIME_FROM_S = 100000000, /* an absolute time above it is CLOCK_REALTIME's */
    THREADS_MAX = 256,
    PATIENCE_NS = 20000000,     /* real time after which the turn's holder is looked at */
    SHORT_SLEEP_NS = 100000000, /* that and longer is no polling of a process */
    OUTSIDE_NS = 1000000,       /* real time between looks at the world outside */
    SEED_WORDS = 4,
    SCRATCH_PATH_MAX = 128,
    RUN_FILTER_MAX = 64 /* instructions */
};

/* A thread of the function. */
struct thread {
    bool used;
    bool time_up; /* it has the turn because its deadline is next */
    pid_t id;
    sem_t turn;          /* posted when it gets the turn */
    int64_t deadline_ns; /* of the wait it is in; NEVER_NS: none */
};

struct callbacks {
    void (*on_time)(void);    /* the wall clock is about to be read */
    void (*on_timeout)(void); /* the time limit is reached; does not return */
    void (*on_exit)(int status);
    void (*on_refusal)(const char *what); /* is not simulated; does not return */
};

static struct {
    atomic_bool on;
    pid_t process;       /* whose calls are reported: not those of a process it forks */
    pid_t parent;        /* the zygote */
    uint64_t open_files; /* the zygote's, see open_files */
    atomic_llong elapsed_ns;
    atomic_llong slept_ns;
    atomic_llong realtime_start_ns;
    atomic_bool realtime_known;
    atomic_bool asks;
    atomic_uint reads; /* of clocks, in this segment */
    atomic_bool exchanging;
    bool jailed;
    char scratch[SCRATCH_PATH_MAX]; /* holds the folders that are shown as /tmp; "": the real one */
    const char *kept;               /* see virtual_jail */
    pid_t scratch_process;          /* the process that has made its folder, or 0 */
    struct sock_filter filter[RUN_FILTER_MAX];
    size_t filter_length;
    int64_t limit_ns;
    pthread_mutex_t mutex; /* guards what follows */
    struct thread threads[THREADS_MAX];
    unsigned int thread_count;
    struct thread *holder; /* of the turn */
    atomic_uint vain;      /* turns in a row in which nothing happened */
    int64_t outside_ns;    /* real time since, spent on waiting for the world outside */
    uint64_t random[SEED_WORDS];
    struct callbacks callbacks;
    int (*holds_lock)(void);
    pid_t (*fork)(void);
    int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
    int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    int (*cond_signal)(pthread_cond_t *);
    int (*cond_broadcast)(pthread_cond_t *);
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*sem_post)(sem_t *);
    int (*sem_wait)(sem_t *);
    int (*sem_timedwait)(sem_t *, const struct timespec *);
    int (*sem_clockwait)(sem_t *, clockid_t, const struct timespec *);
    int (*getaddrinfo)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
} machine = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool in_callback;
static _Thread_local struct thread *my_thread; /* NULL: not one that takes turns */

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

/* Saturates: callers pass times like "for ever". */
static int64_t ns_of(const struct timespec *time)
{
    if (time->tv_sec > INT64_MAX / NS_PER_S / 4)
        return INT64_MAX / 4;
    if (time->tv_sec < 0)
        return 0;
    return time->tv_sec * NS_PER_S + time->tv_nsec;
}

static void sleep_real(int64_t ns)
{
    const struct timespec time = timespec_of(ns);
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL);
}

static int64_t now_real_ns(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return ns_of(&now);
}

static bool holds_lock(void) { return machine.holds_lock != NULL && machine.holds_lock() != 0; }

static bool is_reported(void) { return machine.on && !in_callback && machine.process == getpid(); }

static bool is_realtime(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

static bool is_monotonic(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

#endif
