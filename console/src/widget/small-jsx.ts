import { type ComponentType, createElement } from 'preact'

export { Fragment } from 'preact'

/** Stands in for `preact/jsx-runtime`: what JSX compiles to, in a line instead of a second way to make elements. */
export function jsx(type: string | ComponentType, props: object, key?: string) {
  return createElement(type as ComponentType, key === undefined ? props : { ...props, key })
}
export { jsx as jsxs }
