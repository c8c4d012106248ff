import { useState } from 'react'

/** The address is the host page's own: in a widget, what the reader chose goes with it. */
export function useInAddress<Value extends string = string>(
  _name: string,
  known: readonly Value[] = [],
  otherwise: Value = (known[0] ?? '') as Value,
) {
  return useState(otherwise)
}
