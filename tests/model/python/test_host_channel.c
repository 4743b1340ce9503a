#include "model/python/host_channel.h"

#include "model/python/python_host.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct memory memory;
static struct host_channel channel;
static int other; /* the other side */
static const char *frame;
static size_t length;

static void start(void)
{
    int sockets[2];
    memory_init(&memory, SIZE_MAX);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    host_channel_init(&channel, &memory, sockets[0]);
    other = sockets[1];
}

static void stop(void)
{
    host_channel_release(&channel);
    close(other);
    cr_assert_eq(atomic_load(&memory.used), 0);
}

TestSuite(host_channel, .init = start, .fini = stop, .timeout = 60);

static void give(const char *bytes, size_t size)
{
    cr_assert_eq(write(other, bytes, size), (ssize_t)size);
}

static enum host_receipt receive(void) { return host_channel_receive(&channel, &frame, &length); }

Test(host_channel, puts_frames_together)
{
    static const char bytes[] = "\0\0\0\3abc\0\0\0\0\0\0\0\2de";
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(receive(), HOST_PENDING);
        cr_assert_eq(host_channel_is_partial(&channel), i > 0);
        give(bytes + i, 1);
    }
    give(bytes + 6, sizeof bytes - 1 - 6);
    cr_assert_eq(receive(), HOST_FRAME);
    cr_assert(length == 3 && memcmp(frame, "abc", 3) == 0);
    cr_assert_eq(receive(), HOST_FRAME);
    cr_assert_eq(length, 0);
    cr_assert_eq(receive(), HOST_FRAME);
    cr_assert(length == 2 && memcmp(frame, "de", 2) == 0);
    cr_assert_eq(receive(), HOST_PENDING);
    cr_assert(!host_channel_is_partial(&channel));
}

Test(host_channel, hands_out_what_came_before_the_end)
{
    give("\0\0\0\1x", 5);
    close(other);
    other = -1;
    cr_assert_eq(receive(), HOST_FRAME);
    cr_assert_eq(receive(), HOST_CLOSED);
    cr_assert_eq(receive(), HOST_CLOSED);
}

Test(host_channel, calls_half_a_frame_malformed)
{
    give("\0\0\0\5xy", 6);
    close(other);
    other = -1;
    cr_assert_eq(receive(), HOST_MALFORMED);
}

Test(host_channel, limits_the_length)
{
    give("\1\0\0\1", 4); /* one more than PYTHON_HOST_FRAME_MAX */
    cr_assert_eq(PYTHON_HOST_FRAME_MAX, 1 << 24);
    cr_assert_eq(receive(), HOST_MALFORMED);
}

Test(host_channel, sends_what_it_receives)
{
    char bytes[16];
    cr_assert(host_channel_send(&channel, "hello", 5, host_now_ms() + 1000));
    cr_assert_eq(read(other, bytes, sizeof bytes), 9);
    cr_assert_eq(memcmp(bytes, "\0\0\0\5hello", 9), 0);
}

Test(host_channel, gives_up_on_who_does_not_read)
{
    static char bytes[4 << 20];
    const int64_t start_ms = host_now_ms();
    cr_assert(!host_channel_send(&channel, bytes, sizeof bytes, start_ms + 100));
    cr_assert_geq(host_now_ms() - start_ms, 100);
    close(other);
    other = -1;
    cr_assert(!host_channel_send(&channel, bytes, 10, host_now_ms() + 1000)); /* and no SIGPIPE */
}

Test(host_channel, reports_a_failed_allocation)
{
    memory.fail_at = 1;
    give("\0\0\0\1x", 5);
    cr_assert_eq(receive(), HOST_NO_MEMORY);
}
