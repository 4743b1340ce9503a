/* A run that waits for an input can be forked there: a branch, which goes on with one input while
 * the run itself waits for another. Part of virtual.c, included by nothing else.
 *
 * oncecheck asks for a branch by an empty frame with a stream socket (SCM_RIGHTS). The branch says
 * its pid on that socket, as every run does; where there can be none it is closed without a word. A
 * branch is the zygote's child like every run. It must not share anything with the run that
 * changes: there is none where the function has threads, processes, or files that it opened in this
 * invocation, or has used /tmp. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_BRANCH_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_BRANCH_H

#include "model/python/runtime/virtual_server.h"

#include <sched.h>
#include <sys/stat.h>

static bool has_threads(void)
{
    struct stat folder; /* a link for each thread, and two */
    return stat("/proc/self/task", &folder) != 0 || folder.st_nlink != 3;
}

static bool may_branch(int channel, int fd)
{
    siginfo_t info;
    const bool is_alone = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0;
    return is_alone && machine.thread_count == 1 && !has_threads() && !has_scratch() &&
           machine.open_files == open_files(channel, fd);
}

/* In the branch: what is not the run's but its own. */
static int branch_begin(int channel, int fd)
{
    close(channel);
    machine.process = getpid();
    my_thread->id = gettid();
    return server_begin(fd);
}

/* Wait until the next input is there; returns the channel to read it from, which is another one in
 * a branch, or -1 if oncecheck is gone. */
int virtual_await(int channel);
int virtual_await(int channel)
{
    machine.exchanging = true;
    for (;;) {
        char head[SERVER_MESSAGE_SIZE];
        const ssize_t length = recv(channel, head, FRAME_HEAD_SIZE, MSG_PEEK | MSG_WAITALL);
        if (length < 0 && errno == EINTR)
            continue;
        static const char empty[FRAME_HEAD_SIZE] = {0};
        const bool is_frame = length == FRAME_HEAD_SIZE;
        if (!is_frame || memcmp(head, empty, FRAME_HEAD_SIZE) != 0) {
            machine.exchanging = false;
            return is_frame ? channel : -1;
        }
        int fd = -1;
        server_receive(channel, head, FRAME_HEAD_SIZE, &fd);
        /* Unlike fork, CLONE_PARENT makes it the zygote's. Nothing of the C library's cares: it has
         * one thread, and asks for its ids. */
        if (fd >= 0 && may_branch(channel, fd) &&
            syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL) == 0)
            channel = branch_begin(channel, fd);
        else if (fd >= 0)
            close(fd);
    }
}

#endif
