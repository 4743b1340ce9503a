/* Building blocks: elements, texts with links to steps, values of any size. */

const LONG_TEXT = 160;
const LONG_WORD = 40;
const LONG_LIST = 12;

/* An element with attributes (false and null are left out; "on..." are listeners) and children. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function stepLink(number, text) {
  return el("a", { href: `#step-${number}` }, text || `step ${number}`);
}

/* Text in which the numbers of "step 12" and "steps 12 and 15" lead there. */
function withStepLinks(text, count) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/\bsteps? \d+(?:(?:, | and | to )\d+)*/g)) {
    parts.push(text.slice(end, match.index));
    for (const part of match[0].split(/(\d+)/)) {
      const there = /^\d+$/.test(part) && Number(part) >= 1 && Number(part) <= count;
      parts.push(there ? el("a", { href: `#step-${part}`, "aria-label": `step ${part}` }, part) : part);
    }
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

/* DynamoDB's wire form {"S": "x"} as what it means; anything else as it is. */
function fromWire(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length !== 1) return value;
  const inner = value[keys[0]];
  switch (keys[0]) {
    case "S": case "BOOL": case "SS": case "BS": case "B": return inner;
    case "N": return new Numeral(inner);
    case "NS": return Array.isArray(inner) ? inner.map((text) => new Numeral(text)) : inner;
    case "NULL": return null;
    case "L": return Array.isArray(inner) ? inner.map(fromWire) : inner;
    case "M": return itemFromWire(inner);
    default: return value;
  }
}

/* A number with more digits than JavaScript keeps. */
class Numeral {
  constructor(text) { this.text = String(text); }
  toString() { return this.text; }
}

function itemFromWire(item) {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, fromWire(value)]));
}

function isPlainObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    !(value instanceof Numeral);
}

/* A string that holds a JSON object or array, parsed; else undefined. */
function embeddedJson(text) {
  if (typeof text !== "string" || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/* One line that says a value. */
function inline(value) {
  if (value === null || value === undefined) return "null";
  if (value instanceof Numeral) return value.text;
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value).map(([key, part]) => `${key} ${inline(part)}`).join(", ")}}`;
  return String(value);
}

/* What is long is folded behind its beginning. */
function folded(text) {
  const limit = /\s/.test(text) ? LONG_TEXT : LONG_WORD;
  if (text.length <= limit) return el("span", { class: "value" }, text);
  return el("details", { class: "fold value" },
    el("summary", {}, `${text.slice(0, limit / 2)}… `,
      el("span", { class: "muted" }, `${text.length} characters`)),
    el("span", { class: "whole" }, text));
}

function valueNode(value) {
  const parsed = embeddedJson(value);
  return folded(inline(parsed === undefined ? value : parsed));
}

/* JSON, indented; a long one folded. */
function jsonNode(value) {
  const text = JSON.stringify(value, (key, part) => (part instanceof Numeral ? part.text : part), 2);
  const lines = text.split("\n");
  if (lines.length <= LONG_LIST) return el("pre", { class: "json" }, text);
  return el("details", { class: "fold" },
    el("summary", {}, `${lines.length} lines`), el("pre", { class: "json" }, text));
}
