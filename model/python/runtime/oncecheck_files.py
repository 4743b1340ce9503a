"""The files outside a function's package that decide what it does: interpreter, libraries, modules,
settings of the SDK.

oncecheck keeps what it saw a function do for as long as none of them changes. Named are files that
are there and such as would matter if they were; folders that modules are looked for in change when
something is installed. What a function imports only while it runs is covered by these folders.
"""

import os
import site
import sys

SDK_SETTINGS = ("~/.aws/config", "~/.aws/credentials", "~/.aws/models", "~/.boto", "/etc/boto.cfg")
SDK_VARIABLES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_DATA_PATH", "BOTO_CONFIG")


def loaded_files(package, runtime_folder):
    """Absolute paths, sorted; those below the package and of oncecheck's own are left out."""
    names = {sys.executable, os.path.realpath(sys.executable)}
    names.add(os.path.join(os.path.dirname(sys.executable), "..", "pyvenv.cfg"))
    names.update(sys.path)
    names.update(site.getsitepackages())
    names.update(_module_files())
    names.update(_mapped_files())
    names.update(os.path.expanduser(name) for name in SDK_SETTINGS)
    names.update(os.environ[name] for name in SDK_VARIABLES if name in os.environ)
    ours = tuple(os.path.join(os.path.realpath(folder), "") for folder in (package, runtime_folder))
    absolute = {os.path.abspath(name) for name in names}
    return sorted(name for name in absolute if not f"{os.path.realpath(name)}/".startswith(ours))


def _module_files():
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield file


def _mapped_files():
    """Shared libraries."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")
            if path[1] and ".so" in path[2]:
                yield "/" + path[2]
