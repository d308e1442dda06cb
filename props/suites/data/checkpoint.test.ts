/** Checkpoint files: whole values come back to the bit, and anything else is refused by name. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import { ArgumentError, fromData, type Tensor, tensor } from '../../../core/index.js';
import { DataError, encodeSafetensors } from '../../../data/index.js';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  sha256,
  tryDecodeCheckpoint,
  tryLoadCheckpoint,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { fileName, refused, survivesNoise, truncationsRefused } from './faults.js';
import { withFolder } from './temporary.js';

const shared = tensor([1, 2, 3]);
const value = {
  params: [{ weight: shared, bias: null }, fromData(Float64Array.of(Math.PI, -0), [2])],
  best: { params: shared, value: Number.NaN },
  steps: fromData(Int32Array.of(7), []),
  mask: tensor([true, false]),
  empty: fromData(new Float32Array(0), [0, 4]),
  history: { losses: [1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0], note: 'é "x"', done: false },
};

/** A whole file with this header before this payload; the header's checksum is right unless it is given. */
const fileOf = (header: Readonly<Record<string, unknown>>, payload: Uint8Array): Uint8Array =>
  Buffer.concat([
    Buffer.from(
      `${JSON.stringify({ format: 'tapegrad checkpoint', version: 1, bytes: payload.length, sha256: sha256(payload), ...header })}\n`,
    ),
    payload,
  ]);

const payloadOf = (file: Uint8Array): Uint8Array => file.subarray(file.indexOf(10) + 1);
const valid = encodeCheckpoint(value);

test('checkpoint: a value comes back whole, every number to the bit', () => {
  const back = decodeCheckpoint(valid) as typeof value;
  assert.equal(back.history, value.history);
  assert.ok(Object.is(back.history.losses[3], -0));
  assert.ok(Number.isNaN(back.best.value));
  assert.is((back.params[0] as { readonly bias: unknown }).bias, null);
  const pairs: readonly (readonly [Tensor, Tensor])[] = [
    [back.params[1], value.params[1]],
    [back.steps, value.steps],
    [back.mask, value.mask],
    [back.empty, value.empty],
  ] as readonly (readonly [Tensor, Tensor])[];
  for (const [got, want] of pairs) {
    assert.equal([got.dtype, got.shape], [want.dtype, want.shape]);
    assert.equal(got.dataSync(), want.dataSync());
  }
});

test('checkpoint: a tensor that occurs twice is written once, and is one tensor again', () => {
  const back = decodeCheckpoint(valid) as typeof value;
  assert.is((back.params[0] as { readonly weight: Tensor }).weight, back.best.params);
});

test('checkpoint: any JSON value survives', () => {
  check(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
      const sound = JSON.parse(JSON.stringify(json).replaceAll('"$', '"').replaceAll('__proto__', 'p')) as unknown;
      assert.equal(decodeCheckpoint(encodeCheckpoint({ sound })), { sound });
    }),
    { numRuns: 60 },
  );
});

test('checkpoint: what cannot be written is an error that says where', () => {
  for (const [bad, pattern] of [
    [{ a: [() => 0] }, /a\.0 is function/],
    [{ a: new Date(0) }, /a is a Date/],
    [{ a: { $tensor: 0 } }, /a\.\$tensor is under a reserved name/],
    [{ a: 1n }, /a is bigint/],
  ] as const)
    assert.throws(
      () => encodeCheckpoint(bad),
      (error: unknown) => error instanceof ArgumentError && pattern.test(error.message),
    );
});

test('checkpoint: what is as deep as a file may be comes back, and what is deeper, or has no end, is not written', () => {
  const nested = (levels: number, inner: unknown): unknown => {
    let value = inner;
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
    return value;
  };
  for (const inner of [1, shared, Number.NaN]) {
    const bytes = encodeCheckpoint(nested(500, inner));
    assert.ok(E.isRight(tryDecodeCheckpoint(bytes)));
    for (const levels of [501, 100_000])
      assert.throws(
        () => encodeCheckpoint(nested(levels, inner)),
        (error: unknown) => error instanceof ArgumentError && /more than 500 levels deep/.test(error.message),
      );
  }
  const endless: unknown[] = [];
  endless.push(endless);
  for (const bad of [endless, new Array<number>(2), Object.create({ constructor: undefined }) as object])
    assert.throws(
      () => encodeCheckpoint(bad),
      (error: unknown) => error instanceof ArgumentError,
    );
});

test('checkpoint: every truncation is refused', () => {
  truncationsRefused(tryDecodeCheckpoint, encodeCheckpoint({ w: shared, n: 1 }));
});

test('checkpoint: noise is refused or read, and takes no memory', () => {
  survivesNoise(tryDecodeCheckpoint, [valid, encodeCheckpoint([]), encodeSafetensors({ w: shared })]);
});

test('checkpoint: noise behind a right checksum is refused or read', () => {
  // The checksum keeps damage out; this is what someone would send on purpose.
  survivesNoise((bytes, file) => tryDecodeCheckpoint(fileOf({}, bytes), file), [payloadOf(valid)]);
});

test('checkpoint: one changed bit is refused', () => {
  const start = valid.indexOf(10) + 1;
  for (let at = start; at < valid.length; at += 7) {
    const damaged = Uint8Array.from(valid);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.ok(E.isLeft(tryDecodeCheckpoint(damaged)), `byte ${at}`);
  }
});

test('checkpoint: foreign, later and lying files are named', () => {
  const payload = payloadOf(valid);
  const is = (bytes: Uint8Array, message: string): void =>
    refused(tryDecodeCheckpoint, bytes, `decodeCheckpoint: ${fileName}${message}`);
  is(new Uint8Array(0), ', byte 0: this is no checkpoint; expected a first line that says tapegrad checkpoint');
  is(
    payload,
    ', byte 0: this is no checkpoint; the file is safetensors, which loadSafetensors reads; expected a first line that says tapegrad checkpoint',
  );
  is(
    fileOf({ format: 'other' }, payload),
    ', byte 0: this is no checkpoint; the file is a text, perhaps JSON; expected a first line that says tapegrad checkpoint',
  );
  is(
    fileOf({ version: 2 }, payload),
    ', byte 0: it has version 2; expected version 1 at most; a later tapegrad reads it',
  );
  is(
    fileOf({ sha256: 3 }, payload),
    ', byte 0: the header is damaged; expected version 1, a number of bytes and a checksum',
  );
  const lying = fileOf({ bytes: 2 ** 60 }, payload);
  is(lying, `, byte ${lying.indexOf(10) + 1}: ${payload.length} bytes follow the header; expected ${2 ** 60}`);
  const wrong = fileOf({ sha256: 'ab' }, payload);
  is(wrong, `, byte ${wrong.indexOf(10) + 1}: the SHA-256 is ${sha256(payload)}; expected ab`);
});

test('checkpoint: a value without its tensors, or without an end of its levels, is refused', () => {
  const withValue = (json: string): Uint8Array => {
    const header = JSON.stringify({ __metadata__: { value: json } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return fileOf({}, Buffer.concat([length, Buffer.from(header)]));
  };
  for (const [json, pattern] of [
    ['{"a":{"$tensor":0}}', /no tensor 0/],
    ['{"a":{"$number":"constructor"}}', /no number constructor/],
    ['{"a":{"$tensor":{"toString":1}}}', /no tensor that is object/],
    ['{"a":{"$number":[[]]}}', /no number that is object/],
    ['{', /no JSON/],
    [`${'['.repeat(20_000)}${']'.repeat(20_000)}`, /levels deep/],
  ] as const) {
    const result = tryDecodeCheckpoint(withValue(json));
    assert.ok(E.isLeft(result) && pattern.test(result.left.message), json.slice(0, 40));
  }
});

test('saveCheckpoint: replaces the file as a whole, and leaves nothing else behind', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'deep', 'run.ckpt');
    await saveCheckpoint(path, { step: 1 });
    await saveCheckpoint(path, { step: 2 });
    assert.equal(await loadCheckpoint(path), { step: 2 });
    assert.equal(readdirSync(join(folder, 'deep')), ['run.ckpt']);
    assert.match(readFileSync(path, 'latin1').split('\n')[0] ?? '', /^\{"format":"tapegrad checkpoint","version":1,/);
  }));

test('loadCheckpoint: a missing, a torn and a foreign file are typed errors with their path', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'run.ckpt');
    for (const prepare of [
      () => undefined,
      () => writeFileSync(path, valid.subarray(0, valid.length - 5)),
      () => writeFileSync(path, 'hello'),
    ]) {
      prepare();
      const result = await tryLoadCheckpoint(path)();
      assert.ok(E.isLeft(result));
      if (E.isLeft(result)) {
        assert.instance(result.left, DataError);
        assert.ok(result.left.message.includes(path));
      }
    }
    mkdirSync(join(folder, 'taken'));
    await saveCheckpoint(join(folder, 'taken'), {}).then(
      () => assert.unreachable(),
      (error: unknown) => assert.instance(error, DataError),
    );
  }));
