import { OwnkeyError } from '../contract/index.ts'

/** What is wrong, and what to do about it. */
interface Remedy {
  detail: string
  /** Absent: everything about the address may be wrong. */
  fix?: string
}

/** What to say when the server cannot be reached at start: the address, never the user's password. */
export function startError(url: string, error: unknown): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const place = addressOf(url)
  const known = rejections[code ?? ''] ?? encryption(error as NodeJS.ErrnoException)
  const reason = code ?? (/timeout/i.test(message) ? 'no answer' : 'connection failed')
  const { detail, fix = checkAll }: Remedy = known?.(place) ?? {
    detail: `PostgreSQL at ${place} cannot be reached (${reason}).`,
  }
  return new OwnkeyError('unavailable', { detail, fix })
}

const checkAll =
  'Check that the server runs, that host, port, user, password and database in DATABASE_URL are right, and that no firewall stands between.'

type Rejection = (place: string) => Remedy

/** By SQLSTATE. */
const rejections: Readonly<Record<string, Rejection>> = {
  '28P01': (place) => ({
    detail: `PostgreSQL at ${place} refuses the user or the password of DATABASE_URL.`,
  }),
  '28000': (place) => ({ detail: `PostgreSQL at ${place} does not let this user in.` }),
  '3D000': (place) => ({ detail: `PostgreSQL answers, but there is no database ${place}.` }),
  '08P01': (place) => ({
    detail: `What answers at ${place} refuses the settings of a connection (08P01), as poolers do.`,
    fix: 'Name the PostgreSQL server itself in DATABASE_URL, not a pooler before it: Ownkey pools its connections itself.',
  }),
  '53300': (place) => ({
    detail: `PostgreSQL at ${place} has no connection left.`,
    fix: 'Close connections that nobody needs, or raise max_connections or the CONNECTION LIMIT of the user or database: each process of Ownkey opens 12 at most.',
  }),
}

/** How Node and OpenSSL name what they find wrong with a certificate. */
const untrusted = /CERT|SIGNATURE|CRL_|ERR_TLS|ERR_SSL/

/** What goes wrong between the address and the first word of the server. */
function encryption({ code, message, path }: NodeJS.ErrnoException): Rejection | undefined {
  if (/does not support SSL/i.test(message))
    return (place) => ({
      detail: `PostgreSQL at ${place} speaks no TLS, and DATABASE_URL asks for it.`,
      fix: 'Turn TLS on at the server (ssl = on), or take sslmode out of DATABASE_URL.',
    })
  if (/password must be a string/.test(message))
    return (place) => ({
      detail: `PostgreSQL at ${place} asks for a password, and DATABASE_URL has none.`,
      fix: 'Write it behind the user and a colon, with "%" and two hexadecimal digits for what is no letter and no digit.',
    })
  if (code === 'ENOENT' && path !== undefined)
    return () => ({
      detail: `There is no file ${path}, which DATABASE_URL names.`,
      fix: 'Name the file of the certificate in sslrootcert, sslcert and sslkey as this server sees it.',
    })
  if (code === undefined || !untrusted.test(code)) return undefined
  return (place) => ({
    detail: `The certificate of PostgreSQL at ${place} is not trusted (${code}).`,
    fix: 'Name its authority by sslrootcert=/path/ca.pem in DATABASE_URL, and the host as the certificate does.',
  })
}

function addressOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname || 'localhost'}:${port || 5432}${pathname}`
  } catch {
    return 'the address in DATABASE_URL, which is not a URL,'
  }
}
