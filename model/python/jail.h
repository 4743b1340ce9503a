/* The jail of Python hosts: which layers this machine has, and what they are called.
 *
 * A stranger's code runs in a host that has given up, layer by layer (jail_layers.h), what it could
 * do harm with. Not every machine has every layer: containers often forbid namespaces, old kernels
 * lack Landlock. SECURITY.md says what each is for. */
#ifndef ONCECHECK_MODEL_PYTHON_JAIL_H
#define ONCECHECK_MODEL_PYTHON_JAIL_H

#include "model/base/error.h"
#include "model/base/text.h"
#include "model/python/jail_layers.h"

/* How much of a jail is asked for. */
enum jail_mode {
    JAIL_AUTO,    /* what the machine has */
    JAIL_REQUIRE, /* all of it */
    JAIL_OFF
};

struct jail_state {
    int layers;          /* those that the machine has */
    int namespace_error; /* errno, where there are none */
};

/* Try each layer out, in a child. STATUS_SYSTEM where no child can be made. */
enum status jail_probe(struct jail_state *state, struct error *error);

/* A complete jail. JAIL_USER is for root only; JAIL_SIGNALS for lack of namespaces. */
int jail_layers_wanted(void);

/* The layers to enter for code that everybody can read, or not: then root gives itself up only
 * with Landlock, and may go on reading what is its own. */
int jail_layers_for(const struct jail_state *state, bool readable);

/* Whether everybody can read the folder and all that is below it, by their modes. */
bool jail_user_can_read(const char *folder);

/* "namespaces, Landlock, seccomp, user", and what is missing, for people. `layers` are those
 * in use. */
void jail_describe(struct text *text, const struct jail_state *state, int layers);

#endif
