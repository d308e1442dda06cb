/**
 * Vectors of doubles that stand in rows of one array: what the factorisations by rotations and reflections are made of. Every sum is
 * taken in pairs, even places and odd places apart, which is the order of a machine with lanes of two.
 */

/** The number at a place that is known to be there. */
export const numberAt = (a: Float64Array, i: number): number => {
  const found = a[i];
  if (found === undefined) throw new RangeError(`there is no place ${i} among ${a.length}`);
  return found;
};

/** Σ x·y of `count` numbers from places `x` and `y` on. */
export const dotRows = (a: Float64Array, x: number, b: Float64Array, y: number, count: number): number => {
  let [even, odd] = [0, 0];
  const pairs = count - (count % 2);
  for (let i = 0; i < pairs; i += 2) {
    even += numberAt(a, x + i) * numberAt(b, y + i);
    odd += numberAt(a, x + i + 1) * numberAt(b, y + i + 1);
  }
  const total = even + odd;
  return pairs < count ? total + numberAt(a, x + pairs) * numberAt(b, y + pairs) : total;
};

/** x ← x − factor·y. */
export const subtractRow = (
  a: Float64Array,
  x: number,
  b: Float64Array,
  y: number,
  factor: number,
  count: number,
): void => {
  for (let i = 0; i < count; i++) a[x + i] = numberAt(a, x + i) - factor * numberAt(b, y + i);
};

/** x ← x/divisor. */
export const divideRow = (a: Float64Array, x: number, divisor: number, count: number): void => {
  for (let i = 0; i < count; i++) a[x + i] = numberAt(a, x + i) / divisor;
};

/** (x, y) ← (c·x − s·y, s·x + c·y). */
export const rotateRows = (a: Float64Array, x: number, y: number, c: number, s: number, count: number): void => {
  for (let i = 0; i < count; i++) {
    const [left, right] = [numberAt(a, x + i), numberAt(a, y + i)];
    a[x + i] = c * left - s * right;
    a[y + i] = s * left + c * right;
  }
};

export const exchangeRows = (a: Float64Array, x: number, y: number, count: number): void => {
  for (let i = 0; i < count; i++) {
    const kept = numberAt(a, x + i);
    a[x + i] = numberAt(a, y + i);
    a[y + i] = kept;
  }
};

/** The largest size among `count` numbers; NaN where one is. */
export const largestSize = (a: Float64Array, x: number, count: number): number => {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs(numberAt(a, x + i));
    if (!(size <= largest)) largest = size;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
};

const bits = new DataView(new ArrayBuffer(8));

/** The power of two at or below a positive number, no less than the least normal one: dividing by it rounds nothing. */
export const powerBelow = (size: number): number => {
  bits.setFloat64(0, size);
  bits.setUint32(0, bits.getUint32(0) & 0x7ff00000);
  bits.setUint32(4, 0);
  return Math.max(bits.getFloat64(0), 2 ** -1022);
};

/** The transpose of a matrix of `rows` rows. */
export const transposedRows = (a: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = numberAt(a, i * columns + j);
  return out;
};

/** A square matrix with ones on its diagonal. */
export const identityRows = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

/**
 * 1 or −1, by which a vector is multiplied so that its sign is fixed: the first of the numbers that are at least nine tenths as
 * large as the largest becomes positive.
 */
export const signOfRow = (a: Float64Array, x: number, count: number): number => {
  const bound = 0.9 * largestSize(a, x, count);
  for (let i = 0; i < count; i++) {
    const value = numberAt(a, x + i);
    if (Math.abs(value) >= bound) return value < 0 ? -1 : 1;
  }
  return 1;
};
