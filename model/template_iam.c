/* What the functions' roles may do: IAM roles and policies of a template, and SAM's short forms.
 * Sources: CloudFormation user guide, AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::ManagedPolicy;
 * AWS SAM developer guide, "AWS SAM policy templates"; AWS managed policy reference.
 *
 * A role that refers to something that is not known here (a managed policy from elsewhere, a value
 * that only a deployment has) is not known as a whole: its functions are not checked. */
#include "model/iam.h"
#include "model/template_connectors.h"
#include "model/template_reader.h"

#include <string.h>

enum { STATEMENTS_MAX = 256, PATTERNS_MAX = 256 };

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE_ARN "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/"
#define STREAM_ARN "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/"

/* The statements of one role. */
struct role {
    struct template_reader *reader;
    struct iam_statement *statements;
    size_t count;
    const char *unknown; /* why it is not known what the role may do; NULL: it is */
};

/* The first reason counts. `node` is what cannot be read; NULL: nothing of the template. */
static void set_unknown(struct role *role, const struct yaml_node *node, const char *what)
{
    if (role->unknown != NULL)
        return;
    role->unknown = node == NULL ? what
                                 : arena_format(role->reader->arena, "%s (line %u)", what,
                                                (unsigned)node->line);
    if (role->unknown == NULL)
        role->unknown = what;
}

/* What a node of a policy stands for: it, or what its intrinsic function gives (Fn::If). NULL:
 * nothing, or (the role is unknown then) what cannot be read. */
static const struct yaml_node *resolved(struct role *role, const struct yaml_node *node)
{
    const struct yaml_node *value = NULL;
    if (node != NULL && template_resolve(role->reader, node, &value) != STATUS_OK)
        set_unknown(role, node, "a policy of it cannot be read");
    return value;
}

/* --- statements --- */

static struct iam_statement *add_statement(struct role *role)
{
    if (role->count == STATEMENTS_MAX) {
        set_unknown(role, NULL, "it has too many statements");
        return NULL;
    }
    struct iam_statement *statement = &role->statements[role->count++];
    memset(statement, 0, sizeof *statement);
    return statement;
}

/* A text or a list of them. False: something else. */
static bool read_patterns(struct role *role, const struct yaml_node *node, bool negated,
                          struct iam_patterns *patterns)
{
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    if (node->kind == YAML_MAPPING || count > PATTERNS_MAX)
        return false;
    const char **items = arena_allocate_array(role->reader->arena, count, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->elements[i] : node;
        if (item->kind != YAML_SCALAR)
            return false;
        items[i] = item->text;
    }
    *patterns = (struct iam_patterns){.items = items, .count = count, .negated = negated};
    return true;
}

static bool read_either(struct role *role, const struct yaml_node *node, const char *name,
                        const char *negation, struct iam_patterns *patterns)
{
    const struct yaml_node *plain = yaml_find(node, name);
    const struct yaml_node *negated = yaml_find(node, negation);
    if (plain != NULL)
        return read_patterns(role, plain, false, patterns);
    return negated != NULL && read_patterns(role, negated, true, patterns);
}

static void read_statement(struct role *role, const struct yaml_node *node)
{
    const struct yaml_node *effect = yaml_find(node, "Effect");
    struct iam_statement *statement = add_statement(role);
    if (statement == NULL)
        return;
    if (node->kind != YAML_MAPPING || effect == NULL || effect->kind != YAML_SCALAR ||
        !read_either(role, node, "Action", "NotAction", &statement->actions) ||
        !read_either(role, node, "Resource", "NotResource", &statement->resources)) {
        set_unknown(role, node, "a statement of it cannot be read");
        return;
    }
    statement->denies = strcmp(effect->text, "Deny") == 0;
    statement->conditional = yaml_find(node, "Condition") != NULL;
}

/* A policy document, or its JSON text. */
static void read_document(struct role *role, const struct yaml_node *written)
{
    struct template_reader *reader = role->reader;
    const struct yaml_node *document = NULL;
    if (written == NULL || template_resolve_all(reader, written, &document) != STATUS_OK ||
        document == NULL) {
        set_unknown(role, written, "a policy of it cannot be read");
        return;
    }
    if (document->kind == YAML_SCALAR &&
        yaml_parse(document->text, strlen(document->text), document->file, reader->arena, &document,
                   reader->error) != STATUS_OK) {
        set_unknown(role, written, "a policy of it is a text that is no JSON");
        return;
    }
    const struct yaml_node *statements = yaml_find(document, "Statement");
    if (statements == NULL) {
        set_unknown(role, written, "a policy of it has no Statement");
    } else if (statements->kind == YAML_SEQUENCE) {
        for (size_t i = 0; i < statements->count; i++)
            read_statement(role, statements->elements[i]);
    } else {
        read_statement(role, statements);
    }
}

static void allow(struct role *role, const char *const *actions, size_t action_count,
                  const char *resource)
{
    struct iam_statement *statement = add_statement(role);
    const char **resources = arena_allocate_array(role->reader->arena, 1, sizeof *resources);
    if (statement == NULL || resources == NULL || resource == NULL) {
        set_unknown(role, NULL, "it has too many statements");
        return;
    }
    resources[0] = resource;
    statement->actions = (struct iam_patterns){.items = actions, .count = action_count};
    statement->resources = (struct iam_patterns){.items = resources, .count = 1};
}

/* --- managed policies --- */

static const char *const everything[] = {"*"};
static const char *const kinesis_reading[] = {
    "kinesis:DescribeStream",  "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",      "kinesis:GetShardIterator",
    "kinesis:ListShards",      "kinesis:ListStreams",
    "kinesis:SubscribeToShard"};
static const char *const dynamodb_following[] = {"dynamodb:DescribeStream", "dynamodb:GetRecords",
                                                 "dynamodb:GetShardIterator",
                                                 "dynamodb:ListStreams"};
static const char *const dynamodb_all[] = {"dynamodb:*", "kinesis:*"};
static const char *const dynamodb_reading[] = {
    "dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:List*",        "dynamodb:GetItem",
    "dynamodb:Query",        "dynamodb:Scan",      "dynamodb:PartiQLSelect"};
static const char *const kinesis_all[] = {"kinesis:*"};
static const char *const kinesis_looking[] = {"kinesis:Get*", "kinesis:List*", "kinesis:Describe*"};

/* AWS's own policies that say something about streams and tables; `count` 0: nothing here. */
static const struct {
    const char *name;
    const char *const *actions;
    size_t count;
} managed_policies[] = {
    {"AdministratorAccess", everything, COUNT(everything)},
    {"PowerUserAccess", everything, COUNT(everything)},
    {"AWSLambdaKinesisExecutionRole", kinesis_reading, COUNT(kinesis_reading)},
    {"AWSLambdaDynamoDBExecutionRole", dynamodb_following, COUNT(dynamodb_following)},
    {"AWSLambdaInvocation-DynamoDB", dynamodb_following, COUNT(dynamodb_following)},
    {"AmazonDynamoDBFullAccess", dynamodb_all, COUNT(dynamodb_all)},
    {"AmazonDynamoDBFullAccess_v2", dynamodb_all, COUNT(dynamodb_all)},
    {"AmazonDynamoDBFullAccesswithDataPipeline", dynamodb_all, COUNT(dynamodb_all)},
    {"AmazonDynamoDBReadOnlyAccess", dynamodb_reading, COUNT(dynamodb_reading)},
    {"AmazonKinesisFullAccess", kinesis_all, COUNT(kinesis_all)},
    {"AmazonKinesisReadOnlyAccess", kinesis_looking, COUNT(kinesis_looking)},
    {"AWSLambdaBasicExecutionRole", NULL, 0},
    {"AWSLambdaVPCAccessExecutionRole", NULL, 0},
    {"AWSLambdaSQSQueueExecutionRole", NULL, 0},
    {"AWSXRayDaemonWriteAccess", NULL, 0},
    {"AWSXrayWriteOnlyAccess", NULL, 0},
    {"CloudWatchLogsFullAccess", NULL, 0},
    {"CloudWatchFullAccess", NULL, 0},
    {"CloudWatchLambdaInsightsExecutionRolePolicy", NULL, 0},
    {"AmazonS3FullAccess", NULL, 0},
    {"AmazonS3ReadOnlyAccess", NULL, 0},
    {"AmazonSNSFullAccess", NULL, 0},
    {"AmazonSQSFullAccess", NULL, 0},
    {"AmazonSSMReadOnlyAccess", NULL, 0},
    {"SecretsManagerReadWrite", NULL, 0},
};

static const struct yaml_node *properties_of(const struct template_reader *reader, size_t index)
{
    return yaml_find(reader->resources->entries[index].value, "Properties");
}

static bool is_type(const struct template_reader *reader, size_t index, const char *type)
{
    const char *found = template_resource_type(reader, reader->resources->entries[index].key->text);
    return found != NULL && strcmp(found, type) == 0;
}

/* An AWS policy's ARN or name, or a policy of the template (Ref gives its logical id here). */
static void add_managed(struct role *role, const struct yaml_node *written)
{
    struct template_reader *reader = role->reader;
    const char *text = NULL;
    const struct yaml_node *value = resolved(role, written);
    if (value == NULL)
        return;
    if (template_text(reader, value, "a managed policy", &text) != STATUS_OK) {
        set_unknown(role, written, "a managed policy of it cannot be read");
        return;
    }
    const char *slash = strrchr(text, '/');
    const char *name = slash == NULL ? text : slash + 1;
    for (size_t i = 0; i < COUNT(managed_policies); i++) {
        if (strcmp(managed_policies[i].name, name) != 0)
            continue;
        if (managed_policies[i].count > 0)
            allow(role, managed_policies[i].actions, managed_policies[i].count, "*");
        return;
    }
    for (size_t i = 0; i < reader->resources->count; i++) {
        const char *id = reader->resources->entries[i].key->text;
        const char *named = NULL;
        const struct yaml_node *properties = properties_of(reader, i);
        if (!is_type(reader, i, "AWS::IAM::ManagedPolicy"))
            continue;
        if (template_text_property(reader, properties, "ManagedPolicyName", &named) != STATUS_OK)
            named = NULL;
        if (strcmp(id, name) != 0 && (named == NULL || strcmp(named, name) != 0))
            continue;
        read_document(role, yaml_find(properties, "PolicyDocument"));
        return;
    }
    set_unknown(role, written,
                arena_format(reader->arena, "what the managed policy %.*s allows is not known",
                             YAML_QUOTE_MAX, name));
}

/* --- roles --- */

/* Policies that name the role: AWS::IAM::Policy, AWS::IAM::ManagedPolicy. */
static void add_attached(struct role *role, const char *role_name)
{
    struct template_reader *reader = role->reader;
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_node *properties = properties_of(reader, i);
        const struct yaml_node *written = yaml_find(properties, "Roles");
        const struct yaml_node *roles = NULL;
        if ((!is_type(reader, i, "AWS::IAM::Policy") &&
             !is_type(reader, i, "AWS::IAM::ManagedPolicy")) ||
            written == NULL)
            continue;
        if (template_resolve_all(reader, written, &roles) != STATUS_OK) {
            set_unknown(role, written, "a policy's list of roles cannot be read");
            continue;
        }
        for (size_t k = 0; roles != NULL && roles->kind == YAML_SEQUENCE && k < roles->count; k++) {
            const struct yaml_node *one = roles->elements[k];
            if (one->kind == YAML_SCALAR && strcmp(one->text, role_name) == 0)
                read_document(role, yaml_find(properties, "PolicyDocument"));
        }
    }
}

static void read_role(struct role *role, const struct yaml_node *properties, const char *name)
{
    const struct yaml_node *policies = resolved(role, yaml_find(properties, "Policies"));
    const struct yaml_node *managed = resolved(role, yaml_find(properties, "ManagedPolicyArns"));
    for (size_t i = 0; policies != NULL && policies->kind == YAML_SEQUENCE && i < policies->count;
         i++) {
        const struct yaml_node *policy = resolved(role, policies->elements[i]);
        if (policy != NULL)
            read_document(role, yaml_find(policy, "PolicyDocument"));
    }
    for (size_t i = 0; managed != NULL && managed->kind == YAML_SEQUENCE && i < managed->count; i++)
        add_managed(role, managed->elements[i]);
    if ((policies != NULL && policies->kind != YAML_SEQUENCE) ||
        (managed != NULL && managed->kind != YAML_SEQUENCE))
        set_unknown(role, managed != NULL && managed->kind != YAML_SEQUENCE ? managed : policies,
                    "its policies are no list");
    add_attached(role, name);
}

/* --- SAM --- */

static const char *const table_crud[] = {"dynamodb:GetItem",        "dynamodb:DeleteItem",
                                         "dynamodb:PutItem",        "dynamodb:Scan",
                                         "dynamodb:Query",          "dynamodb:UpdateItem",
                                         "dynamodb:BatchWriteItem", "dynamodb:BatchGetItem",
                                         "dynamodb:DescribeTable",  "dynamodb:ConditionCheckItem"};
static const char *const table_read[] = {"dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query",
                                         "dynamodb:BatchGetItem", "dynamodb:DescribeTable"};
static const char *const table_write[] = {"dynamodb:PutItem", "dynamodb:UpdateItem",
                                          "dynamodb:BatchWriteItem"};
static const char *const stream_crud[] = {
    "kinesis:AddTagsToStream",   "kinesis:CreateStream",   "kinesis:DecreaseStreamRetentionPeriod",
    "kinesis:DeleteStream",      "kinesis:DescribeStream", "kinesis:DescribeStreamSummary",
    "kinesis:GetShardIterator",  "kinesis:GetRecords",     "kinesis:IncreaseStreamRetentionPeriod",
    "kinesis:ListTagsForStream", "kinesis:MergeShards",    "kinesis:PutRecord",
    "kinesis:PutRecords",        "kinesis:SplitShard",     "kinesis:RemoveTagsFromStream"};
static const char *const stream_read[] = {"kinesis:ListStreams",    "kinesis:DescribeLimits",
                                          "kinesis:DescribeStream", "kinesis:DescribeStreamSummary",
                                          "kinesis:GetRecords",     "kinesis:GetShardIterator"};

static const struct {
    const char *name;
    const char *parameter;
    const char *prefix;
    const char *suffix; /* a second resource, below the first; NULL: none */
    const char *const *actions;
    size_t count;
} policy_templates[] = {
    {"DynamoDBCrudPolicy", "TableName", TABLE_ARN, "/index/*", table_crud, COUNT(table_crud)},
    {"DynamoDBReadPolicy", "TableName", TABLE_ARN, "/index/*", table_read, COUNT(table_read)},
    {"DynamoDBWritePolicy", "TableName", TABLE_ARN, "/index/*", table_write, COUNT(table_write)},
    {"DynamoDBStreamReadPolicy", "TableName", TABLE_ARN, "/stream/*", dynamodb_following,
     COUNT(dynamodb_following)},
    {"KinesisCrudPolicy", "StreamName", STREAM_ARN, NULL, stream_crud, COUNT(stream_crud)},
    {"KinesisStreamReadPolicy", "StreamName", STREAM_ARN, NULL, stream_read, COUNT(stream_read)},
};

/* {DynamoDBCrudPolicy: {TableName: !Ref T}}; templates of other services say nothing here. */
static void add_policy_template(struct role *role, const struct yaml_entry *entry)
{
    struct template_reader *reader = role->reader;
    for (size_t i = 0; i < COUNT(policy_templates); i++) {
        if (strcmp(policy_templates[i].name, entry->key->text) != 0)
            continue;
        const char *name = NULL;
        if (template_text_property(reader, entry->value, policy_templates[i].parameter, &name) !=
                STATUS_OK ||
            name == NULL) {
            set_unknown(role, entry->value, "a policy template of it cannot be read");
            return;
        }
        allow(role, policy_templates[i].actions, policy_templates[i].count,
              arena_format(reader->arena, "%s%s", policy_templates[i].prefix, name));
        if (policy_templates[i].suffix != NULL)
            allow(role, policy_templates[i].actions, policy_templates[i].count,
                  arena_format(reader->arena, "%s%s%s", policy_templates[i].prefix, name,
                               policy_templates[i].suffix));
        return;
    }
}

static void add_serverless(struct role *role, const struct yaml_node *written)
{
    const struct yaml_node *policy = resolved(role, written);
    if (policy == NULL)
        return;
    if (policy->kind == YAML_SCALAR) {
        add_managed(role, policy);
    } else if (policy->kind != YAML_MAPPING) {
        set_unknown(role, policy, "a policy of it cannot be read");
    } else if (yaml_find(policy, "Statement") != NULL) {
        read_document(role, policy);
    } else {
        for (size_t i = 0; i < policy->count; i++)
            add_policy_template(role, &policy->entries[i]);
    }
}

/* The role that SAM makes: the function's Policies, and what its events need. */
static void read_serverless(struct role *role, const struct yaml_node *properties)
{
    const struct yaml_node *policies = resolved(role, yaml_find(properties, "Policies"));
    if (policies != NULL && policies->kind == YAML_SEQUENCE) {
        for (size_t i = 0; i < policies->count; i++)
            add_serverless(role, policies->elements[i]);
    } else if (policies != NULL) {
        add_serverless(role, policies);
    }
    allow(role, kinesis_reading, COUNT(kinesis_reading), "*");
    allow(role, dynamodb_following, COUNT(dynamodb_following), "*");
}

static void add_connectors(struct role *role, const char *function)
{
    struct template_grants grants;
    template_connector_grants(role->reader, function, &grants);
    for (size_t i = 0; i < grants.count; i++)
        allow(role, grants.items[i].actions, grants.items[i].action_count,
              grants.items[i].resource);
    if (grants.unknown != NULL)
        set_unknown(role, grants.unknown, "a connector cannot be read");
}

/* --- functions --- */

/* "name" of "arn:aws:iam::1:role/path/name". */
static const char *name_of_role(const char *arn)
{
    const char *slash = arn == NULL ? NULL : strrchr(arn, '/');
    return slash == NULL ? arn : slash + 1;
}

/* The index of the role's resource, or the number of resources. */
static size_t find_role(struct template_reader *reader, const char *name)
{
    size_t i = 0;
    for (; i < reader->resources->count; i++) {
        const char *id = reader->resources->entries[i].key->text;
        const char *physical = NULL;
        if (!is_type(reader, i, "AWS::IAM::Role"))
            continue;
        if (template_resource_name(reader, id, &physical) == STATUS_OK &&
            (strcmp(physical, name) == 0 || strcmp(id, name) == 0))
            break;
    }
    return i;
}

static enum status read_permissions(struct template_reader *reader,
                                    struct function_config *function)
{
    const struct yaml_node *own = yaml_find(reader->resources, function->logical_id);
    const char *type = template_resource_type(reader, function->logical_id);
    bool serverless = type != NULL && strcmp(type, "AWS::Serverless::Function") == 0;
    const struct yaml_node *properties = yaml_find(own, "Properties");
    const struct yaml_node *defaults = yaml_find(yaml_find(reader->root, "Globals"), "Function");
    const char *name = name_of_role(function->role);
    bool has_role = yaml_find(properties, "Role") != NULL || yaml_find(defaults, "Role") != NULL;
    struct role role = {
        .reader = reader,
        .statements = arena_allocate_array(reader->arena, STATEMENTS_MAX, sizeof *role.statements)};
    if (role.statements == NULL)
        return template_no_memory(reader, own);
    function->role_line = function->line;
    if (serverless && !has_role) {
        read_serverless(&role, properties);
    } else if (name == NULL) {
        function->role_unchecked = "it has no Role";
        return STATUS_OK;
    } else {
        size_t index = find_role(reader, name);
        if (index == reader->resources->count) {
            function->role_unchecked =
                arena_format(reader->arena, "the template does not define %s", name);
            return function->role_unchecked != NULL ? STATUS_OK : template_no_memory(reader, own);
        }
        function->role_line = reader->resources->entries[index].key->line;
        read_role(&role, properties_of(reader, index), name);
    }
    add_connectors(&role, function->logical_id);
    function->role_name = name == NULL ? function->logical_id : name;
    function->role_known = role.unknown == NULL;
    function->role_unchecked = role.unknown;
    function->statements = role.statements;
    function->statement_count = role.count;
    return STATUS_OK;
}

enum status template_read_permissions(struct template_reader *reader, struct pipeline *pipeline)
{
    enum status status = STATUS_OK;
    reader->lenient = true;
    struct error *error = reader->error;
    for (size_t i = 0; status == STATUS_OK && i < pipeline->function_count; i++) {
        /* what cannot be read makes a role unknown, and is no error of the template's */
        struct error ignored = ERROR_INIT;
        reader->error = &ignored;
        status = read_permissions(reader, &pipeline->functions[i]);
    }
    reader->error = error;
    reader->lenient = false;
    if (status != STATUS_OK)
        return template_no_memory(reader, reader->root);
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        struct iam_refusal refusal;
        struct mapping_config *mapping = &pipeline->mappings[i];
        iam_check_mapping(pipeline, mapping, &refusal);
        mapping->refused = refusal.decision != IAM_ALLOWED;
        mapping->enabled = mapping->enabled && !mapping->refused;
    }
    return STATUS_OK;
}
