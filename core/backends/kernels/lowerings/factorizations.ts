/** Factorisations into several results, the pseudo-inverse and the exponential, on stacks of matrices, by the loops of `math/elimination.ts` and `math/orthogonal.ts`. */
import { bytesPerElement } from '../../../base/dtype.js';
import { sizeOf } from '../../../base/shape.js';
import {
  call,
  choose,
  type Expression,
  f64,
  i32,
  locals,
  loopOver,
  memory,
  type Statement,
  set,
} from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { factorRows, place } from '../math/elimination.js';
import { exponential, exponentialScratch } from '../math/exponential.js';
import { factorQR, factorSingular, factorSymmetric, pseudoInverse, symmetricScratch } from '../math/orthogonal.js';
import { transpose } from '../math/rows.js';
import type { Lowered, Lowering, Lowerings } from './lowering.js';
import { copyDoubles, doubles, integers, layOut, narrow, wide } from './matrices.js';

type Address = Expression<'i32'>;

/** What is done with one matrix of m rows and n columns, k being the smaller number. */
interface Factorization<P> {
  /** Bytes beside the matrix. */
  readonly scratch: (m: number, n: number, k: number) => readonly number[];
  /** Operations on numbers for each of m·n·k. */
  readonly rounds: number;
  /** The matrix, which may be overwritten, is there as doubles; the results are left as doubles or, where they are integers, as these. */
  readonly emit: (
    sizes: { readonly m: number; readonly n: number; readonly k: number },
    matrix: Address,
    scratch: (i: number) => Address,
    params: P,
  ) => { readonly code: readonly Statement[]; readonly results: readonly Address[] };
}

const factorization =
  <P = unknown>({ scratch, rounds, emit }: Factorization<P>): Lowering<P> =>
  ({ inputs: [a], outputs, params }): Lowered => {
    if (a === undefined) throw new RangeError('an operand is missing');
    // Without elements there is nothing to factor; what has elements then is filled by the reference.
    if (sizeOf(a.shape) === 0) return { kind: 'reference' };
    const [m, n] = a.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const count = sizeOf(a.shape.slice(0, -2));
    const room = layOut([doubles(m * n), ...scratch(m, n, k)]);
    const counts = outputs.map(({ shape }) => sizeOf(shape) / count);
    return {
      kind: 'kernel',
      workspace: room.bytes,
      nanoseconds: count * m * n * k * rounds,
      emit: (places) => {
        const [from] = locals('i32', 1);
        const to = locals('i32', outputs.length);
        const matrix = room.at(places.workspace, 0);
        const { code, results } = emit({ m, n, k }, matrix, (i) => room.at(places.workspace, i + 1), params);
        const input = places.inputs[0] as Address;
        return [
          set(from, input),
          ...to.map((pointer, i) => set(pointer, places.outputs[i] as Address)),
          ...nest(
            [count],
            [
              { pointer: from, strides: [m * n * bytesPerElement(a.dtype)] },
              ...to.map((pointer, i) => ({
                pointer,
                strides: [(counts[i] as number) * bytesPerElement((outputs[i] as (typeof outputs)[number]).dtype)],
              })),
            ],
            1,
            [
              call(copyDoubles(wide, a.dtype), from, matrix, m * n),
              ...code,
              ...to.map((pointer, i) => {
                const [{ dtype }, result] = [outputs[i], results[i]] as [(typeof outputs)[number], Address];
                const size = counts[i] as number;
                return dtype === 'int32'
                  ? memory.copy(pointer, result, 4 * size)
                  : call(copyDoubles(narrow, dtype), result, pointer, size);
              }),
            ],
          ),
        ];
      },
    };
  };

const qr = factorization({
  scratch: (m, n, k) => [doubles(m * n), doubles(m * k), doubles(k * n), doubles(2 * k), doubles(m * k)],
  rounds: 2,
  emit: ({ m, n, k }, matrix, scratch) => {
    const [columns, rows, r, rest, q] = [0, 1, 2, 3, 4].map(scratch) as [Address, Address, Address, Address, Address];
    return {
      code: [
        call(transpose, matrix, columns, m, n),
        memory.fill(rows, 0, doubles(m * k)),
        memory.fill(r, 0, doubles(k * n)),
        memory.fill(rest, 0, doubles(2 * k)),
        call(factorQR, columns, m, n, rows, r, rest),
        call(transpose, rows, q, k, m),
      ],
      results: [q, r],
    };
  },
});

const lu = factorization({
  scratch: (m, n, k) => [integers(m), doubles(m * k), doubles(k * n)],
  rounds: 1,
  emit: ({ m, n, k }, matrix, scratch) => {
    const [i, j] = locals('i32', 2);
    const [order, lower, upper] = [scratch(0), scratch(1), scratch(2)];
    const element = f64.load(place(matrix, n, i, j));
    return {
      code: [
        call(factorRows, matrix, m, n, order),
        loopOver(i, { end: m }, [
          loopOver(j, { end: k }, [
            f64.store(
              place(lower, k, i, j),
              choose(i32.eq(i, j), f64.const(1), choose(i32.gt_s(i, j), element, f64.const(0))),
            ),
          ]),
        ]),
        loopOver(i, { end: k }, [
          loopOver(j, { end: n }, [f64.store(place(upper, n, i, j), choose(i32.le_s(i, j), element, f64.const(0)))]),
        ]),
      ],
      results: [order, lower, upper],
    };
  },
});

const eigh = factorization({
  scratch: (m) => [doubles(m), doubles(m * m), doubles(symmetricScratch(m))],
  rounds: 30,
  emit: ({ n }, matrix, scratch) => ({
    code: [
      call(factorSymmetric, matrix, n, scratch(0), scratch(1), scratch(2)),
      // The matrix is not wanted any more.
      call(transpose, scratch(1), matrix, n, n),
    ],
    results: [scratch(0), matrix],
  }),
});

const svd = factorization({
  scratch: (m, n, k) => [doubles(m * n), doubles(k), doubles(k * k), doubles(k * Math.max(m, n))],
  rounds: 60,
  emit: ({ m, n, k }, matrix, scratch) => {
    const [other, s, short, u] = [scratch(0), scratch(1), scratch(2), scratch(3)];
    if (m < n)
      return {
        code: [call(factorSingular, matrix, m, n, 0, s, short), call(transpose, short, u, k, k)],
        results: [u, s, matrix],
      };
    return {
      code: [
        call(transpose, matrix, other, m, n),
        call(factorSingular, other, n, m, 1, s, short),
        call(transpose, other, u, k, m),
      ],
      results: [u, s, short],
    };
  },
});

const pinv = factorization<{ readonly relative: number }>({
  scratch: (m, n, k) => [doubles(m * n), doubles(k), doubles(k * k), doubles(m * n)],
  rounds: 60,
  emit: ({ m, n }, matrix, scratch, { relative }) => {
    const [other, s, short, out] = [scratch(0), scratch(1), scratch(2), scratch(3)];
    if (m < n)
      return {
        code: [
          call(pseudoInverse, matrix, m, n, relative, s, short, out),
          // As wide as the matrix, which is not wanted any more.
          call(transpose, out, matrix, m, n),
        ],
        results: [matrix],
      };
    return {
      code: [call(transpose, matrix, other, m, n), call(pseudoInverse, other, n, m, relative, s, short, out)],
      results: [out],
    };
  },
});

const matrixExp = factorization({
  scratch: (n) => [doubles(exponentialScratch(n))],
  rounds: 20,
  emit: ({ n }, matrix, scratch) => {
    const [result] = locals('i32', 1);
    return { code: [set(result, call(exponential, matrix, n, scratch(0)))], results: [result] };
  },
});

export const factorizationLowerings: Pick<Lowerings, 'eigh' | 'lu' | 'matrixExp' | 'pinv' | 'qr' | 'svd'> = {
  eigh,
  lu,
  matrixExp,
  pinv,
  qr,
  svd,
};
