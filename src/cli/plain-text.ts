// Texts of agents and users may hold codes that act on a terminal, so all that people see passes through here.

const maxLineLength = 2_000
/** Control codes, and the characters that reverse the order of others and so disguise a text. */
const controlCharacters = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** Turns any text into one short line: control codes and line ends become spaces, and a long text is cut. */
export function oneLine(text: string): string {
  const line = text.slice(0, maxLineLength).replace(controlCharacters, ' ').trim()
  return text.length > maxLineLength ? `${line}…` : line
}

/** Like `oneLine`, for a text of several lines: it keeps its line ends and its length. */
export function plainText(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(controlCharacters, ' '))
    .join('\n')
}
