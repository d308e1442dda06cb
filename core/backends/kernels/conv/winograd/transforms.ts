/**
 * The transforms of F(4×4, 3×3) and F(3×3, 3×3), after Lavin and Gray (2016), on vectors of channels. With d a tile of the input two
 * longer than that of the outputs, w the filter and g a cotangent of the outputs, all along one axis:
 *
 *   y = Aᵀ[(G·w) ⊙ (Bᵀ·d)]      w̄ = Gᵀ[(A·g) ⊙ (Bᵀ·d)],
 *
 * since both are derivatives of Σ (G·w)·(Bᵀ·d)·(A·g); and along two axes each matrix is applied from either side. The points are
 * 0, ±1, ±2 and ∞; for three outputs 0, ±1, 2 and ∞.
 */
import { type Expression, f32x4, type Local, local, locals, type Statement, set } from '../../assembler/index.js';
import type { FloatLanes } from '../../loops/float-lanes.js';

type Vector = Expression<'v128'>;

/** Computes a vector once, for all who read it. */
type Keep = (value: Vector) => Local<'v128'>;

/** From the vectors of a line to those of its transform. */
export type LineTransform = (lanes: FloatLanes, line: readonly Local<'v128'>[], keep: Keep) => readonly Vector[];

const scaled = (x: Vector, by: number): Vector => f32x4.mul(x, f32x4.const(by));
/** by·x + y. */
const plusScaled = (lanes: FloatLanes, x: Vector, by: number, y: Vector): Vector =>
  lanes.multiplyAdd(x, f32x4.const(by), y);

const wanted = (line: readonly Local<'v128'>[], count: number): readonly Local<'v128'>[] => {
  if (line.length !== count) throw new RangeError(`a line of ${count} vectors is transformed, not ${line.length}`);
  return line;
};

/** Bᵀ·d: six to six. */
const inputOfFour: LineTransform = (lanes, line, keep) => {
  const [d0, d1, d2, d3, d4, d5] = wanted(line, 6) as [Vector, Vector, Vector, Vector, Vector, Vector];
  const even = keep(plusScaled(lanes, d2, -4, d4));
  const odd = keep(plusScaled(lanes, d1, -4, d3));
  const outer = keep(f32x4.sub(d4, d2));
  const inner = keep(f32x4.sub(d3, d1));
  return [
    plusScaled(lanes, d0, 4, plusScaled(lanes, d2, -5, d4)),
    f32x4.add(even, odd),
    f32x4.sub(even, odd),
    plusScaled(lanes, inner, 2, outer),
    plusScaled(lanes, inner, -2, outer),
    plusScaled(lanes, d1, 4, plusScaled(lanes, d3, -5, d5)),
  ];
};

/** Aᵀ·m: six to four. */
const outputOfFour: LineTransform = (lanes, line, keep) => {
  const [m0, m1, m2, m3, m4, m5] = wanted(line, 6) as [Vector, Vector, Vector, Vector, Vector, Vector];
  const near = keep(f32x4.add(m1, m2));
  const nearer = keep(f32x4.sub(m1, m2));
  const far = keep(f32x4.add(m3, m4));
  const farther = keep(f32x4.sub(m3, m4));
  return [
    f32x4.add(m0, f32x4.add(near, far)),
    plusScaled(lanes, farther, 2, nearer),
    plusScaled(lanes, far, 4, near),
    f32x4.add(plusScaled(lanes, farther, 8, nearer), m5),
  ];
};

/** A·g: four to six. */
const cotangentOfFour: LineTransform = (lanes, line, keep) => {
  const [g0, g1, g2, g3] = wanted(line, 4) as [Vector, Vector, Vector, Vector];
  const even = keep(f32x4.add(g0, g2));
  const odd = keep(f32x4.add(g1, g3));
  const evenFar = keep(plusScaled(lanes, g2, 4, g0));
  const oddFar = keep(plusScaled(lanes, g3, 8, scaled(g1, 2)));
  return [g0, f32x4.add(even, odd), f32x4.sub(even, odd), f32x4.add(evenFar, oddFar), f32x4.sub(evenFar, oddFar), g3];
};

/** G·w: three to six. */
const filterOfFour: LineTransform = (lanes, line, keep) => {
  const [w0, w1, w2] = wanted(line, 3) as [Vector, Vector, Vector];
  const near = keep(scaled(f32x4.add(w0, w2), -1 / 6));
  const far = keep(plusScaled(lanes, w0, 1 / 24, scaled(w2, 1 / 6)));
  return [
    scaled(w0, 1 / 4),
    plusScaled(lanes, w1, -1 / 6, near),
    plusScaled(lanes, w1, 1 / 6, near),
    plusScaled(lanes, w1, 1 / 12, far),
    plusScaled(lanes, w1, -1 / 12, far),
    w2,
  ];
};

/** Gᵀ·u: six to three. */
const gradientOfFour: LineTransform = (lanes, line, keep) => {
  const [u0, u1, u2, u3, u4, u5] = wanted(line, 6) as [Vector, Vector, Vector, Vector, Vector, Vector];
  const near = keep(f32x4.add(u1, u2));
  const far = keep(f32x4.add(u3, u4));
  return [
    plusScaled(lanes, u0, 1 / 4, plusScaled(lanes, near, -1 / 6, scaled(far, 1 / 24))),
    plusScaled(lanes, f32x4.sub(u2, u1), 1 / 6, scaled(f32x4.sub(u3, u4), 1 / 12)),
    plusScaled(lanes, f32x4.sub(far, near), 1 / 6, u5),
  ];
};

/** Bᵀ·d: five to five. */
const inputOfThree: LineTransform = (lanes, line, keep) => {
  const [d0, d1, d2, d3, d4] = wanted(line, 5) as [Vector, Vector, Vector, Vector, Vector];
  const odd = keep(f32x4.sub(d3, d1));
  return [
    plusScaled(lanes, f32x4.sub(d0, d2), 2, odd),
    plusScaled(lanes, d1, -2, f32x4.sub(d3, d2)),
    plusScaled(lanes, d1, 2, plusScaled(lanes, d2, -3, d3)),
    odd,
    plusScaled(lanes, odd, -2, f32x4.sub(d4, d2)),
  ];
};

/** Aᵀ·m: five to three. */
const outputOfThree: LineTransform = (lanes, line, keep) => {
  const [m0, m1, m2, m3, m4] = wanted(line, 5) as [Vector, Vector, Vector, Vector, Vector];
  const near = keep(f32x4.add(m1, m2));
  return [
    f32x4.add(m0, f32x4.add(near, m3)),
    plusScaled(lanes, m3, 2, f32x4.sub(m1, m2)),
    f32x4.add(plusScaled(lanes, m3, 4, near), m4),
  ];
};

/** A·g: three to five. */
const cotangentOfThree: LineTransform = (lanes, line, keep) => {
  const [g0, g1, g2] = wanted(line, 3) as [Vector, Vector, Vector];
  const even = keep(f32x4.add(g0, g2));
  return [g0, f32x4.add(even, g1), f32x4.sub(even, g1), plusScaled(lanes, g1, 2, plusScaled(lanes, g2, 4, g0)), g2];
};

/** G·w: three to five. */
const filterOfThree: LineTransform = (lanes, line, keep) => {
  const [w0, w1, w2] = wanted(line, 3) as [Vector, Vector, Vector];
  const even = keep(f32x4.add(w0, w2));
  return [
    scaled(w0, 1 / 2),
    scaled(f32x4.add(even, w1), -1 / 2),
    scaled(f32x4.sub(w1, even), 1 / 6),
    plusScaled(lanes, w0, 1 / 6, plusScaled(lanes, w1, 1 / 3, scaled(w2, 2 / 3))),
    w2,
  ];
};

/** Gᵀ·u: five to three. */
const gradientOfThree: LineTransform = (lanes, line, keep) => {
  const [u0, u1, u2, u3, u4] = wanted(line, 5) as [Vector, Vector, Vector, Vector, Vector];
  const half = keep(scaled(u1, -1 / 2));
  return [
    plusScaled(lanes, u0, 1 / 2, plusScaled(lanes, f32x4.sub(u3, u2), 1 / 6, half)),
    plusScaled(lanes, u2, 1 / 6, plusScaled(lanes, u3, 1 / 3, half)),
    f32x4.add(plusScaled(lanes, u3, 2 / 3, plusScaled(lanes, u2, -1 / 6, half)), u4),
  ];
};

/** Outputs of a tile along an axis; what is read of the input is two longer, and so is every transform. */
export type TileSize = 3 | 4;

interface Lines {
  readonly input: LineTransform;
  readonly output: LineTransform;
  readonly cotangent: LineTransform;
  readonly filter: LineTransform;
  readonly gradient: LineTransform;
}

export const lines: Readonly<Record<TileSize, Lines>> = {
  3: {
    input: inputOfThree,
    output: outputOfThree,
    cotangent: cotangentOfThree,
    filter: filterOfThree,
    gradient: gradientOfThree,
  },
  4: {
    input: inputOfFour,
    output: outputOfFour,
    cotangent: cotangentOfFour,
    filter: filterOfFour,
    gradient: gradientOfFour,
  },
};

/**
 * A square of `from`² vectors through a transform from either side: `load` gives its vectors, `store` takes those of the result, by
 * row and column.
 */
export const transformSquare = (
  lanes: FloatLanes,
  line: LineTransform,
  from: number,
  to: number,
  load: (row: number, column: number) => Vector,
  store: (row: number, column: number, value: Vector) => Statement,
): Statement[] => {
  const given = locals('v128', from) as Local<'v128'>[];
  const half = Array.from({ length: to }, () => locals('v128', from) as Local<'v128'>[]);
  const applied = (vectors: readonly Local<'v128'>[], use: (value: Vector, i: number) => Statement): Statement[] => {
    const before: Statement[] = [];
    const keep: Keep = (value) => {
      const kept = local('v128');
      before.push(set(kept, value));
      return kept;
    };
    const after = line(lanes, vectors, keep).map(use);
    return [...before, ...after];
  };
  return [
    ...Array.from({ length: from }, (_, column) => [
      ...given.map((vector, row) => set(vector, load(row, column))),
      ...applied(given, (value, row) => set(half[row]?.[column] as Local<'v128'>, value)),
    ]).flat(),
    ...half.flatMap((row, i) => applied(row, (value, j) => store(i, j, value))),
  ];
};
