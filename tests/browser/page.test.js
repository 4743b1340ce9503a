/* The HTML report in headless Chromium: stepping, links, search, filters, what a screen reader gets,
   no error, no request, narrow screens, long traces. Run by `make browser-test`. */
"use strict";
const { test, before, after } = require("node:test");
const assert = require("node:assert/strict");
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require("playwright-core");

const root = path.resolve(__dirname, "../..");
const oncecheck = process.env.ONCECHECK || path.join(root, "build/oncecheck");
const traces = path.join(root, "tests/reports/traces");
const axeSource = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "oncecheck-browser-"));
let browser;

const report = (trace, name) => {
  const page = path.join(scratch, `${name}.html`);
  execFileSync(oncecheck, ["report", trace, "--format", "html", "-o", page], { cwd: root });
  return page;
};

/* A counterexample of the C reference handlers: no Python is needed. */
const verify = (scenario) => {
  const trace = path.join(scratch, `${scenario}.json`);
  const run = spawnSync(oncecheck, ["verify", "--handlers", "lab1", "-s", scenario, "--no-db", "-q", "--trace", trace], { cwd: root });
  assert.equal(run.status, 1, String(run.stderr));
  return trace;
};

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
});
after(async () => {
  await browser.close();
  fs.rmSync(scratch, { recursive: true });
});

/* Open a page; whatever it logs, throws or requests besides itself is remembered. */
async function open(file, { width = 1280, height = 900, hash = "", scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.problems = [];
  page.on("console", (message) => page.problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== `file://${file}`) page.problems.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${file}${hash}`);
  return page;
}

const currentStep = (page) => page.locator("[aria-current=step]").getAttribute("href");
/* Whether the current row can be seen in its list, below the heads of the lanes. */
const seesCurrent = (page) => page.waitForFunction(() => {
  const box = document.getElementById("scroll").getBoundingClientRect();
  const row = document.querySelector(".row.current").getBoundingClientRect();
  return row.top >= box.top + document.getElementById("heads").offsetHeight - 1 && row.bottom <= box.bottom + 1;
}, undefined, { timeout: 3000 });
const shownRows = (page) => page.locator(".row:not([hidden])").count();

test("verdict, cause and defence are said before anything else", async () => {
  const page = await open(report(verify("lab2-step2"), "twice"));
  assert.equal(await page.textContent("h1"), "T1 v0 is counted twice");
  assert.match(await page.textContent("#cause"), /^ReduceLambda\/shard-\d wrote T1 v0 to the aggregates \(step \d+\), \w+.* its retry wrote it again/);
  assert.match(await page.textContent("#defence"), /ClientRequestToken made from the batch's records/);
  assert.deepEqual(await page.locator("#messages tr.wrong :is(th, td)").allTextContents(), ["T1 v0", "1", "2"]);
  assert.equal(await page.title(), "T1 v0 is counted twice - oncecheck");
  assert.deepEqual(page.problems, []);
});

test("stepping with keys and buttons skips what is hidden and stops at the ends", async () => {
  const page = await open(report(verify("lab2-step2"), "steps"), { hash: "#step-1" });
  assert.equal(await currentStep(page), "#step-1");
  assert.equal(await page.isDisabled("#previous"), true);
  await page.keyboard.press("ArrowRight");
  assert.equal(await currentStep(page), "#step-2");
  await page.keyboard.press("ArrowDown");
  assert.equal(await currentStep(page), "#step-6", "3 to 5 are without effect");
  await page.click("#previous");
  assert.equal(await currentStep(page), "#step-2");
  await page.keyboard.press("End");
  const last = await currentStep(page);
  assert.equal(await page.isDisabled("#next"), true);
  await page.keyboard.press("ArrowRight");
  assert.equal(await currentStep(page), last);
  await page.keyboard.press("Home");
  assert.equal(await currentStep(page), "#step-1");
  await page.keyboard.press("n");
  const key = await currentStep(page);
  assert.ok(await page.locator(`.row.key a[href="${key}"]`).count() === 1);
  assert.match(await page.textContent("#announce"), new RegExp(`^Step ${key.slice(6)} of `));
  await page.fill("#goto", "9");
  await page.press("#goto", "Enter");
  assert.equal(await currentStep(page), "#step-9");
  assert.match(page.url(), /#step-9$/);
  await page.locator(".row").nth(1).click();
  assert.equal(await currentStep(page), "#step-2", "with the mouse");
  assert.deepEqual(page.problems, []);
});

test("a link leads to its step, also to a hidden one", async () => {
  const file = report(verify("lab2-step2"), "links");
  const page = await open(file, { hash: "#step-4" });
  assert.equal(await currentStep(page), "#step-4");
  assert.equal(await page.isVisible("#row-4"), true);
  const link = page.locator("#cause a").first();
  const target = await link.getAttribute("href");
  await link.click();
  assert.equal(await currentStep(page), target);
  await page.goBack();
  assert.equal(await currentStep(page), "#step-4");
  const wild = await open(file, { hash: "#step-99999" });
  assert.ok(await currentStep(wild), "a step that is not there changes nothing");
  assert.deepEqual([...page.problems, ...wild.problems], []);
});

test("search and filters", async () => {
  const page = await open(report(verify("lab2-step2"), "search"));
  const all = await shownRows(page);
  await page.keyboard.press("/");
  await page.keyboard.type("TransactWriteItems");
  const found = await shownRows(page);
  assert.ok(found === 2 && found < all);
  await page.fill("#search", "no such words");
  assert.equal(await shownRows(page), 0);
  assert.equal(await page.isVisible("#empty"), true);
  await page.fill("#search", "");
  await page.check("#minor");
  assert.ok(await shownRows(page) > all);
  await page.selectOption("#only", "faults");
  assert.equal(await shownRows(page), 1);
  await page.selectOption("#only", { label: "MapLambda/shard-0" });
  for (const words of await page.locator(".row:not([hidden]) .words").allTextContents()) assert.match(words, /^MapLambda\/shard-0/);
  await page.selectOption("#only", { label: "T1 v0" });
  assert.ok(await shownRows(page) > 5);
  assert.deepEqual(page.problems, []);
});

test("the state after a step is that of the trace, with what changed marked", async () => {
  const trace = verify("lab2-step2");
  const { steps, initial } = JSON.parse(fs.readFileSync(trace));
  const page = await open(report(trace, "state"), { hash: `#step-${steps.length}` });
  await page.click("#tab-state");
  for (const number of [steps.length, 1, 15, 6]) {
    const expected = new Map(Object.entries(initial));
    for (const step of steps.slice(0, number))
      for (const change of step.changes) {
        if (change.after === null) expected.delete(change.component);
        else expected.set(change.component, change.after);
      }
    await page.fill("#goto", String(number));
    await page.press("#goto", "Enter");
    const names = await page.evaluate(() => document.querySelectorAll("#panel-state :is(.component, .change:not(.gone))").length);
    assert.equal(names, expected.size, `components after step ${number}`);
    assert.equal(await page.locator("#panel-state .change").count(), steps[number - 1].changes.length);
  }
  await page.fill("#goto", "20");
  await page.press("#goto", "Enter");
  const total = page.locator("#panel-state .change", { hasText: "AggregateTable PV:FXSpot:EMEA" });
  assert.equal(await total.locator("del").textContent(), "was 1");
  assert.equal(await total.locator("ins").textContent(), "is 2");
  await page.check("#panel-state input[type=checkbox]");
  assert.equal(await page.locator("#panel-state .component").count(), 0);
  assert.deepEqual(page.problems, []);
});

test("the ledger, the input and what else could have happened", async () => {
  const trace = verify("lab2-step2");
  const { steps, enabled, choices } = JSON.parse(fs.readFileSync(trace));
  const page = await open(report(trace, "ledger"));
  const many = enabled.findIndex((indices) => indices.length > 0) + 1;
  await page.goto(`${page.url().split("#")[0]}#step-${many}`);
  const others = await page.locator(".others li").allTextContents();
  assert.equal(others.length, enabled[many - 1].length);
  assert.ok(others[0].startsWith(choices[enabled[many - 1][0]].actor));
  await page.focus("#tab-step");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getAttribute("#tab-ledger", "aria-selected"), "true");
  const way = await page.locator(".way.wrong li").allTextContents();
  assert.match(way[0], /^1 put as IncomingDataStream\/shard-0\/0$/);
  assert.ok(way.some((entry) => /gets it in a batch of 1, as ReduceTable\/stream-\d\/0/.test(entry)));
  assert.match(way.at(-1), /the aggregates now count it 2 times/);
  await page.locator(".way.wrong li a").first().click();
  assert.equal(await currentStep(page), "#step-1");
  await page.click("#tab-input");
  assert.match(await page.textContent("#panel-input"), /lab2-step2\.yaml/);
  assert.ok(steps.length > 0);
  assert.deepEqual(page.problems, []);
});

test("source lines with the current call", async () => {
  const file = path.join(scratch, "source.json");
  const trace = JSON.parse(fs.readFileSync(verify("lab2-step2")));
  const call = trace.steps.find((step) => step.action === "call");
  call.code = { function: "StateLambda", file: "lambda_function.py", line: 40 };
  trace.sources = { StateLambda: { "lambda_function.py": Array.from({ length: 90 }, (_, i) => `line_${i + 1} = "</script><b>"`).join("\n") } };
  fs.writeFileSync(file, JSON.stringify(trace));
  const page = await open(report(file, "source"), { hash: `#step-${call.n}` });
  assert.equal(await page.locator(".source .here").first().textContent(), "40line_40 = \"</script><b>\"\n");
  assert.equal(await page.locator(".source").first().locator(".line").count(), 11);
  await page.click("text=The whole file, 90 lines");
  assert.equal(await page.locator(".source").nth(1).locator(".line").count(), 90);
  assert.deepEqual(page.problems, []);
});

test("other pipelines have lanes of their own", async () => {
  for (const name of fs.readdirSync(traces).filter((entry) => entry.endsWith(".json"))) {
    const page = await open(report(path.join(traces, name), name));
    const heads = await page.locator(".head").count();
    assert.ok(heads >= 3, name);
    for (const row of await page.locator(".row .lanes i[style]").all())
      assert.doesNotMatch(await row.getAttribute("style"), /-1/, `${name}: a mark without a lane`);
    assert.deepEqual(page.problems, [], name);
  }
});

test("nothing serious for axe, light and dark, wide and narrow, in every view", async () => {
  const file = report(verify("lab2-step1"), "axe");
  const views = [[1280, "light", ["step", "state", "ledger", "input"]], [1280, "dark", ["step", "state"]], [390, "light", ["step", "ledger"]]];
  for (const [width, scheme, tabs] of views) {
    const page = await open(file, { width, height: 844, scheme });
    await page.evaluate(axeSource);
    for (const tab of tabs) {
      await page.click(`#tab-${tab}`);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const found = violations.filter((violation) => ["serious", "critical", "moderate"].includes(violation.impact))
        .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).slice(0, 3).join(" ")}`);
      assert.deepEqual(found, [], `${width} ${scheme} ${tab}`);
    }
  }
});

test("390 pixels are enough", async () => {
  const page = await open(report(verify("lab2-step1"), "narrow"), { width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels wide`);
  for (const last of ["#last", "#first", "#last"]) {
    await page.click(last);
    await seesCurrent(page);
  }
  await page.click("#first");
  const first = await currentStep(page);
  await page.click("#next");
  assert.notEqual(await currentStep(page), first);
  for (const id of ["first", "previous", "next", "last"]) {
    const box = await page.locator(`#${id}`).boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44 && box.x >= 0 && box.x + box.width <= 390, id);
  }
});

test("the colours can be chosen", async () => {
  const page = await open(report(verify("lab2-step1"), "theme"));
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.click("#theme");
  assert.equal(await background(), light);
  await page.click("#theme");
  assert.notEqual(await background(), light);
});

/* A trace with as many steps, made by repeating one: what matters here is only its size. */
function longTrace(count) {
  const trace = JSON.parse(fs.readFileSync(verify("lab2-step2")));
  const { steps, enabled } = trace;
  trace.steps = Array.from({ length: count }, (_, i) => ({ ...steps[i % steps.length], n: i + 1 }));
  trace.enabled = Array.from({ length: count }, (_, i) => enabled[i % enabled.length]);
  const file = path.join(scratch, `long-${count}.json`);
  fs.writeFileSync(file, JSON.stringify(trace));
  return file;
}

test("a report of 500 steps takes less than a second", () => {
  const trace = longTrace(500);
  const start = process.hrtime.bigint();
  report(trace, "long-500");
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  assert.ok(seconds < 1, `${seconds} s`);
});

test("1,000 steps stay fluid", async () => {
  const page = await open(report(longTrace(1000), "long-1000"));
  assert.equal(await page.locator(".row").count(), 1000);
  for (const step of [1000, 500, 1, 700]) {
    await page.fill("#goto", String(step));
    await page.press("#goto", "Enter");
    await seesCurrent(page);
  }
  const milliseconds = await page.evaluate(async () => {
    const start = performance.now();
    for (let i = 0; i < 100; i++) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return (performance.now() - start) / 100;
  });
  assert.ok(milliseconds < 100, `${milliseconds} ms a step`);
  const typed = await page.evaluate(async () => {
    const search = document.getElementById("search");
    const start = performance.now();
    search.value = "transact";
    search.dispatchEvent(new Event("input"));
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - start;
  });
  assert.ok(typed < 500, `${typed} ms a search`);
  assert.deepEqual(page.problems, []);
});
