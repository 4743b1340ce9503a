"""The preload library (virtual.c): virtual time and randomness, and the channel to oncecheck.

Bound with ctypes.PyDLL: a call keeps Python's global lock, so that no other thread of the
function runs while the host talks to oncecheck.
"""

import ctypes
import hashlib
import os

NS_PER_MS = 1_000_000
FOR_EVER_NS = 1 << 61
BUFFER_SIZE = 64 << 10

_library = None
_callbacks = ()
_jail = b""  # what the library has a pointer to
_buffer = ctypes.create_string_buffer(BUFFER_SIZE)


def load(directory):
    """Bind the library, which the interpreter was started with."""
    global _library
    _library = ctypes.PyDLL(os.path.join(directory, "libvirtual.so"))
    _library.virtual_serve.argtypes = [ctypes.c_int, ctypes.c_uint64, ctypes.c_uint64]
    _library.virtual_begin.argtypes = [ctypes.c_int64, ctypes.c_int64, ctypes.c_char_p]
    _library.virtual_segment.argtypes = [ctypes.c_int]
    _library.virtual_answer_time.argtypes = [ctypes.c_int64]
    _library.virtual_pass.argtypes = [ctypes.c_int64]
    _library.virtual_elapsed_ns.restype = ctypes.c_int64
    _library.virtual_slept_ns.restype = ctypes.c_int64
    _library.virtual_send.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    _library.virtual_jail.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_size_t]
    _library.virtual_await.argtypes = [ctypes.c_int]
    _library.virtual_receive.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    _library.virtual_exit.argtypes = [ctypes.c_int]


def set_callbacks(on_time, on_timeout, on_exit, on_refusal):
    """What the function does that oncecheck has to know; see virtual.c."""
    global _callbacks
    _callbacks = (
        ctypes.CFUNCTYPE(None)(on_time),
        ctypes.CFUNCTYPE(None)(on_timeout),
        ctypes.CFUNCTYPE(None, ctypes.c_int)(on_exit),
        ctypes.CFUNCTYPE(None, ctypes.c_char_p)(on_refusal),
    )
    _library.virtual_set_callbacks(*_callbacks)


def jail(scratch, kept, run_filter):
    """The process is in jail: /tmp is below `scratch`, but for the paths `kept` below it."""
    global _jail
    _jail = b"".join(os.fsencode(name) + b"\0" for name in kept) + b"\0"
    _library.virtual_jail(os.fsencode(scratch), _jail, run_filter, len(run_filter) // 8)


def left_files():
    return _library.virtual_left_files() != 0


def serve(control_fd, memory_bytes, file_bytes):
    """Fork runs until oncecheck is gone; returns in each run, with the file of its channel."""
    return _library.virtual_serve(control_fd, memory_bytes, file_bytes)


def begin(clock_ms, limit_ns, seed):
    """Virtual time starts."""
    digest = hashlib.sha256(b"bytes:" + seed).digest()
    _library.virtual_begin(clock_ms * NS_PER_MS, limit_ns, digest)


def end():
    _library.virtual_end()


def segment(asks):
    _library.virtual_segment(1 if asks else 0)


def answer_time(time_ms):
    _library.virtual_answer_time(int(time_ms * NS_PER_MS))


def pass_time(seconds):
    _library.virtual_pass(seconds * 1000 * NS_PER_MS)


def elapsed_ms():
    return _library.virtual_elapsed_ns() // NS_PER_MS


def slept_ms():
    return (_library.virtual_slept_ns() + NS_PER_MS // 2) // NS_PER_MS


def send(fd, data):
    return _library.virtual_send(fd, data, len(data)) != 0


def await_input(fd):
    """Wait for oncecheck. Returns the file to read from, another one where the run was forked
    meanwhile (virtual_branch.h); leaves if there is nothing to come."""
    channel = _library.virtual_await(fd)
    if channel < 0:
        leave(0)
    return channel


def receive(fd, size):
    """Exactly `size` bytes, or None if the other side is gone."""
    buffer = _buffer if size <= BUFFER_SIZE else ctypes.create_string_buffer(size)
    if not _library.virtual_receive(fd, buffer, size):
        return None
    return ctypes.string_at(buffer, size)


def leave(status):
    """End the process at once: nothing of the function's runs any more."""
    _library.virtual_exit(status)
