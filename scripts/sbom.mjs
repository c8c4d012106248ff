/**
 * Prints what runs in production as CycloneDX, by the lock file. Not by `npm sbom --omit dev`: that leaves out whatever
 * a package for tests needs as well, such as the driver of PostgreSQL.
 */
import { failWith, npm, Problem } from './prepare.mjs'

function listAll() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const told = npm(args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (told.error || told.status !== 0) throw new Problem('npm sbom failed; its own message is above.')
  return JSON.parse(told.stdout)
}

const isForTests = ({ properties = [] }) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true')

try {
  const all = listAll()
  const left = new Set(all.components.filter(isForTests).map((component) => component['bom-ref']))
  const serves = (ref) => !left.has(ref)
  const components = all.components.filter((component) => serves(component['bom-ref']))
  const dependencies = all.dependencies
    .filter(({ ref }) => serves(ref))
    .map((one) => ({ ...one, dependsOn: one.dependsOn.filter(serves) }))
  console.log(JSON.stringify({ ...all, components, dependencies }, null, 2))
} catch (error) {
  failWith(error)
}
