/** Writes the configuration file's JSON Schema for editors. `npm run config:schema`; a test keeps the file current. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '../src/config/index.ts'

export const schemaFile = resolve(dirname(fileURLToPath(import.meta.url)), '../docs/schema/ownkey.schema.json')

export function configSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`
}

/** The file as it is; undefined when there is none. */
export function writtenConfigSchema(): string | undefined {
  try {
    return readFileSync(schemaFile, 'utf8')
  } catch {
    return undefined
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  mkdirSync(dirname(schemaFile), { recursive: true })
  writeFileSync(schemaFile, configSchemaText())
}
