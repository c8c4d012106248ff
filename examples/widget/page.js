const elements = [...document.querySelectorAll('ownkey-settings, ownkey-usage')]
const said = document.querySelector('#events')

let open
/** The two elements share one session; asked for another one, the page opens another one. */
function session(renew) {
  if (!open || renew) {
    open = fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(
      async (answer) => {
        if (!answer.ok) throw new Error(await answer.text())
        return answer.json()
      },
    )
  }
  return open
}

for (const element of elements) {
  element.getToken = async ({ renew }) => (await session(renew)).token
  for (const name of ['ownkey-change', 'ownkey-error', 'ownkey-token-expired']) {
    element.addEventListener(name, ({ detail }) => {
      const item = document.createElement('li')
      item.textContent = `${name} ${JSON.stringify(detail)}`
      said.append(item)
    })
  }
}

const { org } = await session(false)
for (const element of elements) element.setAttribute('org', org)

document.querySelector('#language').addEventListener('change', ({ target }) => {
  document.documentElement.lang = target.value
  for (const element of elements) element.setAttribute('locale', target.value)
})
document.querySelector('#theme').addEventListener('change', ({ target }) => {
  document.documentElement.dataset.theme = target.value
  for (const element of elements) {
    if (target.value) element.setAttribute('theme', target.value)
    else element.removeAttribute('theme')
  }
})
