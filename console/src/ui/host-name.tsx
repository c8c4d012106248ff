import { Fragment } from 'react'

/** A host, broken only between its parts. */
export function HostName({ host }: { host: string }) {
  return (
    <code dir="ltr">
      {host.split('.').map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a host never change places
        <Fragment key={place}>
          {place > 0 && (
            <>
              .<wbr />
            </>
          )}
          {part}
        </Fragment>
      ))}
    </code>
  )
}
