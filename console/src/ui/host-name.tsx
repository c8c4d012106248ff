import { Fragment } from 'react'

/** A host, broken only between its parts, and never before its last one. */
export function HostName({ host }: { host: string }) {
  const last = host.split('.').length - 1
  return (
    <code dir="ltr">
      {host.split('.').map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a host never change places
        <Fragment key={place}>
          {place > 0 && '.'}
          {place > 0 && place < last && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  )
}
