#!/usr/bin/env python3
"""The DynamoDB stub of the generated pytests (reports/pytest_*.py): its expressions and operations.

    check_expressions.py TEST.py        a generated test, whose stub is tried
"""

import importlib.util
import sys

TABLES = {
    "T": {
        "keys": [["id", "S"], ["n", "N"]],
        "stream": "NEW_AND_OLD_IMAGES",
        "shards": 1,
        "items": [],
        "places": [],
    }
}
ITEM = {
    "id": {"S": "a"},
    "n": {"N": "1.5"},
    "list": {"L": [{"S": "x"}, {"M": {"deep": {"N": "7"}}}]},
    "tags": {"SS": ["red", "blue"]},
    "size": {"B": "AAEC"},
}
VALUES = {":one": {"N": "1"}, ":a": {"S": "a"}, ":red": {"S": "red"}, ":seven": {"N": "7.0"}, ":type": {"S": "L"}}

CONDITIONS = [
    ("attribute_exists(id) AND NOT attribute_exists(missing)", True),
    ("attribute_not_exists(id) OR n > :one", True),
    ("n = :one", False),
    ("#l[1].deep = :seven", True),
    ("#l[5] = :seven", False),
    ("missing <> :one", True),
    ("missing < :one", False),
    ("id IN (:red, :a)", True),
    ("n BETWEEN :one AND :seven", True),
    ("begins_with(id, :a) and contains(tags, :red)", True),
    ("attribute_type(#l, :type)", True),
    ("size(#l) > :one AND (n = :one OR id = :a)", True),
    ("id > :one", False),
]
UPDATES = [
    ("SET n2 = n + :one, n3 = n - :one", {"n2": {"N": "2.5"}, "n3": {"N": "0.5"}}),
    ("SET c = if_not_exists(c, :one)", {"c": {"N": "1"}}),
    ("SET #l = list_append(#l, #l)", {"list": {"L": ITEM["list"]["L"] * 2}}),
    ("SET #l[0] = :a", {"list": {"L": [{"S": "a"}, ITEM["list"]["L"][1]]}}),
    ("SET a = n, b = id REMOVE tags", {"a": {"N": "1.5"}, "b": {"S": "a"}, "tags": None}),
    ("ADD c :one", {"c": {"N": "1"}}),
    ("REMOVE #l[0]", {"list": {"L": ITEM["list"]["L"][1:]}}),
]


def check_expressions(module):
    names = {"#l": "list"}
    for text, expected in CONDITIONS:
        request = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": VALUES}
        found = module.Expression(text, request).condition()(ITEM)
        assert found is expected, (text, found)
    for text, expected in UPDATES:
        request = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": VALUES}
        updated = module.apply_update(ITEM, module.Expression(text, request).update())
        for name, value in expected.items():
            assert updated.get(name) == value, (text, name, updated.get(name))
        kept = {name: value for name, value in updated.items() if name not in expected}
        assert kept == {name: value for name, value in ITEM.items() if name not in expected}, text


def refused(call, *arguments):
    try:
        call(*arguments)
    except Exception as refusal:
        return refusal
    raise AssertionError(f"{arguments} was not refused")


def check_operations(module):
    now = [0.0]
    database = module.Database(TABLES, lambda: now[0])
    row = {"id": {"S": "a"}, "n": {"N": "1"}}
    database.put_item({"TableName": "T", "Item": {**row, "v": {"N": "1.0"}}})
    once = {"TableName": "T", "Item": row, "ConditionExpression": "attribute_not_exists(id)"}
    assert refused(database.put_item, once).code == "ConditionalCheckFailedException"
    assert refused(database.put_item, {"TableName": "T", "Item": {"id": {"S": "a"}}}).code == "ValidationException"
    assert refused(database.get_item, {"TableName": "U", "Key": row}).code == "ResourceNotFoundException"
    add = {
        "Update": {
            "TableName": "T",
            "Key": row,
            "UpdateExpression": "ADD v :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    transaction = {"ClientRequestToken": "token", "TransactItems": [add]}
    for seconds, value in ((0, "2"), (600, "2"), (601, "3")):  # the token is known for ten minutes
        now[0] = seconds
        database.transact_write_items(transaction)
        assert database.get_item({"TableName": "T", "Key": row})["Item"]["v"] == {"N": value}
    other = {**transaction, "TransactItems": [{"Put": {"TableName": "T", "Item": row}}]}
    assert refused(database.transact_write_items, other).code == "IdempotentParameterMismatchException"
    missing = {"TableName": "T", "Key": {**row, "n": {"N": "2"}}, "ConditionExpression": "attribute_exists(id)"}
    cancelled = refused(database.transact_write_items, {"TransactItems": [add, {"ConditionCheck": missing}]})
    assert [r["Code"] for r in cancelled.body["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert database.get_item({"TableName": "T", "Key": row})["Item"]["v"] == {"N": "3"}
    for n in (3, 2, 10):
        database.put_item({"TableName": "T", "Item": {"id": {"S": "a"}, "n": {"N": str(n)}}})
    query = {
        "TableName": "T",
        "KeyConditionExpression": "id = :a AND n > :one",
        "ExpressionAttributeValues": VALUES,
        "Limit": 2,
    }
    first = database.query(query)
    assert [item["n"]["N"] for item in first["Items"]] == ["2", "3"]
    rest = database.query({**query, "ExclusiveStartKey": first["LastEvaluatedKey"]})
    assert [item["n"]["N"] for item in rest["Items"]] == ["10"] and "LastEvaluatedKey" not in rest
    assert database.scan({"TableName": "T", "Select": "COUNT"})["Count"] == 4
    database.delete_item({"TableName": "T", "Key": {**row, "n": {"N": "10"}}})
    events = [record["eventName"] for record in database.tables["T"].logs[0]]
    assert events == ["INSERT", "MODIFY", "MODIFY", "INSERT", "INSERT", "INSERT", "REMOVE"], events
    assert isinstance(refused(database.answer, "CreateTable", {}), NotImplementedError)


def main():
    spec = importlib.util.spec_from_file_location("generated", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check_expressions(module)
    check_operations(module)
    print(f"{len(CONDITIONS)} conditions, {len(UPDATES)} updates and the operations")


if __name__ == "__main__":
    main()
