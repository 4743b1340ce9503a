"""The jail (libjail.so) that the host enters before it imports the function's package."""

import ctypes
import os
import site
import sys

LAYER_SECCOMP = 4  # as in jail_layers.h
FILTER_BYTES = 64 * 8  # RUN_FILTER_MAX instructions of jail.c

# What code may read besides the package, the interpreter and its modules: libraries, time zones,
# certificates, and what tells the kind of machine. Not /etc/passwd, home folders, other programs.
READABLE = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/os-release", "/etc/mime.types",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls", "/etc/ca-certificates",
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/proc",
)  # fmt: skip


class JailError(Exception):
    pass


class _Request(ctypes.Structure):
    _fields_ = (
        ("layers", ctypes.c_int),
        ("scratch", ctypes.c_char_p),
        ("readable", ctypes.POINTER(ctypes.c_char_p)),
        ("readable_count", ctypes.c_size_t),
        ("address_space", ctypes.c_size_t),
    )


def readable_paths(package, runtime_folder):
    """What the jail leaves readable. Modules lie where sys.path says."""
    names = {package, runtime_folder, os.path.realpath(sys.executable), *READABLE}
    names.update(name for name in sys.path if os.path.isabs(name))
    names.update(site.getsitepackages())
    for prefix in {sys.prefix, sys.base_prefix}:
        names.add(os.path.join(prefix, "lib"))
        names.add(os.path.join(prefix, "pyvenv.cfg"))
    return sorted(names)


def enter(layers, scratch, readable, address_space):
    """Go to jail. Returns the filter that each run adds, as bytes. With namespaces the caller goes
    on in another process."""
    folder = os.path.dirname(os.path.abspath(__file__))
    library = ctypes.PyDLL(os.path.join(folder, "libjail.so"))
    library.jail_enter.restype = ctypes.c_char_p
    run_filter = ctypes.create_string_buffer(FILTER_BYTES)
    count = library.jail_run_filter(run_filter) if layers & LAYER_SECCOMP else 0
    if layers & LAYER_SECCOMP and count == 0:
        raise JailError("no filter of system calls for runs")
    paths = (ctypes.c_char_p * len(readable))(*map(os.fsencode, readable))
    request = _Request(layers, os.fsencode(scratch), paths, len(readable), address_space)
    code = ctypes.c_int(0)
    failed = library.jail_enter(ctypes.byref(request), ctypes.byref(code))
    if failed is not None:
        raise JailError(f"{failed.decode()}: {os.strerror(code.value)}")
    return run_filter.raw[: count * 8]
