/** What a request can ask of a page's look. */
export interface Look {
  readonly accent: string
  readonly scheme?: 'light' | 'dark'
  readonly size?: 'large'
}

interface Accent {
  /** On the light page; white text stands on it. */
  readonly light: string
  /** On the dark page; dark text stands on it. */
  readonly dark: string
}

/** Accent colours, each with a contrast of at least 4.5 to 1 wherever it is used (a test computes it). */
export const accents: Readonly<Record<string, Accent>> = {
  blue: { light: '#1d4ed8', dark: '#93c5fd' },
  green: { light: '#15703a', dark: '#86efac' },
  red: { light: '#b91c1c', dark: '#fca5a5' },
  purple: { light: '#7e22ce', dark: '#d8b4fe' },
  orange: { light: '#b93c0b', dark: '#fdba74' },
  pink: { light: '#be185d', dark: '#f9a8d4' },
  teal: { light: '#0f6b63', dark: '#5eead4' },
}

/** The wishes about the look that a text holds, and sentences that say what was done about them. */
export function lookFrom(text: string): { look: Partial<Look>; done: string[] } {
  const lower = text.slice(0, 2000).toLowerCase()
  const accent = Object.keys(accents).find((name) => new RegExp(`\\b${name}\\b`).test(lower))
  const scheme = /\bdark\b/.test(lower)
    ? ('dark' as const)
    : /\b(?:light|bright) (?:mode|theme|scheme)\b/.test(lower)
      ? ('light' as const)
      : undefined
  const size = /\b(?:larger|bigger|large|big) (?:text|font|type|letters)\b/.test(lower)
    ? ('large' as const)
    : undefined
  return {
    look: {
      ...(accent === undefined ? {} : { accent }),
      ...(scheme === undefined ? {} : { scheme }),
      ...(size === undefined ? {} : { size }),
    },
    done: [
      ...(accent === undefined ? [] : [`Accent colour: ${accent}`]),
      ...(scheme === undefined ? [] : [`Always in ${scheme} colours`]),
      ...(size === undefined ? [] : ['Larger text']),
    ],
  }
}
