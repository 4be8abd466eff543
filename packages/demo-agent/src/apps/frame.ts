import type { AppPlan, Change, Decision } from './app-plan.ts'
import { kindNamed } from './choose.ts'
import { escapeHtml } from './text.ts'

/** Nothing from elsewhere is loaded, sent to or run; forms are handled by app.js and never leave the page. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; base-uri 'none'; form-action 'none'"

const change = (entry: Change) => `        <li>
          <p class="text" dir="auto">${escapeHtml(entry.text)}</p>
          <p class="note">${escapeHtml(entry.done.join(' · '))}</p>
        </li>`

const changes = (plan: AppPlan) =>
  plan.changes.length === 0
    ? ''
    : `
    <section aria-labelledby="changes-heading">
      <h2 id="changes-heading">Changes since</h2>
      <ol class="changes">
${plan.changes.map(change).join('\n')}
      </ol>
    </section>`

const decision = (entry: Decision) => `        <dt dir="auto">${escapeHtml(entry.question)}</dt>
        <dd dir="auto">${escapeHtml(entry.answer)}</dd>`

const decisions = (plan: AppPlan) =>
  plan.decisions.length === 0
    ? ''
    : `
    <section aria-labelledby="decisions-heading">
      <h2 id="decisions-heading">Decided on the way</h2>
      <dl>
${plan.decisions.map(decision).join('\n')}
      </dl>
    </section>`

const cutNote = (plan: AppPlan) =>
  plan.request.length < plan.requestCharacters
    ? `\n      <p class="note">Only the first ${plan.request.length.toLocaleString('en')} of ${plan.requestCharacters.toLocaleString('en')} characters are shown.</p>`
    : ''

const htmlAttributes = ({ look }: AppPlan) =>
  [
    'lang="en"',
    `data-accent="${escapeHtml(look.accent)}"`,
    ...(look.scheme ? [`data-scheme="${escapeHtml(look.scheme)}"`] : []),
    ...(look.size ? [`data-size="${escapeHtml(look.size)}"`] : []),
  ].join(' ')

/** The whole page: what every app has in common, around its own part. */
export function renderPage(plan: AppPlan): string {
  const kind = kindNamed(plan.kind)
  const title = escapeHtml(plan.title)
  return `<!doctype html>
<html ${htmlAttributes(plan)}>
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <title>${title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="style.css">
  <script type="module" src="app.js"></script>
</head>
<body>
  <a class="skip" href="#main">Skip to the app</a>
  <header>
    <h1 dir="auto">${title}</h1>
  </header>
  <main id="main" tabindex="-1">
    <section aria-labelledby="app-heading">
      <h2 id="app-heading">${kind.noun}</h2>${kind.markup(plan)}
      <noscript><p>This app needs JavaScript.</p></noscript>
    </section>
    <section aria-labelledby="request-heading">
      <h2 id="request-heading">The request</h2>
      <blockquote class="text" dir="auto">${escapeHtml(plan.request)}</blockquote>${cutNote(plan)}
    </section>${changes(plan)}${decisions(plan)}
  </main>
  <footer>
    <p>Made by the demo agent of tmux-builder from its own ${kind.noun.toLowerCase()} pattern, without a language model. What you enter stays in this browser.</p>
  </footer>
</body>
</html>
`
}
