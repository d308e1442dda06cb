/** Pictures of programs, laid out by Graphviz, which is an optional package of its own. */
import { toDot } from '../../autograd/transforms/dot.js';
import { inOperation } from '../../core/base/scope.js';
import type { Program } from '../../core/program/program.js';
import { checkList, checkObject } from '../checks.js';
import { writeAs } from './files.js';
import { optional } from './optional.js';

const graphviz = async (): Promise<(dot: string) => string> => {
  const module = await optional(
    'drawProgram',
    '@viz-js/viz',
    () => import('@viz-js/viz'),
    ', or render toDot(program) elsewhere',
  );
  const viz = await module.instance();
  return (dot) => viz.renderString(dot, { format: 'svg' });
};

/**
 * The graph of a program as SVG text; with a path, also written there, in full or not at all.
 * @throws ArgumentError when the package `@viz-js/viz` is not installed.
 * @example
 * drawProgram(trace((x: Tensor) => mul(x, x))(zeros([3]))) instanceof Promise // true
 */
export const drawProgram = async (program: Program, path?: string): Promise<string> => {
  checkObject('drawProgram', 'the program', program);
  for (const part of ['inputs', 'constants', 'nodes', 'outputs'] as const)
    checkList('drawProgram', part, program[part]);
  const svg = (await graphviz())(inOperation('drawProgram', () => toDot(program)));
  if (path !== undefined) await writeAs('drawProgram', path, () => svg);
  return svg;
};
