import { options, type VNode } from 'preact'

/** What a host page may style with `::part(…)`: the class of the shared views → the part's names. */
const parts: Readonly<Record<string, string>> = {
  card: 'card',
  button: 'button',
  'button-primary': 'button primary-button',
  'button-danger': 'button danger-button',
  'button-quiet': 'button quiet-button',
  input: 'input',
  choice: 'choice',
  switch: 'switch',
  link: 'link',
}

/** Names the parts while the views are drawn, so that the views need not know of them. Ours is the only Preact it touches. */
export function namePartsByClass(): void {
  const before = options.vnode
  options.vnode = (vnode: VNode<Record<string, unknown>>) => {
    const { type, props } = vnode
    const classes = typeof type === 'string' ? (props['className'] ?? props['class']) : undefined
    if (typeof classes === 'string') {
      const names = classes.split(' ').flatMap((name) => (Object.hasOwn(parts, name) ? [parts[name]] : []))
      const heading = type === 'h1' || type === 'h2' || type === 'h3' ? ['heading'] : []
      if (names.length + heading.length > 0)
        props['part'] = [...new Set([...names, ...heading].join(' ').split(' '))].join(' ')
    }
    before?.(vnode)
  }
}
