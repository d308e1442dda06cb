/** CINIC-10 as published: three trees, `train`, `valid` and `test`, with a folder of PNG pictures a class in each. */
import { join } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { cifar10Classes } from '../codecs/cifar.js';
import { attemptTask, type DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { checkPath } from './files.js';
import { checkFolderOptions, type ImageFolderOptions, loadImageFolder } from './image-folder.js';

export interface Cinic10 {
  readonly train: ImageSet;
  readonly validation: ImageSet;
  readonly test: ImageSet;
}

const loadCinic10Names = { size: true, channels: true, classes: true, limit: true } as const;

/**
 * The three parts of CINIC-10 from its folder, 90,000 pictures of 32 × 32 each; with `classes`, only those, and labels are
 * their positions. Samples in CIFAR-10's record form are for `loadCifar10Records`.
 * @throws DataError where a folder is missing or empty, or a picture is damaged; ArgumentError when the package `sharp` is
 * not installed.
 */
export const loadCinic10 = async (folder: string, given: ImageFolderOptions = {}): Promise<Cinic10> => {
  const { classes = cifar10Classes, ...options } = checkedOptions('loadCinic10', given, loadCinic10Names);
  inOperation('loadCinic10', () => checkFolderOptions({ ...options, classes }));
  checkPath('loadCinic10', folder, 'folder');
  const part = (name: string): Promise<ImageSet> =>
    loadImageFolder(join(folder, name), { size: 32, ...options, classes });
  return { train: await part('train'), validation: await part('valid'), test: await part('test') };
};

/** `loadCinic10` with its error as a value. */
export const tryLoadCinic10 = (folder: string, options?: ImageFolderOptions): TE.TaskEither<DataError, Cinic10> =>
  attemptTask(() => loadCinic10(folder, options));
