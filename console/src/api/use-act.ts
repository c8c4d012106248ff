import { type MutationOptions, useMutation } from '@tanstack/react-query'
import { useRef } from 'react'

type Options<Data, Input> = Omit<MutationOptions<Data, Error, Input>, 'mutationFn'> & {
  mutationFn(input: Input): Promise<Data>
}

/**
 * Something that the reader does to the server. While it runs it is not begun again: `isPending` is drawn a moment after the
 * first of two clicks, and the second would be a second token, request or grant of credits.
 */
export function useAct<Data, Input = void>(options: Options<Data, Input>) {
  const running = useRef<object>(undefined)
  const mutation = useMutation<Data, Error, Input>({
    ...options,
    mutationFn: async (input) => {
      const mine = running.current
      try {
        return await options.mutationFn(input)
      } finally {
        if (running.current === mine) running.current = undefined
      }
    },
  })
  return {
    ...mutation,
    mutate: (...input: Parameters<typeof mutation.mutate>) => {
      if (running.current) return
      running.current = {}
      mutation.mutate(...input)
    },
    reset: () => {
      running.current = undefined
      mutation.reset()
    },
  }
}
