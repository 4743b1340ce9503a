/* Shared by run_database.c and run_database_read.c. */
#ifndef ONCECHECK_REPORTS_RUN_DATABASE_INTERNAL_H
#define ONCECHECK_REPORTS_RUN_DATABASE_INTERNAL_H

#include "reports/run_database.h"

struct run_database {
    struct memory *memory;
    struct database *file;
};

#endif
