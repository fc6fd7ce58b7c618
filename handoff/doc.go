// Package handoff is the human side: people who asked for a librarian wait here, a librarian takes the conversation
// over, and it goes back to the bot when they are done.
//
// It owns tickets, ticket_events and canned_answers. It reads bot's conversations, contacts and messages, and knowledge's
// help_points and places. The bot calls it as its Desk, handoff/console shows it to the staff, cmd runs it.
package handoff
