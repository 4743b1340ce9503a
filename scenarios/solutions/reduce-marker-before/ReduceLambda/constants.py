"""Names of the pipeline's tables, attributes and parameters."""

MESSAGE_COLUMN_NAME = "Message"

AGGREGATE_TABLE_NAME = "AggregateTable"
AGGREGATE_TABLE_KEY = "Identifier"
VALUE_COLUMN_NAME = "Value"

PARAMETER_TABLE_NAME = "ParameterTable"
PARAMETER_TABLE_KEY = "parameter"
PARAMETER_COLUMN_NAME = "value"
FAILURE_PARAMETER = "FAILURE_REDUCE_LAMBDA_PCT"

# Entries of a message that are no sums.
TIMESTAMP_NAMES = ("timestamp_generator_first", "timestamp_generator_mean")
