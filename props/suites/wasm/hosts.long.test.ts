/**
 * Hosts that give less than the library would like, each as a process of its own: no memory for WebAssembly, little address space, no
 * leave to make code or to start threads. Everything is computed all the same.
 */
import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { spawner } from '../../../core/backends/wasm/threads/spawn.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

/** What every process does: it says which backend and how many threads it has, and whether numbers are right. */
const contents = `
import { compile, defaultBackend, grad, iota, matmul, mul, reshape, setThreads, sum, threads } from './autograd/index.ts';
for (const prepare of globalThis.preparations ?? []) prepare();
const given = setThreads(2);
const x = reshape(iota([90000], 0, 'float32'), [300, 300]);
const slope = compile((y) => grad((z) => sum(mul(z, z)))(y))(x).dataSync();
const product = matmul(x, reshape(iota([600], 0, 'float32'), [300, 2])).dataSync();
let grown = true;
for (const size of [1000, 100000, 3000000, 9000000]) {
  const y = mul(iota([size], 0, 'float32'), 0.5);
  grown &&= y.dataSync()[size - 1] === (size - 1) / 2 && mul(y, 4).dataSync()[7] === 14;
}
const right = grown && slope[89999] === 179998 && Math.abs(product[1] - 17954950) < 100;
console.log(defaultBackend().name, given, threads(), right ? 'right' : 'wrong');
setThreads(1);
`;

/** The whole as one text: loaders have threads of their own, which some of these hosts forbid. */
const bundled = buildSync({
  stdin: { contents, resolveDir: '.', loader: 'ts' },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  logLevel: 'silent',
}).outputFiles[0]?.text;

const run = (flags: readonly string[], { before = '', kilobytes = 0 } = {}): string => {
  const command = [process.execPath, ...flags, '--input-type=module', '-'];
  const [program = '', ...rest] =
    kilobytes === 0 ? command : ['/bin/sh', '-c', `ulimit -v ${kilobytes} && exec "$@"`, 'sh', ...command];
  const { stdout, stderr, status } = spawnSync(program, rest, {
    input: `${before}\n${bundled}`,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  assert.is(status, 0, stderr);
  return stdout.trim();
};

const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

test('hosts: with all that is wanted, programs run on WebAssembly and two threads', () => {
  assert.is(run([]), 'wasm 2 2 right');
});

test('hosts: where threads may not be started there is one, and nothing fails', () => {
  assert.is(run([permission, '--allow-fs-read=*']), 'wasm 1 1 right');
});

test('hosts: where memory is not shared among threads there is one, and memory grows under running programs', () => {
  // As in a page that is not isolated from other origins.
  const before = 'globalThis.preparations = [() => { globalThis.crossOriginIsolated = false; }];';
  assert.is(run([], { before }), 'wasm 1 1 right');
});

test('hosts: where linear memory has few pages, or none can be had, the reference computes; where addresses are few, one thread', () => {
  for (const pages of [8, 100])
    assert.is(run([`--wasm-max-mem-pages=${pages}`]), 'reference 1 1 right', `${pages} pages`);
  // Elsewhere than on Linux address space is not limited.
  // Later engines do with less of it for memory, and end a process that starts a thread in what is left.
  if (process.platform === 'linux')
    for (const kilobytes of [4_000_000, 12_000_000])
      assert.match(run([], { kilobytes }), /^(reference|wasm) 1 1 right$/);
});

test('hosts: where there is no WebAssembly, or code may not be made, the reference computes', () => {
  const forbid = 'WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("a policy") } };';
  const cases = ['delete globalThis.WebAssembly;', forbid, 'WebAssembly.validate = () => false;'];
  for (const before of cases)
    assert.is(run([], { before: `globalThis.preparations = [() => { ${before} }];` }), 'reference 1 1 right', before);
});

test('setThreads: a host that stops giving threads is asked no more, and those that it gave compute', () => {
  const real = spawner();
  if (real === null) throw new Error('this host gives threads');
  let asked = 0;
  const wasm = createWasmBackend({
    spawn: (code, whenEnded) => {
      if (++asked > 1) throw new Error('Access to this API has been restricted');
      return real(code, whenEnded);
    },
  });
  try {
    const { used } = wasm.memory.sizes();
    assert.is(wasm.threads.resize(5), 2);
    assert.is(asked, 2);
    for (let i = 0; i < 100; i++) assert.is(wasm.threads.resize(5), 2);
    assert.ok(wasm.memory.sizes().used - used < 1024, 'a thread that was not given takes no memory');
  } finally {
    wasm.threads.resize(1);
  }
});

test('hosts: a page makes threads of a worker, a blob and an address, and none where one of them is missing', () => {
  const given = { Worker: class {}, Blob, URL };
  /** How a page makes threads that has these. */
  const inPage = (parts: Partial<Record<keyof typeof given, unknown>>): unknown => {
    const names = ['process', ...Object.keys(given)];
    const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    try {
      for (const name of names)
        Object.defineProperty(globalThis, name, {
          value: (parts as Record<string, unknown>)[name],
          configurable: true,
          writable: true,
        });
      return spawner();
    } finally {
      for (const [i, name] of names.entries()) {
        const own = before[i];
        if (own === undefined) Reflect.deleteProperty(globalThis, name);
        else Object.defineProperty(globalThis, name, own);
      }
    }
  };
  assert.type(inPage(given), 'function');
  for (const name of Object.keys(given)) assert.is(inPage({ ...given, [name]: undefined }), null, name);
});
