/** The words of the usual filler text, after Cicero. */
const fillerWords = new Set(
  (
    'lorem ipsum dolor sit amet consectetur adipiscing adipisicing elit sed do eiusmod tempor incididunt ut labore et ' +
    'dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo ' +
    'consequat duis aute irure in reprehenderit voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint ' +
    'occaecat cupidatat non proident sunt culpa qui officia deserunt mollit anim id est laborum'
  ).split(' '),
)

const judgedCharacters = 20_000

/** Is most of the text "Lorem ipsum"? An application that only mentions it is not filler. */
export function isFiller(prose: string): boolean {
  const words =
    prose
      .slice(0, judgedCharacters)
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  if (!words.some((word, at) => word === 'lorem' && words[at + 1] === 'ipsum')) return false
  return words.filter((word) => fillerWords.has(word)).length * 2 > words.length
}
