/** What the demo agent can rehearse: `--scenario NAME`. Only data, because the product imports it. */
export const scenarios = {
  ok: 'builds, tests and deploys the app, and reports each phase',
  slow: 'as ok, with every pause ten times as long',
  'error-once': 'the first attempt reports an error after implementing; the next one succeeds',
  die: 'is killed (SIGKILL) while implementing, in every attempt',
  'die-once': 'is killed (SIGKILL) while implementing, in the first attempt only',
  hang: 'stops reporting while implementing; the program itself still responds',
  'hang-once': 'as hang, in the first attempt only',
  freeze: 'stops while implementing and no longer responds to anything but SIGKILL',
  idle: 'ends its turn after implementing and claims nothing, however often it is asked to go on',
  'idle-once': 'ends its turn after implementing and goes on when it is reminded',
  'api-retries':
    'waits for its service for a while: a countdown on its screen, and no other sign of life',
  'garbage-status':
    'spoils status.json between its reports: half, empty, binary, 2 MB, a link, a folder, a pipe, gone',
  ask: 'asks a question while planning and goes on with the answer',
  'ask-cost': 'asks for approval of 140 dollars a month while planning',
  'lie-about-url': 'reports an address that is not the deployed one, in every attempt',
  permission: 'asks for a permission while implementing and waits for a human',
  'trust-dialog':
    'starts with a dialog in which Enter means exit; it passes by itself after a second',
  'swallow-enter': 'ignores the first Enter after each paste',
  'leave-children':
    'leaves two processes behind: one outside its process tree, one that ignores SIGTERM',
  quota: 'every turn fails: usage limit reached for five hours',
  'quota-once': 'the first turn fails: usage limit reached for two seconds',
  overload: 'every turn fails: service overloaded',
  'overload-once': 'the first turn fails: service overloaded',
  credit: 'every turn fails: no credit',
  login: 'every turn fails: login refused',
  spend: 'as ok, and spends a dollar with each report, by its own accounting',
} as const

export type Scenario = keyof typeof scenarios

/** Is it the name of a scenario? */
export const isScenario = (name: string): name is Scenario => Object.hasOwn(scenarios, name)
