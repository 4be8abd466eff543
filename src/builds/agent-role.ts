import type { Scope } from '../session/scope.ts'
import { ensureFolder, writeFileAtomic } from '../session/write-files.ts'
import type { Build } from '../store/builds.ts'
import { withAwsFiles } from '../targets/aws/aws-variables.ts'
import { shellQuote } from '../world/shell-quote.ts'
import type { Variables } from '../world/world.ts'

/** Returns the environment of the agent. With a role of its own it gets that role and no other credentials. */
export const environmentForAgent = (scope: Scope, build: Build, brought: Variables): Variables =>
  build.place?.role === undefined ? brought : withAwsFiles(brought, scope.paths)

/**
 * Writes the files that AWS's tools read in the pane of an agent with a role of its own. Whichever profile they
 * use, they ask this program for credentials, and ask again when those expire.
 */
export async function writeAwsFiles(scope: Scope, build: Build): Promise<void> {
  if (build.place?.role === undefined) return
  const { profile = 'default', region } = build.place
  const lines = [
    `region = ${region}`,
    `credential_process = ${renderCommand([scope.paths.program, 'agent-credentials', scope.guid])}`,
  ]
  const sections = [...new Set(['default', profile])].map((name) =>
    [`[${sectionOf(name)}]`, ...lines, ''].join('\n'),
  )
  await ensureFolder(scope.paths.agentAws)
  await writeFileAtomic(scope.paths.agentAwsConfig, sections.join('\n'))
  await writeFileAtomic(scope.paths.agentAwsCredentials, '')
}

/** Quotes a name only where it must be, because the SDK for JavaScript does not unquote it as the others do. */
function sectionOf(profile: string): string {
  if (profile === 'default') return profile
  return `profile ${/^[\w@+.%:/-]+$/.test(profile) ? profile : shellQuote(profile)}`
}

/**
 * Renders a command for tools that run it in a shell or split it as a shell does. Most of them would read ` #` and
 * ` ;` as the beginning of a comment.
 */
export const renderCommand = (words: readonly string[]): string =>
  words
    .map(shellQuote)
    .join(' ')
    .replaceAll(/(\s)([#;])/g, "$1''$2")
