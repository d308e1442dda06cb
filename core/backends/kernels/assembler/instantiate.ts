/** From a module's source to functions that JavaScript can call, with the types that the source gives them. */
import { engine, type Imports, type Memory } from '../../wasm/engine.js';
import { encode } from './encode.js';
import { link, type ModuleSource } from './module.js';
import type { Func, ResultType, ValueType } from './types.js';

/** What a value is on JavaScript's side; vectors cannot cross. */
interface Hosted {
  readonly i32: number;
  readonly i64: bigint;
  readonly f32: number;
  readonly f64: number;
  readonly v128: never;
  readonly none: undefined;
}

type HostArguments<P extends readonly ValueType[]> = { readonly [K in keyof P]: Hosted[P[K]] };
export type HostFunction<F> =
  F extends Func<infer P extends readonly ValueType[], infer R extends ResultType>
    ? (...args: HostArguments<P>) => Hosted[R]
    : never;

export type HostFunctions<E> = { readonly [Name in keyof E]: HostFunction<E[Name]> };

/** What a module is given: its memory where it imports one, and the functions it imports by module and name. */
export interface Host {
  readonly memory?: Memory;
  readonly functions?: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>;
}

/** Assembles, compiles and starts a module. */
export const instantiate = <const E extends Readonly<Record<string, Func>>>(
  source: ModuleSource<E>,
  { memory, functions = {} }: Host = {},
): HostFunctions<E> => {
  const { Module, Instance } = engine();
  const use = source.memory;
  const imports: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(functions).map(([from, named]) => [from, { ...named }]),
  );
  if (use?.importedFrom !== undefined && memory !== undefined)
    imports[use.importedFrom] = { ...imports[use.importedFrom], [use.name]: memory };
  const instance = new Instance(new Module(encode(link(source))), imports satisfies Imports);
  return instance.exports as HostFunctions<E>;
};
