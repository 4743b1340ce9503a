/* What connectors of the Serverless Application Model let a function do.
 *
 * A connector stands between two resources: one of its own (AWS::Serverless::Connector), or an
 * entry under `Connectors` of the resource it starts at. SAM makes a policy of it, attached to the
 * function's role. Source: AWS SAM developer guide, "AWS SAM connector reference" and "Managing
 * resource permissions with AWS SAM connectors". */
#ifndef ONCECHECK_MODEL_TEMPLATE_CONNECTORS_H
#define ONCECHECK_MODEL_TEMPLATE_CONNECTORS_H

#include "model/template_reader.h"

enum { TEMPLATE_GRANTS_MAX = 64 };

/* Actions on a resource; `resource` belongs to the reader's arena, `actions` to the program. */
struct template_grant {
    const char *const *actions;
    size_t action_count;
    const char *resource;
};

struct template_grants {
    struct template_grant items[TEMPLATE_GRANTS_MAX];
    size_t count;
    const struct yaml_node *unknown; /* a connector that cannot be read; NULL: all were */
};

/* The grants of all connectors from or to the function with that logical id. Connectors between
 * other resources, and to services that are not simulated, give none. */
void template_connector_grants(struct template_reader *reader, const char *function,
                               struct template_grants *grants);

#endif
