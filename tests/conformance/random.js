/* Random numbers by a seed (mulberry32): the same requests in every run. */
"use strict";

const random = (seed) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    below,
    one: (list) => list[below(list.length)],
    chance: (percent) => next() * 100 < percent,
    /* [weight, value] pairs */
    weighted: (pairs) => {
      let left = next() * pairs.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of pairs) {
        left -= weight;
        if (left < 0) return value;
      }
      return pairs[pairs.length - 1][1];
    },
    some: (list, percent) => list.filter(() => next() * 100 < percent),
  };
};

module.exports = { random };
