/**
 * Modules: what is exported, and all that it needs. `link` finds the functions and globals that the exports reach and numbers
 * them; the result is a plain structure, which `encode.ts` writes, `decode.ts` reads back and `print.ts` prints.
 */
import { linearize, references } from './linear.js';
import type { Func, Global, Instruction, ResultType, ValueType } from './types.js';

/** The module's memory, imported or its own, in pages of 64 KiB. */
export interface MemoryUse {
  readonly importedFrom?: string;
  /** The name under which it is imported, or else exported. */
  readonly name: string;
  readonly minimum: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** Bytes within the module: copied to `at` when it starts, or left for `memory.init` where there is no `at`. */
export interface DataSegment {
  readonly bytes: readonly number[];
  readonly at?: number;
}

/** A module as it is written. */
export interface ModuleSource<E extends Readonly<Record<string, Func>> = Readonly<Record<string, Func>>> {
  readonly exports: E;
  readonly memory?: MemoryUse;
  readonly data?: readonly DataSegment[];
}

export interface Signature {
  readonly params: readonly ValueType[];
  readonly result: ResultType;
}

export interface ImportedFunction {
  readonly from: string;
  readonly name: string;
  /** Which of the module's signatures. */
  readonly signature: number;
}

export interface LinkedFunction {
  readonly name: string;
  readonly signature: number;
  readonly locals: readonly ValueType[];
  readonly code: readonly Instruction[];
}

/** A module in which everything has its number; imported functions are numbered first. */
export interface ModuleStructure {
  readonly signatures: readonly Signature[];
  readonly imports: readonly ImportedFunction[];
  readonly memory: MemoryUse | null;
  readonly functions: readonly LinkedFunction[];
  readonly globals: readonly Global[];
  readonly exports: readonly { readonly name: string; readonly func: number }[];
  readonly data: readonly DataSegment[];
}

/** Functions and globals in the order in which they are reached, callees first. */
const reach = (roots: readonly Func[]): { funcs: Func[]; globals: Global[] } => {
  const funcs = new Set<Func>();
  const globals = new Set<Global>();
  const seen = new Set<Func>();
  const visit = (func: Func): void => {
    if (seen.has(func)) return;
    seen.add(func);
    if ('body' in func.definition)
      references(func.definition.body, { func: visit, global: (variable) => globals.add(variable) });
    funcs.add(func);
  };
  roots.forEach(visit);
  return { funcs: [...funcs], globals: [...globals] };
};

export const link = ({ exports, memory, data = [] }: ModuleSource): ModuleStructure => {
  const { funcs, globals } = reach(Object.values(exports));
  const signatures: Signature[] = [];
  const signatureOf = ({ params, result }: Func): number => {
    const text = (signature: Signature): string => `${signature.params.join(' ')} -> ${signature.result}`;
    const known = signatures.findIndex((signature) => text(signature) === text({ params, result }));
    return known >= 0 ? known : signatures.push({ params, result }) - 1;
  };
  const ordered = [
    ...funcs.filter(({ definition }) => 'importedFrom' in definition),
    ...funcs.filter(({ definition }) => 'body' in definition),
  ];
  const funcNumbers = new Map(ordered.map((func, i) => [func, i]));
  const globalNumbers = new Map(globals.map((variable, i) => [variable, i]));
  const numbering = {
    func: (func: Func): number => funcNumbers.get(func) ?? -1,
    global: (variable: Global): number => globalNumbers.get(variable) ?? -1,
  };
  return {
    imports: ordered.flatMap((func) =>
      'importedFrom' in func.definition
        ? [{ from: func.definition.importedFrom, name: func.name, signature: signatureOf(func) }]
        : [],
    ),
    functions: ordered.flatMap((func) =>
      'body' in func.definition
        ? [
            {
              name: func.name,
              signature: signatureOf(func),
              ...linearize(func.definition.parameters, func.definition.body, numbering),
            },
          ]
        : [],
    ),
    signatures,
    memory: memory ?? null,
    globals,
    exports: Object.entries(exports).map(([name, func]) => ({ name, func: numbering.func(func) })),
    data,
  };
};
