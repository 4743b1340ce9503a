/* The pane beside the diagram: one step, the state after it, the ledger, what went in. */

const SOURCE_AROUND = 5;

function field(name, ...content) {
  return el("section", { class: "field" }, el("h3", {}, name), content);
}

/* The parts of a value that differ, each with what it was and is; those that do not are left out. */
function differences(before, after) {
  const rows = [];
  const names = [...new Set([...Object.keys(before || {}), ...Object.keys(after || {})])];
  for (const name of names) {
    const was = before ? before[name] : undefined;
    const is = after ? after[name] : undefined;
    if (inline(was) === inline(is) && (was === undefined) === (is === undefined)) continue;
    rows.push(el("div", { class: "part" }, el("dt", {}, name), el("dd", {},
      was === undefined ? null : el("del", {}, el("span", { class: "hidden" }, "was "), valueNode(was)),
      is === undefined ? null : el("ins", {}, el("span", { class: "hidden" }, "is "), valueNode(is)))));
  }
  return rows;
}

/* Items in DynamoDB's wire form, and the images in stream records, as what they mean. */
function comparable(value, place) {
  if (place.item) return itemFromWire(value);
  if (place.group !== "Streams of tables" || !isPlainObject(value)) return value;
  const { eventName, Keys, NewImage, OldImage, ...rest } = value;
  const images = { eventName, Keys: itemFromWire(Keys), OldImage: itemFromWire(OldImage),
    NewImage: itemFromWire(NewImage), ...rest };
  return Object.fromEntries(Object.entries(images).filter(([, part]) => part !== undefined));
}

function changeNode(change, pipeline) {
  const place = classify(change.component, pipeline);
  const before = comparable(change.before, place);
  const after = comparable(change.after, place);
  const gone = change.after === null || change.after === undefined;
  const fresh = change.before === null || change.before === undefined;
  const parts = isPlainObject(before || {}) && isPlainObject(after || {});
  return el("div", { class: `change ${gone ? "gone" : fresh ? "fresh" : "other"}` },
    el("h4", {}, el("span", { class: "owner" }, place.group === "Streams of tables" ? `${place.owner}'s stream` : place.owner),
      place.name === place.owner ? null : `${place.item ? " " : ", "}${shorten(place.name)}`,
      el("em", { class: "badge" }, gone ? "gone" : fresh ? "new" : "changed")),
    parts ? el("dl", { class: "parts" }, differences(before, after))
      : el("p", { class: "parts" }, fresh ? null : el("del", {}, valueNode(before)), " ",
        gone ? null : el("ins", {}, valueNode(after))));
}

function shorten(name) {
  return name.length > 40 ? `${name.slice(0, 16)}…` : name;
}

function sourceNode(model, code) {
  const where = `${code.function}/${code.file}:${code.line}`;
  const files = (model.trace.sources || {})[code.function];
  const text = files && files[code.file];
  if (!text) return el("p", {}, el("code", {}, where));
  const lines = text.replace(/\n$/, "").split("\n");
  const first = Math.max(1, code.line - SOURCE_AROUND);
  const last = Math.min(lines.length, code.line + SOURCE_AROUND);
  const listing = (from, to) => el("pre", { class: "source", tabindex: "0", "aria-label": `${where}, lines ${from} to ${to}` },
    lines.slice(from - 1, to).map((line, index) => el("span", {
      class: from + index === code.line ? "line here" : "line",
    }, el("span", { class: "at", "aria-hidden": "true" }, String(from + index)),
    from + index === code.line ? el("mark", {}, line || " ") : line, "\n")));
  return el("div", { class: "sources" }, el("p", {}, el("code", {}, where)), listing(first, last),
    first > 1 || last < lines.length
      ? el("details", { class: "fold" }, el("summary", {}, `The whole file, ${lines.length} lines`),
        listing(1, lines.length)) : null);
}

function requestNode(step) {
  const answer = step.answer;
  const operation = step.request.target.split(".").pop();
  return field(operation,
    el("details", { class: "fold" }, el("summary", {}, "Request"),
      step.request.fresh_token
        ? el("p", { class: "note" }, "ClientRequestToken: made by the SDK, another one in every attempt") : null,
      el("pre", { class: "json" }, JSON.stringify(step.request.body, null, 2))),
    answer ? el("details", { class: "fold", open: answer.status !== 200 },
      el("summary", {}, `Answer: ${answer.status === 200 ? "200" : `${answer.status}, refused`}`),
      el("pre", { class: "json" }, JSON.stringify(answer.body, null, 2))) : null);
}

function othersNode(model, step) {
  const enabled = model.trace.enabled;
  if (!enabled || !enabled[step.n - 1]) return null;
  const others = enabled[step.n - 1].map((index) => model.trace.choices[index]);
  if (others.length === 0)
    return field("Could have happened instead", el("p", { class: "muted" }, "Nothing: this was the only way on."));
  return field("Could have happened instead", el("ul", { class: "others" }, others.map((other) =>
    el("li", {}, el("b", {}, other.actor), " ", folded(other.summary),
      other.fault ? el("em", { class: "badge" }, `fault: ${other.fault}`) : null))));
}

function changesNode(model, step) {
  const changes = step.changes || [];
  const loud = changes.filter((change) => !QUIET_GROUPS.includes(classify(change.component, model.pipeline).group));
  const quiet = changes.filter((change) => !loud.includes(change));
  const nodes = loud.map((change) => changeNode(change, model.pipeline));
  if (quiet.length > 0)
    nodes.push(el("details", { class: "fold" },
      el("summary", {}, loud.length > 0 ? "Pollers and clocks" : "Only pollers and clocks"),
      quiet.map((change) => changeNode(change, model.pipeline))));
  return field("Changed", nodes.length > 0 ? nodes : el("p", { class: "muted" }, "Nothing."));
}

function showStep(model, panel, step) {
  const end = step.end;
  const detail = end && end.detail && end.detail.class ? `${end.detail.class}: ${end.detail.message || ""}`
    : end && end.detail && end.detail.message ? end.detail.message : "";
  panel.replaceChildren(
    el("h2", {}, `Step ${step.n} `, el("span", { class: "muted" }, `of ${model.steps.length}`)),
    el("p", { class: "lead" }, el("b", {}, step.actor), " ", step.summary,
      step.fault ? el("em", { class: "badge bad" }, `fault: ${step.fault}`) : null),
    ...step.why.map((why) => el("p", { class: "matters-note" }, why)),
    ...[
      changesNode(model, step),
      step.code ? field("Called from", sourceNode(model, step.code)) : null,
      step.request ? requestNode(step) : null,
      end && end.kind !== "return" ? field(`The invocation ends: ${end.kind}`, detail ? el("p", {}, detail) : null,
        end.code && JSON.stringify(end.code) !== JSON.stringify(step.code) ? sourceNode(model, end.code) : null) : null,
      step.output ? field("Printed", el("pre", { class: "output", tabindex: "0" }, step.output)) : null,
      step.records ? field("Records", el("ul", {}, step.records.map((name) =>
        el("li", {}, el("code", {}, name))))) : null,
      othersNode(model, step),
    ].filter((node) => node !== null));
}

const GROUPS = ["Tables", "Streams", "Streams of tables", "Pollers", "Tokens", "Placements", "Clocks",
  "Faults so far", "Generator", "Other"];

function componentNode(model, component, value, change) {
  const place = classify(component, model.pipeline);
  if (change) return changeNode(change, model.pipeline);
  const shown = comparable(value, place);
  return el("div", { class: "component" },
    el("h4", {}, shorten(place.name === place.owner ? place.owner : place.name)),
    valueNode(isPlainObject(shown)
      ? Object.entries(shown).map(([key, part]) => `${key} ${inline(part)}`).join(", ") : shown));
}

/* The state after a step: everything by kind and owner, changes marked. */
function showState(model, panel, step, changedOnly, onToggle) {
  const state = model.states.at(step.n);
  const changes = new Map((step.changes || []).map((change) => [change.component, change]));
  const groups = new Map(GROUPS.map((name) => [name, new Map()]));
  const names = [...new Set([...state.keys(), ...changes.keys()])].sort(naturally);
  for (const name of names) {
    if (changedOnly && !changes.has(name)) continue;
    const place = classify(name, model.pipeline);
    const owners = groups.get(place.group);
    owners.set(place.owner, [...(owners.get(place.owner) || []), name]);
  }
  const nodes = [];
  for (const [group, owners] of groups) {
    if (owners.size === 0) continue;
    nodes.push(el("section", { class: "group" }, el("h3", {}, group), [...owners].map(([owner, members]) =>
      el("details", { class: "owner-group", open: group !== "Clocks" && group !== "Generator" },
        el("summary", {}, group === "Pollers" ? owner : `${owner} `, group === "Pollers" ? null
          : el("span", { class: "muted" }, `${members.length}`),
        members.some((name) => changes.has(name)) ? el("em", { class: "badge matters" }, "changed") : null),
        members.map((name) => componentNode(model, name, state.get(name), changes.get(name)))))));
  }
  panel.replaceChildren(
    el("h2", {}, `State after step ${step.n}`),
    el("label", { class: "check" }, el("input", {
      type: "checkbox", checked: changedOnly, onchange: (event) => onToggle(event.target.checked),
    }), " only what this step changed"),
    ...(nodes.length > 0 ? nodes : [el("p", { class: "muted" }, "Nothing changed.")]));
}

const collator = new Intl.Collator("en", { numeric: true });
function naturally(a, b) {
  return collator.compare(a, b);
}

/* Every message's way, with the batches and rows that carried it. */
function showLedger(model, panel, current) {
  if (panel.childElementCount === 0) {
    panel.append(el("h2", {}, "Ledger"),
      el("p", { class: "muted" }, "Every message's way through streams and tables, with the batch and the row that carried it."));
    for (const message of model.ledger) {
      const wrong = message.counted !== null && message.counted !== message.expected;
      panel.append(el("section", { class: `way${wrong ? " wrong" : ""}` },
        el("h3", {}, `${message.trade} v${message.version} `,
          el("span", { class: wrong ? "badge bad" : "badge" }, message.counted === null
            ? "count not known" : `counted ${message.counted}, expected ${message.expected}`)),
        el("ol", {}, message.entries.map((entry) => el("li", { class: `event-${entry.event}`, "data-step": entry.n },
          stepLink(entry.n, `${entry.n}`), " ", el("span", {}, entry.text))))));
    }
    if (model.ledger.length === 0) panel.append(el("p", {}, "No message is put."));
  }
  for (const entry of panel.querySelectorAll("li[data-step]"))
    entry.classList.toggle("current", Number(entry.dataset.step) === current);
}

/* Scenario, template, code: what the run was made of. */
function showInput(model, panel) {
  if (panel.childElementCount > 0) return;
  const trace = model.trace;
  const functions = Object.entries(trace.functions || {});
  const faults = Object.entries(trace.faults || {}).map(([kind, cap]) => (cap === null ? kind : `${kind} (at most ${cap})`));
  const source = (title, input) => field(`${title}: ${input.file.split("/").pop()}`, el("details", { class: "fold" },
    el("summary", {}, `${input.text.split("\n").length} lines`), el("pre", { class: "source", tabindex: "0" }, input.text)));
  panel.append(el("h2", {}, "What went in"),
    field("Functions", el("dl", { class: "parts" }, functions.map(([name, entry]) => el("div", { class: "part" },
      el("dt", {}, name), el("dd", {}, `${entry.code || "reference handler in C"}${entry.fallback ? " (the Lab 2 reference)" : ""}`,
        el("br"), el("code", { class: "muted" }, entry.digest)))))),
    field("Faults that may happen", el("p", {}, faults.length > 0 ? faults.join(", ") : "none")),
    field("Values", el("p", {}, `${trace.valuation}; oncecheck ${trace.oncecheck}${trace.versions ? `; ${trace.versions}` : ""}`)),
    source("Scenario", trace.scenario), source("Template", trace.template));
}
