/**
 * When what had the focus is taken off the page (a form that was saved, a button that did its work, a removed key's card), the
 * browser forgets where the reader was: the next Tab begins at the top, and a screen reader falls silent. Here reading goes on
 * at the nearest place around it that is still there and has a name, or at the root.
 *
 * @returns ends the watch
 */
export function keepFocus(root: HTMLElement): () => void {
  let focused: Element | undefined
  let around: HTMLElement[] = []
  const remember = ({ target }: FocusEvent) => {
    focused = target as Element
    around = placesAround(focused, root)
  }
  // Who presses on nothing in particular has left by themselves; the microtask knows whether something was taken away.
  const leave = ({ target }: FocusEvent) => queueMicrotask(() => focused === target && focused.isConnected && forget())
  const forget = () => {
    focused = undefined
    around = []
  }
  const watch = new MutationObserver(() => {
    if (!focused || focused.isConnected || (document.activeElement ?? document.body) !== document.body) return
    const place = around.find((one) => one.isConnected)
    forget()
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

function placesAround(element: Element, root: HTMLElement): HTMLElement[] {
  const places: HTMLElement[] = []
  for (let place = element.parentElement; place && place !== root; place = place.parentElement)
    if (place.matches('[aria-labelledby], [aria-label]')) places.push(place)
  return [...places, root]
}
