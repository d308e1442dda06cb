/**
 * Texts on their way into pictures and pages. What markup cannot hold becomes the sign that stands for a lost character; everything else
 * can be read back as it was.
 */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** XML 1.0 has no other control characters, no halves of characters, and neither of the last two of the basic plane. */
const impossible = /[^\t\n\r\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** A text as markup shows it, in SVG and in HTML. */
export const escaped = (text: string): string =>
  text.replace(impossible, '\ufffd').replace(/[&<>"'\t\r]/g, (character) => escapes[character] ?? '');

/** The library that draws keeps what it knows of texts under their names in plain objects, where these are taken. */
const isTaken = (line: string): boolean => line in Object.prototype;

/**
 * What means something to the library that draws, or to what is done to its pictures: templates, gaps, names inside a picture, signs
 * that it passes on as they are, and the places of the disguise itself.
 */
const meansMore = /[{}|&<>"']|^-?$|\bzr\d|chart-|panel-|[\u{f0000}-\u{fffff}]/u;

/** Plane 15 belongs to nobody, and has a place for every unit of a text. */
const plane = 0xf0000;

const disguisedLine = (line: string): string =>
  isTaken(line) || meansMore.test(line) || new RegExp(impossible).test(line) || /[\t\r]/.test(line)
    ? line === ''
      ? String.fromCodePoint(plane + 0x200b)
      : line
          .split('')
          .map((unit) => String.fromCodePoint(plane + unit.charCodeAt(0)))
          .join('')
    : line;

/**
 * A text that the library that draws can be given, whatever it says: what could mean more to it than itself is put where nothing means
 * anything, character by character. `revealed` brings it back.
 */
export const disguised = (text: string): string => text.split('\n').map(disguisedLine).join('\n');

/** A picture with every text in it as it was, escaped. */
export const revealed = (svg: string): string =>
  svg.replace(/[\u{f0000}-\u{fffff}]+/gu, (hidden) => {
    const units = Array.from(hidden, (sign) => String.fromCharCode((sign.codePointAt(0) ?? plane) - plane));
    const text = units.join('');
    return text === '\u200b' ? '' : escaped(text);
  });
