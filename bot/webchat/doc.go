// Package webchat is the bot on the web: the chat as a page at /, the same chat on other sites through /widget.js and
// /embed, the chat on a library's terminal at /kiosk/, the public pages of guides, and the public API.
//
// It owns no table. A person's token stays in their browser, at a terminal in the page's memory alone; conversations know
// only its hash. Every page and form but the terminal's works without scripts; with them the chat is live: POST in, server-sent
// events out. Its design tokens, static/tokens.css, serve the staff site too. cmd/orientir mounts it at the root.
package webchat
