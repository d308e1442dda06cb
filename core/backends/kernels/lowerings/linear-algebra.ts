/**
 * Linear algebra on stacks of matrices. Each is copied into the workspace as doubles, and the loops of `math/elimination.ts` run on it;
 * where one has no solution the reference runs instead, which throws the error that says so.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import { broadcastStrides, type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import {
  call,
  type Expression,
  f64,
  i32,
  type Local,
  leave,
  local,
  locals,
  loopOver,
  memory,
  type Statement,
  set,
  when,
} from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { storeDouble } from '../loops/scalars.js';
import {
  cofactors,
  diagonalProduct,
  factorCholesky,
  factorLU,
  hasZeroPivot,
  solveLU,
  substitute,
} from '../math/elimination.js';
import { engineFunction } from '../math/engine-math.js';
import type { Lowered, Lowering, Lowerings, Places } from './lowering.js';
import { copyDoubles, doubles, integers, layOut, narrow, wide } from './matrices.js';

type Address = Expression<'i32'>;

const orReference = ({ reference }: Places, wrong: Expression<'i32'>): Statement => when(wrong, [reference(), leave()]);

/** What is done with one matrix, given as doubles at `matrix`; the result, of so many doubles, is left at `result`. */
interface OfOneMatrix {
  readonly scratch: (n: number) => readonly number[];
  readonly emit: (
    n: number,
    matrix: Address,
    scratch: (i: number) => Address,
    places: Places,
  ) => { readonly code: readonly Statement[]; readonly result: Address | Expression<'f64'> };
}

/** One matrix after another: copied in, worked on, the result copied out. */
const ofMatrices =
  ({ scratch, emit }: OfOneMatrix): Lowering =>
  ({ inputs: [a], output }): Lowered => {
    if (a === undefined) throw new RangeError('an operand is missing');
    // An empty result has no code, but its matrices are looked at all the same.
    if (sizeOf(output.shape) === 0) return { kind: 'reference' };
    const n = a.shape.at(-1) ?? 0;
    const count = sizeOf(a.shape.slice(0, -2));
    const results = sizeOf(output.shape) / count;
    const bytes = bytesPerElement(a.dtype);
    const room = layOut([doubles(n * n), ...scratch(n)]);
    return {
      kind: 'kernel',
      workspace: room.bytes,
      nanoseconds: count * n ** 3,
      emit: (places) => {
        const [source] = places.inputs;
        const [from, to] = locals('i32', 2);
        const matrix = room.at(places.workspace, 0);
        const { code, result } = emit(n, matrix, (i) => room.at(places.workspace, i + 1), places);
        return [
          set(from, source ?? places.output),
          set(to, places.output),
          ...nest(
            [count],
            [
              { pointer: from, strides: [n * n * bytes] },
              { pointer: to, strides: [results * bytes] },
            ],
            1,
            [
              call(copyDoubles(wide, a.dtype), from, matrix, n * n),
              ...code,
              result.type === 'f64'
                ? storeDouble(output.dtype, to, result as Expression<'f64'>)
                : call(copyDoubles(narrow, output.dtype), result as Address, to, results),
            ],
          ),
        ];
      },
    };
  };

const cholesky = ofMatrices({
  scratch: (n) => [doubles(n * n)],
  emit: (n, matrix, scratch, places) => ({
    code: [
      memory.fill(scratch(0), 0, doubles(n * n)),
      orReference(places, i32.ge_s(call(factorCholesky, matrix, n, scratch(0)), 0)),
    ],
    result: scratch(0),
  }),
});

const cofactor = ofMatrices({
  scratch: (n) => [doubles(n * n + n), doubles(n * n), integers(2 * n), doubles(n * n)],
  emit: (n, matrix, scratch) => ({
    code: [call(cofactors, matrix, n, scratch(0), scratch(1), scratch(2), scratch(3))],
    result: scratch(3),
  }),
});

const det = ofMatrices({
  scratch: (n) => [integers(n + 1)],
  emit: (n, matrix, scratch) => {
    const unused = local('i32');
    return {
      code: [set(unused, call(factorLU, matrix, n, scratch(0)))],
      result: call(diagonalProduct, matrix, n, i32.load(scratch(0), 4 * n)),
    };
  },
});

const logabsdet = ofMatrices({
  scratch: (n) => [integers(n + 1)],
  emit: (n, matrix, scratch) => {
    const [unused, i, at] = locals('i32', 3);
    const total = local('f64');
    return {
      code: [
        set(unused, call(factorLU, matrix, n, scratch(0))),
        set(total, 0),
        set(at, matrix),
        loopOver(i, { end: n }, [
          set(total, f64.add(total, call(engineFunction('log'), f64.abs(f64.load(at))))),
          set(at, i32.add(at, doubles(n + 1))),
        ]),
      ],
      result: total,
    };
  },
});

const inverse = ofMatrices({
  scratch: (n) => [integers(n + 1), doubles(n * n), doubles(n * n)],
  emit: (n, matrix, scratch, places) => {
    const [i, at] = locals('i32', 2);
    return {
      code: [
        orReference(places, i32.ge_s(call(factorLU, matrix, n, scratch(0)), 0)),
        memory.fill(scratch(1), 0, doubles(n * n)),
        set(at, scratch(1)),
        loopOver(i, { end: n }, [f64.store(at, f64.const(1)), set(at, i32.add(at, doubles(n + 1)))]),
        call(solveLU, matrix, scratch(0), n, scratch(1), scratch(2), n, 0),
      ],
      result: scratch(2),
    };
  },
});

/** The stacks of two operands, as strides in bytes over the common one. */
const stackStrides = (shape: Shape, common: Shape, bytes: number): number[] =>
  broadcastStrides(shape.slice(0, -2), common).map((stride) => stride * sizeOf(shape.slice(-2)) * bytes);

interface Solver<P> {
  /** Bytes beside the matrix. */
  readonly scratch: (n: number) => number;
  /** Once for every matrix. */
  readonly prepare: (n: number, matrix: Address, scratch: Address, params: P, places: Places) => readonly Statement[];
  /** The right sides are at `right`, and may be overwritten; gives where the solutions are. */
  readonly solve: (
    sizes: { readonly n: number; readonly columns: number },
    at: { readonly matrix: Address; readonly scratch: Address; readonly right: Address; readonly result: Address },
    params: P,
  ) => { readonly code: readonly Statement[]; readonly result: Address };
}

const solving =
  <P>({ scratch, prepare, solve }: Solver<P>): Lowering<P> =>
  ({ inputs: [a, b], output, params }): Lowered => {
    if (a === undefined || b === undefined) throw new RangeError('an operand is missing');
    // An empty result has no code, but its matrices are looked at all the same.
    if (sizeOf(output.shape) === 0) return { kind: 'reference' };
    const { dtype } = output;
    const bytes = bytesPerElement(dtype);
    const [n = 0, columns = 0] = output.shape.slice(-2);
    const stack = output.shape.slice(0, -2);
    const room = layOut([doubles(n * n), scratch(n), doubles(n * columns), doubles(n * columns)]);
    return {
      kind: 'kernel',
      workspace: room.bytes,
      nanoseconds: sizeOf(stack) * n * n * (n + columns),
      emit: (places) => {
        const [left, right, to, known]: Local<'i32'>[] = locals('i32', 4);
        if (left === undefined || right === undefined || to === undefined || known === undefined) return [];
        const part = (i: number): Address => room.at(places.workspace, i);
        const { code, result } = solve(
          { n, columns },
          { matrix: part(0), scratch: part(1), right: part(2), result: part(3) },
          params,
        );
        const copyIn = copyDoubles(wide, dtype);
        return [
          set(left, places.inputs[0] ?? places.output),
          set(right, places.inputs[1] ?? places.output),
          set(to, places.output),
          set(known, -1),
          ...nest(
            stack,
            [
              { pointer: left, strides: stackStrides(a.shape, stack, bytes) },
              { pointer: right, strides: stackStrides(b.shape, stack, bytes) },
              { pointer: to, strides: stridesOf(stack).map((stride) => stride * n * columns * bytes) },
            ],
            1,
            [
              // A matrix is factored once for all right sides that follow.
              when(i32.ne(left, known), [
                call(copyIn, left, part(0), n * n),
                ...prepare(n, part(0), part(1), params, places),
                set(known, left),
              ]),
              call(copyIn, right, part(2), n * columns),
              ...code,
              call(copyDoubles(narrow, dtype), result, to, n * columns),
            ],
          ),
        ];
      },
    };
  };

const solve = solving<{ readonly transpose: boolean }>({
  scratch: (n) => integers(n + 1),
  prepare: (n, matrix, order, _, places) => [orReference(places, i32.ge_s(call(factorLU, matrix, n, order), 0))],
  solve: ({ n, columns }, { matrix, scratch, right, result }, { transpose }) => ({
    code: [call(solveLU, matrix, scratch, n, right, result, columns, Number(transpose))],
    result,
  }),
});

interface TriangleParams {
  readonly lower: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

const triangularSolve = solving<TriangleParams>({
  scratch: () => 0,
  prepare: (n, matrix, _, { unitDiagonal }, places) =>
    unitDiagonal ? [] : [orReference(places, call(hasZeroPivot, matrix, n))],
  solve: ({ n, columns }, { matrix, right }, { lower, transpose, unitDiagonal }) => ({
    code: [call(substitute, matrix, n, right, columns, Number(lower), Number(transpose), Number(unitDiagonal))],
    result: right,
  }),
});

export const linearAlgebraLowerings: Pick<
  Lowerings,
  'cholesky' | 'cofactor' | 'det' | 'inverse' | 'logabsdet' | 'solve' | 'triangularSolve'
> = { cholesky, cofactor, det, inverse, logabsdet, solve, triangularSolve };
