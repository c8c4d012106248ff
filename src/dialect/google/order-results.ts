import type { Turn } from '../chat/chat.ts'

/** Google tells the results of one function apart by their order alone; OpenAI's callers name the call, in any order. */
export function inOrderOfCalls(turns: readonly Turn[]): readonly Turn[] {
  const places = new Map<string, number>()
  const ordered: Turn[] = []
  let results: Extract<Turn, { role: 'tool' }>[] = []
  const placeOf = (callId: string): number => places.get(callId) ?? places.size
  const settle = (): void => {
    ordered.push(...results.toSorted((one, other) => placeOf(one.callId) - placeOf(other.callId)))
    results = []
  }
  for (const turn of turns) {
    if (turn.role === 'tool') {
      results.push(turn)
      continue
    }
    settle()
    if (turn.role === 'assistant') for (const { id } of turn.calls) places.set(id, places.size)
    ordered.push(turn)
  }
  settle()
  return ordered
}
