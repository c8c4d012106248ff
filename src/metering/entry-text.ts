import type { EndedEntry } from '../store/index.ts'
import { openedRow } from './entry-rows.ts'
import type { EntryStart } from './ledger.ts'

/** The part of the JSON that all entries of one kind have in common. */
interface Kind {
  start: EntryStart
  text: string
}

const kinds = new WeakMap<object, Kind>()

/**
 * `openedRow` as JSON, put together by hand because every request does this twice. Entries of the same attempt of the same decision
 * differ only in request id, number, model and times, so the rest of the text is made once and kept.
 */
export function openedText(id: string, start: EntryStart): string {
  const { requestId, namedByCaller, sameRequest = '', attempt, model, fallbackClass, startedAt } = start
  if (start.meter !== undefined || !isPlain(requestId) || !(model === undefined || isPlain(model)))
    return JSON.stringify(openedRow(id, start))
  let text = `{"id":"${id}","rq":"${requestId}","at":${attempt},${commonText(start)}`
  if (namedByCaller) text += `,"nm":"${sameRequest}"`
  if (model !== undefined) text += `,"mo":"${model}"`
  if (fallbackClass !== undefined) text += `,"fc":"${fallbackClass}"`
  return `${text},"st":${startedAt}}`
}

/** The fields that come from the decision and the caller's place in it. */
function commonText(start: EntryStart): string {
  const known = start.kind === undefined ? undefined : kinds.get(start.kind)
  if (known !== undefined && isAlike(known.start, start)) return known.text
  const row = openedRow('', start)
  const own = {
    id: undefined,
    rq: undefined,
    nm: undefined,
    at: undefined,
    mo: undefined,
    fc: undefined,
    st: undefined,
  }
  const text = JSON.stringify({ ...row, ...own }).slice(1, -1)
  if (start.kind !== undefined) kinds.set(start.kind, { start, text })
  return text
}

function isAlike(one: EntryStart, other: EntryStart): boolean {
  return (
    one.org === other.org &&
    one.user === other.user &&
    one.feature === other.feature &&
    one.environment === other.environment &&
    one.provider === other.provider &&
    one.surface === other.surface &&
    one.source === other.source &&
    one.key?.id === other.key?.id &&
    one.key?.version === other.key?.version &&
    one.host === other.host &&
    one.region === other.region &&
    one.credits === other.credits
  )
}

/** Texts that need no escaping in JSON and that a row takes unchanged. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]{0,256}$/
function isPlain(text: string): boolean {
  return plain.test(text)
}

/** `EndedEntry` as JSON, put together by hand for the same reason. */
export function endedText(row: EndedEntry): string {
  let text = `{"id":"${row.id}","ok":${row.ok}`
  if (row.sc !== undefined) text += `,"sc":${row.sc}`
  if (row.ec !== undefined) text += `,"ec":${JSON.stringify(row.ec)}`
  if (row.mo !== undefined) text += `,"mo":${JSON.stringify(row.mo)}`
  if (row.it !== undefined) text += `,"it":${row.it}`
  if (row.ot !== undefined) text += `,"ot":${row.ot}`
  if (row.ct !== undefined) text += `,"ct":${row.ct}`
  if (row.wt !== undefined) text += `,"wt":${row.wt}`
  if (row.rt !== undefined) text += `,"rt":${row.rt}`
  if (row.ch !== undefined) text += `,"ch":${row.ch}`
  if (row.am !== undefined) text += `,"am":${row.am}`
  if (row.es !== undefined) text += ',"es":true'
  if (row.cp !== undefined) text += `,"cp":${row.cp}`
  if (row.cu !== undefined) text += `,"cu":${JSON.stringify(row.cu)}`
  if (row.fb !== undefined) text += `,"fb":${row.fb}`
  return `${text},"du":${row.du},"en":${row.en}}`
}
