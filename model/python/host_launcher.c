#include "model/python/host_launcher.h"

#include <signal.h>
#include <string.h>

static void *run(void *argument)
{
    struct host_launcher *launcher = argument;
    (void)pthread_mutex_lock(&launcher->mutex);
    while (!launcher->stops) {
        if (launcher->work != NULL) {
            launcher->work(launcher->context);
            launcher->work = NULL;
            (void)pthread_cond_broadcast(&launcher->changed);
        }
        (void)pthread_cond_wait(&launcher->changed, &launcher->mutex);
    }
    (void)pthread_mutex_unlock(&launcher->mutex);
    return NULL;
}

enum status host_launcher_start(struct host_launcher *launcher, struct error *error)
{
    sigset_t all;
    sigset_t old;
    *launcher = (struct host_launcher){.runs = false};
    (void)pthread_mutex_init(&launcher->mutex, NULL); /* cannot fail with these attributes */
    (void)pthread_cond_init(&launcher->changed, NULL);
    /* Signals are for the thread that waits for input and answers, not for this one. */
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    const int code = pthread_create(&launcher->thread, NULL, run, launcher);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    launcher->runs = code == 0;
    if (code != 0)
        return error_set(error, STATUS_SYSTEM, "a thread cannot be started: %s", strerror(code));
    return STATUS_OK;
}

void host_launcher_stop(struct host_launcher *launcher)
{
    if (!launcher->runs)
        return;
    (void)pthread_mutex_lock(&launcher->mutex);
    launcher->stops = true;
    (void)pthread_cond_broadcast(&launcher->changed);
    (void)pthread_mutex_unlock(&launcher->mutex);
    (void)pthread_join(launcher->thread, NULL);
    (void)pthread_cond_destroy(&launcher->changed);
    (void)pthread_mutex_destroy(&launcher->mutex);
    launcher->runs = false;
}

void host_launcher_call(struct host_launcher *launcher, void (*work)(void *context), void *context)
{
    (void)pthread_mutex_lock(&launcher->mutex);
    launcher->context = context;
    launcher->work = work;
    (void)pthread_cond_broadcast(&launcher->changed);
    while (launcher->work != NULL)
        (void)pthread_cond_wait(&launcher->changed, &launcher->mutex);
    (void)pthread_mutex_unlock(&launcher->mutex);
}
