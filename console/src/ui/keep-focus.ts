/**
 * When what had the focus is taken off the page (a form that was saved, a button that did its work, a removed key's card), the
 * browser forgets where the reader was: the next Tab begins at the top, and a screen reader falls silent. Here reading goes on
 * at the nearest place around it that is still there and has a name, or at the root.
 *
 * @returns ends the watch
 */
export function keepFocus(root: HTMLElement): () => void {
  /** What has the focus, then the places around it; empty: nothing here has it. */
  let path: HTMLElement[] = []
  const remember = ({ target }: FocusEvent) => {
    path = pathOf(target as HTMLElement, root)
  }
  // If the element is still there in the microtask, the reader has left it; otherwise it was removed.
  const leave = ({ target }: FocusEvent) =>
    queueMicrotask(() => {
      if (path[0] === target && path[0]?.isConnected) path = []
    })
  const watch = new MutationObserver(() => {
    const [focused, ...around] = path
    if (!focused || focused.isConnected || (document.activeElement ?? document.body) !== document.body) return
    path = []
    const place = around.find((one) => one.isConnected)
    if (place && !place.hasAttribute('tabindex')) place.tabIndex = -1
    place?.focus({ preventScroll: true })
  })
  root.addEventListener('focusin', remember)
  root.addEventListener('focusout', leave)
  watch.observe(root, { childList: true, subtree: true })
  return () => {
    root.removeEventListener('focusin', remember)
    root.removeEventListener('focusout', leave)
    watch.disconnect()
  }
}

function pathOf(focused: HTMLElement, root: HTMLElement): HTMLElement[] {
  const path = [focused]
  for (let place = focused.parentElement; place && place !== root; place = place.parentElement)
    if (place.matches('[aria-labelledby], [aria-label]')) path.push(place)
  return [...path, root]
}
