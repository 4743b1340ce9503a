#include "checker/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

struct worker {
    struct workers *workers;
    pthread_t thread;
    unsigned number;
};

struct workers {
    struct memory *memory;
    struct worker *items; /* item 0 is the caller */
    unsigned count;
    unsigned started; /* threads that run, from item 1 */
    pthread_mutex_t mutex;
    pthread_cond_t begin;
    pthread_cond_t done;
    unsigned long round;
    unsigned busy;
    bool stop;
    /* the work of this round */
    worker_function function;
    void *context;
    size_t pieces;
    atomic_size_t next;
};

static void do_pieces(struct workers *workers, unsigned number)
{
    for (;;) {
        size_t piece = atomic_fetch_add(&workers->next, 1);
        if (piece >= workers->pieces)
            return;
        workers->function(workers->context, piece, number);
    }
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct workers *workers = worker->workers;
    unsigned long seen = 0;
    (void)pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (!workers->stop && workers->round == seen)
            (void)pthread_cond_wait(&workers->begin, &workers->mutex);
        if (workers->stop)
            break;
        seen = workers->round;
        (void)pthread_mutex_unlock(&workers->mutex);
        do_pieces(workers, worker->number);
        (void)pthread_mutex_lock(&workers->mutex);
        if (--workers->busy == 0)
            (void)pthread_cond_signal(&workers->done);
    }
    (void)pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

static enum status start_thread(struct workers *workers, unsigned number, struct error *error)
{
    struct worker *worker = &workers->items[number];
    *worker = (struct worker){.workers = workers, .number = number};
    int code = pthread_create(&worker->thread, NULL, run_worker, worker);
    if (code != 0)
        return error_set(error, STATUS_SYSTEM, "a worker thread cannot be started: %s",
                         strerror(code));
    workers->started++;
    return STATUS_OK;
}

enum status workers_create(struct memory *memory, unsigned count, struct workers **result,
                           struct error *error)
{
    CHECK(count >= 1 && count <= WORKERS_MAX);
    struct workers *workers = memory_allocate_zeroed(memory, 1, sizeof *workers);
    struct worker *items = memory_allocate_zeroed(memory, count, sizeof *items);
    *result = NULL;
    if (workers == NULL || items == NULL) {
        memory_free(memory, workers, sizeof *workers);
        memory_free(memory, items, count * sizeof *items);
        return error_set(error, STATUS_NO_MEMORY, "out of memory for workers");
    }
    workers->memory = memory;
    workers->items = items;
    workers->count = count;
    (void)pthread_mutex_init(&workers->mutex, NULL); /* cannot fail with these attributes */
    (void)pthread_cond_init(&workers->begin, NULL);
    (void)pthread_cond_init(&workers->done, NULL);
    enum status status = STATUS_OK;
    for (unsigned i = 1; status == STATUS_OK && i < count; i++)
        status = start_thread(workers, i, error);
    if (status != STATUS_OK) {
        workers_destroy(workers);
        return status;
    }
    *result = workers;
    return STATUS_OK;
}

void workers_destroy(struct workers *workers)
{
    if (workers == NULL)
        return;
    (void)pthread_mutex_lock(&workers->mutex);
    workers->stop = true;
    (void)pthread_cond_broadcast(&workers->begin);
    (void)pthread_mutex_unlock(&workers->mutex);
    for (unsigned i = 1; i <= workers->started; i++)
        (void)pthread_join(workers->items[i].thread, NULL);
    (void)pthread_cond_destroy(&workers->begin);
    (void)pthread_cond_destroy(&workers->done);
    (void)pthread_mutex_destroy(&workers->mutex);
    struct memory *memory = workers->memory;
    memory_free(memory, workers->items, workers->count * sizeof *workers->items);
    memory_free(memory, workers, sizeof *workers);
}

unsigned workers_count(const struct workers *workers) { return workers->count; }

void workers_run(struct workers *workers, size_t pieces, worker_function function, void *context)
{
    workers->function = function;
    workers->context = context;
    workers->pieces = pieces;
    atomic_store(&workers->next, 0);
    /* waking a thread costs more than a piece */
    bool alone = pieces <= 1 || workers->started == 0;
    if (!alone) {
        (void)pthread_mutex_lock(&workers->mutex);
        workers->busy = workers->started;
        workers->round++;
        (void)pthread_cond_broadcast(&workers->begin);
        (void)pthread_mutex_unlock(&workers->mutex);
    }
    do_pieces(workers, 0);
    if (alone)
        return;
    (void)pthread_mutex_lock(&workers->mutex);
    while (workers->busy > 0)
        (void)pthread_cond_wait(&workers->done, &workers->mutex);
    (void)pthread_mutex_unlock(&workers->mutex);
}
