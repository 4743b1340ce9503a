/* The version of oncecheck, as `oncecheck --version` and traces give it. */
#ifndef ONCECHECK_REPORTS_VERSION_H
#define ONCECHECK_REPORTS_VERSION_H

#define ONCECHECK_VERSION "0.1.0"

#endif
