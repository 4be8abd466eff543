/** Replaces the characters that act on a terminal instead of being shown. Tabs and line feeds stay. */
export const replaceControls = (text: string, by: '' | ' '): string =>
  text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, by)
