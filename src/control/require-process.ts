import { OwnkeyError } from '../contract/index.ts'

/** A command found a process that holds its database: only that one may answer. @throws OwnkeyError `server_differs` */
export function requireProcess(meant: number | undefined): void {
  if (meant === undefined || meant === process.pid) return
  throw new OwnkeyError('server_differs', {
    detail: `This server is process ${process.pid}, and the one that is meant is process ${meant}.`,
    fix: 'Set HOST and PORT to those of the server that holds the data directory.',
  })
}
