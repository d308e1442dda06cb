/** Parameters and programs as texts that are equal for equal ones, for whoever looks for one that is there already. */
import { ArgumentError } from '../../base/errors.js';
import { type CallParams, callPrimitive } from '../../primitives/control/call.js';
import { numberOf } from '../identity.js';
import { isProgram, type Program, type ProgramNode } from '../program.js';

/** No parameter of an operation is nested so deep. */
const deepest = 32;

/**
 * `meaning`: equal texts mean equal results and derivatives, wherever they were asked for. `code`: equal texts mean equal code, with the
 * places that its errors name; rules of derivatives are no part of it.
 */
export type Sameness = 'meaning' | 'code';

/** Equal values have equal texts, and only they. */
const valueText = (value: unknown, as: Sameness, depth: number): string => {
  if (depth > deepest)
    throw new ArgumentError({
      op: 'bind',
      problem: `a parameter is nested more than ${deepest} levels deep`,
      remedy: 'give numbers, texts, and lists and objects of them that do not hold themselves',
    });
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : `${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${numberOf(value)}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (isProgram(value)) return programText(value, as);
  if (Array.isArray(value)) return `[${value.map((part) => valueText(part, as, depth + 1)).join()}]`;
  let text = '{';
  for (const [name, inner] of Object.entries(value)) text += `${name}:${valueText(inner, as, depth + 1)},`;
  return `${text}}`;
};

/** The parameters of an operation. */
export const paramsText = ({ primitive, params }: Pick<ProgramNode, 'primitive' | 'params'>, as: Sameness): string => {
  if (params === null) return '';
  if (as === 'meaning' || primitive !== callPrimitive) return valueText(params, as, 0);
  return valueText({ body: (params as CallParams).body }, as, 0);
};

const texts: Readonly<Record<Sameness, WeakMap<Program, string>>> = { meaning: new WeakMap(), code: new WeakMap() };

/** Primitives and constants are themselves: those of one name or shape may differ. */
const textOf = ({ inputs, constants, nodes, outputs }: Program, as: Sameness): string => {
  const lines = nodes.map((node) => {
    const { primitive, inputs: ids, outputs: results, place } = node;
    const types = results.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join();
    const where =
      as === 'meaning' || place === undefined ? '' : ` @${JSON.stringify([place.path, place.operation, place.line])}`;
    return `${primitive.name}#${numberOf(primitive)}(${ids.join()};${paramsText(node, as)}):${types}${where}`;
  });
  return [
    `(${inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join()}|${constants.map(numberOf).join()}){`,
    ...lines,
    `}${outputs.join()}`,
  ].join('\n');
};

/** A program, by what it computes. */
export const programText = (program: Program, as: Sameness): string => {
  const known = texts[as].get(program);
  if (known !== undefined) return known;
  const text = textOf(program, as);
  texts[as].set(program, text);
  return text;
};
