import { options, type VNode } from 'preact'

/**
 * Stands in for React where every byte counts: Preact itself, without the layer that makes it compatible in all things. Of
 * those the shared views need one: that `onChange` tells of each letter.
 */
export { createContext, createElement, Fragment } from 'preact'
export {
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'preact/hooks'

/** Fields whose own `change` event comes at once. */
const atOnce = new Set(['checkbox', 'radio', 'file'])

/** Ours is the only Preact that this touches. */
export function tellOfEachLetter(): void {
  const before = options.vnode
  options.vnode = (vnode: VNode<Record<string, unknown>>) => {
    const { type, props } = vnode
    if ((type === 'textarea' || (type === 'input' && !atOnce.has(String(props['type'])))) && props['onChange']) {
      props['onInput'] = props['onChange']
      delete props['onChange']
    }
    before?.(vnode)
  }
}
