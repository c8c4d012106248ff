import type { KeyTest, SavedKey } from '../../../src/contract/index.ts'

type Noted = NonNullable<SavedKey['noted']>[number]

/** A sentence about what was pasted, and what it says as a code where the server told it. */
export interface Remark {
  text: string
  noted: Noted | undefined
}

export function remarksOf({ remarks, noted }: Pick<KeyTest, 'remarks' | 'noted'>): readonly Remark[] {
  return (remarks ?? []).map((text, place) => ({ text, noted: noted?.[place] }))
}
