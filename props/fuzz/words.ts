/** What damage puts into files: sizes that are claimed, words that readers stumble over, words that may stand in the place of others. */

export const text = (word: string): Uint8Array => new TextEncoder().encode(word);

/** Sizes that headers claim. */
export const claims: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  16,
  255,
  256,
  2 ** 15,
  2 ** 16 - 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 40,
  2 ** 53,
];

/** What digits in a text may be replaced by. */
export const numbers: readonly string[] = [
  '0',
  '1',
  '2',
  '-1',
  '64',
  '65',
  '134217728',
  '4294967296',
  '9007199254740993',
  '1e999',
  '0.5',
  'NaN',
  '00',
];

export const words: readonly Uint8Array[] = [
  ...['null', 'true', '""', '[]', '{}', '{"toString":1}', '{"$tensor":0}', '{"$number":"NaN"}', '"__proto__":1,'],
  ...[
    '"constructor":',
    '__metadata__',
    '\0',
    ',',
    '\n',
    '"',
    '""',
    '}',
    ']',
    '(',
    ' ',
    '\r\n',
    '../',
    '\ufeff',
    '[[[[',
    'é',
  ],
].map(text);

/** Texts that mean something to those who draw them. */
export const labels: readonly string[] = [
  ...[
    '',
    '-',
    'a',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    'chart-3',
    'zr0-x',
    '{a|b}',
    '{value}',
    'x'.repeat(300),
  ],
  ...[
    '</text><script>alert(1)</script>',
    ']]>',
    '&#0;',
    '&amp;',
    '"\'',
    '<style>',
    '\u202e',
    '\0',
    '\ud800',
    '\ufffe',
    'a\nb',
    '\r',
  ],
];

/** Rare, because they are long: what a reader that looks back or recurses would choke on. */
export const longWords: readonly Uint8Array[] = [
  '('.repeat(3000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `${'1'.repeat(100_000)}x`,
  ' '.repeat(50_000),
  '1,'.repeat(20_000),
  '"'.repeat(20_000),
].map(text);

/** Words that text formats are made of, and what may stand in their place. */
export const tokens: RegExp = /True|False|true|false|null|'[<>|=]?[a-zA-Z]\d*'|"[A-Z]+\d*"|-?\d+(?:\.\d+)?/g;
export const alternatives: readonly (readonly [kind: RegExp, by: readonly string[]])[] = [
  [/^(True|False)$/, ['True', 'False']],
  [/^'/, ["'<f4'", "'>f8'", "'|u1'", "'<i8'", "'|b1'", "'<f2'", "'=i4'", "'|O'"]],
  [/^"/, ['"F32"', '"F64"', '"BF16"', '"F16"', '"I64"', '"U8"', '"BOOL"', '"F8"']],
  [/^(true|false|null)$/, ['true', 'false', 'null', '0', '""', '[]']],
  [
    /./,
    [
      '0',
      '1',
      '2',
      '3',
      '4',
      '8',
      '16',
      '64',
      '65',
      '134217728',
      '4294967296',
      '9007199254740993',
      '-1',
      '1e999',
      '0.5',
    ],
  ],
];
