#include "checker/verify_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 65536, CHILDREN_MAX = 256, READS_AT_END_MAX = 512 };

static void close_pipe(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/* In the child: only what is safe after fork. The parent's death is the child's, too. */
static _Noreturn void become(char *const arguments[], int output, int messages, pid_t parent)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(messages, STDERR_FILENO) < 0)
        _exit(127);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execv(arguments[0], arguments);
    _exit(127);
}

enum status verify_process_start(struct verify_process *child, char *const arguments[],
                                 struct memory *memory, double deadline_s, struct error *error)
{
    int output[2] = {-1, -1};
    int messages[2] = {-1, -1};
    *child = (struct verify_process){.output = -1, .messages = -1, .deadline_s = deadline_s};
    text_init(&child->output_text, memory);
    text_init(&child->messages_text, memory);
    const pid_t parent = getpid();
    pid_t pid = -1;
    if (make_pipe(output) && make_pipe(messages))
        pid = fork();
    if (pid == 0)
        become(arguments, output[1], messages[1], parent);
    int reason = errno;
    close_pipe(&output[1]);
    close_pipe(&messages[1]);
    child->output = output[0];
    child->messages = messages[0];
    if (pid < 0)
        return error_set(error, STATUS_SYSTEM, "cannot start a process: %s", strerror(reason));
    (void)setpgid(pid, pid); /* whichever of the two is first */
    child->pid = pid;
    return STATUS_OK;
}

/* False where there is nothing more to be read now. */
static bool read_some(int *descriptor, struct text *text, size_t limit, bool *flooded)
{
    char buffer[READ_SIZE];
    if (*descriptor < 0)
        return false;
    ssize_t count = read(*descriptor, buffer, sizeof buffer);
    if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            close_pipe(descriptor);
        return false;
    }
    size_t room = text->length < limit ? limit - text->length : 0;
    *flooded = *flooded || (size_t)count > room;
    text_append(text, buffer, (size_t)count < room ? (size_t)count : room);
    return true;
}

static void read_child(struct verify_process *child)
{
    bool ignored = false;
    (void)read_some(&child->output, &child->output_text, VERIFY_OUTPUT_MAX, &child->flooded);
    (void)read_some(&child->messages, &child->messages_text, VERIFY_MESSAGES_MAX, &ignored);
}

void verify_processes_read(struct verify_process *const *children, size_t count, int wait_ms)
{
    struct pollfd polled[2 * CHILDREN_MAX];
    nfds_t used = 0;
    CHECK(count <= CHILDREN_MAX);
    for (size_t i = 0; i < count; i++) {
        const int descriptors[] = {children[i]->output, children[i]->messages};
        for (size_t j = 0; j < 2; j++) {
            if (descriptors[j] >= 0)
                polled[used++] = (struct pollfd){.fd = descriptors[j], .events = POLLIN};
        }
    }
    if (count == 0 || poll(polled, used, wait_ms) <= 0)
        return;
    for (size_t i = 0; i < count; i++)
        read_child(children[i]);
}

void verify_process_stop(struct verify_process *child, double now_s)
{
    if (child->pid <= 0 || child->asked)
        return;
    (void)kill(-child->pid, SIGTERM);
    child->asked = true;
    child->deadline_s = now_s + VERIFY_GRACE_S;
}

bool verify_process_ended(struct verify_process *child, double now_s)
{
    if (child->pid <= 0)
        return true;
    if (now_s >= child->deadline_s) {
        child->overdue = true;
        if (child->asked)
            (void)kill(-child->pid, SIGKILL);
        else
            verify_process_stop(child, now_s);
    }
    const pid_t found = waitpid(child->pid, &child->status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR))
        return false;
    /* what it has left behind would hold the pipes open, and go on */
    (void)kill(-child->pid, SIGKILL);
    bool ignored = false;
    for (int i = 0; i < READS_AT_END_MAX && read_some(&child->output, &child->output_text,
                                                      VERIFY_OUTPUT_MAX, &child->flooded);
         i++)
        continue;
    (void)read_some(&child->messages, &child->messages_text, VERIFY_MESSAGES_MAX, &ignored);
    close_pipe(&child->output);
    close_pipe(&child->messages);
    child->pid = 0;
    return true;
}

void verify_process_release(struct verify_process *child)
{
    if (child->pid > 0) {
        (void)kill(-child->pid, SIGKILL);
        (void)waitpid(child->pid, &child->status, 0);
        child->pid = 0;
    }
    close_pipe(&child->output);
    close_pipe(&child->messages);
    text_release(&child->output_text);
    text_release(&child->messages_text);
}
