/* What a verification would be made of, found out without running the functions: so that one that
 * was made before is known. In a process of its own, since templates and archives are strangers'.
 */
#ifndef ONCECHECK_CHECKER_GRADE_INSPECT_H
#define ONCECHECK_CHECKER_GRADE_INSPECT_H

#include "checker/run.h"
#include "model/base/hash.h"

enum { GRADE_INSPECT_SECONDS_MAX = 60 };

struct grade_inspection {
    bool known;         /* false: the verification will say what is wrong */
    bool brings;        /* the solution brings the function asked for, and it is invoked */
    struct hash128 key; /* of scenario, template, the functions' code, and `base` */
};

/* `request` is that of the verification; `function` may be NULL. */
enum status grade_inspect(const struct run_request *request, const char *function,
                          struct hash128 base, struct grade_inspection *inspection,
                          struct error *error);

/* What decides verdicts besides: oncecheck's own files, and the interpreter with the modules that
 * it finds. `python` is what oncecheck would run, "" where none is found. */
struct hash128 grade_program_hash(const char *runtime_dir, const char *python,
                                  struct memory *memory);

#endif
