#include "checker/command_scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPEN_FOLDERS_MAX = 16 };

enum status command_make_scratch(const char *command, char path[COMMAND_SCRATCH_SIZE],
                                 struct error *error)
{
    const char *base = getenv("TMPDIR");
    const int length = snprintf(path, COMMAND_SCRATCH_SIZE, "%s/oncecheck-%s-XXXXXX",
                                base != NULL && base[0] == '/' ? base : "/tmp", command);
    if (length >= 0 && length < COMMAND_SCRATCH_SIZE && mkdtemp(path) != NULL)
        return STATUS_OK;
    path[0] = '\0';
    return error_set(error, STATUS_SYSTEM, "cannot make a folder for temporary files");
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

void command_remove_scratch(const char *path)
{
    if (path[0] != '\0')
        (void)nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}
