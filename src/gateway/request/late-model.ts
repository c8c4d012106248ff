import type { Surface } from '../../providers/index.ts'
import { fieldOf, isInBody, withoutPath } from './find-model.ts'
import { FormFieldScan } from './form-field-scan.ts'
import { boundaryOf } from './form-fields.ts'
import { JsonStringScan } from './json-string-scan.ts'

/**
 * For a model that does not stand in the bytes at hand: behind a file in a form, or behind the prompt. It is too late for a
 * decision, and in time for the books and for what the answer tells.
 * @param tell called once, if it comes
 * @returns takes the body's bytes one after the other, and says whether it has seen enough; undefined: they will not tell a model
 */
export function lateModel(
  { surface, contentType }: { surface: Surface; contentType: string },
  tell: (model: string) => void,
): ((chunk: Buffer) => boolean) | undefined {
  if (!isInBody(surface)) return undefined
  const boundary = contentType.startsWith('multipart/form-data') ? boundaryOf(contentType) : undefined
  const field = fieldOf({ surface })
  const scan = boundary === undefined ? new JsonStringScan(field) : new FormFieldScan(boundary, field)
  return (chunk) => {
    const model = scan.take(chunk)
    if (model !== undefined) tell(withoutPath(model))
    return model !== undefined
  }
}
