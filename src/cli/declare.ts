import type { Command } from 'commander'
import type { Context } from '../world/world.ts'

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
