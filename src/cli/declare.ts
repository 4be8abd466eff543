import type { Command } from 'commander'
import type { App } from '../app/open-app.ts'
import type { Context } from './context.ts'

/** Options as commander gives them. */
export type Flags = Record<string, unknown>

/** Wraps what a command does: it resolves to the exit code. */
export type Act = <Args extends unknown[]>(
  run: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>

/** Declares a group of commands on the program. */
export type Declare = (program: Command, context: Context, act: Act) => void

/** For options that may be repeated. */
export const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value]

/** Opens the home for one command, and closes it again however the command ends. */
export async function withApp<T>(
  context: Context,
  use: (app: App) => Promise<T> | T,
  options: { readonly create: boolean } = { create: false },
): Promise<T> {
  const { openApp } = await import('../app/open-app.ts')
  const app = await openApp(context, options)
  try {
    return await use(app)
  } finally {
    app.close()
  }
}
