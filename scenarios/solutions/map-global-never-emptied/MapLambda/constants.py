"""Names of the pipeline's tables, attributes and parameters."""

REDUCE_TABLE_NAME = "ReduceTable"
REDUCE_TABLE_KEY = "MessageId"
MESSAGE_COLUMN_NAME = "Message"

PARAMETER_TABLE_NAME = "ParameterTable"
PARAMETER_TABLE_KEY = "parameter"
PARAMETER_COLUMN_NAME = "value"
FAILURE_PARAMETER = "FAILURE_MAP_LAMBDA_PCT"

VALUE_COLUMN_NAME = "Value"
TIMESTAMP_COLUMN_NAME = "Timestamp"
HIERARCHY_COLUMN_NAME = "Hierarchy"

# From the top of the tree to its leaves.
AGGREGATION_HIERARCHY = ["RiskType", "TradeDesk", "Region"]

MESSAGE_COUNT_NAME = "message_count"
TIMESTAMP_FIRST_NAME = "timestamp_generator_first"
TIMESTAMP_MEAN_NAME = "timestamp_generator_mean"
