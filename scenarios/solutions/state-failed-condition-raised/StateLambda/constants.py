"""Names of the pipeline's tables, attributes and parameters."""

STATE_TABLE_NAME = "StateTable"
STATE_TABLE_KEY = "id"

PARAMETER_TABLE_NAME = "ParameterTable"
PARAMETER_TABLE_KEY = "parameter"
PARAMETER_COLUMN_NAME = "value"
FAILURE_PARAMETER = "FAILURE_STATE_LAMBDA_PCT"

ID_COLUMN_NAME = "TradeID"
VERSION_COLUMN_NAME = "Version"
VALUE_COLUMN_NAME = "Value"
TIMESTAMP_COLUMN_NAME = "Timestamp"
HIERARCHY_COLUMN_NAME = "Hierarchy"

MAX_AGE_SECONDS = 60
