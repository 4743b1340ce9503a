/* What a function's own source says: its handler's file and the modules of its package that these
 * import, directly or through others. Libraries that pip put into the package (a *.dist-info folder
 * lists them) are not the function's own. The source is read, not run: an import that is computed
 * is not seen. */
#ifndef ONCECHECK_CHECKER_IMPORTED_CODE_H
#define ONCECHECK_CHECKER_IMPORTED_CODE_H

#include "model/base/memory.h"
#include "model/pipeline.h"

#include <stdbool.h>

enum {
    IMPORTED_FILES_MAX = 256,         /* what is imported beyond is not looked at */
    IMPORTED_FILE_SIZE_MAX = 4 << 20, /* nor are larger files */
    IMPORTED_PATH_MAX = 1024
};

/* Whether `word` is written in some file of them. `folder` is the function's package. False also
 * where memory runs out. */
bool imported_code_mentions(struct memory *memory, const char *folder,
                            const struct function_config *function, const char *word);

#endif
