/** Reading the markup of pictures and pages back, by a small parser that shares nothing with the writer. */
import * as assert from '../../runner/assert.js';

/** What XML cannot hold is shown by the sign of a lost character. */
export const shownAs = (text: string): string => {
  let shown = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const held =
      code === 9 || code === 10 || code === 13 || code === 0x85
        ? true
        : code >= 0x20 && code < 0x7f
          ? true
          : code >= 0xa0 && !(code >= 0xd800 && code < 0xe000) && code !== 0xfffe && code !== 0xffff;
    shown += held ? character : '\ufffd';
  }
  return shown;
};

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[name ?? ''] ?? assert.unreachable(`no entity ${whole}`) ?? '';
  });

/** The texts between the tags of well-formed markup; fails unless it is. A small parser that shares nothing with the writer. */
export const textsIn = (markup: string, alone: ReadonlySet<string> = new Set()): string[] => {
  const open: string[] = [];
  const texts: string[] = [];
  const part = /<!doctype html>|<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>|([^<]+)/gy;
  let at = 0;
  for (let found = part.exec(markup); found !== null; found = part.exec(markup)) {
    at = part.lastIndex;
    const [, closing, name, attributes = '', empty, text] = found;
    if (text !== undefined) {
      assert.not.ok(/&(?!(#\d+|#x[\da-f]+|amp|lt|gt|quot|apos);)/i.test(text), `a bare & in ${JSON.stringify(text)}`);
      texts.push(unescaped(text));
    } else if (closing === '/') assert.is(open.pop(), name);
    else if (name !== undefined && empty !== '/' && !alone.has(name)) open.push(name);
    assert.not.ok(/&(?!(#\d+|#x[\da-f]+|amp|lt|gt|quot|apos);)/i.test(attributes), attributes);
  }
  assert.is(at, markup.length, `no markup from ${JSON.stringify(markup.slice(at, at + 80))}`);
  assert.equal(open, []);
  assert.not.ok(
    /[^\t\n\r\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(markup),
    'a character that XML does not have',
  );
  return texts;
};
