import { useRef, useState } from 'react'
import type { KeyCheck, KeyTest, TestKey } from '../../../src/contract/index.ts'
import { toProblemError } from './create-api.ts'
import { useAct } from './use-act.ts'
import { useApi } from './use-api.tsx'

/** What comes line by line: checks as they finish, then the whole, or what went wrong meanwhile. */
type Line = { check: KeyCheck } | { result: KeyTest } | { problem: { status: number } }

interface KeyTestOptions {
  /** After the whole answer, before it is shown. */
  onDone?(): unknown
  /** The whole was refused. */
  onRefused?(error: unknown): void
}

/** A test of a key that shows each check as it finishes. */
export function useKeyTest(path: string, { onDone, onRefused }: KeyTestOptions = {}) {
  const { lines } = useApi()
  const [checks, setChecks] = useState<readonly KeyCheck[]>([])
  const latest = useRef<TestKey>(undefined)
  const test = useAct({
    mutationFn: async (body: TestKey): Promise<KeyTest> => {
      latest.current = body
      setChecks([])
      let result: KeyTest | undefined
      await lines<Line>(path, {
        method: 'POST',
        body,
        onLine(line) {
          // A test that was given up goes on at the server, and its checks are not those of the next one.
          if ('check' in line) latest.current === body && setChecks((before) => [...before, line.check])
          else if ('result' in line) result = line.result
          else throw toProblemError(line.problem.status, line.problem)
        },
      }).catch((error) => {
        onRefused?.(error)
        throw error
      })
      if (!result) throw toProblemError(0, { code: 'offline' })
      await onDone?.()
      return result
    },
  })
  return { ...test, checks }
}
