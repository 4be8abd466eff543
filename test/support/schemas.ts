/** The published JSON Schemas, for tests against real output. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

const folder = resolve(import.meta.dirname, '../../schemas')
const names = readdirSync(folder)
const schemas = names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, schemas })
const baseOf = new Map(names.map((name, index) => [name, String(schemas[index].$id)]))

/** What is wrong with a value by the schema of that name (`stop` of commands.json: `commands.json#/$defs/stop`). */
export function schemaProblems(name: string, value: unknown): string[] {
  const [file = '', pointer = ''] = name.split('#')
  const validate = ajv.getSchema(`${baseOf.get(file)}${pointer && `#${pointer}`}`)
  if (!validate) throw new Error(`there is no schema ${name}`)
  if (validate(value)) return []
  const type = (value as { type?: string } | null)?.type
  const problems = (validate.errors ?? [])
    // Of an event's many alternatives only its own type's is of interest.
    .filter(({ schemaPath }) => file !== 'event.json' || schemaPath.includes(`/${type}/`))
    .map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  return problems.length > 0 ? problems : ['no alternative fits']
}

export const eventTypes = (): string[] =>
  Object.keys(schemas[names.indexOf('event.json')].$defs).filter(
    (name) => !['common', 'evidence'].includes(name),
  )
