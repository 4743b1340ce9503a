/* The trace as the page needs it: lanes, what each step does between them, the state at any step. */

const READS = /(^|\.)(Get|BatchGet|TransactGet|Query|Scan)/;

/* "ReduceLambda/shard-0#2" without the number of its invocation. */
function laneOfActor(actor) {
  const hash = actor.lastIndexOf("#");
  return hash < 0 ? actor : actor.slice(0, hash);
}

/* All that a request names as TableName, and the keys of BatchGetItem and BatchWriteItem. */
function tablesOfRequest(body) {
  const found = new Set();
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    for (const [key, part] of Object.entries(value)) {
      if (key === "TableName" && typeof part === "string") found.add(part.split("/").pop());
      else if (key === "RequestItems" && part) Object.keys(part).forEach((name) => found.add(name));
      else visit(part);
    }
  };
  visit(body);
  return [...found];
}

/* Where a component of the state belongs: {group, owner, name}. Names may hold anything: the longest
   name of the pipeline that begins it decides. */
function classify(component, pipeline) {
  const longest = (names) => names.filter((name) => component.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (component === "Generator") return { group: "Generator", owner: "Generator", name: "puts made" };
  if (component.startsWith("tokens/"))
    return { group: "Tokens", owner: "tokens", name: component.slice(7) };
  if (component.startsWith("faults/"))
    return { group: "Faults so far", owner: "faults", name: component.slice(7) };
  const stream = longest(pipeline.streams);
  const table = longest(pipeline.tables);
  const functionName = longest(pipeline.functions);
  const rest = (owner) => component.slice(owner.length + 1);
  const shard = stream && /^shard-(\d+)\/(\d+)$/.exec(rest(stream));
  if (shard) return { group: "Streams", owner: stream, name: `shard ${shard[1]}, record ${shard[2]}` };
  if (table) {
    const record = /^stream-(\d+)\/(\d+)$/.exec(rest(table));
    if (record)
      return { group: "Streams of tables", owner: table, name: `shard ${record[1]}, record ${record[2]}` };
    if (rest(table).startsWith("placement/"))
      return { group: "Placements", owner: table, name: rest(table).slice(10) };
    return { group: "Tables", owner: table, name: rest(table), item: true };
  }
  if (functionName && rest(functionName) === "clock")
    return { group: "Clocks", owner: functionName, name: "ms since the start" };
  if (functionName) return { group: "Pollers", owner: component, name: component };
  return { group: "Other", owner: component, name: component };
}

/* What a step does between lanes: {from, to, touches, style} or {at, sign}. */
function movement(step, pipeline) {
  const lane = laneOfActor(step.actor);
  const changed = (step.changes || []).map((change) => classify(change.component, pipeline));
  if (step.action === "put") {
    const record = changed.find((place) => place.group === "Streams");
    if (record) return { from: lane, to: record.owner, touches: [], style: "write" };
  }
  if (step.action === "poll" && step.records && step.records.length > 0) {
    const source = classify(step.records[0], pipeline).owner;
    return { from: source, to: lane, touches: [], style: "poll" };
  }
  if (step.action === "call" && step.request) {
    const tables = tablesOfRequest(step.request.body);
    const written = [...new Set(changed.filter((place) => place.item).map((place) => place.owner))];
    const target = written[0] || tables[0];
    const refused = step.answer && step.answer.status !== 200;
    if (target !== undefined) {
      const touches = tables.filter((name) => name !== target);
      if (refused) return { from: lane, to: target, touches, style: "refused" };
      if (READS.test(step.request.target)) return { from: target, to: lane, touches, style: "read" };
      return { from: lane, to: target, touches, style: written.length > 0 ? "write" : "nothing" };
    }
  }
  const signs = { invoke: "▷", acknowledge: "✓", retry: "↻", bisect: "½", partial: "½", drop: "∅", crash: "✕", timeout: "⧖", draw: "⚄", clock: "◷" };
  return { at: lane, sign: signs[step.action] || "•" };
}

/* Lanes in the order in which data flows, as the template has it; what it does not explain comes
   last, in the order of the steps. */
function orderLanes(steps, pipeline) {
  const used = [];
  const written = new Map();
  const use = (name) => { if (!used.includes(name)) used.push(name); };
  for (const step of steps) {
    const move = step.move;
    for (const name of [move.at, move.from, move.to, ...(move.touches || [])])
      if (name !== undefined) use(name);
    if (move.style === "write" || move.style === "nothing" || move.style === "refused") {
      const lane = laneOfActor(step.actor);
      written.set(lane, [...(written.get(lane) || []), move.to, ...move.touches]);
    }
  }
  const lanes = [];
  const place = (name) => {
    if (used.includes(name) && !lanes.includes(name)) lanes.push(name);
  };
  place("Generator");
  const queue = [...pipeline.streams];
  const visited = new Set();
  while (queue.length > 0) {
    const source = queue.shift();
    if (visited.has(source)) continue;
    visited.add(source);
    place(source);
    for (const mapping of pipeline.mappings.filter((entry) => entry.source === source)) {
      const pollers = used.filter((name) => name.startsWith(`${mapping.function}/`)).sort();
      pollers.forEach(place);
      for (const poller of pollers) queue.push(...(written.get(poller) || []));
    }
  }
  used.forEach(place);
  return lanes;
}

/* The state after each step, reached from the state before or after it: stepping costs what changes. */
class States {
  constructor(initial, steps) {
    this.steps = steps;
    this.state = new Map(Object.entries(initial || {}));
    this.position = 0;
  }

  at(position) {
    while (this.position < position) this.apply(this.steps[this.position++], "after");
    while (this.position > position) this.apply(this.steps[--this.position], "before");
    return this.state;
  }

  apply(step, side) {
    for (const change of step.changes || []) {
      if (change[side] === null || change[side] === undefined) this.state.delete(change.component);
      else this.state.set(change.component, change[side]);
    }
  }
}

/* Components that nearly every step changes. */
const QUIET_GROUPS = ["Pollers", "Clocks", "Generator"];

/* Lower-case text that the search looks through. */
function searchText(step, pipeline) {
  const code = step.code ? `${step.code.function}/${step.code.file}:${step.code.line}` : "";
  const changes = (step.changes || [])
    .filter((change) => !QUIET_GROUPS.includes(classify(change.component, pipeline).group))
    .map((change) => `${change.component} ${JSON.stringify(change.after)}`).join(" ");
  return [`step ${step.n}`, step.actor, step.action, step.fault || "", step.summary, code,
    step.output || "", step.request ? JSON.stringify(step.request) : "", changes]
    .join(" ").toLowerCase();
}

function buildModel(data) {
  const trace = data.trace;
  const steps = trace.steps;
  const keySteps = new Map();
  for (const key of trace.violation.key_steps || [])
    keySteps.set(key.n, [...(keySteps.get(key.n) || []), key.why]);
  let running = [];
  for (const step of steps) {
    step.move = movement(step, data.pipeline);
    step.lane = laneOfActor(step.actor);
    step.why = keySteps.get(step.n) || [];
    const poller = (step.changes || []).find((change) => change.component === step.lane);
    const waits = poller && poller.after && poller.after.invocation === "waiting";
    if ((step.action === "poll" || step.action === "invoke") && !waits)
      running = [...running.filter((lane) => lane !== step.lane), step.lane];
    step.running = running;
    if (step.action === "acknowledge") running = running.filter((lane) => lane !== step.lane);
  }
  return {
    trace, steps, pipeline: data.pipeline, ledger: data.ledger || [],
    lanes: orderLanes(steps, data.pipeline), states: new States(trace.initial, steps),
  };
}
