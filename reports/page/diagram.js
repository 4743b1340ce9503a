/* The sequence diagram: a row per step, a lane per actor and service. Lifelines, bars and arrows are
   placed by style sheets alone, from lane numbers; a row that is not on screen is not laid out. */

const REVEAL_FRAMES = 4;

function laneHead(name) {
  const slash = name.indexOf("/");
  return el("span", { class: "head", title: name }, el("span", { class: "head-name" },
    el("b", {}, slash < 0 ? name : name.slice(0, slash)),
    slash < 0 ? null : el("small", {}, name.slice(slash + 1))));
}

function arrow(move, lanes) {
  const from = lanes.indexOf(move.from);
  const to = lanes.indexOf(move.to);
  const low = Math.min(from, to);
  return [
    el("i", {
      class: `arrow ${move.style} ${from <= to ? "right" : "left"}`,
      style: `--low:${low};--span:${Math.abs(from - to)}`,
    }),
    ...move.touches.map((name) => lanes.indexOf(name)).filter((lane) => lane >= 0)
      .map((lane) => el("i", { class: `touch ${move.style}`, style: `--at:${lane}` })),
  ];
}

function laneCells(step, lanes) {
  const bars = step.running.map((name) =>
    el("i", { class: "active", style: `--at:${lanes.indexOf(name)}` }));
  const move = step.move;
  const marks = move.at === undefined ? arrow(move, lanes)
    : [el("i", { class: `sign sign-${step.action}`, style: `--at:${lanes.indexOf(move.at)}` }, move.sign)];
  return el("span", { class: "lanes", "aria-hidden": "true" }, bars, marks);
}

function stepRow(step, lanes) {
  const classes = ["row", `action-${step.action}`];
  if (step.fault) classes.push("fault");
  if (step.minor) classes.push("minor");
  if (step.why.length > 0) classes.push("key");
  return el("li", { class: classes.join(" "), id: `row-${step.n}` },
    el("a", { href: `#step-${step.n}`, tabindex: "-1" },
      el("span", { class: "number" }, String(step.n)),
      laneCells(step, lanes),
      el("span", { class: "words" },
        el("span", { class: "said" }, el("b", {}, step.actor), " ", step.summary),
        step.fault ? el("em", { class: "badge bad" }, `fault: ${step.fault}`) : null,
        step.why.length > 0 ? el("em", { class: "badge matters" }, step.why.join("; ")) : null)));
}

function legend() {
  const entry = (style, words) =>
    el("span", { class: "legend" }, el("span", { class: "lanes" }, el("i", { class: `arrow right ${style}`, style: "--low:0;--span:1" })), words);
  return el("span", { class: "words legends" }, entry("poll", "batch"), entry("write", "write"),
    entry("read", "read, or nothing changed"), entry("refused", "refused"));
}

class Diagram {
  constructor(model) {
    this.model = model;
    this.rows = model.steps.map((step) => stepRow(step, model.lanes));
    const root = byId("scroll");
    root.style.setProperty("--count", String(model.lanes.length));
    byId("heads").append(el("span", { class: "number" }),
      el("span", { class: "lanes" }, model.lanes.map(laneHead)), legend());
    byId("heads").setAttribute("aria-hidden", "true");
    byId("steps").append(...this.rows);
    this.current = null;
  }

  /* visible[i]: whether step i + 1 is shown */
  show(visible) {
    let count = 0;
    this.rows.forEach((row, index) => {
      if (row.hidden === visible[index]) row.hidden = !visible[index];
      count += visible[index] ? 1 : 0;
    });
    byId("empty").hidden = count > 0;
    return count;
  }

  select(number) {
    if (this.current) {
      const old = this.current.firstElementChild;
      this.current.classList.remove("current");
      old.removeAttribute("aria-current");
      old.tabIndex = -1;
    }
    this.current = this.rows[number - 1];
    if (!this.current) return;
    this.current.classList.add("current");
    this.current.firstElementChild.setAttribute("aria-current", "step");
    this.current.firstElementChild.tabIndex = 0;
    this.reveal(this.current);
  }

  /* Scroll the list, never the page: what the reader looks at stays where it is. Rows that come into
     view turn out higher than they were taken for; so look again, some frames long. */
  reveal(row, frames = REVEAL_FRAMES) {
    const scroll = byId("scroll");
    const box = scroll.getBoundingClientRect();
    const place = row.getBoundingClientRect();
    const top = box.top + byId("heads").offsetHeight;
    if (place.top < top) scroll.scrollTop -= top - place.top + place.height;
    else if (place.bottom > box.bottom) scroll.scrollTop += place.bottom - box.bottom + place.height;
    if (frames > 0)
      requestAnimationFrame(() => { if (this.current === row) this.reveal(row, frames - 1); });
  }
}
