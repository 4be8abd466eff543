import type { AppPlan } from './app-plan.ts'
import { kindNamed } from './choose.ts'
import { renderPage } from './frame.ts'
import { pageTest } from './page-test.ts'
import { prelude } from './prelude.ts'
import { renderStyle } from './style.ts'

/** The files that are deployed; the others are for those who work on the app. */
export const publishedFiles = ['index.html', 'style.css', 'app.js', 'logic.js'] as const

const logicTestHead = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as logic from '../logic.js'
`

const packageJson = {
  name: 'app',
  private: true,
  type: 'module',
  scripts: { test: 'node --test' },
}

const readme = (title: string) => `# ${title}

A static app: \`index.html\`, \`style.css\`, \`app.js\` (the page) and \`logic.js\` (what it decides). No dependencies.
\`npm test\` checks all of them; \`dist/\` is what is deployed.
`

/** All files of an app, by their path below code/. */
export function renderApp(plan: AppPlan): Map<string, string> {
  const kind = kindNamed(plan.kind)
  return new Map([
    ['index.html', renderPage(plan)],
    ['style.css', renderStyle(plan.look)],
    ['app.js', prelude + kind.script],
    ['logic.js', kind.logic.trimStart()],
    ['test/page.test.js', pageTest],
    ['test/logic.test.js', logicTestHead + kind.logicTest],
    ['package.json', `${JSON.stringify(packageJson, null, 2)}\n`],
    ['README.md', readme(plan.title.replace(/[#*_`[\]<>]/g, ' '))],
    ['.gitignore', 'dist/\n'],
    ['app.json', `${JSON.stringify(plan, null, 2)}\n`],
  ])
}
