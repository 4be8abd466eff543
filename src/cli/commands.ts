import {
  detach,
  follow,
  json,
  loadPlaceOptions,
  promptType,
  question,
  requestOptions,
  session,
  showIdentity,
  verify,
} from './command-options.ts'
import { type CommandRow, command, homeCommand } from './command-row.ts'

const loadOptions = () => import('../app/options.ts')

const promptsOptions = async () => {
  const { templates } = (await loadOptions()).buildOptions
  return { templates, json }
}

/** Descriptions of the commands that only group others. */
export const commandGroups: Readonly<Record<string, string>> = {
  prompts: 'show the prompts that agents get',
}

/** Every command, in the order of the help. */
export const commands: readonly CommandRow[] = [
  command({
    name: 'register',
    description: 'build a request and print its verified address',
    options: async () => {
      const { buildOptions, sessionOptions } = await loadOptions()
      return { ...requestOptions, ...sessionOptions, ...buildOptions, verify, detach, json }
    },
    run: async (input) => (await import('./run-register.ts')).runRegister(input),
  }),
  homeCommand({
    name: 'refine',
    description: 'change what is deployed',
    arguments: session,
    options: async () => {
      const { buildOptions } = await loadOptions()
      return { ...requestOptions, ...buildOptions, verify, detach, json }
    },
    run: async (input) => (await import('./run-register.ts')).runRefine(input),
  }),
  homeCommand({
    name: 'status',
    description: 'show a session’s status, or follow its build with --watch',
    arguments: session,
    options: async () => ({
      watch: { flag: '--watch', help: 'follow the build to its end' },
      timeoutMs: {
        flag: '--timeout <duration>',
        parse: (await import('../domain/duration.ts')).parseDuration,
        help: 'with --watch: how long to wait',
      },
      showIdentity,
      json,
    }),
    run: async (input) => (await import('./run-read.ts')).runStatus(input),
  }),
  homeCommand({
    name: 'events',
    description: 'print a session’s journal',
    arguments: session,
    options: { follow, json },
    run: async (input) => (await import('./run-read.ts')).runEvents(input),
  }),
  command({
    name: 'doctor',
    description: 'check what a build needs, and show how to resume builds after a reboot',
    options: { json },
    run: async (input) => (await import('./run-read.ts')).runDoctor(input),
  }),
  homeCommand({
    name: 'list',
    description: 'list sessions',
    options: async () => ({
      state: {
        flag: '--state <state>',
        help: 'only sessions in this state',
        choices: (await import('../domain/build-state.ts')).buildStates,
      },
      all: { flag: '--all', help: 'archived sessions too' },
      showIdentity,
      json,
    }),
    run: async (input) => (await import('./run-read.ts')).runList(input),
  }),
  homeCommand({
    name: 'attach',
    description: 'open the agent’s pane in this terminal (leave it with Ctrl-b d)',
    arguments: session,
    run: async (input) => (await import('./attach.ts')).attach(input),
  }),
  homeCommand({
    name: 'logs',
    description: 'print the agent’s output as plain text',
    arguments: session,
    options: { follow },
    run: async (input) => (await import('./run-read.ts')).runLogs(input),
  }),
  homeCommand({
    name: 'answer',
    description: 'answer an open question of the agent',
    arguments: { ...session, '<text>': 'the answer' },
    options: { question, json },
    run: async (input) => (await import('./run-change.ts')).runAnswer(input),
  }),
  ...(['approve', 'reject'] as const).map((decision) =>
    homeCommand({
      name: decision,
      description: `${decision} what the agent asks for`,
      arguments: session,
      options: {
        question: {
          flag: '--question <id>',
          help: 'only this question',
          defaultText: 'all open ones',
        },
        json,
      },
      run: async (input) => (await import('./run-change.ts')).runDecide(input, decision),
    }),
  ),
  homeCommand({
    name: 'resume',
    description: 'continue what was stopped or lost',
    arguments: { '[guid]': session['<guid>'] },
    options: { all: { flag: '--all', help: 'every unfinished build' }, json },
    run: async (input) => (await import('./run-change.ts')).runResume(input),
  }),
  homeCommand({
    name: 'stop',
    description: 'end all processes of a session',
    arguments: session,
    options: { json },
    run: async (input) => (await import('./run-change.ts')).runStop(input),
  }),
  homeCommand({
    name: 'archive',
    description: 'end a session’s processes and hide it from `list`',
    arguments: session,
    options: { json },
    run: async (input) => (await import('./run-change.ts')).runArchive(input),
  }),
  homeCommand({
    name: 'restore',
    description: 'show an archived session in `list` again',
    arguments: session,
    options: { json },
    run: async (input) => (await import('./run-change.ts')).runRestore(input),
  }),
  homeCommand({
    name: 'gc',
    description: 'archive old sessions that have ended',
    options: async () => ({
      olderThanMs: {
        flag: '--older-than <duration>',
        parse: (await import('../domain/duration.ts')).parseDuration,
        help: 'how long ago they must have ended',
        defaultText: '24h',
      },
      purge: { flag: '--purge', help: 'delete old archived sessions too' },
      remote: { flag: '--remote', help: 'destroy AWS resources that are past their --ttl' },
      json,
    }),
    run: async (input) => (await import('./run-change.ts')).runGc(input),
  }),
  homeCommand({
    name: 'deploy',
    description: 'deploy a built site to the build’s target (agents call this)',
    arguments: session,
    options: {
      dir: {
        flag: '--dir <folder>',
        help: 'folder of the built site, inside the workspace',
        isRequired: true,
      },
      mode: {
        flag: '--mode <mode>',
        help: 'on aws: one page for all paths (spa) or one page for each (mpa)',
        choices: ['spa', 'mpa'],
        defaultText: 'spa',
      },
      allowSecrets: { flag: '--allow-secrets', help: 'on aws: publish what looks like a secret' },
      sourceMaps: { flag: '--source-maps', help: 'on aws: publish source maps too' },
      json,
    },
    run: async (input) => (await import('./run-remote.ts')).runDeploy(input),
  }),
  homeCommand({
    name: 'releases',
    description: 'list a session’s releases, newest first',
    arguments: session,
    options: { json },
    run: async (input) => (await import('./run-remote.ts')).runReleases(input),
  }),
  homeCommand({
    name: 'rollback',
    description: 'make an older release live again, and verify it',
    arguments: { ...session, '[release]': 'its number (default: the verified one before)' },
    options: { json },
    run: async (input) => (await import('./run-remote.ts')).runRollback(input),
  }),
  homeCommand({
    name: 'inventory',
    description: 'list AWS resources and their approximate monthly cost',
    arguments: { '[guid]': `${session['<guid>']} (default: all sessions)` },
    options: async () => ({
      host: { flag: '--host <name>', help: 'only what serves this host' },
      ...(await loadPlaceOptions()),
      json,
    }),
    run: async (input) => (await import('./run-remote.ts')).runInventory(input),
  }),
  homeCommand({
    name: 'destroy',
    description: 'remove a session’s AWS resources: the site and the agent’s own stacks',
    arguments: session,
    options: async () => ({
      dryRun: { flag: '--dry-run', help: 'only list what would be destroyed' },
      yes: { flag: '--yes', help: 'do not ask for confirmation' },
      ...(await loadPlaceOptions()),
      json,
    }),
    createsHome: true,
    run: async (input) => (await import('./run-remote.ts')).runDestroy(input),
  }),
  command({
    name: 'prompts list',
    description: 'list all prompt types',
    options: promptsOptions,
    run: async (input) => (await import('./run-read.ts')).runPromptsList(input),
  }),
  command({
    name: 'prompts show',
    description: 'print a type’s template',
    arguments: promptType,
    options: promptsOptions,
    run: async (input) => (await import('./run-read.ts')).runPromptsShow(input),
  }),
  command({
    name: 'prompts render',
    description: 'print a prompt as an agent would get it',
    arguments: promptType,
    options: async () => ({
      ...(await promptsOptions()),
      set: { flag: '--set <name=value>', help: 'set a variable', isList: true },
    }),
    run: async (input) => (await import('./run-read.ts')).runPromptsRender(input),
  }),
  command({
    name: 'supervise',
    description: 'take the session’s build to its end',
    arguments: session,
    isHidden: true,
    run: async (input) => (await import('./supervise-window.ts')).superviseWindow(input),
  }),
  homeCommand({
    name: 'preview',
    description: 'serve the session’s site on this machine',
    arguments: session,
    isHidden: true,
    run: async (input) => (await import('./run-remote.ts')).runPreview(input),
  }),
  homeCommand({
    name: 'agent-credentials',
    description: 'print the credentials of the agent’s role, for AWS’s tools',
    arguments: session,
    isHidden: true,
    run: async (input) => (await import('./run-remote.ts')).runAgentCredentials(input),
  }),
]
