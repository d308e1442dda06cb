/**
 * Event files as TensorBoard reads them: records with a length and two checksums (TFRecord), each an `Event` message in the
 * wire format of protocol buffers. Only what scalars need.
 * Sources: https://www.tensorflow.org/tutorials/load_data/tfrecord and `event.proto`, `summary.proto` of TensorFlow.
 */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkBytes, checkCharacters, checkList, checkNumber, checkObject, checkText, checkWhole } from '../checks.js';

/** A figure at a step. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly time: number;
  readonly step: number;
  readonly scalars: readonly Scalar[];
}

/** The polynomial of CRC-32C (Castagnoli), bits reversed. */
const polynomial = 0x82f63b78;

const remainderOf = (byte: number): number => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
  return rest >>> 0;
};

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => remainderOf(byte));

/**
 * The CRC-32C checksum.
 * @example
 * crc32c(new TextEncoder().encode('123456789')) // 0xe3069283
 */
export const crc32c = (bytes: Uint8Array): number => {
  checkBytes('crc32c', bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
};

/** Checksums of data that hold checksums are weak; the format rotates and shifts each. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

const little = (size: number, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
};

const uint32 = (value: number): Uint8Array => little(4, (view) => view.setUint32(0, value, true));

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Seven bits a byte, low ones first, the eighth for "more follows". */
const varint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
};

/** How a field's bytes are to be read. */
const wire = { varint: 0, eight: 1, counted: 2, four: 5 } as const;

const field = (number: number, type: keyof typeof wire, bytes: Uint8Array): Uint8Array =>
  join([varint(number * 8 + wire[type]), ...(type === 'counted' ? [varint(bytes.length)] : []), bytes]);

const text = (number: number, value: string): Uint8Array => field(number, 'counted', new TextEncoder().encode(value));

const double = (number: number, value: number): Uint8Array =>
  field(
    number,
    'eight',
    little(8, (view) => view.setFloat64(0, value, true)),
  );

const float = (number: number, value: number): Uint8Array =>
  field(
    number,
    'four',
    little(4, (view) => view.setFloat32(0, value, true)),
  );

const record = (data: Uint8Array): Uint8Array => {
  const length = little(8, (view) => view.setBigUint64(0, BigInt(data.length), true));
  return join([length, uint32(masked(length)), data, uint32(masked(data))]);
};

/**
 * What every event file begins with.
 * @throws ArgumentError unless the time is a finite number.
 */
export const encodeEventFileStart = (time: number): Uint8Array => {
  checkNumber('encodeEventFileStart', 'time', time);
  return record(join([double(1, time), text(3, 'brain.Event:2')]));
};

const scalarNames = { tag: true, value: true } as const;
const scalarEventNames = { time: true, step: true, scalars: true } as const;

/** A figure, once it is known to be one; NaN and infinities are figures. */
const checkScalar = (op: string, scalar: Scalar): void => {
  checkObject(op, 'a figure', scalar);
  checkedOptions(op, scalar, scalarNames);
  checkText(op, 'a tag', scalar.tag);
  checkCharacters(op, 'the tag', scalar.tag);
  if (typeof scalar.value !== 'number')
    throw new ArgumentError({ op, problem: `${scalar.tag} is ${describe(scalar.value)}`, remedy: 'give a number' });
  if (Number.isFinite(scalar.value) && !Number.isFinite(Math.fround(scalar.value)))
    throw new ArgumentError({
      op,
      problem: `${scalar.tag} is ${scalar.value}, which float32 does not hold`,
      remedy: 'event files hold float32: give a number up to 3.4e38',
    });
};

/**
 * One record with figures of one step.
 * Figures are written as float32.
 * @throws ArgumentError unless the step is a whole number from 0 on, the time is finite, and every figure has a tag and a number that
 * float32 holds, and nothing else.
 */
export const encodeScalarEvent = (event: ScalarEvent): Uint8Array => {
  const op = 'encodeScalarEvent';
  const { time, step, scalars } = checkedOptions(op, event, scalarEventNames);
  checkNumber(op, 'time', time);
  checkWhole(op, 'step', step);
  checkList(op, 'scalars', scalars);
  for (const scalar of scalars) checkScalar(op, scalar);
  const values = scalars.map(({ tag, value }) => field(1, 'counted', join([text(1, tag), float(2, value)])));
  return record(join([double(1, time), field(2, 'varint', varint(step)), field(5, 'counted', join(values))]));
};
