// What agents and users write may hold codes that act on a terminal: whatever is shown to people passes here.

const maxLineLength = 2_000
/** Control codes, and the characters that turn the order of others around: a text shows what it says. */
const controlCharacters = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** Escape codes and line ends of whoever wrote the text become spaces, and a megabyte becomes a line. */
export function oneLine(text: string): string {
  const line = text.slice(0, maxLineLength).replace(controlCharacters, ' ').trim()
  return text.length > maxLineLength ? `${line}…` : line
}

/** As `oneLine`, for a text of several lines: its line ends stay. */
export function plainText(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(controlCharacters, ' '))
    .join('\n')
}
