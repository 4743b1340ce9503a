/* Identity and Access Management: what a function's role lets it do.
 *
 * Checked are the identity-based policies that the template gives a role: actions and resources
 * with wildcards, their negations, explicit denials. A statement with a Condition is taken to
 * allow, and not to deny: what its keys would hold is not simulated. Resource-based policies,
 * permission boundaries and session policies are not simulated. Functions whose role the template
 * does not define are not checked.
 *
 * Sources: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements"; DynamoDB
 * developer guide, "DynamoDB API permissions reference" and "Using IAM with transactions"; Lambda
 * developer guide, "Lambda execution role" (what event source mappings need). */
#ifndef ONCECHECK_MODEL_IAM_H
#define ONCECHECK_MODEL_IAM_H

#include "model/base/value.h"
#include "model/pipeline.h"

enum { IAM_TEXT_MAX = 2048 };

enum iam_decision { IAM_ALLOWED, IAM_NOT_ALLOWED, IAM_DENIED };

/* Whether the function may do `action` ("dynamodb:PutItem") on the resource with that ARN. */
enum iam_decision iam_decide(const struct function_config *function, const char *action,
                             const char *resource);

/* What a call of the function's lacks. */
struct iam_refusal {
    enum iam_decision decision; /* IAM_ALLOWED: nothing */
    char action[IAM_TEXT_MAX];
    char resource[IAM_TEXT_MAX];
};

/* The first permission that a request lacks. `target` is "DynamoDB_20120810.PutItem". */
void iam_check_call(const struct pipeline *pipeline, const struct function_config *function,
                    const struct value_store *store, const char *target, struct value request,
                    struct iam_refusal *refusal);

/* The first permission on its source that the mapping's function lacks. */
void iam_check_mapping(const struct pipeline *pipeline, const struct mapping_config *mapping,
                       struct iam_refusal *refusal);

/* The body of the AccessDeniedException. */
struct value iam_refusal_body(struct value_store *store, const struct function_config *function,
                              const struct iam_refusal *refusal);

#endif
