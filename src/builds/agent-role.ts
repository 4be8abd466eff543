import type { Scope } from '../session/scope.ts'
import { ensureFolder, writeFileAtomic } from '../session/write-files.ts'
import type { Build } from '../store/builds.ts'
import { withAwsFiles } from '../targets/aws/aws-variables.ts'
import { shellQuote } from '../world/shell-quote.ts'

type Variables = Readonly<Record<string, string>>

/** What the agent sees of what was brought for it: with a role of its own, that role and nobody else's credentials. */
export const environmentForAgent = (scope: Scope, build: Build, brought: Variables): Variables =>
  build.place?.role === undefined ? brought : withAwsFiles(brought, scope.paths)

/**
 * Writes what AWS's tools read in the pane of an agent with a role of its own: whichever profile they use, they ask us
 * for credentials, and ask again when those run out.
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

/** The SDK for JavaScript takes a name as it stands, the others split it as a shell does. */
function sectionOf(profile: string): string {
  if (profile === 'default') return profile
  return `profile ${/^[\w@+.%:/-]+$/.test(profile) ? profile : shellQuote(profile)}`
}

/** Some tools run it in a shell, others split it as one does; most take ` #` and ` ;` for a comment before that. */
export const renderCommand = (words: readonly string[]): string =>
  words
    .map(shellQuote)
    .join(' ')
    .replaceAll(/(\s)([#;])/g, "$1''$2")
