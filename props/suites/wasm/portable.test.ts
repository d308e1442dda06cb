/** Bits on engines that multiply and add with one rounding and on those that round twice: other ones by default, the same if asked for. */
import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { arithmetic, deterministic, setDeterministic } from '../../../autograd/index.js';
import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { features, withArithmetic } from '../../../core/backends/kernels/features.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { ArgumentError, key, matmul, normal } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const program = buildSync({
  entryPoints: ['props/suites/wasm/portable-child.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  logLevel: 'silent',
}).outputFiles[0]?.text;

/** What a process prints: its arithmetic and a checksum. */
const run = (level: string, flags: readonly string[]): readonly [arithmetic: string, checksum: string] => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '--input-type=module', '-'], {
    input: program,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', LEVEL: level },
  });
  assert.is(status, 0, stderr);
  const [found = '', checksum = ''] = stdout.trim().split(/ (?=\S+$)/);
  return [found, checksum];
};

/** A flag that gives an older engine the instruction; newer ones have it as they are. */
const withFusion = features().relaxedSimd ? [] : ['--experimental-wasm-relaxed-simd'];

test('setDeterministic: portable bits do not depend on whether the engine rounds once or twice, and those of a machine do', () => {
  const [fused, portable] = [run('machine', withFusion), run('portable', withFusion)];
  assert.is(portable[0], 'wasm, plain');
  if (fused[0] === 'wasm, fused') assert.is.not(fused[1], portable[1]);
  if (!features().relaxedSimd) assert.equal(run('machine', []), portable);
});

test('setDeterministic: a backend is portable for all that it makes, whatever others are', () => {
  const before = defaultBackend();
  const portable = createWasmBackend({ deterministic: 'portable' });
  const machine = createWasmBackend();
  assert.is(portable.arithmetic, 'wasm, plain');
  assert.is(machine.arithmetic, `wasm, ${features().relaxedSimd ? 'fused' : 'plain'}`);
  try {
    const bits = [machine, portable, machine].map((backend) => {
      setDefaultBackend(backend);
      assert.is(arithmetic(), backend.arithmetic);
      return matmul(normal(key(1), [20, 30]), normal(key(2), [30, 20])).toArray();
    });
    assert.equal(bits[0], bits[2]);
    assert.is(JSON.stringify(bits[0]) === JSON.stringify(bits[1]), machine.arithmetic === portable.arithmetic);
    setDefaultBackend(referenceBackend);
    assert.is(arithmetic(), 'reference');
  } finally {
    setDefaultBackend(before);
  }
  assert.is(
    withArithmetic('plain', () => features().relaxedSimd),
    false,
  );
});

test('setDeterministic: the level is what was asked for, a backend of the user’s own stays, and other words are refused', () => {
  const before = defaultBackend();
  const own = createWasmBackend();
  try {
    assert.is(deterministic(), 'machine');
    setDefaultBackend(own);
    assert.is(setDeterministic('portable'), 'portable');
    assert.is(deterministic(), 'portable');
    assert.is(defaultBackend(), own);
    for (const level of ['yes', true, undefined])
      assert.throws(
        () => setDeterministic(level as never),
        (error: unknown) => error instanceof ArgumentError,
      );
    assert.is(deterministic(), 'portable');
  } finally {
    setDeterministic('machine');
    setDefaultBackend(before);
  }
});
