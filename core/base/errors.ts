/**
 * Typed errors. Each names the operation, the layer path it happened in, the shapes, and what to do about it:
 * `ShapeError: matmul (encoder.2): inner dimensions differ: 3 and 5 (shapes [2,3] · [5,4]); transpose an operand or check the previous layer's width`.
 */
import { operationFor, scopePath } from './scope.js';

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

/** A size as it is written, whatever it is. */
const formatSize = (size: unknown): string => (typeof size === 'number' ? String(size) : describe(size));

/** More axes than this are not written out. */
const mostAxes = 32;

/** A shape as it is written; of one with very many axes the first and the last: `[1,1,1,1,…,1,1](5000 axes)`. */
export const formatShape = (shape: readonly number[]): string =>
  shape.length <= mostAxes
    ? `[${Array.from(shape, formatSize).join(',')}]`
    : `[${Array.from(shape.slice(0, 4), formatSize).join(',')},…,${Array.from(shape.slice(-2), formatSize).join(',')}](${shape.length} axes)`;

/** Which copy of the library made a tensor: its prototype has this copy's mark under `copyMark`. */
export const copyMark: unique symbol = Symbol.for('tapegrad.copy');
export const thisCopy: unique symbol = Symbol('tapegrad');

/** A tensor that is none of this copy's: of another install of the library, or an object that only looks like one. */
const describeStranger = (value: { readonly shape: readonly number[] }): string => {
  const mark = (value as { readonly [copyMark]?: unknown })[copyMark];
  const shape = formatShape(value.shape);
  if (mark === thisCopy) return `an imitation of a tensor of shape ${shape}`;
  if (mark !== undefined || ('owner' in value && 'payload' in value))
    return `a tensor of shape ${shape} that another copy of tapegrad made (npm ls tapegrad shows the copies; let everything import one)`;
  return `a tensor of shape ${shape} of another library`;
};

/** Long texts are cut. */
const excerpt = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 60)}…${text.slice(-10)}`);

const isTensorLike = (value: object): value is { readonly shape: readonly number[] } =>
  'dtype' in value && 'shape' in value && Array.isArray(value.shape);

/** Whether a value is a tensor of this copy; `tensor.ts` says how, since errors stand below everything. */
let isOwnTensor: (value: object) => boolean = () => false;
export const recogniseTensors = (own: (value: object) => boolean): void => {
  isOwnTensor = own;
};

const describeObject = (value: object): string => {
  if (Array.isArray(value)) return 'a list';
  if (isTensorLike(value))
    return isOwnTensor(value) ? `a tensor of shape ${formatShape(value.shape)}` : describeStranger(value);
  const name: unknown = value.constructor?.name;
  return typeof name !== 'string' || name === 'Object' || name === '' ? 'an object' : `a ${excerpt(name)}`;
};

/** What a value is, in a few words: `undefined`, `"abc"`, `a list`, `a Float32Array`, `a tensor of shape [2]`. Never throws. */
export const describe = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(excerpt(value));
  if (typeof value === 'bigint') return `the bigint ${excerpt(String(value))}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return excerpt(String(value));
  try {
    return describeObject(value);
  } catch {
    return 'an object that cannot be read';
  }
};

/** A value with the lists in it written out, the first entries and levels of them: `[[1,2],[3]]`. */
export const describeList = (value: unknown, levels = 3): string => {
  if (!Array.isArray(value) || levels === 0) return typeof value === 'number' ? String(value) : describe(value);
  const shown = Array.from(value.slice(0, 8), (part) => describeList(part, levels - 1));
  return `[${(value.length > shown.length ? [...shown, '…'] : shown).join(',')}]`;
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
    // The first NaN is made by a part, which is what one wants to know.
    const own = new.target === NanError ? details : { ...details, op: operationFor(details.op) };
    super(format(own, path));
    this.details = own;
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

/** A step of training whose loss, gradient or result is NaN or infinite. */
export class NonFiniteError extends TapegradError {
  override readonly name = 'NonFiniteError';
  /** Which step it was, counted from 1. */
  readonly step: number;
  /** Its loss, which may be finite where the gradient is not. */
  readonly loss: number;
  constructor(step: number, loss: number, details: ErrorDetails, cause?: unknown) {
    super(details);
    this.step = step;
    this.loss = loss;
    this.cause = cause;
  }
}

/** The first NaN (or infinity) met while `debugNans` is watching. */
export class NanError extends TapegradError {
  override readonly name = 'NanError';
}
