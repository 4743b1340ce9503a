/* Threads in turns. Part of virtual.c, included by nothing else.
 *
 * One thread runs at a time, until it would have to wait; then the turn goes round. A thread that
 * gets it looks whether what it waits for has happened, and passes it on if not. After a round in
 * vain nothing can happen but the end of a timed wait: the earliest deadline has the turn, and
 * virtual time passes until it. So what threads do depends on nothing but the program.
 *
 * A thread that waits in a way that is not interposed (reading a pipe) keeps the turn while it is
 * blocked in the kernel; after some real time another takes it. That alone is left to chance. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_TURNS_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_TURNS_H

#include "model/python/runtime/virtual_machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* This thread's waits are virtual: not those of a process that the function forked. */
static bool takes_turns(void)
{
    return machine.on && my_thread != NULL && machine.process == getpid();
}

/* Something happened that another thread may be waiting for. */
static void note_progress(void) { machine.vain = 0; }

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

/* The function has started a process, which lives in real time. */
static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static struct thread *successor(const struct thread *thread)
{
    size_t index = (size_t)(thread - machine.threads);
    for (size_t i = 0; i < THREADS_MAX; i++) {
        index = (index + 1) % THREADS_MAX;
        if (machine.threads[index].used)
            break;
    }
    return &machine.threads[index];
}

static struct thread *earliest(void)
{
    struct thread *found = NULL;
    for (size_t i = 0; i < THREADS_MAX; i++) {
        struct thread *thread = &machine.threads[i];
        if (thread->used && thread->deadline_ns != NEVER_NS &&
            (found == NULL || thread->deadline_ns < found->deadline_ns))
            found = thread;
    }
    return found;
}

/* Who has the turn after `me`. A process that the function has started lives in real time: as long
 * as there is one, virtual time stands still until a wait has really lasted. */
static struct thread *next_thread(const struct thread *me)
{
    if (machine.vain <= machine.thread_count) {
        machine.outside_ns = 0;
        return successor(me);
    }
    struct thread *first = earliest();
    if (first == NULL && !has_children()) /* nothing can ever happen: the first thread is told */
        first = &machine.threads[0];
    if (first != NULL &&
        (!has_children() || machine.outside_ns >= first->deadline_ns - machine.elapsed_ns)) {
        note_progress();
        first->time_up = true;
        return first;
    }
    sleep_real(OUTSIDE_NS);
    machine.outside_ns += OUTSIDE_NS;
    return successor(me);
}

/* With the mutex. */
static void hand_turn(struct thread *thread, const struct thread *me)
{
    machine.holder = thread;
    if (thread != me)
        machine.sem_post(&thread->turn);
}

static void await_turn(struct thread *me)
{
    unsigned int blocked = 0;
    for (;;) {
        const struct timespec end = timespec_of(now_real_ns() + PATIENCE_NS);
        if (machine.sem_clockwait(&me->turn, CLOCK_MONOTONIC, &end) == 0)
            return;
        if (errno == EINTR)
            continue;
        pthread_mutex_lock(&machine.mutex);
        const struct thread *holder = machine.holder;
        const bool is_stuck = holder != me && !machine.exchanging && is_blocked(holder->id);
        blocked = is_stuck ? blocked + 1 : 0;
        const bool takes = blocked > 1 && successor(holder) == me;
        if (takes)
            machine.holder = me;
        pthread_mutex_unlock(&machine.mutex);
        if (takes)
            return;
    }
}

/* Let the others run; returns when the turn is back. */
static void pass_turn(int64_t deadline_ns)
{
    struct thread *me = my_thread;
    pthread_mutex_lock(&machine.mutex);
    me->deadline_ns = deadline_ns;
    if (machine.holder == me) {
        machine.vain++;
        hand_turn(next_thread(me), me);
    }
    const bool mine = machine.holder == me;
    pthread_mutex_unlock(&machine.mutex);
    if (!mine)
        await_turn(me);
    me->deadline_ns = NEVER_NS;
}

/* --- creation --- */

struct thread_start {
    struct thread *thread;
    void *(*function)(void *);
    void *argument;
};

/* A place in the table, or NULL. With the mutex. */
static struct thread *add_thread(void)
{
    for (size_t i = 0; i < THREADS_MAX; i++) {
        struct thread *thread = &machine.threads[i];
        if (thread->used)
            continue;
        memset(thread, 0, sizeof *thread);
        sem_init(&thread->turn, 0, 0);
        thread->used = true;
        thread->deadline_ns = NEVER_NS;
        machine.thread_count++;
        return thread;
    }
    return NULL;
}

static void remove_thread(void *argument)
{
    struct thread *thread = argument;
    pthread_mutex_lock(&machine.mutex);
    thread->used = false;
    machine.thread_count--;
    note_progress();
    if (machine.holder == thread && machine.thread_count > 0)
        hand_turn(successor(thread), thread);
    pthread_mutex_unlock(&machine.mutex);
}

static void *run_thread(void *argument)
{
    const struct thread_start start = *(struct thread_start *)argument;
    void *result = NULL;
    free(argument);
    my_thread = start.thread;
    my_thread->id = gettid();
    pthread_cleanup_push(remove_thread, start.thread);
    await_turn(start.thread);
    result = start.function(start.argument);
    pthread_cleanup_pop(1);
    return result;
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*function)(void *), void *restrict argument)
{
    if (!takes_turns())
        return machine.create(thread, attributes, function, argument);
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL)
        return EAGAIN;
    pthread_mutex_lock(&machine.mutex);
    *start = (struct thread_start){add_thread(), function, argument};
    pthread_mutex_unlock(&machine.mutex);
    if (start->thread == NULL) {
        free(start);
        return EAGAIN;
    }
    note_progress();
    struct thread *added = start->thread;
    const int result = machine.create(thread, attributes, run_thread, start);
    if (result != 0) {
        remove_thread(added);
        free(start);
    }
    return result;
}

#endif
