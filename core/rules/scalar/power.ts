/**
 * Powers of numbers as IEEE 754 (§9.2.1) has them. JavaScript's `**` differs at two places, where it gives NaN:
 * `1^NaN` and `(±1)^(±∞)` are 1.
 */

/** `aᵇ`. */
export const power = (a: number, b: number): number =>
  a === 1 || (a === -1 && (b === Number.POSITIVE_INFINITY || b === Number.NEGATIVE_INFINITY)) ? 1 : a ** b;
