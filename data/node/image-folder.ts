/**
 * Image trees: a folder with one folder of pictures a class. Decoding and resizing are the work of `sharp`, which is an
 * optional package of its own.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { either as E, type taskEither as TE } from 'fp-ts';
import type decoder from 'sharp';
import type { Sharp } from 'sharp';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkLimit, checkTexts, checkWhole } from '../checks.js';
import { countBytes, excerpt } from '../codecs/reader.js';
import { attemptTask, DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { checkPath, readBytes, systemError } from './files.js';
import { largestLimit } from './gzip.js';
import { optional } from './optional.js';

export interface ImageFolderOptions {
  /** Height and width that every picture is brought to; by default all must have those of the first. */
  readonly size?: number | readonly [height: number, width: number];
  /** 3 for colour, the default, or 1 for grey; pictures of the other kind are converted. */
  readonly channels?: 1 | 3;
  /** Names of the classes in label order; by default the folders' names, sorted. */
  readonly classes?: readonly string[];
  /** How many bytes all pictures may take unpacked, one a value; 1 GiB by default. */
  readonly limit?: number;
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'];
const isPicture = (name: string): boolean => /^[^.].*\.(png|jpe?g|webp)$/i.test(name);

/** Pictures larger than this are refused before they are unpacked: 64 megapixels, */
const mostPixels = 2 ** 26;
/** or more than so many pixels a byte of the file: photographs have ten, empty drawings a hundred; */
const pixelsPerByte = 256;
/** but however small the file is, so many pixels may be in it. */
const fewestPixels = 2 ** 20;

/** Labels are bytes. */
const mostClasses = 256;

interface Picture {
  /** Row-major `[height, width, channels]`. */
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** A grey picture may have one though three are wanted: its values stand for all of them. */
  readonly channels: number;
}

const refuse = (file: string, problem: string, expected: string): never => {
  throw new DataError({ op: 'loadImageFolder', file, place: null, problem, expected });
};

type Decoder = typeof decoder;

const load = async (): Promise<Decoder> => (await optional('loadImageFolder', 'sharp', () => import('sharp'))).default;

/** The picture in a file, with one byte a value. */
const decode = async (sharp: Decoder, path: string, { size, channels = 3 }: ImageFolderOptions): Promise<Picture> => {
  const bytes = await readBytes(path, 'loadImageFolder');
  const most = Math.min(Math.max(pixelsPerByte * bytes.length, fewestPixels), mostPixels);
  const [height, width] = typeof size === 'number' ? [size, size] : (size ?? [null, null]);
  const unreadable = (error: unknown): never => {
    if (!(error instanceof Error)) throw error;
    return refuse(path, `the picture cannot be read (${excerpt(error.message)})`, 'a whole PNG, JPEG or WebP picture');
  };
  if (bytes.length === 0) unreadable(new Error('the file is empty'));
  const picture: Sharp = sharp(bytes, { limitInputPixels: mostPixels });
  const found = await picture.metadata().catch(unreadable);
  if (!formats.includes(found.format)) refuse(path, `a picture in ${found.format}`, formats.join(', '));
  if (found.width * found.height > most)
    refuse(path, `${found.height} × ${found.width} pixels in ${countBytes(bytes.length)}`, `${most} pixels at most`);
  const resized = height === null || width === null ? picture : picture.resize(width, height, { fit: 'fill' });
  const converted = resized.removeAlpha().toColourspace(channels === 1 ? 'b-w' : 'srgb');
  const { data, info } = await converted
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  return { data, height: info.height, width: info.width, channels: info.channels };
};

/** Writes a picture where it belongs among the others, plane by plane. */
const place = (pixels: Uint8Array, at: number, channels: number, picture: Picture): void => {
  const { data, height, width, channels: own } = picture;
  const plane = height * width;
  for (let c = 0; c < channels; c++) {
    const to = at + c * plane;
    const from = own === 1 ? 0 : c;
    for (let i = 0; i < plane; i++) pixels[to + i] = data[i * own + from] ?? 0;
  }
};

/** The options, once they are known to be in order. */
export const checkFolderOptions = (options: ImageFolderOptions): ImageFolderOptions => {
  const { size, channels, classes, limit } = checkedOptions('loadImageFolder', options, loadImageFolderNames);
  if (Array.isArray(size)) {
    checkWhole('loadImageFolder', 'the number of sizes', size.length, 2, 2);
    for (const length of size) checkWhole('loadImageFolder', 'size', length, 1);
  } else if (size !== undefined) checkWhole('loadImageFolder', 'size', size, 1);
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new ArgumentError({
      op: 'loadImageFolder',
      problem: `channels is ${describe(channels)}`,
      remedy: 'give 3 for colour or 1 for grey',
    });
  if (classes !== undefined) checkTexts('loadImageFolder', 'classes', classes);
  if (limit !== undefined) checkLimit('loadImageFolder', limit);
  return options;
};

const namesIn = async (folder: string, kind: 'folders' | 'pictures'): Promise<readonly string[]> => {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw systemError(error, 'loadImageFolder', folder, 'a folder with a folder of pictures for each class');
  });
  return found
    .filter((entry) =>
      kind === 'folders'
        ? entry.isDirectory() && !entry.name.startsWith('.')
        : // Not a pipe or a device, which might never end.
          isPicture(entry.name) && (entry.isFile() || entry.isSymbolicLink()),
    )
    .map(({ name }) => name)
    .sort();
};

const loadImageFolderNames = { size: true, channels: true, classes: true, limit: true } as const;

/**
 * The pictures of a tree `folder/CLASS/NAME.png`, class by class, by name: PNG, JPEG and WebP; other files are passed over. A picture
 * may have 256 pixels for each of its bytes, a million at least and 64 million at most.
 * @throws DataError where a folder is missing or empty, a picture is damaged, no file or too large, sizes differ, or all together take
 * more than the limit; ArgumentError for options that are none, and when the package `sharp` is not installed.
 */
export const loadImageFolder = async (folder: string, options: ImageFolderOptions = {}): Promise<ImageSet> => {
  const { channels = 3, limit = largestLimit, size, ...given } = checkFolderOptions(options);
  checkPath('loadImageFolder', folder, 'folder');
  const classes = given.classes ?? (await namesIn(folder, 'folders'));
  if (classes.length === 0) refuse(folder, 'there is no folder in it', 'a folder of pictures for each class');
  if (classes.length > mostClasses)
    throw new ArgumentError({
      op: 'loadImageFolder',
      problem: `${classes.length} classes`,
      remedy: `give ${mostClasses} at most`,
    });
  const files: { readonly path: string; readonly label: number }[] = [];
  // What is wrong with an earlier class is said before that a later one is missing.
  let missing: DataError | null = null;
  for (const [label, name] of classes.entries()) {
    const names = E.toUnion(await attemptTask(() => namesIn(join(folder, name), 'pictures'))());
    if (names instanceof DataError) {
      missing = names;
      break;
    }
    for (const file of names) files.push({ path: join(folder, name, file), label });
  }
  if (missing !== null && files.length === 0) throw missing;
  if (files.length === 0) refuse(folder, 'there is no picture in it', 'folders of PNG, JPEG or WebP pictures');

  /** Bytes of one picture, once all of them are known to stay within the limit. */
  const bytesOf = (height: number, width: number): number => {
    const bytes = channels * height * width;
    if (files.length * bytes > limit)
      refuse(
        folder,
        `${files.length} pictures of ${height} × ${width} pixels, which take ${countBytes(files.length * bytes)}`,
        `${countBytes(limit)} at most; a smaller size or a larger limit allows more`,
      );
    return bytes;
  };
  if (size !== undefined) bytesOf(...(typeof size === 'number' ? ([size, size] as const) : size));
  const sharp = await load();
  let shape: readonly [height: number, width: number] | null = null;
  let pixels = new Uint8Array(0);
  for (const [i, { path }] of files.entries()) {
    const picture = await decode(sharp, path, options);
    const { height, width } = picture;
    if (shape === null) {
      shape = [height, width];
      pixels = new Uint8Array(files.length * bytesOf(height, width));
    }
    if (height !== shape[0] || width !== shape[1])
      refuse(path, `${height} × ${width} pixels`, `${shape[0]} × ${shape[1]}, as the first has; or give a size`);
    place(pixels, i * channels * height * width, channels, picture);
  }
  if (missing !== null) throw missing;
  const [height, width] = shape ?? [0, 0];
  return {
    pixels,
    shape: [files.length, channels, height, width],
    labels: Uint8Array.from(files, ({ label }) => label),
    classes,
  };
};

/** `loadImageFolder` with its error as a value. */
export const tryLoadImageFolder = (folder: string, options?: ImageFolderOptions): TE.TaskEither<DataError, ImageSet> =>
  attemptTask(() => loadImageFolder(folder, options));
