/** Tables of numbers from files, packed or not, and into files. */
import type { taskEither as TE } from 'fp-ts';
import { ShapeError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkTensor, checkText } from '../checks.js';
import { type CsvSchema, csvSchemaNames, decodeCsv, type Table } from '../codecs/csv.js';
import { type EncodeCsvOptions, encodeCsv } from '../codecs/write-csv.js';
import { attemptTask, type DataError } from '../errors.js';
import type { Examples } from '../examples.js';
import type { FileSystem } from './file-system.js';
import { writeAs } from './files.js';
import { readUnpacked } from './unpacked.js';

export interface LoadCsvOptions {
  /** Held against the file. */
  readonly sha256?: string;
  /** How many bytes a packed file may unpack to; a hundred times the packed ones by default (`unpackedLimit`). */
  readonly limit?: number;
}

const loadCsvNames = { sha256: true, limit: true } as const;

/**
 * A table of numbers from a file, packed (`.gz`) or not. scikit-learn's own tables (iris, wine, breast cancer) have the
 * header `counts`.
 * @throws DataError where the file is missing or damaged, or a line is not what the schema allows.
 */
export const loadCsv = (path: string, schema: CsvSchema = {}, options: LoadCsvOptions = {}): Promise<Table> =>
  tableIn('loadCsv', path, schema, options);

const tableIn = async (op: string, path: string, schema: CsvSchema, options: LoadCsvOptions): Promise<Table> => {
  checkedOptions(op, schema, csvSchemaNames);
  checkedOptions(op, options, loadCsvNames);
  const bytes = await readUnpacked(path, op, options);
  return inOperation(op, () => decodeCsv(bytes, schema, path));
};

/** `loadCsv` with its error as a value. */
export const tryLoadCsv = (
  path: string,
  schema?: CsvSchema,
  options?: LoadCsvOptions,
): TE.TaskEither<DataError, Table> => attemptTask(() => loadCsv(path, schema, options));

const digitClasses = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * The 8 × 8 digits of UCI and scikit-learn (`digits.csv.gz`): `x: [N, 1, 8, 8]` from 0 to 1, `y: [N]`. The published file
 * has 1,797 of them.
 * @throws DataError where the file is missing or damaged, or a line is no image of whole numbers from 0 to 16 and its digit.
 */
export const loadDigits = async (path: string): Promise<Examples> => {
  const table = await tableIn(
    'loadDigits',
    path,
    { columns: 65, features: 'integer', range: [0, 16], classes: digitClasses },
    {},
  );
  return {
    x: fromData(
      Float32Array.from(table.x, (value) => value / 16),
      [table.rows, 1, 8, 8],
    ),
    y: fromData(table.labels, [table.rows]),
  };
};

/** `loadDigits` with its error as a value. */
export const tryLoadDigits = (path: string): TE.TaskEither<DataError, Examples> => attemptTask(() => loadDigits(path));

/**
 * Writes rows of numbers, and of texts beside them, as comma-separated text, in full or not at all.
 * @param files where to; the system's own files by default (experimental).
 * @throws ArgumentError when rows differ in length, or a number is not whole and should be; DataError when the system refuses.
 */
export const saveCsv = async (
  path: string,
  rows: readonly (readonly (number | string)[])[],
  options: EncodeCsvOptions = {},
  files?: FileSystem,
): Promise<void> => writeAs('saveCsv', path, () => encodeCsv(rows, options), files);

/**
 * Writes predicted classes, one whole number a line, never with a decimal point.
 * @param predictions `[N]` class numbers, such as `argmax(scores, { axis: 1 })`.
 * @param name of the column, as a first line; none by default.
 * @throws ShapeError for scores instead of classes; ArgumentError for a number that is not whole; DataError when the system
 * refuses.
 */
export const savePredictions = async (path: string, predictions: Tensor, name?: string): Promise<void> => {
  checkTensor('savePredictions', 'predictions', predictions);
  if (name !== undefined) checkText('savePredictions', 'the name', name);
  if (predictions.rank !== 1)
    throw new ShapeError({
      op: 'savePredictions',
      problem: 'these are no predicted classes',
      shapes: [predictions.shape],
      remedy: 'give [N] class numbers; argmax makes them of scores',
    });
  const rows = inOperation('savePredictions', () => Array.from(predictions.dataSync(), (value) => [value]));
  return writeAs('savePredictions', path, () =>
    encodeCsv(rows, { integers: true, ...(name === undefined ? {} : { names: [name] }) }),
  );
};
