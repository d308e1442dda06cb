/**
 * Damaged files, by the thousand: whatever bytes come in, every decoder gives a value or a `DataError` that names the file,
 * soon, and without setting memory aside for what a header claims. `npm run fuzz -- --count 1000000` looks for longer;
 * `TAPEGRAD_FUZZ=10000 npm test -- data/fuzz`, too, and `TAPEGRAD_SEED` elsewhere.
 */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import { key, TapegradError, tensor } from '../../../core/index.js';
import { DataError } from '../../../data/index.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../data/node/index.js';
import { crossEntropy, linear } from '../../../nn/index.js';
import { adam, fit } from '../../../optim/index.js';
import { readCases } from '../../fixtures/format.js';
import { bytesHeld, caseOf, divided, fuzzTarget, leastPast, mostBytes, mostRatio } from '../../fuzz/engine.js';
import * as assert from '../../runner/assert.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { fileName } from './faults.js';
import { type Target, targets } from './fuzz-targets.js';
import { damaged } from './mutations.js';
import { withFolder } from './temporary.js';

/** Damaged files a decoder, where decoding takes no time to speak of. */
const files = Number(process.env.TAPEGRAD_FUZZ ?? 250);

/** Nothing that small takes longer, in milliseconds of work; other processes do not lengthen it. */
const mostMilliseconds = 3000;

interface Tally {
  seen: number;
  taken: number;
  slowest: number;
  largest: number;
}

const tallies = new Map<string, Tally>();

/** Training takes memory of its own: 8 MiB are far below what hostile numbers claim. */
const training = { limit: 2 ** 23 };

/** Fails with the smallest damage found that breaks the promise. */
const fuzz = async (
  name: string,
  given: readonly Uint8Array[],
  numRuns: number,
  accepts: (bytes: Uint8Array) => boolean | Promise<boolean>,
  { hostile = false, limit = 0 }: { readonly hostile?: boolean; readonly limit?: number } = {},
): Promise<void> => {
  // Some are Buffers, whose `slice` shares memory.
  const valid = given.map((file) => Uint8Array.from(file));
  const tally: Tally = { seen: 0, taken: 0, slowest: 0, largest: 0 };
  tallies.set(name, tally);
  for (const file of valid) assert.is(await accepts(file), !hostile, `${name}: the file as it is`);
  const property = fc.asyncProperty(damaged(valid), async (bytes) => {
    const before = bytesHeld();
    const start = process.cpuUsage();
    const taken = await accepts(bytes);
    const { user, system } = process.cpuUsage(start);
    const milliseconds = (user + system) / 1000;
    const grown = bytesHeld() - before;
    tally.seen++;
    tally.taken += Number(taken);
    tally.slowest = Math.max(tally.slowest, milliseconds);
    tally.largest = Math.max(tally.largest, grown);
    assert.ok(milliseconds < mostMilliseconds, `${bytes.length} bytes took ${Math.round(milliseconds)} ms`);
    assert.ok(
      grown <= mostBytes + mostRatio * bytes.length + limit,
      `${bytes.length} bytes took ${grown} bytes of memory`,
    );
  });
  const details = await fc.check(property, { seed: seed(), numRuns, endOnFailure: false });
  if (!details.failed) return;
  const [bytes = new Uint8Array(0)] = details.counterexample ?? [];
  const cause = details.errorInstance;
  throw new Error(
    [
      `${name}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
      `file: ${Buffer.from(bytes.subarray(0, 600)).toString('base64')} (${bytes.length} bytes in base64)`,
      `replay with TAPEGRAD_SEED=${details.seed} and path ${JSON.stringify(details.counterexamplePath)}`,
      ...(cause instanceof Error ? (cause.stack ?? '').split('\n').slice(1, 6) : []),
    ].join('\n    '),
  );
};

/** Is the file taken? Fails unless a refusal is a typed one that says which file, and what was expected. */
const sound = async ({ wrap, decode }: Target, bytes: Uint8Array): Promise<boolean> => {
  const result = await decode(wrap === undefined ? bytes : await wrap(bytes), fileName);
  if (E.isRight(result)) return true;
  assert.instance(result.left, DataError);
  const { file, message, expected } = result.left;
  assert.ok(file.includes('here') && message.includes(file), message);
  assert.ok(expected.length > 0 && message.length < 1000, message);
  return false;
};

test('fuzz: every decoder takes its valid files, and gives a value or a typed error for damaged ones', () =>
  withFolder(async (folder) => {
    for (const target of await targets(folder)) {
      const { name, valid, share = 1, hostile = false, limit = 0 } = target;
      await fuzz(name, valid, Math.ceil(files * share), (bytes) => sound(target, bytes), { hostile, limit });
    }
  }));

test('fuzz: the damage of the long run is survived in the short, and a third of it comes past each header', () =>
  withFolder(async (folder) => {
    const chosen = (await targets(folder)).filter(({ hostile }) => hostile !== true);
    const counts = divided(chosen, 16 * files);
    let [seen, past] = [0, 0];
    for (const [i, target] of chosen.entries()) {
      const { figures, failure } = await fuzzTarget(target, counts[i] ?? 0, seed());
      if (failure !== null)
        throw new Error(
          `${failure.target}, case ${failure.index}: ${failure.reason}; ${Buffer.from(failure.bytes).toString('base64')}`,
        );
      seen += figures.seen;
      past += figures.past;
      // Of a few files, fewer may come past.
      const few = 3 * Math.sqrt(figures.seen);
      assert.ok(figures.past > leastPast * figures.seen - few, `${target.name}: ${figures.past} of ${figures.seen}`);
    }
    assert.is(seen, 16 * files);
    assert.ok(past > leastPast * seen, `${past} of ${seen}`);
  }));

test('fuzz: the same seed makes the same damage, and another one other damage', () =>
  withFolder(async (folder) => {
    const [target] = await targets(folder);
    assert.ok(target !== undefined);
    if (target === undefined) return;
    const cases = (of: number): string[] =>
      Array.from({ length: 20 }, (_, i) => Buffer.from(caseOf(target, of, i)).toString('hex'));
    assert.equal(cases(1), cases(1));
    assert.ok(cases(1).filter((bytes, i) => bytes !== cases(2)[i]).length > 15);
  }));

test('fuzz: a state that was damaged but decodes is refused by fit, or goes on', async () => {
  const examples = { x: tensor([[1], [2]]), y: tensor([0, 1], { dtype: 'int32' }) };
  const options = {
    model: linear(1, 2),
    loss: crossEntropy,
    optimizer: adam(0.1),
    train: examples,
    epochs: 1,
    key: key(0),
    compile: false,
  };
  const { final } = await fit(options);
  const bytes = encodeCheckpoint(final);
  const payload = bytes.subarray(bytes.indexOf(10) + 1);
  const headerLength = Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(payload.subarray(8, 8 + headerLength))) as {
    readonly __metadata__: { readonly value: string };
  };
  const found = new Set<unknown>();
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('dtype' in node) found.add(node);
    else for (const child of Object.values(node)) collect(child);
  };
  collect(decodeCheckpoint(bytes));
  const tensors = [...found];
  const revive = (_: string, node: unknown): unknown => {
    const place = typeof node === 'object' && node !== null && '$tensor' in node ? node.$tensor : undefined;
    return typeof place === 'number' ? (tensors[place] ?? null) : node;
  };
  await fuzz(
    'resumed state',
    [new TextEncoder().encode(header.__metadata__.value)],
    files,
    async (json) => {
      let resume: unknown;
      try {
        resume = JSON.parse(new TextDecoder().decode(json), revive);
      } catch (error) {
        // Without end of its levels, or no JSON: decodeCheckpoint refuses those.
        if (error instanceof SyntaxError || error instanceof RangeError) return false;
        throw error;
      }
      try {
        await fit({ ...options, resume });
        return true;
      } catch (error) {
        assert.instance(error, TapegradError);
        return false;
      }
    },
    training,
  );
});

test('fuzz: files of cases are read or refused with a place', async () => {
  const path = new URL('../../fixtures/cases/torch-fixtures.json', import.meta.url);
  const all = JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: readonly unknown[] };
  const small = all.cases.filter((one) => JSON.stringify(one).length < 1500).slice(0, 5);
  const valid = small.map((one) => new TextEncoder().encode(JSON.stringify({ cases: [one] })));
  await fuzz('fixture cases', valid, files, (bytes) => {
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      assert.instance(error, SyntaxError);
      return false;
    }
    const cases = readCases(json);
    if (E.isLeft(cases)) assert.ok(cases.left.place.length > 0 && cases.left.problem.length > 0);
    return E.isRight(cases);
  });
});

test('fuzz: every decoder has seen its damaged files, and takes none of the memory that they claim', () => {
  const rows = [...tallies].map(([name, { seen, taken, slowest, largest }]) => {
    assert.ok(seen >= Math.ceil(files * 0.2), `${name} saw ${seen} files`);
    assert.ok(taken < seen, `${name} refuses nothing`);
    return `${name.padEnd(20)} ${String(seen).padStart(7)} seen ${String(taken).padStart(6)} taken ${slowest.toFixed(1).padStart(8)} ms at most ${(largest / 2 ** 20).toFixed(2).padStart(7)} MiB at most`;
  });
  assert.ok(rows.length >= 30, `${rows.length} decoders`);
  const total = [...tallies.values()].reduce((all, { seen }) => all + seen, 0);
  console.log([`fuzz: seed ${seed()}, ${total} damaged files`, ...rows].join('\n  '));
});
