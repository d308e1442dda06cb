/** What a file is by its first bytes, for errors of whoever was given another kind: people mix up names, and a size of 2^60 says nothing. */

/** The beginning of each kind, its name, and the part of the name of a function that reads it. */
const beginnings: readonly (readonly [start: string, name: string, reads: string])[] = [
  ['\x89PNG\r\n', 'a PNG picture', 'Png'],
  ['\xff\xd8\xff', 'a JPEG picture', 'Jpeg'],
  ['GIF8', 'a GIF picture', 'Gif'],
  ['%PDF', 'a PDF document', 'Pdf'],
  ['\x93NUMPY', 'a NumPy array, which loadNpy reads', 'Npy'],
  [
    'PK\x03\x04',
    'a zip archive: an .npz, which loadNpz reads, or a .pt of PyTorch, to be saved as safetensors first',
    'zip',
  ],
  ['\x1f\x8b', 'packed with gzip', 'gunzip'],
  ['\x89HDF\r\n', 'an HDF5 file', 'Hdf5'],
  ['\x80\x02', 'a Python pickle, such as an old .pt or .pth of PyTorch, to be saved as safetensors first', 'Pickle'],
  ['\x80\x03', 'a Python pickle', 'Pickle'],
  ['\x80\x04', 'a Python pickle', 'Pickle'],
  ['\x80\x05', 'a Python pickle', 'Pickle'],
  ['\0\0\b\x01', 'labels in IDX', 'IdxLabels'],
  ['\0\0\b\x03', 'images in IDX', 'IdxImages'],
  ['{"format":"tapegrad', 'a checkpoint, which loadCheckpoint reads', 'Checkpoint'],
  ['<!DOCTYPE', 'a page of HTML', 'Html'],
  ['<html', 'a page of HTML', 'Html'],
  ['{', 'a text, perhaps JSON', 'Json'],
  ['version https://git-lfs', 'a pointer of Git LFS, and not the file itself', 'Lfs'],
];

const beginsWith = (bytes: Uint8Array, start: string): boolean =>
  bytes.length >= start.length && [...start].every((character, i) => bytes[i] === character.charCodeAt(0));

/** A safetensors file begins with the length of its header, which begins with a brace. */
const isSafetensors = (bytes: Uint8Array): boolean => bytes[8] === 0x7b && bytes[6] === 0 && bytes[7] === 0;

/**
 * What the bytes are, if they begin as a well-known kind of file does that a function of this name does not read; else `null`.
 */
export const otherKind = (bytes: Uint8Array, op: string): string | null => {
  const found = beginnings.find(([start]) => beginsWith(bytes, start));
  if (found === undefined)
    return isSafetensors(bytes) && !op.includes('Safetensors') ? 'safetensors, which loadSafetensors reads' : null;
  const [, name, reads] = found;
  const read = reads === 'zip' ? /Npz|Zip|^unzip/.test(op) : op.includes(reads);
  return read ? null : name;
};
