/** The public face of `data/`: data sets and what turns them into batches. Portable: no files. */
export { type BatchOptions, batches } from './batches.js';
export { type FilterGridOptions, filterGrid } from './filter-grid.js';
export { type Examples, type IrisRow, iris, irisFeatures, irisRows, irisSpecies } from './iris.js';
export { stratifiedSplit } from './split.js';
export { standardize } from './standardize.js';
