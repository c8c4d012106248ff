import type { CameBack } from '../vault/index.ts'

const words: Readonly<Record<CameBack['kind'], string>> = {
  key: 'key removed or replaced',
  disabled_key: 'key disabled',
  token: 'token revoked',
  organization: 'organization deleted',
}

const most = 100

/** A line for each thing that was taken out of service and came back; for people, so not without end. */
export function describeCameBack(cameBack: readonly CameBack[]): string[] {
  const lines = cameBack.slice(0, most).map(({ kind, id, org, provider, environment, withdrawnAt }) => {
    const where = [kind === 'organization' ? undefined : (org ?? '(platform)'), provider, environment]
    const place = where.filter((part) => part !== undefined).join(', ')
    return `  ${words[kind]} ${withdrawnAt}: ${id}${place === '' ? '' : ` (${place})`}`
  })
  return cameBack.length > most ? [...lines, `  and ${cameBack.length - most} more; --json lists all`] : lines
}
