import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readAgentFile, readAgentFileTail, readReport } from '../../../src/session/agent-files.ts'
import { moveAside, writeFileAtomic } from '../../../src/session/write-files.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const makePipe = (file: string) => execFileSync('mkfifo', [file])
const megabyte = 1024 * 1024

describe('readAgentFile', () => {
  const read = (file: string) => readAgentFile(file, megabyte)

  it('reads a file whole', async () => {
    const file = join(temporaryFolder(), 'f')
    writeFileSync(file, 'é\u0000漢')
    expect(await read(file)).toEqual({ kind: 'text', text: 'é\u0000漢' })
    writeFileSync(file, '')
    expect(await read(file)).toEqual({ kind: 'text', text: '' })
  })

  it('an absent one is absent', async () => {
    expect(await read(join(temporaryFolder(), 'f'))).toEqual({ kind: 'absent' })
  })

  it('follows no link, not even a broken one or one to a good file', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'good'), '{}')
    symlinkSync('good', join(folder, 'link'))
    symlinkSync('nowhere', join(folder, 'broken'))
    symlinkSync('/dev/zero', join(folder, 'endless'))
    for (const name of ['link', 'broken', 'endless'])
      expect(await read(join(folder, name))).toEqual({ kind: 'unreadable', problem: 'a link' })
  })

  it('does not wait at a pipe, nor read a folder', async () => {
    const folder = temporaryFolder()
    makePipe(join(folder, 'pipe'))
    mkdirSync(join(folder, 'folder'))
    for (const name of ['pipe', 'folder'])
      expect(await read(join(folder, name))).toMatchObject({ kind: 'unreadable' })
  })

  it('reads 1 MB and not a byte more', async () => {
    const file = join(temporaryFolder(), 'f')
    writeFileSync(file, 'x'.repeat(megabyte))
    expect(await read(file)).toMatchObject({ kind: 'text' })
    writeFileSync(file, 'x'.repeat(megabyte + 1))
    expect(await read(file)).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining('larger'),
    })
    writeFileSync(file, 'x'.repeat(2 * megabyte))
    expect(await read(file)).toMatchObject({ kind: 'unreadable' })
  })

  it('invalid UTF-8 is text that no parser takes, never an exception', async () => {
    const file = join(temporaryFolder(), 'f')
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x7b, 0x7d]))
    expect(await readReport(file)).toEqual({ kind: 'invalid', problem: 'not JSON' })
  })

  it('a folder of files that a file stands in the place of is no exception', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'workspace'), '')
    expect(await read(join(folder, 'workspace', 'status.json'))).toMatchObject({
      kind: 'unreadable',
    })
  })
})

describe('readAgentFileTail', () => {
  it('reads the end of a file of any size, and no more than asked for', async () => {
    const file = join(temporaryFolder(), 'transcript.jsonl')
    writeFileSync(file, 'the beginning')
    // More than any buffer could hold; it takes no room.
    truncateSync(file, 6 * 1024 ** 3)
    appendFileSync(file, 'the end')
    const text = await readAgentFileTail(file, 4096)
    expect(text).toHaveLength(4096)
    expect(text.endsWith('the end')).toBe(true)
    expect(await readAgentFileTail(file, 3)).toBe('end')
  })

  it('of what is no file, or not there, it is empty, at once', async () => {
    const folder = temporaryFolder()
    makePipe(join(folder, 'pipe'))
    for (const name of ['pipe', '.', 'absent'])
      expect(await readAgentFileTail(join(folder, name), 10), name).toBe('')
  })
})

describe('moveAside', () => {
  it('moves a file into a folder that it makes', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'f'), 'old')
    await moveAside(join(folder, 'f'), join(folder, 'a', 'b', 'f'))
    expect(readFileSync(join(folder, 'a', 'b', 'f'), 'utf8')).toBe('old')
    expect(existsSync(join(folder, 'f'))).toBe(false)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
  })

  it('an absent file is fine', async () => {
    const folder = temporaryFolder()
    await moveAside(join(folder, 'f'), join(folder, 'a', 'f'))
    expect(readdirSync(join(folder, 'a'))).toEqual([])
  })

  it('done again, it keeps what was moved first', async () => {
    const folder = temporaryFolder()
    const [file, aside] = [join(folder, 'f'), join(folder, 'a', 'f')]
    writeFileSync(file, 'the agent’s')
    await moveAside(file, aside)
    writeFileSync(file, 'ours')
    await moveAside(file, aside)
    expect(readFileSync(aside, 'utf8')).toBe('the agent’s')
    expect(existsSync(file)).toBe(false)
  })

  it.each([
    ['a pipe', (path: string) => makePipe(path)],
    ['a folder', (path: string) => mkdirSync(join(path, 'in'), { recursive: true })],
    ['a broken link', (path: string) => symlinkSync('nowhere', path)],
  ])(
    'moves %s, and done again it does not hang',
    async (_name, make) => {
      const folder = temporaryFolder()
      const [file, aside] = [join(folder, 'f'), join(folder, 'a', 'f')]
      make(file)
      await moveAside(file, aside)
      const moved = lstatSync(aside).ino
      writeFileSync(file, 'ours')
      await moveAside(file, aside)
      expect(lstatSync(aside).ino).toBe(moved)
      expect(existsSync(file)).toBe(false)
    },
    5_000,
  )
})

describe('writeFileAtomic', () => {
  it('replaces a file, private whatever the umask, and leaves nothing beside it', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'f')
    writeFileSync(file, 'old', { mode: 0o666 })
    await writeFileAtomic(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['f'])
  })

  it('replaces a link, not what it points at', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'precious'), 'precious')
    symlinkSync('precious', join(folder, 'f'))
    await writeFileAtomic(join(folder, 'f'), 'new')
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious')
    expect(readFileSync(join(folder, 'f'), 'utf8')).toBe('new')
  })

  it('fails without a trace where it cannot', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'f', 'in'), { recursive: true })
    await expect(writeFileAtomic(join(folder, 'f'), 'new')).rejects.toThrow()
    expect(readdirSync(folder)).toEqual(['f'])
  })
})
