// Package handoff is the human side: people who asked for a librarian wait here, a librarian takes the conversation
// over, and it goes back to the bot when they are done.
//
// A phone or an e-mail that a person leaves to be called back is sealed on the ticket (vault.go, contact.go): only the librarian who
// holds it sees it, and it is erased seven days after the ticket closes.
//
// It owns tickets, ticket_events and canned_answers. It reads bot's conversations, contacts and messages, and knowledge's
// help_points and places. The bot calls it as its Desk, handoff/console shows it to the staff, cmd runs it.
package handoff
