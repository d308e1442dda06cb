/**
 * Factorisations of one matrix of doubles by reflections and rotations: the readable loops beneath `qr`, `eigh` and `svd`. Vectors stand
 * in rows, so matrices come and go transposed where that is said. Nothing here knows tensors; every loop has a bound.
 * Sources: Golub & Van Loan, Matrix Computations, §5.2 (Householder), §8.5 (Jacobi), §8.6.3 (one-sided Jacobi).
 */
import {
  divideRow,
  dotRows,
  exchangeRows,
  identityRows,
  largestSize,
  numberAt,
  powerBelow,
  rotateRows,
  signOfRow,
  subtractRow,
} from './rows.js';

/** Jacobi's method needs about ten rounds over all pairs; after so many it stops, whatever is left. */
const mostSweeps = 60;

/** Of a matrix scaled to elements below 2 in size, what counts as nothing beside the diagonal. */
const negligible = 2 ** -60;

/** Squared lengths of vectors that count as zero, where the largest is about 1. */
const vanishing = 2 ** -960;

/** A matrix with an element beyond this size is divided by `shrinking` first, so that sums do not overflow on the way. */
const enormous = 2 ** 960;
const shrinking = 2 ** 60;

/** The Householder factors of a matrix whose `columns` columns, of `length` numbers, are the rows of `w`. Works in `w`. */
export interface Orthogonal {
  /** The columns of Q as rows. */
  readonly q: Float64Array;
  /** R, row-major. */
  readonly r: Float64Array;
}

/**
 * `A = Q·R`, reduced, with R's diagonal not negative. Each column is reflected onto an axis: `H = 1 − τ·v·vᵀ` with v beginning with 1
 * sends x to α·e₁, α = −sign(x₁)‖x‖, v = (x − α·e₁)/(x₁ − α), τ = (α − x₁)/α.
 */
export const factorQR = (w: Float64Array, length: number, columns: number): Orthogonal => {
  const k = Math.min(length, columns);
  const tau = new Float64Array(k);
  const diagonal = new Float64Array(k);
  const size = largestSize(w, 0, w.length);
  const shrunk = size > enormous && size < Number.POSITIVE_INFINITY ? shrinking : 1;
  divideRow(w, 0, shrunk, w.length);
  for (let j = 0; j < k; j++) {
    const at = j * length + j;
    const rest = length - j;
    const scale = largestSize(w, at, rest);
    if (scale === 0) continue;
    divideRow(w, at, scale, rest);
    const norm = Math.sqrt(dotRows(w, at, w, at, rest));
    const first = numberAt(w, at);
    const alpha = first < 0 ? norm : -norm;
    diagonal[j] = alpha * scale;
    tau[j] = (alpha - first) / alpha;
    divideRow(w, at, first - alpha, rest);
    w[at] = 1;
    for (let c = j + 1; c < columns; c++) {
      const other = c * length + j;
      subtractRow(w, other, w, at, numberAt(tau, j) * dotRows(w, at, w, other, rest), rest);
    }
  }
  const r = new Float64Array(k * columns);
  const q = new Float64Array(k * length);
  for (let i = 0; i < k; i++) {
    const sign = numberAt(diagonal, i) < 0 ? -1 : 1;
    r[i * columns + i] = sign * numberAt(diagonal, i);
    for (let c = i + 1; c < columns; c++) r[i * columns + c] = sign * numberAt(w, c * length + i);
    q[i * length + i] = sign;
  }
  for (let j = k - 1; j >= 0; j--)
    for (let i = j; i < k; i++) {
      const [at, row, rest] = [j * length + j, i * length + j, length - j];
      subtractRow(q, row, w, at, numberAt(tau, j) * dotRows(w, at, q, row, rest), rest);
    }
  divideRow(r, 0, 1 / shrunk, r.length);
  return { q, r };
};

/** The tangent of the smaller angle that annihilates `product` between two numbers whose half difference over it is `zeta`. */
const tangentOf = (zeta: number): number => {
  const size = Math.abs(zeta);
  const tangent = size > 1e8 ? 0.5 / size : 1 / (size + Math.sqrt(1 + size * size));
  return zeta < 0 ? -tangent : tangent;
};

/** Eigenvalues in ascending order, and their vectors as rows. */
export interface Spectrum {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Jacobi's method for the symmetric part ½(A + Aᵀ): each rotation makes a pair beside the diagonal zero. Works in `a`. */
export const factorSymmetric = (a: Float64Array, n: number): Spectrum => {
  const values = new Float64Array(n);
  const vectors = identityRows(n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const mean = numberAt(a, i * n + j) / 2 + numberAt(a, j * n + i) / 2;
      a[i * n + j] = mean;
      a[j * n + i] = mean;
    }
  const size = largestSize(a, 0, n * n);
  if (!(size < Number.POSITIVE_INFINITY)) return { values: values.fill(Number.NaN), vectors: vectors.fill(Number.NaN) };
  const scale = powerBelow(size);
  divideRow(a, 0, scale, n * n);
  for (let sweep = 0, rotations = 1; rotations > 0 && sweep < mostSweeps; sweep++) {
    rotations = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const product = numberAt(a, p * n + q);
        if (!(Math.abs(product) > negligible)) continue;
        rotations++;
        const [left, right] = [numberAt(a, p * n + p), numberAt(a, q * n + q)];
        const t = tangentOf((right - left) / (2 * product));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = c * t;
        rotateRows(a, p * n, q * n, c, s, n);
        // The columns are the rows: the matrix stays symmetric.
        for (let i = 0; i < n; i++) {
          a[i * n + p] = numberAt(a, p * n + i);
          a[i * n + q] = numberAt(a, q * n + i);
        }
        a[p * n + p] = left - t * product;
        a[q * n + q] = right + t * product;
        a[p * n + q] = 0;
        a[q * n + p] = 0;
        rotateRows(vectors, p * n, q * n, c, s, n);
      }
  }
  for (let i = 0; i < n; i++) values[i] = numberAt(a, i * n + i) * scale;
  for (let i = 0; i < n; i++) {
    let least = i;
    for (let j = i + 1; j < n; j++) if (numberAt(values, j) < numberAt(values, least)) least = j;
    exchangeRows(values, i, least, 1);
    exchangeRows(vectors, i * n, least * n, n);
    divideRow(vectors, i * n, signOfRow(vectors, i * n, n), n);
  }
  return { values, vectors };
};

/** `W = Gᵀ·diag(values)·U` for a matrix W of rows: U and G have orthonormal rows. */
export interface Singular {
  readonly values: Float64Array;
  /** As many numbers a row as W has. */
  readonly long: Float64Array;
  /** As many numbers a row as W has rows. */
  readonly short: Float64Array;
}

/** Rows from `rank` on become unit vectors that are orthogonal to all others. */
const complete = (w: Float64Array, rows: number, length: number, rank: number): void => {
  for (let row = rank; row < rows; row++) {
    // The axis that the rows so far cover least.
    let [axis, least] = [0, Number.POSITIVE_INFINITY];
    for (let i = 0; i < length; i++) {
      let covered = 0;
      for (let r = 0; r < row; r++) covered += numberAt(w, r * length + i) * numberAt(w, r * length + i);
      if (covered < least) [axis, least] = [i, covered];
    }
    const at = row * length;
    for (let i = 0; i < length; i++) w[at + i] = i === axis ? 1 : 0;
    for (let turn = 0; turn < 2; turn++)
      for (let r = 0; r < row; r++) subtractRow(w, at, w, r * length, dotRows(w, at, w, r * length, length), length);
    divideRow(w, at, Math.sqrt(dotRows(w, at, w, at, length)), length);
  }
};

/**
 * One-sided Jacobi: rotations among the rows of `w`, of which there are no more than each has numbers, until all are orthogonal; their
 * lengths are the singular values, in descending order. Signs are fixed by the long vectors where `byLong`, else by the short ones;
 * of a value 0 by each alone. Works in `w`.
 */
export const factorSingular = (w: Float64Array, rows: number, length: number, byLong: boolean): Singular => {
  const values = new Float64Array(rows);
  const short = identityRows(rows);
  const size = largestSize(w, 0, rows * length);
  if (!(size < Number.POSITIVE_INFINITY))
    return { values: values.fill(Number.NaN), long: w.fill(Number.NaN), short: short.fill(Number.NaN) };
  const scale = powerBelow(size);
  divideRow(w, 0, scale, rows * length);
  const squared = (row: number): number => dotRows(w, row * length, w, row * length, length);
  /** The longest of the rows from p on becomes row p. */
  const longestFirst = (p: number): void => {
    let [longest, most] = [p, squared(p)];
    for (let q = p + 1; q < rows; q++) {
      const other = squared(q);
      if (other > most) [longest, most] = [q, other];
    }
    exchangeRows(w, p * length, longest * length, length);
    exchangeRows(short, p * rows, longest * rows, rows);
  };
  const orthogonal = 2 ** -51 * (4 + length / 16);
  for (let sweep = 0, rotations = 1; rotations > 0 && sweep < mostSweeps; sweep++) {
    rotations = 0;
    for (let p = 0; p < rows; p++) {
      longestFirst(p);
      for (let q = p + 1; q < rows; q++) {
        const [left, right] = [squared(p), squared(q)];
        if (!(left > vanishing && right > vanishing)) continue;
        const product = dotRows(w, p * length, w, q * length, length);
        if (!(Math.abs(product) > orthogonal * (Math.sqrt(left) * Math.sqrt(right)))) continue;
        rotations++;
        const t = tangentOf((right - left) / (2 * product));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = c * t;
        rotateRows(w, p * length, q * length, c, s, length);
        rotateRows(short, p * rows, q * rows, c, s, rows);
      }
    }
  }
  for (let p = 0; p < rows; p++) longestFirst(p);
  let rank = 0;
  while (rank < rows && squared(rank) > vanishing) {
    const value = Math.sqrt(squared(rank));
    values[rank] = value * scale;
    divideRow(w, rank * length, value, length);
    rank++;
  }
  complete(w, rows, length, rank);
  for (let row = 0; row < rows; row++) {
    const [ofLong, ofShort] = [signOfRow(w, row * length, length), signOfRow(short, row * rows, rows)];
    const shared = byLong ? ofLong : ofShort;
    divideRow(w, row * length, row < rank ? shared : ofLong, length);
    divideRow(short, row * rows, row < rank ? shared : ofShort, rows);
  }
  return { values, long: w, short };
};

/**
 * `T = Gᵀ·diag(1/values)·U` of a matrix `W = Gᵀ·diag(values)·U` of rows, so that the pseudo-inverse is T, as wide as W, or its transpose: of
 * the columns of a tall matrix T, of the rows of a wide one Tᵀ. Values that are not above `relative` times the largest count as 0.
 * Works in `w`.
 */
export const pseudoInverse = (w: Float64Array, rows: number, length: number, relative: number): Float64Array => {
  const { values, long, short } = factorSingular(w, rows, length, true);
  const out = new Float64Array(rows * length);
  for (let r = 0; r < rows; r++) {
    const value = numberAt(values, r);
    // NaN is not passed over.
    if (value <= relative * numberAt(values, 0)) continue;
    for (let i = 0; i < rows; i++)
      subtractRow(out, i * length, long, r * length, -numberAt(short, r * rows + i) / value, length);
  }
  return out;
};
