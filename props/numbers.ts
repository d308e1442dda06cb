/**
 * Reproducible numbers for directions and weights: the laws must not depend on the library's own generator, and a
 * failure must come back from its seed.
 */

/** A stream of numbers, uniform on [−1, 1): a Weyl sequence whose steps are scrambled by two multiply-xorshift rounds. */
export const numbersFrom = (seed: number): (() => number) => {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 31 - 1;
  };
};
