import { catalogue } from './catalogue.ts'

/** No key is shorter, and no name that people choose is this long and begins like a key. */
const shortest = 24

/** Ownkey's own tokens and sessions, and what keys of the catalogue begin with. */
const beginnings = [
  ...new Set(['okt_', 'oks_', ...catalogue.flatMap(({ keyShapes }) => keyShapes.map(({ prefix }) => prefix))]),
].filter(Boolean)

/** Whether a text that was given as a name is probably a secret in the wrong place. */
export function beginsLikeKey(text: string): boolean {
  return text.length >= shortest && beginnings.some((beginning) => text.startsWith(beginning))
}
