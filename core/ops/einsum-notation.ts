/**
 * The notation of einsum, `'...ij,jk->...ik'`: parsing it and giving every axis of every operand a label. Apart from
 * the arithmetic, so that every malformed specification meets its error before any number is touched.
 */
import { ArgumentError, ShapeError } from '../base/errors.js';
import type { Shape } from '../base/shape.js';

/** The name of an axis: a letter, or `...k` for the axis that stands k places before the end of the ellipsis. */
export type Label = string;

/** A specification applied to shapes. */
export interface Labelling {
  /** The labels of each operand's axes. */
  readonly operands: readonly (readonly Label[])[];
  readonly output: readonly Label[];
  /** The common size of all axes that share a label; an axis of size 1 stretches. */
  readonly sizes: ReadonlyMap<Label, number>;
}

/** One comma-separated term: letters before and behind the ellipsis, if there is one. */
interface Term {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly ellipsis: boolean;
}

const malformed = (spec: string, problem: string, shapes: readonly Shape[], remedy: string): ArgumentError =>
  new ArgumentError({ op: 'einsum', problem: `'${spec}': ${problem}`, shapes, remedy });

const parseTerm = (spec: string, text: string, place: string, shapes: readonly Shape[]): Term => {
  const parts = text.split('...');
  const wrong = parts.join('').match(/[^A-Za-z]/)?.[0];
  if (wrong !== undefined)
    throw malformed(
      spec,
      `'${wrong}' in ${place} is not a letter`,
      shapes,
      "write one letter for each axis, '...' for any others, ',' between operands and '->' before the output",
    );
  if (parts.length > 2)
    throw malformed(spec, `${place} has ${parts.length - 1} ellipses`, shapes, "write '...' once a term");
  const [before = '', after = ''] = parts;
  return { before: [...before], after: [...after], ellipsis: parts.length === 2 };
};

/** The labels of a term whose ellipsis stands for `hidden` axes. */
const expand = ({ before, after, ellipsis }: Term, hidden: number): Label[] => [
  ...before,
  ...(ellipsis ? Array.from({ length: hidden }, (_, i) => `...${hidden - i}`) : []),
  ...after,
];

/** The labels of an operand of this shape. */
const labelOperand = (spec: string, term: Term, i: number, shapes: readonly Shape[]): readonly Label[] => {
  const rank = shapes[i]?.length ?? 0;
  const letters = term.before.length + term.after.length;
  if (term.ellipsis ? letters > rank : letters !== rank)
    throw new ShapeError({
      op: 'einsum',
      problem: `'${spec}': operand ${i} has ${rank} axes, its term names ${term.ellipsis ? 'at least ' : ''}${letters}`,
      shapes,
      remedy: "name each axis with one letter, or cover the rest with '...'",
    });
  return expand(term, rank - letters);
};

/** The label's sizes where they should agree and do not. */
const mismatch = (
  spec: string,
  label: Label,
  [size, operand]: readonly [number, number],
  [size2, operand2]: readonly [number, number],
  shapes: readonly Shape[],
): ShapeError =>
  new ShapeError({
    op: 'einsum',
    problem: `'${spec}': ${label.length > 1 ? 'an axis of the ellipsis' : label} ${
      operand === operand2
        ? `has sizes ${size} and ${size2} in operand ${operand}`
        : `has size ${size} in operand ${operand} and ${size2} in operand ${operand2}`
    }`,
    shapes,
    remedy: 'axes that share a letter must have one size; 1 stretches between operands, not on a diagonal',
  });

/** The one size of each label in one operand; a letter that occurs twice is a diagonal, and its sizes must be equal. */
const operandSizes = (
  spec: string,
  labels: readonly Label[],
  operand: number,
  shapes: readonly Shape[],
): ReadonlyMap<Label, number> => {
  const sizes = new Map<Label, number>();
  labels.forEach((label, axis) => {
    const size = shapes[operand]?.[axis] ?? 1;
    const before = sizes.get(label) ?? size;
    if (size !== before) throw mismatch(spec, label, [before, operand], [size, operand], shapes);
    sizes.set(label, size);
  });
  return sizes;
};

/** The common size of each label among all operands; 1 gives way to any other size. */
const commonSizes = (
  spec: string,
  operands: readonly (readonly Label[])[],
  shapes: readonly Shape[],
): ReadonlyMap<Label, number> => {
  const common = new Map<Label, readonly [size: number, operand: number]>();
  operands.forEach((labels, operand) => {
    for (const [label, size] of operandSizes(spec, labels, operand, shapes)) {
      const before = common.get(label);
      if (before === undefined || before[0] === 1) common.set(label, [size, operand]);
      else if (size !== 1 && size !== before[0]) throw mismatch(spec, label, before, [size, operand], shapes);
    }
  });
  return new Map([...common].map(([label, [size]]) => [label, size]));
};

/** Without `->`: the axes of the ellipsis, then every letter that occurs once, in alphabetical order, capitals first. */
const implicitOutput = (operands: readonly (readonly Label[])[], hidden: readonly Label[]): readonly Label[] => {
  const letters = operands.flat().filter((label) => label.length === 1);
  return [...hidden, ...letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort()];
};

const explicitOutput = (
  spec: string,
  text: string,
  operands: readonly (readonly Label[])[],
  hidden: readonly Label[],
  shapes: readonly Shape[],
): readonly Label[] => {
  const output = expand(parseTerm(spec, text, 'the output', shapes), hidden.length);
  const known = new Set(operands.flat());
  const stranger = output.find((label) => !known.has(label));
  if (stranger !== undefined)
    throw malformed(
      spec,
      `the output names ${stranger}, which no operand has`,
      shapes,
      'output letters must occur in an operand',
    );
  const twice = output.find((label, i) => output.indexOf(label) !== i);
  if (twice !== undefined)
    throw malformed(spec, `the output names ${twice} twice`, shapes, 'name each output axis once');
  return output;
};

/** Reads `spec` against the shapes of the operands. */
export const readNotation = (spec: string, shapes: readonly Shape[]): Labelling => {
  const [left = '', right, ...more] = spec.replaceAll(/\s/g, '').split('->');
  if (more.length > 0) throw malformed(spec, "'->' occurs twice", shapes, 'write one output');
  const texts = left.split(',');
  if (texts.length !== shapes.length)
    throw malformed(
      spec,
      `the number of terms is ${texts.length}, of operands ${shapes.length}`,
      shapes,
      'write one comma-separated term for each operand',
    );
  const operands = texts.map((text, i) => labelOperand(spec, parseTerm(spec, text, `operand ${i}`, shapes), i, shapes));
  const sizes = commonSizes(spec, operands, shapes);
  const depth = Math.max(0, ...operands.map((labels) => labels.filter((label) => label.length > 1).length));
  const hidden = Array.from({ length: depth }, (_, i) => `...${depth - i}`);
  return {
    operands,
    output:
      right === undefined ? implicitOutput(operands, hidden) : explicitOutput(spec, right, operands, hidden, shapes),
    sizes,
  };
};
