import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parseRequest } from '../domain/request.ts'
import { usageError } from '../errors.ts'
import type { Context } from './context.ts'

export interface RequestFlags {
  readonly request?: string
  readonly requestFile?: string
}

/** Reads the request from `--request`, `--request-file`, or stdin unless that is a terminal. */
export async function readRequest(context: Context, flags: RequestFlags): Promise<Uint8Array> {
  if (flags.request !== undefined && flags.requestFile !== undefined)
    throw usageError('Both --request and --request-file were given.', 'Give one of them')
  if (flags.request !== undefined) return parseRequest(Buffer.from(flags.request, 'utf8'))
  if (flags.requestFile !== undefined && flags.requestFile !== '-')
    return parseRequest(await readRequestFile(resolve(context.cwd, flags.requestFile)))
  if (context.stdin.isTTY)
    throw usageError('No request was given.', 'Say what to build: --request "Build a todo app"')
  return parseRequest(await readStdin(context))
}

async function readRequestFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw usageError(
      `${file} cannot be read (${code}).`,
      'Give a readable file with --request-file',
    )
  }
}

/** A signal may end the wait, because nothing was created yet. */
async function readStdin(context: Context): Promise<Buffer> {
  const { signal } = context
  signal.throwIfAborted()
  return Promise.race([
    buffer(context.stdin),
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
  ])
}
