/** tar archives for tests, in the plain form, with GNU's long names, or with pax records. */

const block = 512;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A header and its contents, padded; the size may be a claim. */
export const tarEntry = (
  name: string,
  content: Uint8Array,
  kind = '0',
  claimed: number = content.length,
): Uint8Array => {
  const header = new Uint8Array(block);
  header.set(text(name).subarray(0, 100), 0);
  header.set(text('0000644\0'), 100);
  header.set(text(`${claimed.toString(8).padStart(11, '0')}\0`), 124);
  header.set(text('        '), 148);
  header.set(text(kind), 156);
  header.set(text('ustar\0'), 257);
  header.set(text('00'), 263);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  const bytes = new Uint8Array(block + Math.ceil(content.length / block) * block);
  bytes.set(header);
  bytes.set(content, block);
  return bytes;
};

/** GNU's way to a name of any length. */
export const longName = (name: string): Uint8Array => tarEntry('././@LongLink', text(`${name}\0`), 'L');

/** One record, whose length counts its own digits. */
export const paxRecord = (key: string, value: string): Uint8Array => {
  const rest = text(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Uint8Array.from([...text(String(length)), ...rest]);
};

export const archive = (...entries: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(Buffer.concat([...entries, new Uint8Array(2 * block)]));
