/* The tables and the requests. Each case has keys of its own, so that a difference in one does not
   become one in the next: an item is put, a request is made, the item is read back. */
"use strict";
const values = require("./values");
const { Builder, NAMES, mangle } = require("./expressions");

const key = (AttributeName, KeyType) => ({ AttributeName, KeyType });
const definition = (AttributeName, AttributeType) => ({ AttributeName, AttributeType });
const TABLES = [
  { TableName: "ByText", KeySchema: [key("id", "HASH")], AttributeDefinitions: [definition("id", "S")] },
  {
    TableName: "ByTextNumber",
    KeySchema: [key("id", "HASH"), key("at", "RANGE")],
    AttributeDefinitions: [definition("id", "S"), definition("at", "N"), definition("s", "S"), definition("n", "N")],
    LocalSecondaryIndexes: [
      { IndexName: "Local", KeySchema: [key("id", "HASH"), key("n", "RANGE")], Projection: { ProjectionType: "ALL" } },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: "Global", KeySchema: [key("s", "HASH"), key("n", "RANGE")], Projection: { ProjectionType: "KEYS_ONLY" } },
    ],
  },
  {
    TableName: "ByTextText",
    KeySchema: [key("id", "HASH"), key("at", "RANGE")],
    AttributeDefinitions: [definition("id", "S"), definition("at", "S")],
  },
].map((table) => ({ ...table, BillingMode: "PAY_PER_REQUEST" }));

const RANGES = { ByTextNumber: ["-1", "0", "1", "1.5", "2", "10"], ByTextText: ["a", "ab", "b", "ba", "A"] };

const keyOf = (r, table, id, at) => {
  const found = { id: { S: id } };
  if (RANGES[table]) found.at = { [table === "ByTextNumber" ? "N" : "S"]: at ?? r.one(RANGES[table]) };
  return found;
};

/* Attributes of the types that their names promise, for the most part. */
const attributes = (r, table) => {
  const item = {};
  for (const name of r.some(NAMES.slice(0, 7), 60)) {
    const own = {
      s: () => ({ S: r.one(values.TEXTS) }),
      n: () => ({ N: r.one(values.NUMBERS.slice(0, 12)) }),
      l: () => ({ L: Array.from({ length: r.below(4) }, () => values.value(r, 1)) }),
      m: () => ({ M: { a: values.value(r, 1), b: values.scalar(r) } }),
      ss: () => ({ SS: ["a", "b", "z"].slice(r.below(3)) }),
      ns: () => ({ NS: ["1", "2", "77"].slice(r.below(3)) }),
      x: () => values.value(r),
    }[name];
    const indexed = table === "ByTextNumber" && (name === "s" || name === "n");
    item[name] = !indexed && r.chance(15) ? values.value(r) : own();
  }
  return item;
};

const wrongKey = (r, found) =>
  r.weighted([
    [1, () => ({})],
    [1, () => ({ id: { N: "1" } })],
    [1, () => ({ ...found, more: { S: "a" } })],
    [1, () => ({ ...found, id: { S: "" } })],
    [1, () => ({ at: { N: "1" } })],
    [1, () => ({ ...found, at: { BOOL: true } })],
    [1, () => ({ ...found, id: values.wrong(r) })],
  ])();

const aKey = (r, table, id, at) => (r.chance(3) ? wrongKey(r, keyOf(r, table, id, at)) : keyOf(r, table, id, at));

/* These operations have no parameter for values. */
const namesOnly = (request) => {
  delete request.ExpressionAttributeValues;
  return request;
};

const put = (r, TableName, id, at) => {
  const Item = { ...attributes(r, TableName), ...aKey(r, TableName, id, at) };
  if (r.chance(8)) Item[r.one(NAMES)] = values.wrong(r);
  const request = { TableName, Item };
  const builder = new Builder(r);
  if (r.chance(60)) request.ConditionExpression = mangle(r, builder.condition());
  if (r.chance(40)) request.ReturnValues = r.one(["NONE", "ALL_OLD", "ALL_OLD", r.one(["ALL_NEW", "old"])]);
  return ["PutItem", builder.finish(request)];
};

const remove = (r, TableName, id, at) => {
  const request = { TableName, Key: aKey(r, TableName, id, at) };
  const builder = new Builder(r);
  if (r.chance(70)) request.ConditionExpression = mangle(r, builder.condition());
  if (r.chance(40)) request.ReturnValues = r.one(["NONE", "ALL_OLD", "ALL_OLD", r.one(["UPDATED_OLD", ""])]);
  return ["DeleteItem", builder.finish(request)];
};

const update = (r, TableName, id, at) => {
  const request = { TableName, Key: aKey(r, TableName, id, at) };
  const builder = new Builder(r);
  if (r.chance(95)) request.UpdateExpression = mangle(r, builder.update());
  if (r.chance(30)) request.ConditionExpression = mangle(r, builder.condition());
  if (r.chance(70)) request.ReturnValues = r.one(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]);
  return ["UpdateItem", builder.finish(request)];
};

const get = (r, TableName, id, at) => {
  const request = { TableName, Key: aKey(r, TableName, id, at) };
  const builder = new Builder(r);
  if (r.chance(70)) request.ProjectionExpression = mangle(r, builder.projection());
  if (r.chance(30)) request.ConsistentRead = r.chance(50);
  return ["GetItem", namesOnly(builder.finish(request))];
};

const keyCondition = (r, builder, TableName, id) => {
  const hash = `${builder.attribute("id")} = ${builder.value({ S: id })}`;
  if (!RANGES[TableName] || r.chance(30)) return hash;
  const type = TableName === "ByTextNumber" ? "N" : "S";
  const bound = () => builder.value({ [type]: r.one(RANGES[TableName]) });
  const range = builder.attribute("at");
  const condition = r.weighted([
    [4, () => `${range} ${r.one(["=", "<", "<=", ">", ">="])} ${bound()}`],
    [2, () => `${range} BETWEEN ${bound()} AND ${bound()}`],
    [1, () => `begins_with(${range}, ${bound()})`],
    [1, () => builder.condition(3)],
  ])();
  return r.chance(90) ? `${hash} AND ${condition}` : `${condition} AND ${hash}`;
};

const query = (r, TableName, id) => {
  const builder = new Builder(r);
  const request = { TableName, KeyConditionExpression: mangle(r, keyCondition(r, builder, TableName, id)) };
  if (r.chance(30)) request.FilterExpression = mangle(r, builder.condition());
  if (r.chance(30)) request.ProjectionExpression = mangle(r, builder.projection());
  if (r.chance(30)) request.ScanIndexForward = r.chance(50);
  if (r.chance(30)) request.Limit = r.below(4);
  if (r.chance(15)) request.Select = r.one(["COUNT", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SOME"]);
  if (r.chance(10)) request.ExclusiveStartKey = aKey(r, TableName, id);
  if (r.chance(5)) request.IndexName = r.one(["Local", "Global", "None"]);
  return ["Query", builder.finish(request)];
};

const local = (r, TableName, id) => {
  const builder = new Builder(r);
  const condition = `${builder.attribute("id")} = ${builder.value({ S: id })}`;
  const request = { TableName: "ByTextNumber", IndexName: "Local", KeyConditionExpression: condition };
  if (r.chance(60)) request.KeyConditionExpression += ` AND n ${r.one(["=", "<", ">="])} ${builder.value({ N: r.one(["1", "2", "1.5"]) })}`;
  if (r.chance(30)) request.ScanIndexForward = r.chance(50);
  return ["Query", builder.finish(request)];
};

/* Everything of one case, since others' items are there too. */
const scan = (r, TableName, id) => {
  const builder = new Builder(r);
  const request = { TableName };
  request.FilterExpression = mangle(r, `begins_with(id, ${builder.value({ S: id })}) AND (${builder.condition()})`);
  if (r.chance(30)) request.ProjectionExpression = builder.projection();
  if (r.chance(10)) request.Select = r.one(["COUNT", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]);
  return ["Scan", builder.finish(request)];
};

const batchGet = (r, TableName, id) => {
  const request = { Keys: Array.from({ length: r.below(4) + (r.chance(95) ? 1 : 0) }, (_, i) => aKey(r, TableName, `${id}${i === 0 ? "" : i}`)) };
  if (r.chance(5) && request.Keys.length > 0) request.Keys.push(request.Keys[0]);
  const builder = new Builder(r);
  if (r.chance(40)) request.ProjectionExpression = mangle(r, builder.projection());
  namesOnly(builder.finish(request));
  return ["BatchGetItem", { RequestItems: { [r.chance(98) ? TableName : "Nowhere"]: request } }];
};

const batchWrite = (r, TableName, id) => {
  const writes = Array.from({ length: r.below(4) + (r.chance(95) ? 1 : 0) }, (_, i) =>
    r.chance(60)
      ? { PutRequest: { Item: { ...attributes(r, TableName), ...aKey(r, TableName, `${id}${i === 0 ? "" : i}`) } } }
      : { DeleteRequest: { Key: aKey(r, TableName, `${id}${i === 0 ? "" : i}`) } },
  );
  if (r.chance(3) && writes.length > 0) writes.push(writes[0]);
  return ["BatchWriteItem", { RequestItems: { [TableName]: writes } }];
};

const MAKERS = [
  [6, put], [3, remove], [10, update], [4, get], [6, query], [2, local], [2, scan], [2, batchGet], [2, batchWrite],
];

/* The requests of case `number`: [operation, body] pairs. */
const requestsOf = (r, number) => {
  const id = `case${number}.`;
  const make = r.weighted(MAKERS);
  const TableName = make === local ? "ByTextNumber" : r.one(TABLES).TableName;
  const requests = [];
  const ranges = RANGES[TableName] || [undefined];
  const count = r.chance(85) ? 1 + r.below(ranges.length) : 0;
  for (const at of ranges.slice(0, count))
    requests.push(["PutItem", { TableName, Item: { ...attributes(r, TableName), ...keyOf(r, TableName, id, at) } }]);
  requests.push(make(r, r.chance(99) ? TableName : "Nowhere", id, r.chance(80) ? ranges[0] : undefined));
  if (make === put || make === remove || make === update || make === batchWrite)
    requests.push(["Query", { TableName, KeyConditionExpression: "id = :i", ExpressionAttributeValues: { ":i": { S: id } } }]);
  return requests;
};

module.exports = { TABLES, requestsOf };
