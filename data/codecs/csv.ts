/**
 * Tables of numbers as comma-separated text (RFC 4180, quoted fields included). Strict on purpose: every field is a number, every
 * line has as many fields as it should, and anything else is an error with its line. Columns of texts are left to CSV libraries.
 */

import type { either as E } from 'fp-ts';
import type { Dtype } from '../../core/base/dtype.js';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkChoice, checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import { checkBounds, checkBytes, checkNumbers, checkObject, checkText, checkTexts, checkWhole } from '../checks.js';
import { attempt, DataError } from '../errors.js';
import type { Examples } from '../examples.js';
import { otherKind } from './kinds.js';
import { countBytes, excerpt } from './reader.js';

export interface CsvSchema {
  /**
   * The first line: `names` of the columns; `counts` (rows, features, then the class names), as in scikit-learn's tables;
   * or `none`, which is the default.
   */
  readonly header?: 'none' | 'names' | 'counts';
  /** How many columns there must be, the label included; as many as on the first line of numbers by default. */
  readonly columns?: number;
  /** Which column holds class numbers: the `last`, which is the default, the `first`, a position from 0 on, or `null` for none. */
  readonly label?: 'last' | 'first' | number | null;
  /** Names of the classes: labels must be below their number. */
  readonly classes?: readonly string[];
  /**
   * `number`, which is the default: decimal numbers, and the words `NaN`, `Infinity` and `-Infinity` as `encodeCsv` writes them.
   * `finite` refuses those words, `integer` whatever is not whole besides.
   */
  readonly features?: 'number' | 'finite' | 'integer';
  /** Bounds that every feature must keep. */
  readonly range?: readonly [min: number, max: number];
  /** Between fields; a comma by default. Not a quote, nor anything that may stand in a number. */
  readonly separator?: string;
}

/** What a schema may say. */
export const csvSchemaNames = {
  header: true,
  columns: true,
  label: true,
  classes: true,
  features: true,
  range: true,
  separator: true,
} as const;

export interface Table {
  readonly rows: number;
  /** How many columns `x` has. */
  readonly features: number;
  /** Row-major `[rows, features]`. */
  readonly x: Float64Array;
  /** `[rows]`; empty without a label column. */
  readonly labels: Int32Array;
  /** Names of the feature columns, where the file has them. */
  readonly names: readonly string[];
  /** Names of the classes, from the schema or the file. */
  readonly classes: readonly string[];
}

// One way only to read each digit: with two, a long field that is no number takes the square of its length.
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** Larger tables do not fit into one text. */
const largest = 2 ** 28;

interface Line {
  readonly number: number;
  readonly fields: readonly string[];
}

/** Where a word comes next, from a place that only moves on: each part of the text is searched once. */
const seeker = (text: string, word: string): ((from: number) => number) => {
  let found = -1;
  return (from) => {
    if (found < from) {
      const next = text.indexOf(word, from);
      found = next < 0 ? text.length : next;
    }
    return found;
  };
};

/** The records of the text; the last may or may not end. Each is a line, but for line ends inside quotes. */
function* linesOf(text: string, separator: string, fail: (line: number) => never): Generator<Line, void, undefined> {
  const [lineEnd, fieldEnd] = [seeker(text, '\n'), seeker(text, separator)];
  /** The fields of a record with quotes, where the next one begins, and how many line ends were inside. */
  const quoted = (start: number, number: number): { fields: readonly string[]; next: number; inside: number } => {
    const fields: string[] = [];
    let inside = 0;
    for (let at = start; ; at += separator.length) {
      while (text[at] === ' ' || text[at] === '\t') at++;
      let field: string | null = null;
      if (text[at] === '"') {
        let close = text.indexOf('"', at + 1);
        while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
        if (close < 0) return fail(number);
        // Two quotes inside stand for one.
        field = text.slice(at + 1, close).replaceAll('""', '"');
        inside += field.split('\n').length - 1;
        at = close + 1;
      }
      const stop = lineEnd(at);
      const until = Math.min(fieldEnd(at), stop);
      const plain = text.slice(at, until).trim();
      if (field !== null && plain !== '') return fail(number);
      fields.push(field ?? plain);
      at = until;
      if (until === stop) return { fields, next: stop + 1, inside };
    }
  };
  let number = 1;
  for (let start = 0; start < text.length; number++) {
    const end = lineEnd(start);
    const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    if (line.includes('"')) {
      const { fields, next, inside } = quoted(start, number);
      yield { number, fields };
      start = next;
      number += inside;
    } else {
      yield { number, fields: line.split(separator).map((field) => field.trim()) };
      start = end + 1;
    }
  }
}

/** The numbers that have no digits. */
const words: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const checkSchema = (schema: CsvSchema): void => {
  const op = 'decodeCsv';
  const { header, columns, label, classes, features, range, separator } = checkedOptions(op, schema, csvSchemaNames);
  if (header !== undefined) checkChoice(op, 'header', header, ['none', 'names', 'counts']);
  if (features !== undefined) checkChoice(op, 'features', features, ['number', 'finite', 'integer']);
  if (columns !== undefined) checkWhole(op, 'columns', columns, 1);
  if (
    label !== undefined &&
    label !== null &&
    label !== 'first' &&
    label !== 'last' &&
    !(Number.isInteger(label) && label >= 0)
  )
    throw new ArgumentError({
      op,
      problem: `label is ${describe(label)}`,
      remedy: "give the number of its column, counted from 0, 'first' or 'last'; null where there is no label",
    });
  if (classes !== undefined) checkTexts(op, 'classes', classes);
  if (range !== undefined) checkBounds(op, 'range', range);
  if (separator === undefined) return;
  checkText(op, 'separator', separator);
  if (separator === '' || /[\d.+\-eENaInfity"\r\n]/.test(separator))
    throw new ArgumentError({
      op,
      problem: `the separator is ${JSON.stringify(separator)}`,
      remedy: "give something that stands in no number, such as ',' or ';'",
    });
};

/** The position of the label column among `width`, if there is one. */
const labelColumn = (label: CsvSchema['label'], width: number): number | null =>
  label === null || label === undefined ? null : label === 'last' ? width - 1 : label === 'first' ? 0 : label;

/** What a field says, or null where that is no number, or none that the schema takes. */
const numberIn = (field: string, features: 'number' | 'finite' | 'integer'): number | null => {
  if (!decimal.test(field)) return features === 'number' ? (words.get(field) ?? null) : null;
  const value = Number(field);
  // More digits than a number has are no infinity.
  return Number.isFinite(value) && (features !== 'integer' || Number.isInteger(value)) ? value : null;
};

/**
 * The numbers of a table, of 256 MiB of text at most. The result takes up to four bytes for each byte of the text; a line is split into its
 * fields before they are read, which takes some thirty for each byte of the longest line.
 * @throws DataError with the line of whatever the schema does not allow; ArgumentError for a schema that is none.
 * @example
 * decodeCsv('1.5,2,0\n3,4,1\n').labels // [0, 1]
 */
export const decodeCsv = (source: string | Uint8Array, schema: CsvSchema = {}, file = 'table'): Table => {
  checkSchema(schema);
  if (typeof source !== 'string') checkBytes('decodeCsv', source);
  checkText('decodeCsv', 'file', file);
  const { header = 'none', label = 'last', features = 'number', range, separator = ',' } = schema;
  const fail = (line: number | null, problem: string, expected: string): never => {
    throw new DataError({ op: 'decodeCsv', file, place: line === null ? null : { line }, problem, expected });
  };
  if (source.length > largest) fail(null, countBytes(source.length), `${countBytes(largest)} at most`);
  const text =
    typeof source === 'string'
      ? source
      : utf8(source, () => {
          const kind = otherKind(source, 'decodeCsv');
          return fail(
            null,
            kind === null ? 'bytes that are no text' : `bytes that are no text; the file is ${kind}`,
            'UTF-8',
          );
        });
  const lines = linesOf(text.startsWith('\uFEFF') ? text.slice(1) : text, separator, (line) =>
    fail(line, 'quotes that do not belong together', 'a field in quotes, and two quotes for one inside'),
  );

  let columns = schema.columns ?? null;
  let names: readonly string[] = [];
  let classes = schema.classes ?? null;
  let announced: number | null = null;

  const whole = (field: string | undefined, line: number, what: string): number => {
    const value = field !== undefined && /^\d+$/.test(field) ? Number(field) : Number.NaN;
    return Number.isSafeInteger(value)
      ? value
      : fail(
          line,
          `${JSON.stringify(excerpt(field ?? ''))} for ${what}`,
          `a whole number${otherSeparator(field ?? '')}${what === 'a label' && /^\p{L}/u.test(field ?? '') ? '; number the classes first, from 0 on, and name them in classes' : ''}`,
        );
  };
  /** What a line or a field probably wants of the schema. */
  const otherSeparator = (field: string): string => {
    const [, between] = /^[+-]?[\d.]+\s*([;\t|])/.exec(field) ?? [];
    return between === undefined || between === separator
      ? ''
      : `; separator: ${JSON.stringify(between)} reads such lines`;
  };
  const checkWidth = (found: number, line: number): number => {
    columns ??= found;
    return found === columns ? found : fail(line, `${found} fields`, `${columns}`);
  };
  const readHeader = (): void => {
    const first = lines.next().value;
    if (first === undefined) {
      fail(1, 'no line', `a header of ${header}`);
    } else if (header === 'names') {
      names = first.fields;
      checkWidth(names.length, first.number);
    } else {
      announced = whole(first.fields[0], first.number, 'the number of rows');
      const count = whole(first.fields[1], first.number, 'the number of features');
      checkWidth(count + (label === null ? 0 : 1), first.number);
      if (first.fields.length > 2) classes ??= first.fields.slice(2);
    }
  };
  if (header !== 'none') readHeader();

  const x: number[] = [];
  const labels: number[] = [];
  let rows = 0;
  for (const { number, fields } of lines) {
    const width = checkWidth(fields.length, number);
    const position = labelColumn(label, width);
    if (position !== null && !(position < width)) fail(number, `${width} fields`, `a label in column ${position + 1}`);
    for (const [column, field] of fields.entries()) {
      if (column === position) {
        const value = whole(field, number, 'a label');
        const limit = classes?.length ?? 2 ** 31;
        labels.push(value < limit ? value : fail(number, `the label ${value}`, `a class from 0 to ${limit - 1}`));
        continue;
      }
      const value = numberIn(field, features);
      if (value === null)
        return fail(
          number,
          `${JSON.stringify(excerpt(field))} in column ${column + 1}`,
          `${features === 'integer' ? 'a whole number' : 'a decimal number'}${rows === 0 && header === 'none' && /^\p{L}/u.test(field) && !/^(nan|inf)/i.test(field) ? "; header: 'names' leaves a line of names out" : otherSeparator(field)}`,
        );
      if (range !== undefined && !(value >= range[0] && value <= range[1]))
        fail(number, `${value} in column ${column + 1}`, `a number from ${range[0]} to ${range[1]}`);
      x.push(value);
    }
    rows++;
    if (announced !== null && rows > announced) fail(number, `row ${rows}`, `${announced} rows, as the header says`);
  }
  if (announced !== null && rows < announced) fail(null, `${rows} rows`, `${announced}, as the header says`);
  const position = labelColumn(label, columns ?? 0);
  return {
    rows,
    features: rows === 0 ? Math.max((columns ?? 0) - (label === null ? 0 : 1), 0) : x.length / rows,
    x: Float64Array.from(x),
    labels: Int32Array.from(labels),
    names: names.filter((_, column) => column !== position),
    classes: classes ?? [],
  };
};

const utf8 = (bytes: Uint8Array, refuse: () => never): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return refuse();
    throw error;
  }
};

/** `decodeCsv` with its error as a value. */
export const tryDecodeCsv = (
  source: string | Uint8Array,
  schema?: CsvSchema,
  file?: string,
): E.Either<DataError, Table> => attempt(() => decodeCsv(source, schema, file));

/**
 * A table as tensors: `x: [rows, features]`, `y: [rows]`.
 * @example
 * tableExamples(decodeCsv('1.5,2,0\n3,4,1\n')).x.toArray() // [[1.5, 2], [3, 4]]
 */
export const tableExamples = (table: Table, dtype: Dtype = 'float32'): Examples =>
  inOperation('tableExamples', () => {
    checkObject('tableExamples', 'the table', table);
    const { rows, features, x, labels } = table;
    checkNumbers('tableExamples', 'x', x);
    checkNumbers('tableExamples', 'labels', labels);
    return { x: fromData(x, [rows, features], dtype), y: fromData(labels, [labels.length]) };
  });
