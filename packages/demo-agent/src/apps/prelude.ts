/** The beginning of every app.js: finding, making and keeping things. */
export const prelude = `// Made by the demo agent of tmux-builder. What the app decides is in logic.js; this file only touches the page.

function byId(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error('The page has no element #' + id)
  return found
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  // Text is always appended as text, never as markup.
  made.append(...children)
  return made
}

function load(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise
  } catch {
    return otherwise
  }
}

function save(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // Private windows may refuse storage: the app then forgets when it is closed.
  }
}
`
