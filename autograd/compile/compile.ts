/**
 * Compilation: a function is traced once for each signature of its arguments, the program is simplified, and from then
 * on the backend runs the whole program as one call. What the function does besides computing (printing, counting)
 * happens while tracing only.
 */

import { defaultBackend } from '../../core/backends/default-backend.js';
import { ArgumentError, describe, describeList } from '../../core/base/errors.js';
import { ground } from '../../core/dispatch/ground.js';
import { bindAll, currentInterpreter } from '../../core/dispatch/interpreter.js';
import { traceClosed, traceTree } from '../../core/dispatch/trace.js';
import { type CallParams, callPrimitive } from '../../core/primitives/control/call.js';
import type { Backend, Executable, Storage } from '../../core/program/backend.js';
import { simplify, tidied } from '../../core/program/passes/index.js';
import { type Aval, avalOf, formatAval, type Program, resultsOf } from '../../core/program/program.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import { buildFrom, hasStructure, leafCount, type Structure, structureOf } from '../../core/tensor/structure.js';
import { consume, storageOn, storedTensor, type Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';

export interface CompileOptions {
  /** How many signatures are kept, the least recently used going first; 16 by default. */
  readonly cacheSize?: number;
  /**
   * Numbers of arguments that are given away: the compiled function may compute its results in their memory, as a training step does
   * with parameters. Their tensors cannot be used after the call. None by default.
   */
  readonly donate?: readonly number[];
}

/** A compiled function; printing it shows the programs it holds, and how the backend runs them. */
export interface Compiled<Args extends readonly unknown[], Y> {
  (...args: Args): Y;
  /** The program for the signature of these arguments, traced now if it was not yet. */
  programFor(...args: Args): Program;
  toString(): string;
}

interface Entry {
  /** A list of the arguments, which is compared in full: nothing depends on a hash. */
  readonly signature: Structure;
  readonly program: Program;
  readonly result: Structure;
  readonly backend: Backend;
  readonly run: Executable;
  /** Which leaves of the arguments are given away. */
  readonly donated: readonly number[];
  /** Shapes and element types of what the program returns. */
  readonly outputs: readonly Aval[];
}

interface Call {
  readonly signature: Structure;
  readonly body: Program;
  readonly captured: readonly Tensor[];
  readonly result: Structure;
}

type Static = number | string | boolean | null | undefined;

/** Plain values are part of the signature: each gets a program of its own. */
const isStatic = (argument: unknown): argument is Static =>
  argument === null || argument === undefined || ['number', 'string', 'boolean'].includes(typeof argument);

/** The arguments that carry tensors, with `null` in the places of the others. */
const dynamicOf = (args: readonly unknown[]): readonly unknown[] =>
  args.map((argument) => (isStatic(argument) ? null : argument));

const tensorsOf = (storages: readonly Storage[], avals: readonly Aval[], backend: Backend): readonly Tensor[] =>
  avals.map(({ shape, dtype }, i) => {
    const storage = storages[i];
    if (storage === undefined)
      throw new Error(`${backend.name} backend returned ${storages.length} outputs of ${avals.length}`);
    return storedTensor(shape, dtype, backend, storage);
  });

const partsOf = (structure: Structure): readonly Structure[] =>
  structure.kind === 'list' || structure.kind === 'branch' ? structure.parts : [];

/** A structure as it is printed: `[f32[2,3], {bias: f32[3]}]`. */
const formatStructure = (structure: Structure): string => {
  if (structure.kind === 'leaf') return formatAval(structure);
  if (structure.kind === 'plain') return Object.is(structure.value, -0) ? '-0' : describe(structure.value);
  const parts = structure.parts.map(formatStructure);
  if (structure.kind === 'list') return `[${parts.join(', ')}]`;
  return `{${structure.keys.map((key, i) => `${key}: ${parts[i]}`).join(', ')}}`;
};

const checkOptionsNames = { cacheSize: true, donate: true } as const;

const checkOptions = (options: CompileOptions): Required<CompileOptions> => {
  const { cacheSize = 16, donate = [] } = checkedOptions('compile', options, checkOptionsNames);
  if (!Number.isInteger(cacheSize) || cacheSize < 1)
    throw new ArgumentError({
      op: 'compile',
      problem: `a cache of ${describe(cacheSize)} programs`,
      remedy: 'keep at least one',
    });
  if (!Array.isArray(donate) || !donate.every((argument) => Number.isInteger(argument) && argument >= 0))
    throw new ArgumentError({
      op: 'compile',
      problem: `donate is ${describeList(donate)}`,
      remedy: 'list the numbers of the arguments that are given away, counted from 0: { donate: [0] }',
    });
  return { cacheSize, donate };
};

/**
 * `f`, compiled: the first call with new shapes, element types, tree structures or plain values (numbers, strings,
 * booleans) traces it; later calls run the traced program. Values that the function closes over are fixed when it is
 * traced. Under another transform it stays one operation, which is differentiated, batched or traced as a whole.
 *
 * Arguments named in `donate` are given away: results are computed in their memory where they fit, and using one of their tensors
 * afterwards is an error.
 * @throws GradientError when `f` reads values; TreeError when an argument holds anything but tensors; ArgumentError for a tensor that
 * was donated to an earlier call.
 * @example
 * compile((x: Tensor) => mul(x, x))(tensor([1, 2])).toArray() // [1, 4]
 * @example
 * compile((x: Tensor) => add(x, 1), { donate: [0] })(tensor([1, 2])).toArray() // [2, 3]
 */
export const compile = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  options: CompileOptions = {},
): Compiled<Args, Y> => {
  checkFunction('compile', f);
  const { cacheSize, donate } = checkOptions(options);
  /** The most recently used first. */
  const entries: Entry[] = [];

  const build = (args: Args): Entry => {
    const beyond = donate.find((argument) => argument >= args.length);
    if (beyond !== undefined)
      throw new ArgumentError({
        op: 'compile',
        problem: `donate names argument ${beyond}, and the function was called with ${args.length}`,
        remedy: 'list the numbers of arguments that there are, counted from 0',
      });
    const { program, result } = traceTree(
      (...traced: readonly unknown[]) =>
        f(...(traced.map((x, i) => (isStatic(args[i]) ? args[i] : x)) as unknown as Args)),
      dynamicOf(args),
      'compile',
    );
    const backend = defaultBackend();
    const simplified = simplify(program, (fixed) => tensorsOf(backend.lower(fixed)([]), resultsOf(fixed), backend));
    const signature = structureOf(args);
    const owners = partsOf(signature).flatMap((part, i) => new Array<number>(leafCount(part)).fill(i));
    const donated = owners.flatMap((argument, leaf) => (donate.includes(argument) ? [leaf] : []));
    return {
      signature,
      program: simplified,
      result: structureOf(result),
      backend,
      run: backend.lower(simplified, donated),
      donated,
      outputs: resultsOf(simplified),
    };
  };

  /** The entry for these arguments, and their leaves. */
  const find = (args: Args): { readonly entry: Entry; readonly leaves: readonly Tensor[] } => {
    const backend = defaultBackend();
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (entry.backend !== backend) continue;
      const leaves: Tensor[] = [];
      if (!hasStructure(entry.signature, args, leaves)) continue;
      if (i > 0) {
        entries.splice(i, 1);
        entries.unshift(entry);
      }
      return { entry, leaves };
    }
    const entry = build(args);
    entries.unshift(entry);
    entries.length = Math.min(entries.length, cacheSize);
    const leaves: Tensor[] = [];
    hasStructure(entry.signature, args, leaves);
    return { entry, leaves };
  };

  /** The programs of calls within other transforms, which stay one operation there. */
  const calls: Call[] = [];

  /** A call within another transform. */
  const composed = (args: Args): Y => {
    let leaves: Tensor[] = [];
    const known = calls.find(({ signature }) => {
      leaves = [];
      return hasStructure(signature, args, leaves);
    });
    if (known === undefined) {
      const dynamic = dynamicOf(args);
      const given = treeLeaves(dynamic, 'compile');
      const traced = traceClosed(
        (inputs) =>
          f(...(treeUnflatten(dynamic, inputs).map((x, i) => (isStatic(args[i]) ? args[i] : x)) as unknown as Args)),
        given.map(avalOf),
        'compile',
      );
      // What it closes over may differ from call to call where a transform is taking place.
      if (traced.captured.some(({ owner }) => owner !== null)) return f(...args);
      calls.unshift({
        signature: structureOf(args),
        body: tidied(traced.program),
        captured: traced.captured,
        result: structureOf(traced.result),
      });
      calls.length = Math.min(calls.length, cacheSize);
      return composed(args);
    }
    const { body, captured, result } = known;
    const params: CallParams = { name: f.name || 'compiled', body, rule: null };
    return buildFrom(result, bindAll(callPrimitive, [...leaves, ...captured], params)) as Y;
  };

  const compiled = (...args: Args): Y => {
    if (currentInterpreter() !== ground) return composed(args);
    const { entry, leaves } = find(args);
    const { result, backend, run, donated, outputs } = entry;
    const inputs = leaves.map((leaf) => storageOn(backend, leaf, 'compile'));
    // From here on their numbers may be overwritten, whether or not the call succeeds.
    for (const leaf of donated) consume(leaves[leaf] as Tensor);
    return buildFrom(result, tensorsOf(run(inputs), outputs, backend)) as Y;
  };
  return Object.assign(compiled, {
    programFor: (...args: Args): Program => find(args).entry.program,
    toString: (): string =>
      entries
        .map(({ signature, backend, program, run }) => {
          const call = `compiled for ${backend.name}: (${partsOf(signature).map(formatStructure).join(', ')})`;
          return [call, String(program), ...(run.describe === undefined ? [] : [run.describe()])].join('\n');
        })
        .join('\n\n'),
  });
};
