/**
 * The pullback of a function against difference quotients of it: entry by entry where the Jacobian is small, else in
 * random projections ⟨u, Jv⟩. What laws 2 and 3 share; they differ in the quotient.
 */
import { vjp } from '../../autograd/transforms/vjp.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type Deviation, relative, type TreeFunction } from './report.js';

/** The value of the function, as coordinates, at `x + h·v`. */
type Line = (h: number) => Float64Array;

/** A numerical derivative along a line, as coordinates of the output. */
export type Quotient = (line: Line) => Float64Array;

const projections = 3;

/** Deviations of ⟨u, Jv⟩ by the pullback from that by the quotient, for as many u and v as are worth it. */
export const pullbackAgainst = <Args extends readonly unknown[], Y>(
  quotient: Quotient,
  f: TreeFunction<Args, Y>,
  args: Args,
  /** Coordinates of the arguments that may move. */
  moves: (coordinate: number) => boolean,
  { seed, entries = 32 }: { readonly seed: number; readonly entries?: number },
): Deviation[] => {
  const inputs = vectorSpace(args);
  const [y, pullback] = vjp(f, ...args);
  const outputs = vectorSpace(y);
  const along = (v: Args): Float64Array => quotient((h) => outputs.coordinates(f(...inputs.axpy(h, v, args))));
  const moving = Array.from({ length: inputs.dimension }, (_, j) => j).filter(moves);
  if (moving.length === 0 || outputs.dimension === 0) return [];

  if (moving.length * outputs.dimension <= entries) {
    const rows = Array.from({ length: outputs.dimension }, (_, i) => inputs.coordinates(pullback(outputs.basis(i))));
    return moving.flatMap((j) => {
      const column = along(inputs.basis(j));
      return rows.map((row, i) =>
        relative(`∂ output ${outputs.place(i)} / ∂ input ${inputs.place(j)}`, row[j] ?? 0, column[i] ?? 0),
      );
    });
  }
  const next = numbersFrom(seed);
  return Array.from({ length: projections }, (_, k) => {
    const drawn = inputs.coordinates(inputs.direction(next)).map((x, j) => (moves(j) ? x : 0));
    const v = inputs.vector(drawn);
    const u = outputs.direction(next);
    const column = along(v);
    const want = outputs.coordinates(u).reduce((total, weight, i) => total + weight * (column[i] ?? 0), 0);
    return relative(`⟨u, Jv⟩ in random projection ${k}`, inputs.inner(v, pullback(u)), want);
  });
};
