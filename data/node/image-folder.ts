/**
 * Image trees: a folder with one folder of pictures a class. Decoding and resizing are the work of `sharp`, which is an
 * optional package of its own.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import type decoder from 'sharp';
import type { Sharp } from 'sharp';
import { checkedOptions } from '../../core/arguments.js';
import { ArgumentError } from '../../core/errors.js';
import { attemptTask, DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { readBytes, systemError } from './files.js';
import { optional } from './optional.js';

export interface ImageFolderOptions {
  /** Height and width that every picture is brought to; by default all must have those of the first. */
  readonly size?: number | readonly [height: number, width: number];
  /** 3 for colour, the default, or 1 for grey; pictures of the other kind are converted. */
  readonly channels?: 1 | 3;
  /** Names of the classes in label order; by default the folders' names, sorted. */
  readonly classes?: readonly string[];
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'];
const isPicture = (name: string): boolean => /^[^.].*\.(png|jpe?g|webp)$/i.test(name);

/** Pictures larger than this are refused before they are unpacked. */
const mostPixels = 2 ** 26;

/** Labels are bytes. */
const mostClasses = 256;

interface Picture {
  /** Row-major `[height, width, channels]`. */
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

const refuse = (file: string, problem: string, expected: string): never => {
  throw new DataError({ op: 'loadImageFolder', file, place: null, problem, expected });
};

type Decoder = typeof decoder;

const load = async (): Promise<Decoder> => (await optional('loadImageFolder', 'sharp', () => import('sharp'))).default;

/** The picture in a file, with one byte a value. */
const decode = async (sharp: Decoder, path: string, { size, channels = 3 }: ImageFolderOptions): Promise<Picture> => {
  const bytes = await readBytes(path, 'loadImageFolder');
  const [height, width] = typeof size === 'number' ? [size, size] : (size ?? [null, null]);
  const decoded = async (): Promise<Picture | string> => {
    const picture: Sharp = sharp(bytes, { limitInputPixels: mostPixels });
    const { format } = await picture.metadata();
    if (!formats.includes(format)) return format;
    const resized = height === null || width === null ? picture : picture.resize(width, height, { fit: 'fill' });
    const converted = resized.removeAlpha().toColourspace(channels === 1 ? 'b-w' : 'srgb');
    const { data, info } = await converted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    // A grey picture may stay one; each of its values stands for all three then.
    const repeats = channels / info.channels;
    const values = Uint8Array.from({ length: data.length * repeats }, (_, i) => data[Math.floor(i / repeats)] ?? 0);
    return { data: values, height: info.height, width: info.width };
  };
  const result = await decoded().catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    return refuse(path, `the picture cannot be read (${error.message})`, 'a whole PNG, JPEG or WebP picture');
  });
  return typeof result === 'string' ? refuse(path, `a picture in ${result}`, formats.join(', ')) : result;
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

const loadImageFolderNames = { size: true, channels: true, classes: true } as const;

/**
 * The pictures of a tree `folder/CLASS/NAME.png`, class by class, by name: PNG, JPEG and WebP; other files are passed over.
 * @throws DataError where a folder is missing or empty, a picture is damaged, or sizes differ; ArgumentError when the
 * package `sharp` is not installed.
 */
export const loadImageFolder = async (folder: string, options: ImageFolderOptions = {}): Promise<ImageSet> => {
  const { channels = 3 } = checkedOptions('loadImageFolder', options, loadImageFolderNames);
  const classes = options.classes ?? (await namesIn(folder, 'folders'));
  if (classes.length === 0) refuse(folder, 'there is no folder in it', 'a folder of pictures for each class');
  if (classes.length > mostClasses)
    throw new ArgumentError({
      op: 'loadImageFolder',
      problem: `${classes.length} classes`,
      remedy: `give ${mostClasses} at most`,
    });
  const sharp = await load();
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  let first: Picture | null = null;
  for (const [label, name] of classes.entries())
    for (const file of await namesIn(join(folder, name), 'pictures')) {
      const path = join(folder, name, file);
      const picture = await decode(sharp, path, options);
      first ??= picture;
      if (picture.height !== first.height || picture.width !== first.width)
        refuse(
          path,
          `${picture.height} × ${picture.width} pixels`,
          `${first.height} × ${first.width}, as the first has; or give a size`,
        );
      images.push(picture.data);
      labels.push(label);
    }
  if (first === null) return refuse(folder, 'there is no picture in it', 'folders of PNG, JPEG or WebP pictures');
  const { height, width } = first;
  const plane = height * width;
  const pixels = new Uint8Array(images.length * channels * plane);
  for (const [i, data] of images.entries())
    for (let at = 0; at < plane; at++)
      for (let c = 0; c < channels; c++) pixels[(i * channels + c) * plane + at] = data[at * channels + c] ?? 0;
  return { pixels, shape: [images.length, channels, height, width], labels: Uint8Array.from(labels), classes };
};

/** `loadImageFolder` with its error as a value. */
export const tryLoadImageFolder = (folder: string, options?: ImageFolderOptions): TE.TaskEither<DataError, ImageSet> =>
  attemptTask(() => loadImageFolder(folder, options));
