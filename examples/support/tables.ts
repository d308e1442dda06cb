/** Examples on tables of measurements: read from scikit-learn's files, or drawn around one centre a class. */
import { add, foldIn, fromData, type Key, key, mul, normal, type Tensor, take } from '../../autograd/index.js';
import { type Examples, firstExamples, standardize, stratifiedSplit, tableExamples } from '../../data/index.js';
import { loadCsv } from '../../data/node/index.js';
import type { Config } from './config.js';
import { dataPath } from './data-sets.js';
import type { DataNeeded } from './example.js';

export const tableData = (path: string, contents: string): DataNeeded => ({
  path,
  contents,
  otherwise: 'points drawn around one centre a class stand in for the table',
});

interface Form {
  readonly features: number;
  readonly classes: readonly string[];
}

const drawnRows = 240;

/** Points with standard deviation 1 around centres with standard deviation 1.5. */
const drawn = (from: Key, { features, classes }: Form): Examples => {
  const y = fromData(
    Int32Array.from({ length: drawnRows }, (_, i) => i % classes.length),
    [drawnRows],
  );
  const centres = mul(normal(foldIn(from, 0), [classes.length, features]), 1.5);
  return { x: add(take(centres, y, 0), normal(foldIn(from, 1), [drawnRows, features])), y };
};

/** The table in the file that `--data` leads to, or a drawn one of the same form. */
export const tableOf = async (config: Config, needed: DataNeeded, form: Form): Promise<Examples> => {
  const table =
    config.data === null
      ? drawn(foldIn(key(config.seed), 1001), form)
      : tableExamples(
          await loadCsv(dataPath(config.data, needed), {
            header: 'counts',
            columns: form.features + 1,
            classes: form.classes,
          }),
        );
  if (config.limit === null) return table;
  // The files are sorted by class: their first rows alone would be of one class.
  const [shuffled = table] = stratifiedSplit(foldIn(key(config.seed), 1002), table, [1]);
  return firstExamples(shuffled, config.limit);
};

/** Three fifths to train on, a fifth to choose with and a fifth to test on, standardised by the training part's moments. */
export const standardizedParts = (
  from: Key,
  table: Examples,
): Readonly<Record<'train' | 'validation' | 'test', Examples>> => {
  const [train = table, validation = table, test = table] = stratifiedSplit(from, table, [0.6, 0.2, 0.2]);
  const scale: (x: Tensor) => Tensor = standardize(train.x);
  const scaled = ({ x, y }: Examples): Examples => ({ x: scale(x), y });
  return { train: scaled(train), validation: scaled(validation), test: scaled(test) };
};
