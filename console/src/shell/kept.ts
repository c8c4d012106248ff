/**
 * What this browser keeps for us. In a frame on another site a browser may forbid all storage, and then reading `localStorage`
 * itself throws; the page works all the same and forgets with the tab.
 */
type Place = 'localStorage' | 'sessionStorage'

export function readKept(place: Place, name: string): string | null {
  try {
    return window[place].getItem(name)
  } catch {
    return null
  }
}

/** @param value null: forget */
export function keep(place: Place, name: string, value: string | null): void {
  try {
    if (value === null) window[place].removeItem(name)
    else window[place].setItem(name, value)
  } catch {
    // Nothing is kept here.
  }
}
