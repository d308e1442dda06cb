/**
 * The part of the host's WebAssembly interface that is used here, with types of its own: the library assumes neither a
 * browser's type library nor Node's.
 */

/** A compiled module; only the engine looks inside. */
export interface CompiledModule {
  readonly compiledModule: never;
}

/** Linear memory: `buffer` is replaced by a new one when the memory grows. */
export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Adds pages of 64 KiB and gives the number there were before. */
  grow(pages: number): number;
}

export interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** All that 32-bit addresses reach, in pages of 64 KiB. */
export const mostPages = 65_536;

export interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule, imports: Imports) => Instance;
  readonly Memory: new (descriptor: MemoryDescriptor) => Memory;
}

const found = (): Engine | undefined => (globalThis as { readonly WebAssembly?: Engine }).WebAssembly;

/** Whether there is one: some hosts forbid it. */
export const hasEngine = (): boolean => found() !== undefined;

/** The engine of this page or process. */
export const engine = (): Engine => {
  const here = found();
  if (here === undefined) throw new Error('this host has no WebAssembly');
  return here;
};
