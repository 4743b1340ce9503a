/* Where oncecheck and dynalite are known to differ, and who is right by AWS's documentation or by
   what was measured on AWS (scylladb/scylladb, test/alternator, is kept passing on it). */
"use strict";

const says = (answer, text) => typeof answer.body?.message === "string" && answer.body.message.includes(text);
const texts = (body) =>
  [body.ConditionExpression, body.FilterExpression, body.UpdateExpression, body.KeyConditionExpression].filter(Boolean).join("; ");
const CONDITION_FAILED = "ConditionalCheckFailed";
const failed = (answer) => String(answer.body.__type).includes(CONDITION_FAILED);
const only = (text, allowed) => (text || "").match(/\b(SET|ADD|REMOVE|DELETE)\b/g)?.every((clause) => allowed.includes(clause));

/* name of the gap, whether a difference is one of it */
const GAPS = [
  ["dynalite crashes", ({ theirs }) => theirs.body.__type === "crash" || theirs.status === 500],
  [
    "types of values that are compared: AWS checks them before it evaluates anything, dynalite does not",
    ({ ours }) => says(ours, "Incorrect operand type for operator or function; operator or function: "),
  ],
  [
    "Select beside ProjectionExpression or IndexName: AWS refuses what contradicts it, dynalite does not",
    ({ ours, body }) => body.Select !== undefined && says(ours, "One or more parameter values were invalid"),
  ],
  [
    "DeleteItem knows ALL_OLD and NONE only (API reference, DeleteItem); dynalite takes all the others",
    ({ ours }) => says(ours, "ReturnValues can only be ALL_OLD or NONE"),
  ],
  [
    "numbers of more than 38 digits as the result of a calculation: AWS refuses them, dynalite stores them",
    ({ ours }) => says(ours, "Attempting to store more than 38 significant digits in a Number") || says(ours, "Number overflow") || says(ours, "Number underflow"),
  ],
  [
    "REMOVE and DELETE alone make no item (measured); dynalite makes one, or refuses a path into it",
    ({ before, body, operation, ours }) =>
      ours.status === 200 && only((operation === "UpdateItem" ? body : before).UpdateExpression, ["REMOVE", "DELETE"]),
  ],
  [
    "a path into nothing, removed from an item that is not there: measured for REMOVE alone, not beside a SET",
    ({ theirs, body }) => says(theirs, "invalid for update") && /REMOVE|DELETE/.test(body.UpdateExpression),
  ],
  [
    "attribute_type of a BOOL that is false: dynalite takes the value for one that is missing",
    ({ body, theirs }) => /attribute_type/.test(texts(body)) && Object.values(body.ExpressionAttributeValues || {}).some((value) => value.S === "BOOL") && (failed(theirs) || theirs.status === 200),
  ],
  [
    "SET a = x beside a change within x: every action sees the item as it was (API reference, UpdateItem); in dynalite a and x are one value",
    ({ before, ours, theirs }) =>
      /\bSET\b.*=\s*(if_not_exists\s*\()?\s*[#a-z]/.test(before?.UpdateExpression) && /\bADD\b|,/.test(before?.UpdateExpression) && ours.status === 200 && theirs.status === 200,
  ],
  [
    "an empty text as an index's key: AWS refuses it in its own words, dynalite stores it",
    ({ ours }) => says(ours, "cannot contain an empty string value. IndexName: "),
  ],
  ["NOT NOT x: dynalite cannot read it", ({ theirs, body }) => says(theirs, "Syntax error") && /NOT\s+NOT/i.test(texts(body))],
  [
    "an update whose ReturnValues has nothing to show: no Attributes, or empty ones",
    ({ operation, body, theirs, ours }) =>
      operation === "UpdateItem" && /^UPDATED/.test(body.ReturnValues) && ours.body.Attributes === undefined && theirs.status === 200 && Object.keys(theirs.body.Attributes || {}).length === 0,
  ],
  [
    "items with equal keys of an index: their order is not documented",
    ({ body, ours, theirs }) => body.IndexName !== undefined && ours.status === 200 && theirs.status === 200 && ours.body.Count === theirs.body.Count,
  ],
  [
    "two things that are both missing: equal to nothing, not to each other (measured); dynalite takes them for equal",
    ({ ours, theirs, body }) =>
      comparesPaths(texts(body)) && (failed(ours) || failed(theirs) || (ours.status === 200 && theirs.status === 200)),
  ],
  [
    "paths into an index's key: AWS refuses them, dynalite does not look into conditions",
    ({ ours, theirs, body }) => says(ours, "IndexKey: ") && body.ConditionExpression !== undefined && !says(theirs, "ValidationException"),
  ],
  [
    "list_append within if_not_exists: no operand of the documented grammar; dynalite takes it",
    ({ ours }) => says(ours, "not allowed to be used this way in an expression; function: list_append"),
  ],
  [
    "an empty key in the condition of a Query: dynalite does not check it",
    ({ ours, operation }) => operation === "Query" && says(ours, "cannot contain an empty string value"),
  ],
  [
    "the type of an index's key in an update: dynalite checks it before the condition, and where nothing is written",
    ({ theirs }) => says(theirs, "Type mismatch for Index Key"),
  ],
];

/* Some comparison has no placeholder of a value on either side. */
const comparesPaths = (text) =>
  /(^|[(\s;])(size\([^)]*\)|[#a-z][^\s(),]*)\s*(=|<>|<=|>=|<|>|BETWEEN|IN)\s*\(?(size\(|[#a-z])/.test(text) || /contains\([^:]*, [^:]*\)/.test(text);

const gapOf = (difference) => {
  for (const [name, matches] of GAPS) if (matches(difference)) return name;
  return null;
};

module.exports = { gapOf };
