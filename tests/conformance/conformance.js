/* `make conformance`: generated requests to `oncecheck aws` and to dynalite; answers and types of
   errors must agree but for the known gaps. CASES=N SEED=N; VERBOSE=1 shows every difference. */
"use strict";
const { isDeepStrictEqual } = require("node:util");
const { startOncecheck, startDynalite } = require("./engines");
const { gapOf } = require("./gaps");
const { random } = require("./random");
const { TABLES, requestsOf } = require("./requests");

const CASES = Number(process.env.CASES || 5000);
const SEED = Number(process.env.SEED || 1);
const SHOWN_MAX = process.env.VERBOSE ? Infinity : 10;

const typeOf = (answer) => String(answer.body.__type).replace(/.*#/, "");

/* Sets have no order, nor has what a scan or a batch finds. */
const sorted = (value, list) => {
  if (Array.isArray(value)) {
    const parts = value.map((part) => sorted(part));
    return list ? parts.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : parts;
  }
  if (value === null || typeof value !== "object") return value;
  const free = ["SS", "NS", "BS"];
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name], free.includes(name))]));
};

const normal = (operation, body) => {
  const found = sorted(body);
  if (operation === "Scan") {
    delete found.ScannedCount; /* of other cases, too */
    if (found.Items) found.Items = sorted(found.Items, true);
  }
  if (found.Responses) for (const table of Object.keys(found.Responses)) found.Responses[table] = sorted(found.Responses[table], true);
  return found;
};

const compare = (operation, ours, theirs) => {
  if (ours.error) return "not simulated";
  if (ours.status !== theirs.status) return "status";
  if (ours.status !== 200) return typeOf(ours) === typeOf(theirs) ? null : "type of error";
  return isDeepStrictEqual(normal(operation, ours.body), normal(operation, theirs.body)) ? null : "answer";
};

const main = async () => {
  const oncecheck = startOncecheck();
  const dynalite = await startDynalite();
  const both = (operation, body) => Promise.all([oncecheck.ask(operation, body), dynalite.ask(operation, body)]);
  const gaps = new Map();
  const differences = new Map();
  let requests = 0;
  let errors = 0;
  let words = 0;
  let shown = 0;
  for (const table of TABLES) await both("CreateTable", table);
  for (const table of TABLES) {
    let status = "";
    while (status !== "ACTIVE") status = (await dynalite.ask("DescribeTable", { TableName: table.TableName })).body.Table.TableStatus;
  }
  for (let number = 0; number < CASES; number++) {
    const before = [];
    let last = {};
    for (const [operation, body] of requestsOf(random(SEED * 1000003 + number), number)) {
      const [ours, theirs] = await both(operation, body);
      requests++;
      errors += theirs.status === 200 ? 0 : 1;
      before.push(`${operation} ${JSON.stringify(body)}`);
      const kind = compare(operation, ours, theirs);
      const previous = last;
      last = body;
      if (kind === null) {
        if (ours.status !== 200 && ours.body.message !== theirs.body.message) words++;
        if (process.env.WORDS && ours.status !== 200 && ours.body.message !== theirs.body.message)
          console.log(`${operation}\n  ours   ${ours.body.message}\n  theirs ${theirs.body.message}`);
        continue;
      }
      const gap = gapOf({ kind, operation, body, before: previous, ours, theirs });
      if (gap !== null) {
        gaps.set(gap, (gaps.get(gap) || 0) + 1);
        break; /* what follows in this case may differ, too */
      }
      differences.set(kind, (differences.get(kind) || 0) + 1);
      if (shown++ < SHOWN_MAX)
        console.log(
          `case ${number}: ${kind}\n  ${before.join("\n  ")}\n  oncecheck ${JSON.stringify(ours)}\n  dynalite  ${JSON.stringify(theirs)}`,
        );
      break;
    }
  }
  oncecheck.stop();
  dynalite.stop();
  console.log(`${requests} requests of ${CASES} cases (SEED=${SEED}), ${errors} of them errors in dynalite; ${words} errors of the same type in other words`);
  for (const [gap, count] of [...gaps].sort()) console.log(`  known gap: ${gap}: ${count}`);
  for (const [kind, count] of differences) console.log(`  DIFFERENT: ${kind}: ${count}`);
  process.exitCode = differences.size === 0 ? 0 : 1;
};

main();
