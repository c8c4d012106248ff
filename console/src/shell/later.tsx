import { useQuery } from '@tanstack/react-query'
import type { ComponentType, ReactNode } from 'react'
import { ProblemError } from '../api/problem-error.ts'
import { Failure, Loading } from '../ui/states.tsx'

interface Script<Props> {
  default: ComponentType<Props>
}

/**
 * A page whose script comes when the page is first opened. That it cannot be fetched is told like any other failure, and asked
 * for again; where that fails too, the whole page is loaded anew, as its scripts may have got other names meanwhile.
 *
 * @param around what stands around the page while it comes, where nothing else does
 */
export function later<Props extends object>(
  name: string,
  load: () => Promise<Script<Props>>,
  around: (state: ReactNode) => ReactNode = (state) => state,
): ComponentType<Props> {
  return function Later(props: Props) {
    const script = useQuery({
      queryKey: ['script', name],
      queryFn: () => load().catch(() => Promise.reject(unreachable())),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: Number.POSITIVE_INFINITY,
    })
    if (script.isPending) return around(<Loading rows={5} />)
    if (script.isError) {
      const again = async () => {
        const { isError } = await script.refetch()
        if (isError && navigator.onLine) window.location.reload()
      }
      return around(<Failure error={script.error} retry={() => void again()} />)
    }
    const Page = script.data.default
    return <Page {...props} />
  }
}

function unreachable(): ProblemError {
  return new ProblemError({ status: 0, code: 'offline' })
}
