/**
 * Compilation: a function is traced once for each signature of its arguments, the program is simplified, and from then
 * on the backend runs the whole program as one call. What the function does besides computing (printing, counting)
 * happens while tracing only.
 */

import { checkedOptions, checkFunction } from '../core/arguments.js';
import type { Backend, Executable } from '../core/backend.js';
import { defaultBackend } from '../core/default-backend.js';
import { ArgumentError, describe } from '../core/errors.js';
import { ground } from '../core/ground.js';
import { currentInterpreter } from '../core/interpreter.js';
import { mergeCommonSubexpressions } from '../core/passes/common-subexpressions.js';
import { removeDeadCode } from '../core/passes/dead-code.js';
import { type Aval, formatAval, type Program } from '../core/program.js';
import { storageOn, storedTensor, Tensor } from '../core/tensor.js';
import { treeLeaves, treeUnflatten } from '../core/tree.js';
import { traceTree } from './trace.js';

export interface CompileOptions {
  /** How many signatures are kept, the least recently used going first; 16 by default. */
  readonly cacheSize?: number;
}

/** A compiled function; printing it shows the programs it holds. */
export interface Compiled<Args extends readonly unknown[], Y> {
  (...args: Args): Y;
  /** The program for the signature of these arguments, traced now if it was not yet. */
  programFor(...args: Args): Program;
  toString(): string;
}

interface Entry<Y> {
  readonly program: Program;
  readonly result: Y;
  readonly backend: Backend;
  readonly run: Executable;
  /** Shapes and element types of what the program returns. */
  readonly outputs: readonly Aval[];
}

type Static = number | string | boolean | null | undefined;

/** Plain values are part of the signature: each gets a program of its own. */
const isStatic = (argument: unknown): argument is Static =>
  argument === null || argument === undefined || ['number', 'string', 'boolean'].includes(typeof argument);

/** The arguments that carry tensors, with `null` in the places of the others. */
const dynamicOf = (args: readonly unknown[]): readonly unknown[] =>
  args.map((argument) => (isStatic(argument) ? null : argument));

/** A tree without its numbers, as text: structure (empty branches too), shapes and element types. */
const formatTree = (node: unknown): string => {
  if (node instanceof Tensor) return formatAval(node);
  if (Array.isArray(node)) return `[${node.map(formatTree).join()}]`;
  if (typeof node !== 'object' || node === null) return String(node);
  let text = '{';
  for (const [key, child] of Object.entries(node)) text += `${JSON.stringify(key)}:${formatTree(child)},`;
  return `${text}}`;
};

/** What a program depends on: plain values, tree structures, shapes and element types. */
const signatureOf = (args: readonly unknown[]): string =>
  args
    .map((argument) =>
      isStatic(argument)
        ? `${typeof argument} ${Object.is(argument, -0) ? '-0' : String(argument)}`
        : formatTree(argument),
    )
    .join(' | ');

/**
 * `f`, compiled: the first call with new shapes, element types, tree structures or plain values (numbers, strings,
 * booleans) traces it; later calls run the traced program. Values that the function closes over are fixed when it is
 * traced. Under another transform the function runs as it is.
 * @throws GradientError when `f` reads values; TreeError when an argument holds anything but tensors.
 * @example
 * compile((x: Tensor) => mul(x, x))(tensor([1, 2])).toArray() // [1, 4]
 */
export const compile = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  options: CompileOptions = {},
): Compiled<Args, Y> => {
  checkFunction('compile', f);
  const { cacheSize = 16 } = checkedOptions('compile', options, ['cacheSize']);
  if (!Number.isInteger(cacheSize) || cacheSize < 1)
    throw new ArgumentError({
      op: 'compile',
      problem: `a cache of ${describe(cacheSize)} programs`,
      remedy: 'keep at least one',
    });
  const cache = new Map<string, Entry<Y>>();

  const build = (args: Args): Entry<Y> => {
    const { program, result } = traceTree(
      (...traced: readonly unknown[]) =>
        f(...(traced.map((x, i) => (isStatic(args[i]) ? args[i] : x)) as unknown as Args)),
      dynamicOf(args),
    );
    const simplified = removeDeadCode(mergeCommonSubexpressions(program));
    const backend = defaultBackend();
    const avals: readonly Aval[] = [...simplified.inputs, ...simplified.constants, ...simplified.nodes];
    const outputs = simplified.outputs.flatMap((id) => avals[id] ?? []);
    return { program: simplified, result, backend, run: backend.lower(simplified), outputs };
  };

  const entryFor = (args: Args): Entry<Y> => {
    const signature = `${defaultBackend().name}: ${signatureOf(args)}`;
    const entry = cache.get(signature) ?? build(args);
    // Insertion order is the order of use: the first key is the one unused for longest.
    cache.delete(signature);
    cache.set(signature, entry);
    const [oldest] = cache.keys();
    if (cache.size > cacheSize && oldest !== undefined) cache.delete(oldest);
    return entry;
  };

  const compiled = (...args: Args): Y => {
    if (currentInterpreter() !== ground) return f(...args);
    const { result, backend, run, outputs } = entryFor(args);
    const storages = run(treeLeaves(dynamicOf(args), 'compile').map((leaf) => storageOn(backend, leaf)));
    const tensors = outputs.map(({ shape, dtype }, i) => {
      const storage = storages[i];
      if (storage === undefined)
        throw new Error(`${backend.name} backend returned ${storages.length} outputs of ${outputs.length}`);
      return storedTensor(shape, dtype, backend, storage);
    });
    return treeUnflatten(result, tensors);
  };
  return Object.assign(compiled, {
    programFor: (...args: Args): Program => entryFor(args).program,
    toString: (): string =>
      [...cache].map(([signature, { program }]) => `${signature}\n${String(program)}`).join('\n\n'),
  });
};
