/**
 * Typed errors. Each names the operation, the layer path it happened in, the shapes, and what to do about it:
 * `ShapeError: matmul (encoder.2): inner dimensions differ: 3 and 5 (shapes [2,3] · [5,4]); transpose an operand or check the previous layer's width`.
 */
import { scopePath } from './scope.js';

export interface ErrorDetails {
  /** The operation as the user called it. */
  readonly op: string;
  /** What is wrong, without the shapes. */
  readonly problem: string;
  /** The shapes involved, in argument order. */
  readonly shapes?: readonly (readonly number[])[];
  /** What to do about it. */
  readonly remedy: string;
}

export const formatShape = (shape: readonly number[]): string => `[${shape.join(',')}]`;

const isTensorLike = (value: object): value is { readonly shape: readonly number[] } =>
  'dtype' in value && 'shape' in value && Array.isArray(value.shape);

/** What a value is, in a few words: `undefined`, `"abc"`, `a list`, `a Float32Array`, `a tensor of shape [2]`. */
export const describe = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (isTensorLike(value)) return `a tensor of shape ${formatShape(value.shape)}`;
  const name: unknown = value.constructor?.name;
  return typeof name !== 'string' || name === 'Object' || name === '' ? 'an object' : `a ${name}`;
};

const format = ({ op, problem, shapes, remedy }: ErrorDetails, path: string): string => {
  const place = path === '' ? op : `${op} (${path})`;
  const at =
    shapes === undefined || shapes.length === 0
      ? ''
      : ` (shape${shapes.length > 1 ? 's' : ''} ${shapes.map(formatShape).join(' · ')})`;
  return `${place}: ${problem}${at}; ${remedy}`;
};

/** The parent of every error that tapegrad throws on purpose. */
export class TapegradError extends Error {
  override readonly name: string = 'TapegradError';
  readonly details: ErrorDetails;
  /** The layer path, such as `encoder.2`; empty outside any module. */
  readonly path: string;
  constructor(details: ErrorDetails) {
    const path = scopePath();
    super(format(details, path));
    this.details = details;
    this.path = path;
  }
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends TapegradError {
  override readonly name = 'ShapeError';
}

/** An axis out of range or named twice. */
export class AxisError extends TapegradError {
  override readonly name = 'AxisError';
}

/** An element type that the operation does not take, or two that do not mix. */
export class DtypeError extends TapegradError {
  override readonly name = 'DtypeError';
}

/** A value outside what the operation can take: a negative size, an empty list, an unknown option. */
export class ArgumentError extends TapegradError {
  override readonly name = 'ArgumentError';
}

/** A thread that failed or was lost. */
export class ThreadError extends TapegradError {
  override readonly name = 'ThreadError';
}

/** A derivative that does not exist: of a non-scalar, with respect to an integer, through a tensor that left its transform. */
export class GradientError extends TapegradError {
  override readonly name = 'GradientError';
}

/** A value inside a container that should hold tensors only, or two containers of different structure. */
export class TreeError extends TapegradError {
  override readonly name = 'TreeError';
}

/** The first NaN (or infinity) met while `debugNans` is watching. */
export class NanError extends TapegradError {
  override readonly name = 'NanError';
}
