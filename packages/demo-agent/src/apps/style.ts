import { accents, type Look } from './look.ts'

/** Colours of the two schemes; text on background, muted text too, has a contrast of at least 4.5 to 1. */
export const schemes = {
  light: { page: '#f6f7f9', card: '#ffffff', text: '#1c1f26', muted: '#555c68', line: '#868e9b' },
  dark: { page: '#14171c', card: '#1d2128', text: '#e9ebef', muted: '#aab1bd', line: '#747c89' },
} as const

/** What stands on an accent-coloured button. */
export const onAccent = { light: '#ffffff', dark: '#10131a' } as const

function variables(scheme: 'light' | 'dark', look: Look): string {
  const colours = schemes[scheme]
  const accent = (accents[look.accent] ?? { light: '#1d4ed8', dark: '#93c5fd' })[scheme]
  return [
    `color-scheme: ${scheme};`,
    ...Object.entries(colours).map(([name, colour]) => `--${name}: ${colour};`),
    `--accent: ${accent};`,
    `--on-accent: ${onAccent[scheme]};`,
  ].join(' ')
}

/** style.css of an app. */
export function renderStyle(look: Look): string {
  const first = look.scheme ?? 'light'
  const dark =
    look.scheme === undefined
      ? `\n@media (prefers-color-scheme: dark) {\n  :root { ${variables('dark', look)} }\n}`
      : ''
  return `:root { ${variables(first, look)} font-size: ${look.size === 'large' ? '125%' : '100%'}; }${dark}
${rules}`
}

const rules = `
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; background: var(--page); color: var(--text); }
header, main, footer { max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { margin: 1rem 0 0; font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.2; overflow-wrap: anywhere; border-left: .4rem solid var(--accent); padding-left: .8rem; }
h2 { margin-top: 0; font-size: 1.25rem; color: var(--accent); }
h3 { margin: 1rem 0 .25rem; font-size: 1.05rem; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin-bottom: 1.25rem; }
form { display: grid; gap: .6rem; }
form > button { justify-self: start; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: .75rem 0; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; min-width: 0; }
fieldset > label, .choices > label { display: block; padding: .35rem 0; }
.row > label { display: inline-block; }
input:not([type=radio], [type=checkbox]), textarea { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: .5rem; padding: .55rem .7rem; width: 100%; }
.row > input:not([type=radio], [type=checkbox]) { flex: 1 1 12rem; width: auto; min-width: 0; }
.row > input[type=number] { flex: 0 1 6rem; }
input[type=radio], input[type=checkbox] { width: 1.15rem; height: 1.15rem; accent-color: var(--accent); vertical-align: -.2rem; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .4rem 1rem; border: 1px solid var(--accent); border-radius: .5rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.quiet { background: transparent; color: var(--accent); margin-right: .5rem; }
button:disabled { background: transparent; color: var(--muted); border-color: var(--line); cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.items { padding-left: 0; list-style: none; }
.items li { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; justify-content: space-between; padding: .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: 1rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
article > h3 { margin-top: 0; }
article[hidden] { display: none; }
.keys { display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem; }
.keys > :last-child { grid-column: span 3; }
.figure { font-size: clamp(2.2rem, 10vw, 4rem); font-variant-numeric: tabular-nums; margin: 0; overflow-wrap: anywhere; }
.text, blockquote, dd { white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote { margin: 0; padding-left: 1rem; border-left: .25rem solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0 0 .75rem; }
.done { text-decoration: line-through; color: var(--muted); }
.note, footer { color: var(--muted); font-size: .9rem; }
progress { accent-color: var(--accent); flex: 1 1 8rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--card); color: var(--accent); }
`
