/* Expressions over the attributes of tables.js, most of them valid. A builder collects the
   placeholders that an expression uses. */
"use strict";
const values = require("./values");

const NAMES = ["s", "n", "l", "m", "ss", "ns", "x", "missing"];
const RESERVED = ["name", "value", "status", "Size", "COUNT", "comment", "total"];

class Builder {
  constructor(r) {
    this.r = r;
    this.names = {};
    this.values = {};
  }

  name(text) {
    const key = `#${"abcdefghij"[Object.keys(this.names).length % 10]}${Object.keys(this.names).length}`;
    this.names[key] = text;
    return key;
  }

  value(given) {
    const key = `:v${Object.keys(this.values).length}`;
    this.values[key] = given === undefined ? values.value(this.r) : given;
    return key;
  }

  attribute(name) {
    if (this.r.chance(30)) return this.name(name);
    return name;
  }

  path() {
    const r = this.r;
    let path = this.attribute(r.chance(3) ? r.one(RESERVED) : r.one(NAMES));
    while (r.chance(25)) path += r.chance(50) ? `[${r.below(3)}]` : `.${this.attribute(r.one(["a", "b", "c"]))}`;
    return path;
  }

  operand() {
    const r = this.r;
    return r.weighted([
      [5, () => this.path()],
      [5, () => this.value()],
      [1, () => `size(${this.path()})`],
    ])();
  }

  condition(depth = 0) {
    const r = this.r;
    if (depth < 3 && r.chance(25)) return `${this.condition(depth + 1)} ${r.one(["AND", "OR", "and"])} ${this.condition(depth + 1)}`;
    if (depth < 3 && r.chance(10)) return `NOT ${this.condition(depth + 1)}`;
    if (depth < 3 && r.chance(10)) return `(${this.condition(depth + 1)})`;
    return r.weighted([
      [4, () => `attribute_exists(${this.path()})`],
      [4, () => `attribute_not_exists(${this.path()})`],
      [2, () => `attribute_type(${this.path()}, ${this.value({ S: r.one(["S", "N", "L", "M", "SS", "NULL", "BOOL", "Q"]) })})`],
      [2, () => `begins_with(${this.path()}, ${this.value(r.chance(85) ? { S: r.one(values.TEXTS) } : undefined)})`],
      [2, () => `contains(${this.path()}, ${this.operand()})`],
      [8, () => `${this.operand()} ${r.one(["=", "<>", "<", "<=", ">", ">="])} ${this.operand()}`],
      [2, () => `${this.operand()} BETWEEN ${this.operand()} AND ${this.operand()}`],
      [2, () => `${this.operand()} IN (${Array.from({ length: 1 + r.below(3) }, () => this.operand()).join(", ")})`],
    ])();
  }

  setValue(depth = 0) {
    const r = this.r;
    const number = () => this.value({ N: r.one(values.NUMBERS) });
    return r.weighted([
      [6, () => this.value()],
      [2, () => this.path()],
      [2, () => `${this.path()} ${r.one(["+", "-"])} ${number()}`],
      [1, () => `${number()} ${r.one(["+", "-"])} ${number()}`],
      [depth < 2 ? 2 : 0, () => `if_not_exists(${this.path()}, ${this.setValue(depth + 1)})`],
      [2, () => `list_append(${this.path()}, ${this.value({ L: [values.scalar(r)] })})`],
    ])();
  }

  update() {
    const r = this.r;
    const list = (make) => Array.from({ length: 1 + r.below(3) }, make).join(", ");
    const clauses = [];
    if (r.chance(60)) clauses.push(`SET ${list(() => `${this.path()} = ${this.setValue()}`)}`);
    if (r.chance(25)) clauses.push(`REMOVE ${list(() => this.path())}`);
    if (r.chance(25)) clauses.push(`ADD ${list(() => `${this.path()} ${this.value(r.chance(70) ? { N: r.one(values.NUMBERS) } : values.set(r))}`)}`);
    if (r.chance(15)) clauses.push(`DELETE ${list(() => `${this.path()} ${this.value(values.set(r))}`)}`);
    return clauses.length > 0 ? clauses.join(" ") : `SET ${this.path()} = ${this.value()}`;
  }

  projection() {
    return Array.from({ length: 1 + this.r.below(3) }, () => this.path()).join(", ");
  }

  /* Into the request, now and then with a fault of its own. */
  finish(request) {
    const r = this.r;
    if (r.chance(2)) this.names["#unused"] = "s";
    if (r.chance(2)) this.values[":unused"] = { N: "1" };
    if (r.chance(1) && Object.keys(this.names).length > 0) delete this.names[Object.keys(this.names)[0]];
    if (r.chance(1) && Object.keys(this.values).length > 0) delete this.values[Object.keys(this.values)[0]];
    if (r.chance(1) && Object.keys(this.values).length > 0) this.values[Object.keys(this.values)[0]] = values.wrong(r);
    if (Object.keys(this.names).length > 0) request.ExpressionAttributeNames = this.names;
    if (Object.keys(this.values).length > 0) request.ExpressionAttributeValues = this.values;
    return request;
  }
}

/* Texts that are no expressions, or only just. */
const MANGLE = [
  (text) => text + ")",
  (text) => "(" + text,
  (text) => text.replace(" ", "  "),
  (text) => text.replace("=", "=="),
  (text) => text.replace(/[a-z]/, "?"),
  (text) => text + " AND",
  (text) => text + ",",
  () => "",
  () => " ",
  (text) => text.slice(0, -1),
  (text) => text.toUpperCase(),
];
const mangle = (r, text) => (r.chance(4) ? r.one(MANGLE)(text) : text);

module.exports = { Builder, NAMES, mangle };
