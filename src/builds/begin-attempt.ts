import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { initialReport } from '../domain/report.ts'
import { renderPrompt } from '../prompts/render.ts'
import { readSkills } from '../prompts/template-files.ts'
import { loadTemplates, type Templates } from '../prompts/templates.ts'
import { deliveryIdStart } from '../session/tidy.ts'
import { ensureRealFolder, moveAside, writeFileAtomic } from '../session/write-files.ts'
import { startAttempt } from '../store/attempts.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import { nextPromptNumber, planDelivery, takePromptNumber } from '../store/deliveries.ts'
import { packageRoot } from '../world/package-root.ts'
import { promptTypeOf, promptValues } from './prompt-values.ts'
import type { Run } from './run.ts'

/** Prepares an attempt up to the planned prompt. After an interruption all of it is done again. */
export async function beginAttempt(run: Run, build: Build): Promise<void> {
  const { store, guid, paths } = run.scope
  const attempt = build.attempt + 1
  const templates = await loadTemplates(
    join(packageRoot, 'templates'),
    build.settings.templates ?? undefined,
  )
  await installSkills(run, templates)
  await moveOldReports(run, build)
  await writeFileAtomic(
    paths.report,
    `${JSON.stringify(initialReport(build.build, attempt), undefined, 2)}\n`,
  )
  const type = promptTypeOf(build, attempt)
  const prompt = await renderPrompt(templates, type, await promptValues(run, build, attempt))
  const number = nextPromptNumber(store, guid)
  const file = join('prompts', `${String(number).padStart(3, '0')}-${type}.md`)
  await writeFileAtomic(join(paths.folder, file), prompt)
  const id = `${deliveryIdStart(guid)}${build.build}-${attempt}-${number}`
  await store.transact((tx) => {
    const begun = updateBuild(tx, build, {
      state: 'initializing',
      attempt,
      attemptClockMs: 0,
      phase: 0,
      progress: 0,
      message: '',
      report: initialReport(build.build, attempt),
      beforeQuestion: null,
      waitUntil: null,
    })
    if (!begun) return
    takePromptNumber(tx, guid, number)
    startAttempt(tx, guid, build.build, attempt)
    planDelivery(tx, {
      id,
      guid,
      build: build.build,
      attempt,
      prompt: type,
      file,
      sha256: createHash('sha256').update(prompt).digest('hex'),
      bytes: Buffer.byteLength(prompt),
      line: `[${id}] Read the file ${join(paths.folder, file)} and carry out everything in it, to the end.`,
    })
  })
}

/** Moves the reports of the last attempt away, so that no old claim ends the new one. */
async function moveOldReports(run: Run, build: Build): Promise<void> {
  const { paths } = run.scope
  const folder = join(paths.oldReports, `${build.build}-${build.attempt}`)
  for (const file of [paths.report, paths.clarifications, paths.answers, paths.completion])
    await moveAside(file, join(folder, basename(file)))
}

/** Writes the skills into the folder of the workspace where the agent's program finds them. */
async function installSkills(run: Run, templates: Templates): Promise<void> {
  const { skillsFolder } = run.profile
  if (skillsFolder === undefined) return
  const { workspace, agent } = run.scope.paths
  for (const skill of await readSkills(templates))
    for (const file of skill.files) {
      const path = join(skillsFolder, skill.name, file.path)
      await ensureRealFolder(workspace, dirname(path))
      await writeFileAtomic(join(workspace, path), file.content, 0o600, agent)
    }
}
