/** What batches are drawn from: examples as tensors, or images as bytes. Both are rows that can be counted and chosen. */
import { inOperation } from '../core/base/scope.js';
import { checkRows, checkSource, checkWhole } from './checks.js';
import { type Examples, selectExamples } from './examples.js';
import { type ImageSet, imageBatch, selectImages } from './images.js';

export type Source = Examples | ImageSet;

const isImages = (source: Source): source is ImageSet => 'pixels' in source;

/**
 * How many examples there are.
 * @example
 * countExamples(iris()) // 150
 */
export const countExamples = (source: Source): number =>
  inOperation('countExamples', () => {
    checkSource('countExamples', source);
    return countOf(source);
  });

/** `countExamples` of what is known to be a source. */
export const countOf = (source: Source): number => (isImages(source) ? source.shape[0] : (source.x.shape[0] ?? 0));

/**
 * The rows of a source, still of its kind.
 * @example
 * selectRows(digits(key(0), 20), [3, 13]).labels // [3, 3]
 */
export const selectRows = <S extends Source>(source: S, rows: readonly number[] | Int32Array): S =>
  inOperation('selectRows', () => {
    checkSource('selectRows', source);
    checkRows('selectRows', rows, countOf(source));
    return (isImages(source) ? selectImages(source, rows) : selectExamples(source, rows)) as S;
  });

/**
 * The first `count` examples, or all where there are fewer: a small training part beside a whole validation part.
 * @example
 * countExamples(firstExamples(digits(key(0), 100), 30)) // 30
 */
export const firstExamples = <S extends Source>(source: S, count: number): S =>
  inOperation('firstExamples', () => {
    checkSource('firstExamples', source);
    checkWhole('firstExamples', 'count', count);
    return selectRows(
      source,
      Array.from({ length: Math.min(count, countOf(source)) }, (_, i) => i),
    );
  });

/** The rows of a source as tensors. */
export const batchOf = (source: Source, rows: Int32Array): Examples =>
  isImages(source) ? imageBatch(source, rows) : selectExamples(source, rows);

/** The class numbers of a source. */
export const labelsOf = (source: Source): ArrayLike<number> => (isImages(source) ? source.labels : source.y.dataSync());
