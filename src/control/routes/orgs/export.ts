import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { listOrganizationTables, readOrganizationRows } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import type { ControlDeps } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { requireOrg } from '../../require-org.ts'

/** Rows of one reading. */
const pageRows = 500

export const exportOrg = defineRoute({
  name: 'orgs.export',
  method: 'GET',
  path: '/api/v1/orgs/:org/export',
  tag: 'Organizations',
  summary:
    'Everything that is held of an organization except secrets, one JSON object a line: a head, then {"table", "row"}, and at the end {"end"} with the counts.',
  params: z.object({ org: z.string() }),
  answersLines: true,
  async handle(call, deps) {
    const { org } = call.params
    await requireOrg(deps, org)
    await deps.database.transaction((tx) =>
      appendAudit(tx, deps, { org, ...actorOf(call), action: 'org.export', target: org }),
    )
    return { lines: exportLines(org, deps) }
  },
})

/** A page at a time, outside any transaction: a slow reader holds nothing. */
async function* exportLines(org: string, { database, clock, version }: ControlDeps): AsyncGenerator<string> {
  const counts: Record<string, number> = {}
  yield line({ export: { org, at: new Date(clock.now()).toISOString(), version } })
  for (const table of await listOrganizationTables(database)) {
    let after: readonly string[] | undefined
    do {
      const rows = await readOrganizationRows(database, table, { org, after, limit: pageRows })
      counts[table.name] = (counts[table.name] ?? 0) + rows.length
      // As text: numbers that JavaScript cannot hold stay exact.
      for (const { row } of rows) yield `{"table":${JSON.stringify(table.name)},"row":${row}}\n`
      after = rows.length === pageRows ? rows.at(-1)?.key : undefined
    } while (after)
  }
  yield line({ end: { counts } })
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}
