/* Attribute values in wire form: valid, at a limit, and wrong. */
"use strict";

const TEXTS = ["a", "b", "ab", "abc", "A", "ä", "0", "10", "9", " ", "a:b", "x".repeat(200)];
const NUMBERS = [
  "0", "1", "-1", "2", "10", "9", "1.5", "-0.5", "1.50", "007", "1e3", "1E-3", "-0", "0.0", "12345678901234567890",
  "12345678901234567890123456789012345678", "9.9999999999999999999999999999999999999E+125", "1E-130",
  "-9.9999999999999999999999999999999999999E+125", "0.00000000000000000000000000000000000001",
];
const WRONG_NUMBERS = [
  "", "one", "1.", ".5", "1e", "0x10", "NaN", "Infinity", "1,5", "--1", " 1", "1 ", "1E126", "1E-131",
  "123456789012345678901234567890123456789", "1.00000000000000000000000000000000000001",
];
const BINARIES = ["AQ==", "AQI=", "AQID", "/w==", "AAAA"];

const scalar = (r) =>
  r.weighted([
    [5, () => ({ S: r.one(TEXTS) })],
    [6, () => ({ N: r.one(NUMBERS) })],
    [1, () => ({ B: r.one(BINARIES) })],
    [1, () => ({ BOOL: r.chance(50) })],
    [1, () => ({ NULL: true })],
  ])();

const distinct = (r, list) => [...new Set(r.some(list, 30))];

const set = (r) =>
  r.weighted([
    [2, () => ({ SS: distinct(r, TEXTS).concat("z") })],
    [2, () => ({ NS: distinct(r, ["0", "1", "2", "3.5", "-4", "1e2"]).concat("77") })],
    [1, () => ({ BS: distinct(r, BINARIES).concat("fg==") })],
  ])();

const value = (r, depth = 0) => {
  if (depth < 3 && r.chance(25))
    return r.chance(50)
      ? { L: Array.from({ length: r.below(4) }, () => value(r, depth + 1)) }
      : { M: Object.fromEntries(r.some(["a", "b", "c"], 60).map((name) => [name, value(r, depth + 1)])) };
  return r.chance(15) ? set(r) : scalar(r);
};

const wrong = (r) =>
  r.weighted([
    [6, () => ({ N: r.one(WRONG_NUMBERS) })],
    [1, () => ({ SS: [] })],
    [1, () => ({ SS: ["a", "a"] })],
    [1, () => ({ NS: [] })],
    [1, () => ({ NS: ["1", "1.0"] })],
    [1, () => ({ NS: ["1", "x"] })],
    [1, () => ({ BS: ["AQ==", "AQ=="] })],
    [1, () => ({ NULL: false })],
    [1, () => ({})],
    [1, () => ({ S: "a", N: "1" })],
    [1, () => ({ S: "" })],
    [1, () => ({ L: [{ N: "x" }] })],
    [1, () => ({ M: { a: {} } })],
    [1, () => ({ B: "no base64!" })],
  ])();

module.exports = { scalar, set, value, wrong, TEXTS, NUMBERS, BINARIES };
