/* What a Lambda function may see of the machine: time, randomness, the network and its own end.
 *
 * Preloaded into the Python interpreter (LD_PRELOAD), this library interposes the C library's
 * clocks, sleeps, timed waits, random bytes, connections and _exit. While virtual time is on
 * (virtual_begin to virtual_end)
 *
 * - clocks show a start plus the time passed, which grows by a little with each read made under
 *   Python's global lock, so that a loop that waits for a clock ends, and by what is slept;
 * - a sleep or timed wait returns at once if nothing else can happen before it is over, and the
 * time passes; threads run in turns (virtual_turns.h);
 * - random bytes are a function of the seed;
 * - a read of the wall clock may ask the host first (see virtual_segment), connecting to a network
 *   is reported to it, and so is the end of the process.
 *
 * While virtual time is off everything goes to the kernel. Functions named virtual_* are called by
 * the host's Python code through ctypes, holding the global lock. */
#include "model/python/runtime/virtual_branch.h"
#include "model/python/runtime/virtual_jail.h"
#include "model/python/runtime/virtual_machine.h"
#include "model/python/runtime/virtual_server.h"
#include "model/python/runtime/virtual_wait.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/time.h>

/* --- start --- */

/* Before Python starts: no randomized addresses (the order of a set of objects depends on them),
 * for which the program has to be executed again. Where that is forbidden, only runs of different
 * hosts can differ. */
__attribute__((constructor)) static void start(int argc, char **argv, char **environment)
{
    (void)argc;
    const char *parent = getenv("ONCECHECK_PARENT");
    if (parent != NULL)
        die_with(atoi(parent));
    const int old = personality(0xffffffff);
    if (parent != NULL && old != -1 && (old & ADDR_NO_RANDOMIZE) == 0 &&
        personality((unsigned long)old | ADDR_NO_RANDOMIZE) != -1)
        execve("/proc/self/exe", argv, environment);

    /* pthread_cond_* of before GLIBC_2.3.2 is another type's, and dlsym may find it. */
    find_function(&machine.cond_wait, "pthread_cond_wait", "GLIBC_2.3.2");
    find_function(&machine.cond_timedwait, "pthread_cond_timedwait", "GLIBC_2.3.2");
    find_function(&machine.cond_clockwait, "pthread_cond_clockwait", "GLIBC_2.34");
    find_function(&machine.cond_signal, "pthread_cond_signal", "GLIBC_2.3.2");
    find_function(&machine.cond_broadcast, "pthread_cond_broadcast", "GLIBC_2.3.2");
    find_function(&machine.create, "pthread_create", "GLIBC_2.34");
    find_function(&machine.sem_post, "sem_post", "GLIBC_2.34");
    find_function(&machine.sem_wait, "sem_wait", "GLIBC_2.34");
    find_function(&machine.sem_timedwait, "sem_timedwait", "GLIBC_2.34");
    find_function(&machine.sem_clockwait, "sem_clockwait", "GLIBC_2.34");
    find_function(&machine.fork, "fork", NULL);
    find_function(&machine.getaddrinfo, "getaddrinfo", "GLIBC_2.2.5");
    void *address = dlsym(RTLD_DEFAULT, "PyGILState_Check");
    memcpy(&machine.holds_lock, &address, sizeof address);
}

/* --- the host's side --- */

void virtual_set_callbacks(void (*on_time)(void), void (*on_timeout)(void), void (*on_exit)(int),
                           void (*on_refusal)(const char *));
void virtual_set_callbacks(void (*on_time)(void), void (*on_timeout)(void), void (*on_exit)(int),
                           void (*on_refusal)(const char *))
{
    machine.callbacks = (struct callbacks){on_time, on_timeout, on_exit, on_refusal};
}

/* Virtual time starts in this process: the wall clock shows `realtime_ns`, and the time that passes
 * is limited to `limit_ns`. `seed` is SEED_WORDS words. */
void virtual_begin(int64_t realtime_ns, int64_t limit_ns, const uint64_t *seed);
void virtual_begin(int64_t realtime_ns, int64_t limit_ns, const uint64_t *seed)
{
    machine.process = getpid();
    machine.elapsed_ns = 0;
    machine.slept_ns = 0;
    machine.realtime_start_ns = realtime_ns;
    machine.realtime_known = false;
    machine.asks = false;
    machine.reads = 0;
    machine.limit_ns = limit_ns;
    memcpy(machine.random, seed, sizeof machine.random);
    memset(machine.threads, 0, sizeof machine.threads);
    machine.thread_count = 0;
    machine.holder = my_thread = add_thread();
    my_thread->id = gettid();
    machine.on = true;
}

void virtual_end(void);
void virtual_end(void) { machine.on = false; }

/* A segment starts: the function got an input. `asks`: its first read of the wall clock calls
 * on_time, until virtual_answer_time. */
void virtual_segment(int asks);
void virtual_segment(int asks)
{
    machine.reads = 0;
    machine.asks = asks != 0;
}

/* What the wall clock shows from now on. It never goes back; if it is ahead, time has passed. */
void virtual_answer_time(int64_t realtime_ns);
void virtual_answer_time(int64_t realtime_ns)
{
    machine.asks = false;
    if (!machine.realtime_known) {
        machine.realtime_start_ns = realtime_ns - machine.elapsed_ns;
        machine.realtime_known = true;
    } else if (realtime_ns > machine.realtime_start_ns + machine.elapsed_ns) {
        machine.elapsed_ns = realtime_ns - machine.realtime_start_ns;
    }
}

int64_t virtual_elapsed_ns(void);
int64_t virtual_elapsed_ns(void) { return machine.elapsed_ns; }

int64_t virtual_slept_ns(void);
int64_t virtual_slept_ns(void) { return machine.slept_ns; }

/* `ns` pass, as in a sleep. */
void virtual_pass(int64_t ns);
void virtual_pass(int64_t ns) { pass_until(machine.elapsed_ns + ns); }

/* Send or receive exactly `size` bytes without letting go of the global lock: no other thread of
 * the function runs meanwhile. False (0) when the other side is gone. */
int virtual_send(int fd, const char *bytes, size_t size);
int virtual_send(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return 0;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 1;
}

int virtual_receive(int fd, char *bytes, size_t size);
int virtual_receive(int fd, char *bytes, size_t size)
{
    machine.exchanging = true;
    while (size > 0) {
        const ssize_t received = recv(fd, bytes, size, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            break;
        bytes += received;
        size -= (size_t)received;
    }
    machine.exchanging = false;
    return size == 0;
}

/* The real end of the process: nothing is flushed or called. */
void virtual_exit(int status);
void virtual_exit(int status) { syscall(SYS_exit_group, status); }

/* --- clocks --- */

/* Reads without the global lock come from the interpreter itself and happen at chance's times. */
static void tick(void)
{
    if (in_callback || !holds_lock())
        return;
    const bool fine = atomic_fetch_add(&machine.reads, 1) < TICKS_FINE;
    atomic_fetch_add(&machine.elapsed_ns, fine ? TICK_NS : TICK_COARSE_NS);
}

static int64_t read_realtime_ns(void)
{
    if (machine.asks && machine.callbacks.on_time != NULL && is_reported() && holds_lock()) {
        in_callback = true;
        machine.callbacks.on_time();
        in_callback = false;
    }
    tick();
    return machine.realtime_start_ns + machine.elapsed_ns;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    const bool is_processor = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
    if (!machine.on || (!is_realtime(clock) && !is_monotonic(clock) && !is_processor))
        return (int)syscall(SYS_clock_gettime, clock, time);
    if (is_realtime(clock)) {
        *time = timespec_of(read_realtime_ns());
        return 0;
    }
    tick();
    const int64_t start_ns = is_monotonic(clock) ? MONOTONIC_START_S * NS_PER_S : -machine.slept_ns;
    *time = timespec_of(start_ns + machine.elapsed_ns);
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds != NULL)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

/* --- randomness --- */

static uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

/* xoshiro256** of D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM
 * TOMS 47 (2021). The caller holds the mutex. */
static uint64_t next_random(void)
{
    uint64_t *s = machine.random;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

ssize_t getrandom(void *buffer, size_t size, unsigned int flags)
{
    if (!machine.on)
        return syscall(SYS_getrandom, buffer, size, flags);
    char *bytes = buffer;
    pthread_mutex_lock(&machine.mutex);
    for (size_t done = 0; done < size;) {
        const uint64_t word = next_random();
        const size_t part = size - done < sizeof word ? size - done : sizeof word;
        memcpy(bytes + done, &word, part);
        done += part;
    }
    pthread_mutex_unlock(&machine.mutex);
    return (ssize_t)size;
}

int getentropy(void *buffer, size_t size)
{
    if (size > 256) {
        errno = EIO;
        return -1;
    }
    return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -1;
}

/* --- network and end --- */

static void refuse_connection(const char *host, int port)
{
    char what[NI_MAXHOST + 64];
    snprintf(what, sizeof what,
             port > 0 ? "connects to %s:%d, which is not simulated"
                      : "connects to %s, which is not simulated",
             host, port);
    refuse(what);
}

int connect(int fd, __CONST_SOCKADDR_ARG argument, socklen_t length)
{
    const struct sockaddr *address = argument.__sockaddr__;
    if (!machine.on || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return (int)syscall(SYS_connect, fd, address, length);
    char host[INET6_ADDRSTRLEN] = "?";
    int port = 0;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
        port = ntohs(in.sin_port);
    } else {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
        port = ntohs(in6.sin6_port);
    }
    refuse_connection(host, port);
    errno = ENETUNREACH; /* a process that the function forked */
    return -1;
}

/* Names are looked up over the network; an address, or the machine itself, is not. */
int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (!machine.on || name == NULL || strcmp(name, "localhost") == 0 ||
        inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return machine.getaddrinfo(name, service, hints, result);
    refuse_connection(name, service != NULL ? atoi(service) : 0);
    return EAI_AGAIN;
}

/* Signals at a time: they would come in real time. Switching one off is all right. */
unsigned int alarm(unsigned int seconds)
{
    if (machine.on && seconds > 0)
        refuse("sets an alarm signal, which is not simulated");
    const struct itimerval value = {.it_value = {.tv_sec = (time_t)seconds}};
    struct itimerval old = {0};
    syscall(SYS_setitimer, ITIMER_REAL, &value, &old);
    return (unsigned int)old.it_value.tv_sec + (old.it_value.tv_usec > 0 ? 1 : 0);
}

int setitimer(__itimer_which_t which, const struct itimerval *restrict value,
              struct itimerval *restrict old)
{
    if (machine.on && (value->it_value.tv_sec > 0 || value->it_value.tv_usec > 0))
        refuse("sets a timer signal, which is not simulated");
    return (int)syscall(SYS_setitimer, which, value, old);
}

/* os._exit: the host learns from where and with what status. */
void _exit(int status)
{
    if (is_reported() && machine.callbacks.on_exit != NULL && holds_lock()) {
        in_callback = true;
        machine.callbacks.on_exit(status);
    }
    for (;;)
        syscall(SYS_exit_group, status);
}
