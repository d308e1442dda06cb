/**
 * One library, one workload, in a process of its own: `child.ts LIBRARY WORKLOAD THREADS BUDGET` prints one line of JSON,
 * the milliseconds of the first call and of later ones, or why it cannot.
 */
import { createRequire } from 'node:module';
import { prepare as prepareJax } from './libraries/jax-js.js';
import { prepare as prepareTapegrad } from './libraries/tapegrad.js';
import { prepare as prepareTf } from './libraries/tfjs.js';
import { machineLimit } from './limit.js';
import { measureAsync } from './measure.js';
import { type Call, type Library, type OtherName, type ProductName, products, type WorkloadName } from './workloads.js';

const require = createRequire(process.env.TAPEGRAD_PEERS ? `${process.env.TAPEGRAD_PEERS}/` : import.meta.url);

const libraries: Readonly<Record<string, (threads: number) => Library | Promise<Library>>> = {
  tapegrad: prepareTapegrad,
  'jax-js': () => prepareJax(require),
  'tfjs-wasm': (threads) => prepareTf(require, threads),
};

const callOf = async (library: Library, name: WorkloadName): Promise<Call | string> => {
  if (name in products) return library.product(products[name as ProductName]);
  const preparation = library[name as OtherName];
  return typeof preparation === 'string' ? preparation : preparation();
};

const main = async ([library = '', name = '', threads = '1', budget = '1000']: readonly string[]): Promise<unknown> => {
  if (library === 'limit') return { limit: machineLimit() };
  const prepare = libraries[library];
  if (prepare === undefined) throw new Error(`no library ${library}: one of ${Object.keys(libraries).join(', ')}`);
  const call = await callOf(await prepare(Number(threads)), name as WorkloadName);
  return typeof call === 'string' ? { cannot: call } : measureAsync(call, Number(budget));
};

main(process.argv.slice(2)).then(
  (result) => {
    console.log(JSON.stringify(result));
    process.exit(0);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
