/**
 * How a primitive becomes machine code: for given shapes, element types and parameters it says what sort of computation it
 * is. The planner fuses what is elementwise, reads through views, and places everything else in memory.
 */

import type * as primitives from '../../../primitives/table.js';
import type { Aval, Program, ProgramNode } from '../../../program/program.js';
import type { Expression, Func } from '../assembler/index.js';
import { importFunc, type Local, type Operand, type Repeat, repeat, type Statement } from '../assembler/index.js';
import type { BlockFunction } from '../gemm/block.js';
import type { Vector, Width } from '../loops/lanes.js';
import type { Fold } from './folds.js';

export type PrimitiveName = keyof typeof primitives;

/** One of the library's operations that computed an operand. */
export interface Origin {
  readonly node: ProgramNode;
  readonly inputs: readonly Aval[];
  /** Which of its results it is. */
  readonly output: Aval;
}

/** One operation in its place. */
export interface Site<P = unknown> {
  /** What computed an operand, seen through operations that only give it another shape. */
  readonly originOf?: (operand: number) => Origin | undefined;
  readonly inputs: readonly Aval[];
  /** The result, of an operation of one. */
  readonly output: Aval;
  readonly outputs: readonly Aval[];
  readonly params: P;
}

/** Addresses that a kernel is given, and which part of the work is its own. */
export interface Places {
  readonly inputs: readonly Local<'i32'>[];
  /** The same for a kernel of any number of operands: where they are many, `inputs` is empty, and this reads a table. */
  readonly input: (operand: number) => Expression<'i32'>;
  readonly output: Local<'i32'>;
  readonly outputs: readonly Local<'i32'>[];
  /** Where `workspace` bytes may be overwritten, by this thread alone. */
  readonly workspace: Local<'i32'>;
  /** Where `shared` bytes may be overwritten, the same for all threads. */
  readonly shared: Local<'i32'>;
  /** This thread's number, from 0, and how many threads run the kernel: 0 and 1 unless it is `parallel`. */
  readonly thread: Local<'i32'>;
  readonly threads: Local<'i32'>;
  /** Waits until every thread is here. All of them must come by, as often. */
  readonly barrier: () => Statement;
  /** Runs the reference loop instead, on one thread, after which the kernel must leave: for what must throw. */
  readonly reference: () => Statement;
}

/** A bias or a residual: `weight` times element `offset + Σ iₐ·strides[a]` is added to element i. */
export interface Addend {
  readonly weight: 1 | -1;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** What becomes of each element of a result: `f(scale·x + addend)`, with the rectifier or nothing for f. */
export interface Epilogue {
  readonly scale: number;
  readonly addend: Addend | null;
  readonly rectify: boolean;
}

/**
 * The ways in which convolutions and their gradients, and sums and leaders of windows, are computed. The suite has a drawer for each,
 * and a way that is not in its list does not compile there.
 */
export type ConvolutionWay = 'lines' | 'depthwise' | 'direct' | 'transforms' | 'pointwise' | 'patches';
export type WindowWay = 'windows' | 'turned' | 'spread' | 'taps';

/** Code of its own. */
export interface KernelLowering {
  readonly kind: 'kernel';
  /** Which of several algorithms it is, where an operation has them. */
  readonly way?: ConvolutionWay | WindowWay;
  /** Bytes for each thread. */
  readonly workspace: number;
  /** Bytes for all threads together; none unless given. */
  readonly shared?: number;
  /**
   * `emit` divides the work among threads, by `shareOf` in `loops/share.ts`: each writes outputs of its own, and no number
   * depends on where the cuts are. Otherwise one thread does everything.
   */
  readonly parallel?: true;
  /** The operands that it is given, where it does not want all of them. */
  readonly reads?: readonly number[];
  /** What one thread takes for it, roughly: little work is not divided. By default a guess from the sizes of the operands. */
  readonly nanoseconds?: number;
  /** The same with an epilogue, whose addend is one more operand; `null` where it cannot. */
  readonly finished?: (epilogue: Epilogue) => KernelLowering | null;
  /** Operands, by their place among those that it is given, each of whose elements is read no more once the result's is stored there. */
  readonly overwrites?: readonly number[];
  readonly emit: (places: Places) => readonly Statement[];
}

/** Where a control operation finds everything. */
export interface ControlPlaces {
  readonly inputs: readonly Expression<'i32'>[];
  readonly outputs: readonly Expression<'i32'>[];
  /** Where `workspace` bytes may be overwritten. */
  readonly workspace: Expression<'i32'>;
  /** Runs one of the programs, on what lies at these addresses, and leaves its results at those. */
  readonly run: (
    program: number,
    inputs: readonly Operand<'i32'>[],
    outputs: readonly Operand<'i32'>[],
  ) => readonly Statement[];
  /** Runs the reference loop of the whole operation instead: for what must throw. */
  readonly reference: () => readonly Statement[];
}

/** An operation that runs programs: a loop, a branch, a call. */
export interface ControlLowering {
  readonly kind: 'control';
  readonly programs: readonly Program[];
  /** For each program, outputs and inputs, by number, that may have one place in memory. */
  readonly replaced?: readonly (readonly (readonly [output: number, input: number])[])[];
  /** Bytes that it wants for itself; `shared` says for each program which of its outputs must have the place of which of its inputs. */
  readonly workspace: (shared: readonly ReadonlyMap<number, number>[]) => number;
  /** How often its programs run, as far as that is known; 1 unless given. */
  readonly rounds?: number;
  readonly emit: (places: ControlPlaces, shared: readonly ReadonlyMap<number, number>[]) => readonly Statement[];
}

export type Lowered =
  /** The same numbers in the same order: no code at all. */
  | { readonly kind: 'alias' }
  /** The same number everywhere. */
  | { readonly kind: 'constant'; readonly value: number }
  /** Element i of the result is element `offset + Σ iₐ·strides[a]` of the input. */
  | { readonly kind: 'view'; readonly offset: number; readonly strides: readonly number[] }
  /** Each element depends on the elements at its own place, inputs broadcast to the output. The operands may be read more than once. */
  | { readonly kind: 'elementwise'; readonly lane: (operands: readonly Vector[], width: Width) => Vector }
  /** Lanes over the axes become one number each. */
  | { readonly kind: 'reduction'; readonly fold: Fold; readonly axes: readonly number[] }
  | KernelLowering
  | ControlLowering
  /** The primitive's reference loop, run on views of linear memory. */
  | { readonly kind: 'reference' };

export type Lowering<P = never> = (site: Site<P>) => Lowered;

/** One for each primitive. */
export type Lowerings = Readonly<Record<PrimitiveName, Lowering>>;

/** The lowering of operations that have none of their own yet, or that plain JavaScript does as well. */
export const onReference: Lowering = () => ({ kind: 'reference' });

/** The general matrix product of each type, compiled once for all programs. */
export const gemmImports: Readonly<
  Record<'float32' | 'float64', Func<readonly [...Repeat<'i32', 4>, 'f64', 'f64', ...Repeat<'i32', 17>], 'none'>>
> = {
  float32: importFunc('gemm', 'float32', [...repeat('i32', 4), 'f64', 'f64', ...repeat('i32', 17)], 'none'),
  float64: importFunc('gemm', 'float64', [...repeat('i32', 4), 'f64', 'f64', ...repeat('i32', 17)], 'none'),
};

/** One block of a product of float32 matrices, packed or where they are. */
export const blockImport: BlockFunction = importFunc(
  'gemm',
  'float32Block',
  [...repeat('i32', 14), 'f64', 'f64', ...repeat('i32', 4)],
  'none',
);
