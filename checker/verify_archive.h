/* What a verification has found so far, in a file: see checker/verify_checkpoint.h. */
#ifndef ONCECHECK_CHECKER_VERIFY_ARCHIVE_H
#define ONCECHECK_CHECKER_VERIFY_ARCHIVE_H

#include "checker/verify.h"
#include "model/base/archive.h"

/* All but the run, the facts, the findings and what a random search does. Reading fills one that
 * has just begun. */
enum status verify_archive(struct verification *verification, struct archive *archive,
                           struct error *error);

#endif
