/* The solutions below a folder: a class as its members hand it in.
 *
 * A solution is a folder that holds a template (template.yaml, .yml or .json) or the code of one of
 * the pipeline's functions (StateLambda/, StateLambdaPackage/, or what the template's CodeUri or
 * S3Key says). What is below it belongs to it. Other folders are looked into; a .zip archive among
 * them is unpacked and looked into as a folder. A link to a folder is a solution where the folder
 * is one, and is not followed further. What holds no solution is listed, with the reason. Left out
 * are names that begin with a dot, and those that machines make (__MACOSX, __pycache__,
 * node_modules, venv). */
#ifndef ONCECHECK_CHECKER_GRADE_FIND_H
#define ONCECHECK_CHECKER_GRADE_FIND_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    GRADE_SOLUTIONS_MAX = 2000,
    GRADE_FOLDERS_MAX = 100000, /* looked into */
    GRADE_DEPTH_MAX = 8
};

struct grade_place {
    const char *name;   /* relative to the folder of all, in valid UTF-8 */
    const char *path;   /* as oncecheck was given it, or below where archives are unpacked */
    const char *reason; /* why it is none, or cannot be one; NULL: a solution */
};

struct grade_places {
    struct grade_place *solutions; /* by name; with a reason: an archive that cannot be read */
    size_t solution_count;
    struct grade_place *others;
    size_t other_count;
};

/* Bytes as text: what is no UTF-8, or a control character (other than newline and tab, with
 * `lines`), becomes \xNN. NULL: no memory. */
const char *grade_readable(struct arena *arena, const char *bytes, bool lines);

/* Look below `folder`. All texts and arrays are in `arena`; archives are unpacked below
 * `unpack_folder`. Errors: the folder cannot be read, a limit, memory. */
enum status grade_find(const char *folder, const struct pipeline *pipeline,
                       const char *unpack_folder, struct arena *arena, struct grade_places *places,
                       struct error *error);

#endif
