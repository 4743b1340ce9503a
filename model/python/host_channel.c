#include "model/python/host_channel.h"

#include "model/python/python_host.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_SIZE = 4, READ_SIZE = 64 << 10, FILE_MESSAGE_MAX = 16 };

int64_t host_now_ms(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool host_poll(int fd, short events, int64_t deadline_ms)
{
    struct pollfd file = {.fd = fd, .events = events};
    for (;;) {
        const int64_t rest_ms = deadline_ms - host_now_ms();
        const int ready = poll(&file, 1, rest_ms > 0 ? (int)rest_ms : 0);
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

void host_channel_init(struct host_channel *channel, struct memory *memory, int fd)
{
    *channel = (struct host_channel){.fd = fd};
    text_init(&channel->received, memory);
}

void host_channel_release(struct host_channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
    text_release(&channel->received);
}

static bool send_all(int fd, const char *bytes, size_t length, int64_t deadline_ms)
{
    while (length > 0) {
        const ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!host_poll(fd, POLLOUT, deadline_ms))
                return false;
        } else if (sent == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool host_channel_send(const struct host_channel *channel, const char *bytes, size_t length,
                       int64_t deadline_ms)
{
    if (length > PYTHON_HOST_FRAME_MAX)
        return false;
    const char head[HEAD_SIZE] = {(char)(length >> 24), (char)(length >> 16), (char)(length >> 8),
                                  (char)length};
    return send_all(channel->fd, head, sizeof head, deadline_ms) &&
           send_all(channel->fd, bytes, length, deadline_ms);
}

bool host_pass_credentials(int socket)
{
    const int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
}

bool host_channel_pair(int sockets[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    if (host_pass_credentials(sockets[0]))
        return true;
    close(sockets[0]);
    close(sockets[1]);
    return false;
}

/* There is room for the credentials, which come first, and not for files. */
ssize_t host_receive_from(int socket, char *bytes, size_t size, pid_t *sender)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    const ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header != NULL && header->cmsg_level == SOL_SOCKET &&
        header->cmsg_type == SCM_CREDENTIALS) {
        struct ucred credentials;
        memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
        *sender = credentials.pid;
    }
    return length;
}

bool host_send_file(int socket, const char *bytes, size_t length, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char copy[FILE_MESSAGE_MAX];
    CHECK(length <= sizeof copy);
    memcpy(copy, bytes, length);
    struct iovec part = {.iov_base = copy, .iov_len = length};
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    ssize_t sent = -1;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)length;
}

bool host_channel_send_file(const struct host_channel *channel, int fd)
{
    static const char empty[HEAD_SIZE] = {0};
    return host_send_file(channel->fd, empty, sizeof empty, fd);
}

/* Bytes received and not handed out. */
static size_t waiting(const struct host_channel *channel)
{
    return channel->received.length - channel->frame_end;
}

bool host_channel_is_partial(const struct host_channel *channel) { return waiting(channel) > 0; }

/* The length that the head at the front tells; false: the head is not complete. */
static bool frame_length(const struct host_channel *channel, size_t *length)
{
    if (waiting(channel) < HEAD_SIZE)
        return false;
    const char *head = channel->received.bytes + channel->frame_end;
    *length = 0;
    for (int i = 0; i < HEAD_SIZE; i++)
        *length = *length << 8 | (unsigned char)head[i];
    return true;
}

static void drop_frame(struct host_channel *channel)
{
    if (channel->frame_end == 0)
        return;
    memmove(channel->received.bytes, channel->received.bytes + channel->frame_end,
            waiting(channel));
    channel->received.length = waiting(channel);
    channel->frame_end = 0;
}

enum host_receipt host_channel_receive(struct host_channel *channel, const char **frame,
                                       size_t *length)
{
    char bytes[READ_SIZE];
    bool is_open = true;
    for (;;) {
        size_t size = 0;
        const bool has_head = frame_length(channel, &size);
        if (has_head && size > PYTHON_HOST_FRAME_MAX)
            return HOST_MALFORMED;
        if (has_head && waiting(channel) >= HEAD_SIZE + size) {
            *frame = channel->received.bytes + channel->frame_end + HEAD_SIZE;
            *length = size;
            channel->frame_end += HEAD_SIZE + size;
            return HOST_FRAME;
        }
        if (!is_open)
            return host_channel_is_partial(channel) ? HOST_MALFORMED : HOST_CLOSED;
        drop_frame(channel);
        const ssize_t count =
            channel->sender == 0
                ? host_receive_from(channel->fd, bytes, sizeof bytes, &channel->sender)
                : recv(channel->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0)
            text_append(&channel->received, bytes, (size_t)count);
        else if (count < 0 && errno == EAGAIN)
            return HOST_PENDING;
        else if (count == 0 || errno != EINTR)
            is_open = false;
        if (text_failed(&channel->received))
            return HOST_NO_MEMORY;
    }
}
