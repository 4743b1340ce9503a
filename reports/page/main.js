/* Stepping, filters, keys, links: what happens when the reader does something. */

function start() {
  const model = buildModel(JSON.parse(byId("data").textContent));
  const count = model.steps.length;
  const searchTexts = model.steps.map((step) => searchText(step, model.pipeline));
  const view = { step: 0, tab: "step", changedOnly: false, visible: [] };
  const diagram = new Diagram(model);
  const tabs = [["step", "Step"], ["state", "State"], ["ledger", "Ledger"], ["input", "Input"]];

  function renderPane() {
    const step = model.steps[view.step - 1];
    if (!step) return;
    const panel = byId(`panel-${view.tab}`);
    if (view.tab === "step") showStep(model, panel, step);
    else if (view.tab === "state")
      showState(model, panel, step, view.changedOnly, (only) => { view.changedOnly = only; renderPane(); });
    else if (view.tab === "ledger") showLedger(model, panel, step.n);
    else showInput(model, panel);
  }

  function chooseTab(name, focus) {
    view.tab = name;
    for (const [id] of tabs) {
      const chosen = id === name;
      byId(`tab-${id}`).setAttribute("aria-selected", String(chosen));
      byId(`tab-${id}`).tabIndex = chosen ? 0 : -1;
      byId(`panel-${id}`).hidden = !chosen;
    }
    if (focus) byId(`tab-${name}`).focus();
    renderPane();
  }

  function select(number) {
    if (!(number >= 1 && number <= count)) return;
    view.step = number;
    const step = model.steps[number - 1];
    if (diagram.rows[number - 1].hidden) diagram.rows[number - 1].hidden = false;
    diagram.select(number);
    byId("goto").value = String(number);
    byId("announce").textContent =
      `Step ${number} of ${count}. ${step.actor} ${step.summary}${step.fault ? `, fault: ${step.fault}` : ""}`;
    showEnds();
    renderPane();
  }

  function showEnds() {
    const shown = (wanted) => view.visible.some((visible, index) => visible && wanted(index + 1));
    const back = shown((number) => number < view.step);
    const on = shown((number) => number > view.step);
    for (const [id, possible] of [["first", back], ["previous", back], ["next", on], ["last", on]])
      byId(id).disabled = !possible;
    byId("next-key").disabled = !model.steps.some((step) => step.n > view.step && step.why.length > 0);
  }

  /* Stepping replaces the address, so that "back" leaves the page and does not undo 200 steps; a link
     that is followed is a place to come back to. */
  function go(number) {
    if (!(number >= 1 && number <= count)) return;
    history.replaceState(null, "", `#step-${number}`);
    select(number);
  }

  /* The next shown step in a direction; where none is shown there, stay. */
  function move(by) {
    for (let number = view.step + by; number >= 1 && number <= count; number += by)
      if (view.visible[number - 1]) return go(number);
  }

  function moveToKey() {
    const next = model.steps.find((step) => step.n > view.step && step.why.length > 0);
    if (next) go(next.n);
  }

  function edge(steps) {
    const found = steps.find((step) => view.visible[step.n - 1]);
    if (found) go(found.n);
  }

  function filter() {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const only = byId("only").value;
    const minor = byId("minor").checked;
    const ways = new Map(model.ledger.map((message, index) =>
      [`message ${index}`, new Set(message.entries.map((entry) => entry.n))]));
    view.visible = model.steps.map((step, index) =>
      (minor || !step.minor || words.length > 0) &&
      words.every((word) => searchTexts[index].includes(word)) &&
      (only === "" || (only === "matters" && step.why.length > 0) ||
        (only === "faults" && step.fault !== null) ||
        (only === "writes" && step.move.style === "write") ||
        (only.startsWith("lane ") && [step.lane, step.move.from, step.move.to].includes(only.slice(5))) ||
        (ways.has(only) && ways.get(only).has(step.n))));
    const shown = diagram.show(view.visible);
    byId("shown").textContent = `${shown} of ${count} steps`;
    showEnds();
    if (diagram.current && !diagram.current.hidden) diagram.reveal(diagram.current);
  }

  function keys(event) {
    const typing = event.target.closest("input, select, textarea");
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.target.closest("[role=tab]") && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    if (event.target.closest(".pane") && ["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    const actions = {
      ArrowRight: () => move(1), ArrowDown: () => move(1), j: () => move(1),
      ArrowLeft: () => move(-1), ArrowUp: () => move(-1), k: () => move(-1),
      Home: () => edge(model.steps), End: () => edge([...model.steps].reverse()),
      n: moveToKey, "/": () => byId("search").focus(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  function tabKeys(event) {
    const index = tabs.findIndex(([id]) => id === view.tab);
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chooseTab(tabs[(to + tabs.length) % tabs.length][0], true);
  }

  /* Who follows a link wants to see the step, wherever on the page the link was. */
  function fromAddress() {
    const match = /^#step-(\d+)$/.exec(location.hash);
    if (!match || Number(match[1]) < 1 || Number(match[1]) > count) return;
    const columns = byId("columns").getBoundingClientRect();
    if (columns.top > innerHeight / 2 || columns.bottom < innerHeight / 3)
      byId("bar").scrollIntoView();
    select(Number(match[1]));
  }

  showVerdict(model);
  byId("tabs").append(...tabs.map(([id, name]) => el("button", {
    type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`,
    onclick: () => chooseTab(id, false), onkeydown: tabKeys,
  }, name)));
  fillFilter(model);
  byId("total").textContent = `/ ${count}`;
  byId("first").addEventListener("click", () => edge(model.steps));
  byId("last").addEventListener("click", () => edge([...model.steps].reverse()));
  byId("previous").addEventListener("click", () => move(-1));
  byId("next").addEventListener("click", () => move(1));
  byId("next-key").addEventListener("click", moveToKey);
  byId("next-key").hidden = !model.steps.some((step) => step.why.length > 0);
  byId("goto").addEventListener("change", (event) => go(Number(event.target.value)));
  byId("search").addEventListener("input", filter);
  byId("only").addEventListener("change", filter);
  byId("minor").addEventListener("change", filter);
  byId("theme").addEventListener("click", nextTheme);
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", fromAddress);
  filter();
  chooseTab("step", false);
  const firstKey = model.steps.find((step) => step.why.length > 0);
  select(firstKey ? firstKey.n : 1);
  fromAddress();
}

function fillFilter(model) {
  const option = (value, text) => el("option", { value }, text);
  const group = (label, options) => (options.length > 0 ? el("optgroup", { label }, options) : null);
  byId("only").append(...[
    option("", "All steps"),
    model.steps.some((step) => step.why.length > 0) ? option("matters", "Steps that matter") : null,
    option("faults", "Faults"), option("writes", "Writes"),
    group("Message", model.ledger.map((message, index) =>
      option(`message ${index}`, `${message.trade} v${message.version}`))),
    group("Lane", model.lanes.map((name) => option(`lane ${name}`, name))),
  ].filter((node) => node !== null));
}

function table(caption, heads, rows) {
  return el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows));
}

function showVerdict(model) {
  const { trace } = model;
  const { violation } = trace;
  const count = model.steps.length;
  byId("run").textContent = `${trace.scenario.file.split("/").pop().replace(/\.yaml$/, "")} · ${trace.solution || (trace.handlers ? `reference handlers ${trace.handlers}` : "")}`;
  byId("property").textContent = `violated: ${violation.property}`;
  byId("summary").textContent = violation.summary.replace(/^(a|an|the) /, (word) => word[0].toUpperCase() + word.slice(1));
  byId("figures").replaceChildren(
    `${violation.faults === 0 ? "without any fault" : `with ${violation.faults} fault${violation.faults === 1 ? "" : "s"}`}, in ${count} steps`,
    ...(violation.code ? ["; see ", el("code", {}, `${violation.code.function}/${violation.code.file}:${violation.code.line}`)] : []));
  byId("why").hidden = !violation.cause;
  byId("cause").replaceChildren(...withStepLinks(violation.cause || "", count));
  byId("what").hidden = !violation.defence;
  byId("defence").replaceChildren(...withStepLinks(violation.defence || "", count));
  const messages = violation.messages || [];
  if (messages.some((message) => message.counted !== null))
    byId("messages").append(table("Messages", ["message", "expected", "counted"], messages.map((message) =>
      el("tr", { class: message.counted !== null && message.counted !== message.expected ? "wrong" : null },
        el("th", { scope: "row" }, `${message.trade} v${message.version}`), el("td", {}, String(message.expected)),
        el("td", {}, message.counted === null ? "?" : String(message.counted))))));
  const aggregates = violation.aggregates || [];
  if (aggregates.length > 0)
    byId("aggregates").append(table("Aggregates that are wrong", ["key", "expected", "actual"], aggregates.map((aggregate) =>
      el("tr", { class: "wrong" }, el("th", { scope: "row" }, aggregate.key), el("td", {}, aggregate.expected),
        el("td", {}, aggregate.actual === null ? "not a number" : aggregate.actual)))));
}

const THEMES = [["", "Auto", "as the system has them"], ["light", "Light", "light"], ["dark", "Dark", "dark"]];

function nextTheme() {
  const root = document.documentElement;
  const index = THEMES.findIndex(([name]) => name === (root.dataset.theme || ""));
  const [name, label, words] = THEMES[(index + 1) % THEMES.length];
  if (name === "") delete root.dataset.theme;
  else root.dataset.theme = name;
  byId("theme").textContent = label;
  byId("theme").setAttribute("aria-label", `Colours: ${words}`);
}

start();
