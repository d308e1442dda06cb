/**
 * The world that a test file finds, and leaves as it found it: the default backend, the number of threads, the environment, the working
 * folder, global names, and what the prototypes of the language have. What a file changes is a failure of that file, and is
 * put back for the next.
 */

import { defaultBackend, setDefaultBackend } from '../../core/backends/default-backend.js';
import { referenceBackend } from '../../core/backends/reference/backend.js';
import { setThreads, threads } from '../../core/backends/threads.js';
import { currentInterpreter, type Interpreter } from '../../core/dispatch/interpreter.js';
import type { Backend } from '../../core/program/backend.js';

/** What a file found. */
export interface World {
  readonly backend: Backend;
  readonly threads: number;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly folder: string;
  readonly globals: ReadonlySet<PropertyKey>;
  readonly prototypes: readonly ReadonlySet<PropertyKey>[];
  readonly interpreter: Interpreter;
}

const prototypes: readonly (readonly [name: string, prototype: object])[] = [
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Function', Function.prototype],
  ['String', String.prototype],
  ['Promise', Promise.prototype],
];

/** Set by the test library while it runs, and by Node when `fetch` or what belongs to it is first used. */
const testLibrary = new Set<PropertyKey>([
  'UVU_DEFER',
  'UVU_QUEUE',
  'UVU_INDEX',
  Symbol.for('undici.globalDispatcher.1'),
  Symbol.for('undici.globalDispatcher.2'),
]);

/** Helpers of the TypeScript compiler, which a package of the charts makes global. */
const isCompilerHelper = (key: PropertyKey): boolean => typeof key === 'string' && /^__[a-z]\w+$/i.test(key);

const keysOf = (object: object): ReadonlySet<PropertyKey> => new Set(Reflect.ownKeys(object));

let fileBackend: Backend | null = null;

/** Makes `backend` the default for the tests of the file that says so, while it loads; the next file has the run's again. */
export const useBackend = (backend: Backend): void => {
  fileBackend = backend;
  setDefaultBackend(backend);
};

/** The world as it is now, before a file; makes `backend` the default first, or what the library would take. */
export const enter = (backend: string): World => {
  if (backend === 'reference') setDefaultBackend(referenceBackend);
  fileBackend = null;
  return {
    backend: defaultBackend(),
    threads: threads(),
    env: { ...process.env },
    folder: process.cwd(),
    globals: keysOf(globalThis),
    prototypes: prototypes.map(([, prototype]) => keysOf(prototype)),
    interpreter: currentInterpreter(),
  };
};

const added = (now: ReadonlySet<PropertyKey>, before: ReadonlySet<PropertyKey>): PropertyKey[] =>
  [...now].filter((key) => !before.has(key) && !testLibrary.has(key) && !isCompilerHelper(key));

/** What is not as it was, in words; all that can be is put back. */
export const leave = (before: World): string[] => {
  const changes: string[] = [];
  if (defaultBackend() !== (fileBackend ?? before.backend))
    changes.push(`the default backend, which is ${defaultBackend().name}`);
  setDefaultBackend(before.backend);
  if (threads() !== before.threads) changes.push(`the number of threads, which is ${threads()}`);
  setThreads(before.threads);
  for (const name of new Set([...Object.keys(before.env), ...Object.keys(process.env)])) {
    const value = before.env[name];
    // Set by the library that reads pictures, once and for all.
    if (process.env[name] === value || name === 'VIPSHOME') continue;
    changes.push(`the environment's ${name}`);
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  if (process.cwd() !== before.folder) changes.push('the working folder');
  process.chdir(before.folder);
  for (const key of added(keysOf(globalThis), before.globals)) {
    changes.push(`the global ${String(key)}`);
    Reflect.deleteProperty(globalThis, key);
  }
  prototypes.forEach(([name, prototype], at) => {
    for (const key of added(keysOf(prototype), before.prototypes[at] ?? new Set())) {
      changes.push(`${name}.prototype.${String(key)}`);
      Reflect.deleteProperty(prototype, key);
    }
  });
  if (currentInterpreter() !== before.interpreter) changes.push('the current interpreter');
  return changes;
};
