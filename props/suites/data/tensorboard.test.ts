/** Event files, read back record by record and field by field. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { key, tensor } from '../../../core/index.js';
import { crc32c, DataError } from '../../../data/index.js';
import { tensorboard } from '../../../data/node/index.js';
import { linear, mseLoss } from '../../../nn/index.js';
import { fit, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

interface Event {
  /** Seconds since 1970. */
  time: number;
  step: number;
  version: string;
  readonly scalars: Record<string, number>;
}

/** The fields of a message: numbers of fields with their values. */
const fieldsOf = (bytes: Buffer): (readonly [field: number, value: Buffer | number])[] => {
  const fields: (readonly [number, Buffer | number])[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, type] = [tag >>> 3, tag & 7];
    if (type === 0) fields.push([field, varint()]);
    else if (type === 2) {
      const length = varint();
      fields.push([field, bytes.subarray(at, at + length)]);
      at += length;
    } else {
      fields.push([field, type === 1 ? bytes.readDoubleLE(at) : bytes.readFloatLE(at)]);
      at += type === 1 ? 8 : 4;
    }
  }
  return fields;
};

const unmasked = (value: number): number => {
  const rotated = (value - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
};

const eventsOf = (file: Buffer): Event[] => {
  const events: Event[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    assert.is(unmasked(file.readUInt32LE(at + 8)), crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.is(unmasked(file.readUInt32LE(at + 12 + length)), crc32c(data));
    const event: Event = { time: 0, step: 0, version: '', scalars: {} };
    for (const [field, value] of fieldsOf(data)) {
      if (field === 1) event.time = Number(value);
      if (field === 2) event.step = Number(value);
      if (field === 3) event.version = String(value);
      if (field === 5)
        for (const [, summary] of fieldsOf(value as Buffer)) {
          const [tag, figure] = fieldsOf(summary as Buffer).map(([, part]) => part);
          event.scalars[String(tag)] = Number(figure);
        }
    }
    events.push(event);
    at += 16 + length;
  }
  return events;
};

test('crc32c: published check values', () => {
  assert.is(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
});

test('tensorboard: every step and every check is in the file', () =>
  withFolder(async (folder) => {
    const data = {
      x: tensor([
        [1, 2],
        [3, 4],
      ]),
      y: tensor([[1], [2]]),
    };
    const milliseconds = 1_700_000_000_500;
    const { history } = await fit({
      model: linear(2, 1),
      loss: mseLoss,
      optimizer: sgd(0.0625),
      train: data,
      validation: data,
      epochs: 200,
      batchSize: 2,
      key: key(1),
      callbacks: [tensorboard({ folder: join(folder, 'run'), clock: () => milliseconds })],
    });
    const [name = '', ...others] = readdirSync(join(folder, 'run'));
    assert.equal(others, []);
    assert.match(name, /tfevents/);
    const [start, ...events] = eventsOf(readFileSync(join(folder, 'run', name)));
    assert.is(start?.version, 'brain.Event:2');
    for (const event of [start, ...events]) assert.is(event?.time, milliseconds / 1000);
    const steps = events.filter(({ scalars }) => 'loss/step' in scalars);
    assert.equal(
      steps.map(({ step, scalars }) => [step, scalars['loss/step'], scalars['learning rate']]),
      history.losses.map((loss, i) => [i + 1, loss, 0.0625]),
    );
    const checks = events.filter(({ scalars }) => 'loss/validation' in scalars);
    assert.equal(
      checks.map(({ step, scalars }) => [step, scalars['loss/train'], scalars['loss/validation']]),
      history.checks.map(({ step, train, validation }) => [
        step,
        Math.fround(train?.loss ?? 0),
        Math.fround(validation?.loss ?? 0),
      ]),
    );
  }));

test('tensorboard: a folder that cannot be made is a typed error', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), '');
    await tensorboard({ folder: join(folder, 'file', 'run') })
      .onStart()
      .then(
        () => assert.unreachable(),
        (error: unknown) => assert.instance(error, DataError),
      );
  }));
